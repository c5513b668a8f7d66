"""Prints each budget's ratio: `python -m benchmarks parse|beam|shards|memory|link|classify|panels [--data FOLDER]`.

With PMCMINE_REAL_DATA (or `--data`) the real articles are used, otherwise generated ones. The last line on stdout is
one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.hub import hub
from benchmarks.link import link
from benchmarks.scale import scale, shuffle

ROUNDS = 5


def best(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Shortest of several runs, in seconds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def articles(data: Path | None, most: int = 300) -> list[tuple[str, bytes]]:
    """(PMCID, XML) of real or generated articles."""
    if data is not None:
        found: list[tuple[str, bytes]] = []
        for path in sorted((data / "oa_bulk").glob("*.tar.gz")):
            with tarfile.open(path) as archive:
                for member in archive:
                    stream = archive.extractfile(member)
                    if stream is not None and member.name.endswith(".xml"):
                        found.append((Path(member.name).stem, stream.read()))
        step = max(len(found) // most, 1)
        return found[::step][:most]
    from pmcmine.demo.corpus import article_xml, many_articles

    return [(f"PMC{a.pmcid}", article_xml(a)) for a in many_articles(most)]


def extractions(data: Path | None, most: int = 300) -> Iterator[Any]:
    """What those of the articles that are not rejected hold."""
    from pmcmine.jats import ArticleMeta, extract_article
    from pmcmine.rejects import Rejected

    for pmcid, xml in articles(data, most):
        try:
            yield extract_article(xml, ArticleMeta(pmcid=pmcid, license_code="CC BY"))
        except Rejected:
            continue


def parse(data: Path | None) -> dict[str, Any]:
    """XML to all rows, beside lxml's parse and pubmed_parser's calls on the same bytes, in turn."""
    import pubmed_parser
    from lxml import etree

    from pmcmine.jats import ArticleMeta, extract_article

    documents = articles(data)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for pmcid, xml in documents:
            path = Path(folder) / f"{pmcid}.nxml"
            path.write_bytes(xml)
            paths.append(str(path))

        failures = 0

        def theirs() -> None:
            nonlocal failures
            failures = 0
            for path in paths:
                for call in (
                    pubmed_parser.parse_pubmed_xml,
                    pubmed_parser.parse_pubmed_caption,
                    pubmed_parser.parse_pubmed_paragraph,
                ):
                    try:
                        call(path)
                    except Exception:  # noqa: BLE001 - counted below; it fails on some articles
                        failures += 1

        def ours() -> None:
            for pmcid, xml in documents:
                extract_article(xml, ArticleMeta(pmcid=pmcid, license_code="CC BY"))

        def plain() -> None:
            for _, xml in documents:
                etree.fromstring(xml)

        times = {"lxml": best(plain), "pmcmine": best(ours), "pubmed_parser": best(theirs, 2)}
    n = len(documents)
    return {
        "articles": n,
        "ms_per_article": {k: round(1000 * t / n, 3) for k, t in times.items()},
        "ratio_to_lxml": round(times["pmcmine"] / times["lxml"], 2),
        "ratio_to_pubmed_parser": round(times["pmcmine"] / times["pubmed_parser"], 2),
        "pubmed_parser_exceptions": failures,
    }


def _bucket(data: Path | None, folder: str) -> str:
    if data is not None:
        return str(data / "oa_bulk")
    from pmcmine.demo.corpus import many_articles, write_bucket

    write_bucket(Path(folder) / "bucket", many_articles(200))
    return str(Path(folder) / "bucket")


def beam(data: Path | None) -> dict[str, Any]:
    """The mine job on the direct runner beside a plain loop over the same functions and the same snapshot."""
    import apache_beam

    from pipelines import mine as mine_job
    from pipelines.runners import beam_options, make_runner
    from pmcmine.config import load_config
    from pmcmine.io.folder import Folder
    from pmcmine.miner.block import mine_block
    from pmcmine.sources import open_source
    from pmcmine.work import snapshot

    with tempfile.TemporaryDirectory() as folder:
        config = load_config({"source": _bucket(data, folder), "out": f"{folder}/out"})
        source = open_source(config)
        work = Folder(f"{folder}/out/_work")
        frozen = snapshot.freeze(source.entries(work), source.kind, None, config.block_articles, work)
        blocks = list(range(frozen.n_blocks))

        def clear() -> None:
            work.remove_tree("blocks")

        def loop() -> None:
            reader = source.open(1.0)
            for block in blocks:
                mine_block(block, work, config, reader, 1)
            reader.close()

        def pipeline() -> None:
            graph = apache_beam.Pipeline(runner=make_runner(config), options=beam_options(config))
            mine_job.build(graph, blocks, len(blocks), config, work)
            graph.run().wait_until_finish()

        times: dict[str, list[float]] = {"loop": [], "pipeline": []}
        for _ in range(3):
            for name, action in (("loop", loop), ("pipeline", pipeline)):
                clear()
                times[name].append(best(action, 1))
    return {
        "articles": frozen.n_pmcids,
        "seconds": {k: round(min(t), 2) for k, t in times.items()},
        "ratio": round(min(times["pipeline"]) / min(times["loop"]), 3),
    }


def shards(data: Path | None) -> dict[str, Any]:
    """Writing shards from packs beside `tar` copying the same files into a tar."""
    from pmcmine.assemble.planning import SHARDS, Plan
    from pmcmine.assemble.shards import figure_member, write_shard
    from pmcmine.duplicates.exact import SampleRef
    from pmcmine.io.folder import Folder

    rng = random.Random(0)
    noise = rng.randbytes(4 << 20)
    with tempfile.TemporaryDirectory() as folder:
        work, out = Folder(f"{folder}/work"), Folder(f"{folder}/out")
        (Path(folder) / "work" / "p").mkdir(parents=True)
        files = Path(folder) / "files"
        files.mkdir()
        samples: list[SampleRef] = []
        total = 0
        for pack in range(4):
            with (Path(folder) / "work" / "p" / str(pack)).open("wb") as stream:
                offset = 0
                for i in range(400):
                    size = int(rng.lognormvariate(12.2, 0.6))
                    image, text, record = noise[: min(size, len(noise))], noise[:900], b'{"a":"' + b"b" * 2500 + b'"}'
                    key = f"PMC{pack}{i:04d}-1-F1"
                    stream.write(image + text + record)
                    sizes = (len(image), offset + len(image), len(text), len(record))
                    samples.append(
                        SampleRef(key, key, f"PMC{i + 1}", "commercial", "train", key, f"p/{pack}", offset, *sizes)
                    )
                    offset += len(image) + len(text) + len(record)
                    for suffix, member in ((".jpg", image), (".txt", text), (".json", record)):
                        (files / (key + suffix)).write_bytes(member)
                        total += len(member)
        plan = Plan(1, {}, {("commercial", "train"): 1}, {}, {}, 0)

        def ours() -> None:
            work.remove_tree("assembled")
            write_shard(SHARDS, "commercial", "train", 0, list(map(figure_member, samples)), plan, work, out)

        def theirs() -> None:
            with (Path(folder) / "theirs.tar").open("wb") as stream:
                subprocess.run(
                    [shutil.which("tar") or "tar", "-cf", "-", "-C", str(files), "."], stdout=stream, check=True
                )
                os.fsync(stream.fileno())

        times = {"pmcmine": best(ours), "tar": best(theirs)}
    return {
        "bytes": total,
        "samples": len(samples),
        "seconds": {k: round(t, 3) for k, t in times.items()},
        "ratio": round(times["pmcmine"] / times["tar"], 2),
    }


def memory(data: Path | None) -> dict[str, Any]:
    """Peak memory of `mine` on the direct runner with 300 and with all articles, each in a process of its own."""
    if data is None:
        raise SystemExit("memory: needs 1,300 articles; name a folder of real ones with --data")
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        source = _bucket(data, folder)
        for limit in (300, 1300):
            code = (
                "import resource, sys; from pmcmine.cli import main\n"
                "try: main(sys.argv[1:])\n"
                "except SystemExit: pass\n"
                "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
            )
            args = ["mine", "--source", source, "--limit", str(limit), "--out", f"{folder}/out{limit}", "-q"]
            done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
            peaks[str(limit)] = int(done.stdout.split()[-1])
    return {"peak_mb": peaks, "ratio": round(peaks["1300"] / peaks["300"], 2)}


def classify(data: Path | None) -> dict[str, Any]:
    """Every head of text, in paragraphs a second on one core, beside plain fastText; kinds of images a second."""
    import fasttext

    from classifiers.images import generate
    from classifiers.images.features import view
    from classifiers.images.kinds import KINDS
    from classifiers.images.kinds import shipped as image_model
    from classifiers.privacy.text import flags
    from classifiers.text.features import Passage
    from classifiers.text.heads import TASKS, shipped
    from classifiers.text.language import identify

    passages = []
    for extracted in extractions(data, 100):
        passages += [Passage(p.text, p.section_kind, p.article_type or "", p.path) for p in extracted.paragraphs]
    model = shipped()
    texts = [p.text for p in passages]
    kinds = [labels.type for labels in model.describe(passages)]
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "lines"
        lines.write_text("".join(f"__label__{k} {' '.join(t.split())}\n" for k, t in zip(kinds, texts, strict=True)))
        plain = fasttext.train_supervised(str(lines), dim=16, epoch=3, thread=1, wordNgrams=2, bucket=50_000, verbose=0)
        flat = [" ".join(t.split()) for t in texts]
        times = {"fasttext, one head": best(lambda: plain.predict(flat), 3)}
    for task in TASKS:
        times[task] = best(lambda task=task: model.scores(task, passages), 3)  # type: ignore[misc]
    times["type, domain, quality"] = best(lambda: model.describe(passages), 3)
    times["language"] = best(lambda: identify(texts, [None] * len(texts)), 3)
    times["privacy flags"] = best(lambda: [flags(t) for t in texts], 3)
    both = times["type, domain, quality"] + times["language"]
    r = random.Random(0)
    pictures = [generate.PAINTERS[k](r, (1000, 800)) for k in KINDS for _ in range(4)]
    captions = ["Figure. Effects of the dose on cells, mean and standard error."] * len(pictures)
    images = best(lambda: image_model().scores([view(p) for p in pictures], captions), 3)
    return {
        "paragraphs": len(passages),
        "paragraphs_per_second": round(len(passages) / both),
        "by_head": {k: round(len(passages) / t) for k, t in times.items()},
        "images_per_second": round(len(pictures) / images),
    }


def _compound(r: random.Random) -> tuple[Any, list[Any], list[str]]:
    """A compound of generated pictures, the boxes of what is to be seen of its panels, and their letters."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    from classifiers.images import generate
    from classifiers.images.kinds import KINDS
    from pmcmine.panels.boxes import Box

    counts = r.choice([[2], [3], [1, 2], [2, 2], [2, 3], [3, 3], [1, 1], [4, 4], [3, 3, 3], [2, 2, 2], [1, 3]])
    gap, ground, width = r.choice([0, 2, 6, 12, 24]), r.choice(["white"] * 5 + ["black"]), r.randint(800, 1200)
    kinds = ("microscopy", "xray", "clinical_photo", "other", "gel", "map") if gap < 6 else KINDS
    pictures, y = [], gap
    for n in counts:
        w = (width - gap * (n + 1)) // n
        h = min(int(w * r.uniform(0.6, 1.0)), 420)
        pictures += [(generate.PAINTERS[r.choice(kinds)](r, (w, h)), gap + i * (w + gap), y) for i in range(n)]
        y += h + gap
    image = Image.new("RGB", (width, y), ground)
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(r.choice([18, 24, 32]))
    lettered = r.random() < 0.7
    boxes, labels = [], []
    for k, (picture, x, top) in enumerate(pictures):
        image.paste(picture, (x, top))
        labels.append("ABCDEFGHIJKL"[k])
        # A white margin on white ground is nobody's: the box is that of the ink.
        grey = np.asarray(picture.convert("L"), np.int16)
        ink = np.abs(grey - (255 if ground == "white" else 0)) > 22
        if lettered:
            pen.rectangle((x, top, x + 36, top + 38), fill="white")
            pen.text((x + 4, top + 2), labels[-1], fill="black", font=font)
            ink[:38, :36] = True
        rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
        left, upper = int(columns[0]), int(rows[0])
        boxes.append(Box(x + left, top + upper, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - upper))
    return image, boxes, labels


def panels(data: Path | None) -> dict[str, Any]:
    """Captions a second; boxes on generated compounds of known layout: share of figures right, and milliseconds."""
    import numpy as np

    from pmcmine.panels.boxes import panel_boxes
    from pmcmine.panels.captions import split_caption
    from pmcmine.panels.evaluate import figure_is_right

    captions = []
    for extracted in extractions(data, 200):
        captions += [f.caption for f in extracted.figures if f.caption]
    seconds = best(lambda: [split_caption(c) for c in captions], 3)
    r = random.Random(0)
    compounds = [_compound(r) for _ in range(200)]
    arrays = [np.asarray(image) for image, _, _ in compounds]
    found_boxes = [panel_boxes(a, len(gold), labels) for a, (_, gold, labels) in zip(arrays, compounds, strict=True)]
    right = [figure_is_right(gold, b) for b, (_, gold, _) in zip(found_boxes, compounds, strict=True)]
    took = best(
        lambda: [panel_boxes(a, len(gold), labels) for a, (_, gold, labels) in zip(arrays, compounds, strict=True)], 1
    )
    return {
        "captions": len(captions),
        "captions_per_second": round(len(captions) / seconds),
        "compounds": len(right),
        "figures_right": round(sum(right) / len(right), 3),
        "ms_per_figure": round(1000 * took / len(right), 1),
        "megapixels_per_figure": round(sum(a.shape[0] * a.shape[1] for a in arrays) / len(arrays) / 1e6, 2),
    }


def duplicates(data: Path | None) -> dict[str, Any]:
    """Paragraphs a second to MinHash bands, figures a second to fingerprints, and milliseconds of a check of two."""
    import numpy as np
    from PIL import ImageOps

    from classifiers.images import generate
    from classifiers.images.kinds import KINDS
    from pmcmine.duplicates import shingles
    from pmcmine.images import fingerprint as pictures

    groups = [[p.text for p in extracted.paragraphs] for extracted in extractions(data, 200)]

    def sign() -> None:
        for texts in groups:
            sets = [s for s in shingles.shingles(texts) if len(s)]
            if sets:
                shingles.bands(sets)

    seconds = best(sign, 3)
    r = random.Random(0)
    drawn = [generate.PAINTERS[k](r, (1000, 800)).convert("L") for k in KINDS for _ in range(3)]
    seen = best(lambda: [pictures.tables(pictures.views(p)) for p in drawn], 3)
    # Half of the pairs that candidates are: a picture and a smaller copy with a border; the others are of two pictures.
    views = [pictures.views(p) for p in drawn]
    copies = [pictures.views(ImageOps.expand(p.resize((600, 480)), (20, 9, 14, 30), 255)) for p in drawn]
    pairs = [*zip(views, copies, strict=True), *itertools.pairwise(views)]
    checked = best(lambda: [pictures.likeness(a, b) for a, b in pairs], 1)
    n = sum(map(len, groups))
    return {
        "paragraphs": n,
        "words_per_paragraph": round(float(np.mean([len(t.split()) for g in groups for t in g])), 1),
        "paragraphs_per_second": round(n / seconds),
        "figures_per_second": round(len(drawn) / seen),
        "ms_per_check": round(1000 * checked / len(pairs), 1),
    }


def streaming(data: Path | None) -> dict[str, Any]:
    """Samples a second of `pmcmine.stream` beside plain `webdataset` over the same local tars."""
    import webdataset as wds

    from pmcmine import stream
    from pmcmine.cli import main as pmcmine
    from pmcmine.demo import write_bucket
    from pmcmine.demo.corpus import many_articles

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "bucket"
        if data is not None:
            source = data / "pmc-bucket"
        else:
            write_bucket(source, many_articles(200))
        out = Path(folder) / "release"
        off = ("vocab=none", "classify=false", "image_kinds=false", "languages=false", "privacy=false", "panels=false")
        args = ["mine", "--source", str(source), "--out", str(out), "-q", "--shard-bytes", "20000000"]
        with contextlib.suppress(SystemExit), contextlib.redirect_stdout(sys.stderr):
            pmcmine([*args, *(a for o in off for a in ("--set", o))])
        tars = [str(p) for p in sorted((out / "shards").rglob("train-*.tar"))]
        n = 0

        def theirs() -> None:
            nonlocal n
            n = sum(1 for _ in wds.WebDataset(tars, shardshuffle=False, empty_check=False).decode())

        decoded = best(theirs, 5)
        plain = best(lambda: [0 for _ in wds.WebDataset(tars, shardshuffle=False, empty_check=False)], 5)
        samples = stream.open(str(out))
        ours = best(lambda: [0 for _ in samples], 5)
        shuffled = stream.open(str(out), seed=0)
        mixed = best(lambda: [0 for _ in shuffled], 5)
    return {
        "samples": n,
        "per_second": {
            "pmcmine": round(n / ours),
            "pmcmine, shuffled": round(n / mixed),
            "webdataset": round(n / plain),
            "webdataset, JSON and text decoded": round(n / decoded),
        },
        "ratio": round(plain / ours, 2),
    }


# Memory comes first: a child's peak counts what its parent held when it was started.
BENCHMARKS = {
    "memory": memory,
    "parse": parse,
    "beam": beam,
    "shards": shards,
    "link": link,
    "classify": classify,
    "panels": panels,
    "duplicates": duplicates,
    "streaming": streaming,
    "shuffle": shuffle,
    "hub": hub,
    "scale": scale,
}


def main() -> None:
    """Run one benchmark or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--data", default=os.environ.get("PMCMINE_REAL_DATA"))
    args = parser.parse_args()
    data = Path(args.data) if args.data else None
    names = [n for n in BENCHMARKS if n != "scale"] if args.name == "all" else [args.name]  # that takes an hour
    results: dict[str, Any] = {"data": "real" if data else "generated"}
    for name in names:
        results[name] = BENCHMARKS[name](data)
        print(f"{name}: {json.dumps(results[name])}", file=sys.stderr)
    results["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(results))


if __name__ == "__main__":
    main()
