"""Fuzz what reads input of others: `python -m tests.fuzz --minutes 10`.

Seeds are mutated at random, over articles, captions, mentions, abbreviations, context, rights, metadata, inventories,
file lists, archives and releases. An exception other than a reject or an error of one line, or a call that takes too
long, is printed with the file that reproduces it; `--replay FILE` runs such a file again. Exit code 1 if anything was
found.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import gzip
import hashlib
import io
import json
import logging
import random
import shutil
import signal
import sys
import tarfile
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from lxml import etree

from pmcmine.demo.corpus import article_files, article_xml, demo_articles, many_articles
from pmcmine.errors import PmcmineError
from pmcmine.jats import ArticleMeta, extract_article
from pmcmine.rejects import Ledger, Rejected
from pmcmine.rights.retraction import stamped
from pmcmine.sources.archives import read_member, stream_members
from pmcmine.sources.base import Entry
from pmcmine.sources.bucket import SCHEMA, _check_manifest, _rows
from pmcmine.sources.filelist import read_filelist
from pmcmine.sources.layout import read_metadata
from tests.text_functions import TEXT_FUNCTIONS, article

LONGEST: Final = 20_000  # bytes of an input
SECONDS: Final = 10.0  # of the processor, for one input
_LARGEST: Final = 1 << 20  # bytes of a member that is read
_TOKENS: Final = tuple(
    token.encode()
    for token in (
        *"()[]{}<>&;:.,'\"/\\©0 9Aa\n\t", "\u00a0", "\u2028", "\ufffe", "\U0010ffff", "Fig. 1A", "Figs. 1–9, ", " and B",
        "(A) ", "(TNF)", "no ", "but ", "history of ", "CC BY-NC 4.0", "© 2020 Elsevier", "reproduced with permission from [1]",
        "<xref ref-type='fig' rid='f1'>", "</xref>", "<fig id='f1'>", "</fig>", "<p>", "</p>", "<sup>", "<caption>", "<sec>",
        "<alternatives>", "<graphic xlink:href='a.jpg'/>", "<mml:math>", "<tex-math>", "\\begin{document}", "\\frac{", "&amp;",
        "&#0;", "&#xd800;", "&a;", "<![CDATA[", "]]>", "<!--", "<!DOCTYPE article [<!ENTITY a 'x'>]>", "null", "true", "-1", "1e999",
        "99999999999999999999", "../", "/etc/passwd", "PMC1", "\x00", "\x1b[2J", "=1+1",
    )
)  # fmt: skip


_WORDS: Final = tuple(
    w
    for t in _TOKENS
    if (w := "".join(c for c in t.decode("utf-8", "ignore") if c.isprintable() or c in "\n\t\u00a0\u2028"))
)
_TAGS: Final = (
    "p sec title fig fig-group label caption graphic media alternatives table-wrap table-wrap-foot boxed-text fn xref sup sub bold "
    "italic attrib permissions license license-p copyright-statement supplementary-material disp-formula inline-formula tex-math "
    "list list-item def-list abstract body back front article-meta sub-article response floats-group app ack notes kwd aff contrib "
    "collab name surname pub-date year month day ref pub-id article long-desc alt-text object-id disp-quote statement break "
    "{http://www.w3.org/1998/Math/MathML}math {http://www.w3.org/1998/Math/MathML}mfrac {http://www.w3.org/1998/Math/MathML}mi "
    "{http://www.w3.org/1998/Math/MathML}mmultiscripts {http://www.w3.org/1998/Math/MathML}mfenced "
    "{http://www.w3.org/1998/Math/MathML}maction {http://www.w3.org/1998/Math/MathML}mover"
).split()


class TooSlow(BaseException):
    """A call was stopped."""


@dataclass(frozen=True)
class Target:
    """Something that reads input, and inputs to begin with."""

    seeds: Sequence[bytes]
    read: Callable[[bytes], object]
    weight: int = 1
    mutate: Callable[[bytes, Sequence[bytes], random.Random], bytes] | None = None


def _read_article(data: bytes) -> None:
    """Extract an article; its rows and rejects can be written as UTF-8, and its sums hold."""
    ledger = Ledger("PMC1")
    found = extract_article(data, ArticleMeta(pmcid="PMC1"), ledger)
    rows = (found.article, found.mentions, found.paragraphs, found.article_tables, [f.caption for f in found.figures])
    repr(rows).encode("utf-8")
    repr(ledger.rows).encode("utf-8")
    for unit in ("mention", "paragraph", "sub_article"):
        kept = {"mention": len(found.mentions), "paragraph": len(found.paragraphs), "sub_article": 0}[unit]
        lost = sum(r.unit == unit for r in ledger.rows)
        if found.found[unit] != kept + lost:
            raise AssertionError(f"{unit}: {found.found[unit]} found, {kept} rows and {lost} rejects")


def _read_archive(data: bytes) -> None:
    for member, stream in stream_members(io.BytesIO(data), _LARGEST):
        repr(member).encode("utf-8", "surrogateescape")
        if stream is not None:
            read_member(stream, member.size, _LARGEST)


def _read_manifest(data: bytes) -> None:
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError):
        return
    _check_manifest(manifest)


def _read_list(data: bytes) -> None:
    for row in read_filelist(io.TextIOWrapper(io.BytesIO(data), "utf-8", "replace", newline="")):
        repr(row).encode("utf-8")


def _tar(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _text(function: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: function(data.decode("utf-8", "replace"))


def _articles() -> list[bytes]:
    """Articles of all the demo's kinds, and some whose markup is dense."""
    dense = article(
        "<sec><title>Results <xref ref-type='fig' rid='f1'>1</xref></title><p>10<sup>5</sup> cells (TNF; Fig. 1A, B and "
        "2)<xref ref-type='bibr' rid='b1'><sup>3</sup></xref> <inline-formula><mml:math><mml:mfrac><mml:mi>a</mml:mi>"
        "<mml:mn>2</mml:mn></mml:mfrac></mml:math></inline-formula></p><fig-group id='g'><caption><p>All</p></caption>"
        "<fig id='f1'><label>Figure 1</label><caption><title>T</title><p><bold>(A)</bold> x, <bold>(B)</bold> y.</p>"
        "</caption><alternatives><graphic xlink:href='a.tif'/><graphic xlink:href='a.jpg'/></alternatives><attrib>© X"
        "</attrib></fig></fig-group><table-wrap id='t'><caption><p>T</p></caption><table><tr><td>1</td></tr></table>"
        "<table-wrap-foot><fn><p>n</p></fn></table-wrap-foot></table-wrap><boxed-text><p>b</p></boxed-text></sec>",
        "<article-id pub-id-type='pmcid'>PMC1</article-id><title-group><article-title>T</article-title></title-group>"
        "<contrib-group><aff id='a'>A</aff><contrib><name><surname>Li</surname></name><xref ref-type='aff' rid='a'/>"
        "</contrib></contrib-group><pub-date><year>2020</year></pub-date><permissions><license><license-p>CC BY 4.0"
        "</license-p></license></permissions><abstract><p>Short.</p></abstract><kwd-group><kwd>k</kwd></kwd-group>",
        "<ref-list><ref id='b1'><pub-id pub-id-type='pmid'>1</pub-id></ref></ref-list>",
        "<sub-article><front-stub/><body><fig id='s'/></body></sub-article>",
    )
    own = b"<!DOCTYPE article [<!ENTITY a 'x<bold>y</bold>'><!ENTITY b '&a;z'>]>" + article("<p>&a; and &b;</p>")
    return [dense, own, *(x for a in demo_articles(2)[:12] if len(x := article_xml(a)) < LONGEST)]


def targets(release: Path | None) -> dict[str, Target]:
    """All that is fuzzed, by name."""
    captions = (
        "(A) Cells. (B, C) Controls; scale bar, 5 µm. Reproduced with permission from [1], © 2019 Elsevier.",
        "Tumour necrosis factor (TNF) and interleukin-2 (IL-2) in Fig. 1 (A and B), Figs. 2A–C, 3 and S1 Fig.",
        "No fever but history of cough; denies pain. A 54-year-old woman was diagnosed with sarcoidosis in 2019.",
        "This is an open access article under the CC BY-NC-ND 4.0 licence, creativecommons.org/licenses/by-nc-nd/4.0/.",
        "\\documentclass[12pt]{minimal}\\begin{document}$\\frac{a}{b}_{2}$\\end{document} Mr. Smith, MRN: 12345678.",
    )
    texts = [c.encode() for c in captions]
    found = {name: Target(texts, _text(f)) for name, f in TEXT_FUNCTIONS.items() if name != "article"}
    found["title"] = Target(texts, _text(stamped))
    found["article"] = Target(_articles(), _read_article, 12, mutate_tree)
    files, metadata = article_files(many_articles(1)[0])
    entry = Entry(pmcid=str(metadata["pmcid"]), version=1, ref="m", etag="")
    found["metadata"] = Target([json.dumps(metadata).encode()], lambda d: read_metadata(d, entry), 2)
    small = {name: content[:2000] for name, content in files.items()}
    found["tar"] = Target([_tar(small)], lambda d: _read_archive(gzip.compress(d, 1)), 3)
    found["tar.gz"] = Target([gzip.compress(_tar(small))], _read_archive, 2)
    row = b'"b","metadata/PMC1.1.json","2026-01-01","0123456789abcdef0123456789abcdef"\n'
    found["inventory"] = Target([row * 3], lambda d: list(_rows(gzip.compress(d, 1))), 2)
    found["packed inventory"] = Target([gzip.compress(row * 3)], lambda d: list(_rows(d)))
    manifest = {"fileSchema": SCHEMA, "fileFormat": "CSV", "files": [{"key": "a", "MD5checksum": "0" * 32}]}
    found["manifest"] = Target([json.dumps(manifest).encode()], _read_manifest)
    listed = b"Article File,Accession ID,PMID,License,Retracted\noa/a.tar.gz,PMC1,2,CC BY,no\n"
    found["file list"] = Target([listed, b"2026-01-01\noa/a.tar.gz\tX\tPMC1\tPMID:2\tCC BY\n"], _read_list, 2)
    if release is not None:
        for name in ("release.json", "tables", "shards"):
            found[f"release: {name}"] = _of_release(release, name)
    return found


def _of_release(release: Path, part: str) -> Target:
    """A release, one file of which is another; what reads it ends with one line or not at all."""
    suffix = {"release.json": "release.json", "tables": "*.parquet", "shards": "*.tar"}[part]
    top = release if part == "release.json" else release / part
    files = sorted(top.rglob(suffix), key=lambda f: f.stat().st_size)[:6]
    seeds = [f.read_bytes() for f in files]

    def read(data: bytes) -> None:
        from pmcmine import stream
        from pmcmine.publish.verify import verify_folder
        from pmcmine.release.tables import MALFORMED, open_tables

        name = files[int.from_bytes(hashlib.sha256(data[:64]).digest()[:2]) % len(files)]
        with tempfile.TemporaryDirectory(prefix="pmcmine-fuzz-") as home:
            damaged = Path(home) / "release"
            shutil.copytree(release, damaged)
            (damaged / name.relative_to(release)).write_bytes(data)
            with contextlib.suppress(PmcmineError):
                verify_folder(damaged)
            with contextlib.suppress(PmcmineError, *MALFORMED):  # what each command turns into one line
                connection, views = open_tables(damaged)
                for view in views:
                    connection.sql(f'SELECT * FROM "{view}"').fetchall()
            with contextlib.suppress(PmcmineError):
                for _, sample in zip(range(20), stream.open(str(damaged), split="train"), strict=False):
                    repr(sample)

    return Target(seeds, read)


def mutate(seed: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Change a seed in one to eight places."""
    data = bytearray(seed)
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice((1, 1, 4, 16, 64, 512)))
        kind = rng.randrange(8)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at:end] = b""
        elif kind == 2:
            data[at:at] = rng.choice(_TOKENS)
        elif kind == 3:
            data[at:end] = rng.choice(_TOKENS)
        elif kind == 4:
            data[at:at] = bytes(data[at:end]) * rng.choice((2, 10, 100, 1000))
        elif kind == 5:
            data[at:at] = rng.choice(_TOKENS) * rng.choice((2, 10, 100, 1000))
        elif kind == 6:
            other = rng.choice(others)
            begin = rng.randrange(len(other) + 1)
            data[at:end] = other[begin : begin + rng.choice((4, 64, 1024))]
        else:
            data[at:at] = rng.choice(_TOKENS) + rng.choice(_TOKENS)
        del data[max(LONGEST, len(seed)) :]
    return bytes(data)


def mutate_tree(seed: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Change elements of an article, which stays well-formed; now and then its bytes instead."""
    if rng.random() < 0.2:
        return mutate(seed, others, rng)
    parser = etree.XMLParser(resolve_entities=False)
    root, other = etree.fromstring(seed, parser), etree.fromstring(rng.choice(others), parser)
    for _ in range(rng.choice((1, 2, 3, 5, 10))):
        elements = [e for e in root.iter() if isinstance(e.tag, str)]
        one, two = rng.choice(elements), rng.choice(elements)
        kind = rng.randrange(8)
        if kind == 0 and one is not root:
            one.getparent().remove(one)
        elif kind == 1 and len(elements) < 2_000:
            one.insert(rng.randrange(len(one) + 1), copy.deepcopy(two))
        elif kind == 2:
            one.insert(rng.randrange(len(one) + 1), copy.deepcopy(rng.choice(list(other.iter("*")))))
        elif kind == 3:
            one.tag = rng.choice(_TAGS)
        elif kind == 4:
            words = "".join(rng.choice(_WORDS) for _ in range(rng.choice((1, 2, 4, 60))))
            one.text, two.tail = (words, two.tail) if rng.random() < 0.6 or two is root else (one.text, words)
        elif kind == 5:
            name = rng.choice(
                ("id", "rid", "ref-type", "fig-type", "{http://www.w3.org/1999/xlink}href", "sec-type", "lang")
            )
            one.set(name, rng.choice(("fig", "bibr", "f1", "f1 g t", "g", "a.jpg", "../x", "", " ", "ж" * 300)))
        elif kind == 6:
            inner = root.makeelement(rng.choice(_TAGS))
            one.append(inner)
            inner.text = rng.choice(_WORDS)
        elif (
            one.getparent() is not None
            and two.getparent() is not None
            and two is not one
            and two not in one.iterancestors()
        ):
            one.append(two)
    return bytes(etree.tostring(root, encoding=rng.choice(("utf-8", "utf-16", "ascii"))))


def run(target: Target, data: bytes) -> str | None:
    """Read one input; what went wrong, None if nothing did."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        target.read(data)
    except (PmcmineError, Rejected):
        return None
    except TooSlow:
        return f"more than {SECONDS:g} seconds\n{traceback.format_exc(limit=-6)}"
    except Exception:  # noqa: BLE001 (what the search is for)
        return traceback.format_exc(limit=-6)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return None


def search(chosen: dict[str, Target], seconds: float, seed: int, out: Path) -> int:
    """Fuzz for so long; the number of different findings, each of which is saved with its input."""
    rng = random.Random(seed)
    # A release takes seconds to copy and read.
    names = [n for n, t in chosen.items() for _ in range(t.weight * (1 if n.startswith("release") else 10))]
    known: set[tuple[str, str]] = set()
    counts = dict.fromkeys(chosen, 0)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        name = rng.choice(names)
        target = chosen[name]
        data = (target.mutate or mutate)(rng.choice(target.seeds), target.seeds, rng)
        counts[name] += 1
        wrong = run(target, data)
        if wrong is None:
            continue
        lines = wrong.strip().splitlines()
        key = (name, "\n".join(line for line in lines if line.lstrip().startswith("File ")) + lines[-1].split(":")[0])
        if key in known:
            continue
        known.add(key)
        out.mkdir(parents=True, exist_ok=True)
        file = out / f"{name.replace(' ', '-').replace(':', '')}-{hashlib.sha256(data).hexdigest()[:12]}"
        file.write_bytes(data)
        print(f"--- {name}: replay with `python -m tests.fuzz --only '{name}' --replay {file}`\n{wrong}", flush=True)
    print(f"{sum(counts.values())} inputs, {len(known)} findings: " + ", ".join(f"{k} {n}" for k, n in counts.items()))
    return len(known)


def _release(folder: Path) -> Path:
    """Mine the demo's articles, without a network."""
    from pipelines.job import run as mine
    from pmcmine.config import load_config
    from pmcmine.demo import BucketServer, write_bucket
    from pmcmine.run.progress import Progress

    write_bucket(folder / "bucket", demo_articles(2))
    with BucketServer(folder / "bucket") as server:
        flags = {"source": server.url, "out": str(folder / "release"), "vocab": "none", "max_reject_share": 1.0}
        mine(load_config(flags), Progress(quiet=True))
    return folder / "release"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 1 if something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (default 0)")
    parser.add_argument("--only", action="append", help="name of a target; may be repeated")
    parser.add_argument("--no-release", action="store_true", help="do not mine a release to fuzz")
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"), help="where inputs that fail are saved")
    parser.add_argument("--replay", type=Path, help="run one saved input instead")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="pmcmine-fuzz-") as home:
        only = options.only
        wants = not options.no_release and (only is None or any(n.startswith("release") for n in only))
        every = targets(_release(Path(home)) if wants else None)
        missing = set(only or ()) - set(every)
        if missing:
            parser.error(f"no target {', '.join(sorted(missing))}; choose from {', '.join(every)}")
        chosen = {name: t for name, t in every.items() if only is None or name in only}
        if options.replay is not None:
            wrong = [w for t in chosen.values() if (w := run(t, options.replay.read_bytes())) is not None]
            print("\n".join(wrong) or "nothing is wrong with it")
            return int(bool(wrong))
        return int(search(chosen, 60 * options.minutes, options.seed, options.out) > 0)


if __name__ == "__main__":
    sys.exit(main())
