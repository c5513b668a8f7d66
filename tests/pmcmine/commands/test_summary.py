"""What a run prints at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pmcmine.commands.summary import absent_line, internal_errors, no_concepts, totals, why_no_samples
from pmcmine.io.folder import Folder
from pmcmine.rejects import Reason
from pmcmine.release.facts import Counts, RejectCount, Snapshot
from pmcmine.release.layout import FileEntry
from pmcmine.release.record import ReleaseRecord


def _release(
    rejects: dict[tuple[str, str], int], articles: int = 0, figures: int = 0, samples: int = 0, kind: str = "folder"
) -> ReleaseRecord:
    rows = {"articles/commercial/train": articles, "figures/commercial/train": figures}
    found = tuple(RejectCount("x", unit, reason, n) for (unit, reason), n in rejects.items())
    placed = {"commercial/train": samples} if samples else {}
    return ReleaseRecord(counts=Counts(rows=rows, samples=placed, rejects=found), snapshot=Snapshot(kind=kind))


def test_the_five_most_frequent_reasons_with_their_meanings() -> None:
    reasons = [r.value for r in list(Reason)[:7]]
    rejects = Counter({("figure", reason): 10 + n for n, reason in enumerate(reasons)})
    rejects["graphic", reasons[0]] = 1_000
    lines = totals(_release(rejects, articles=3, samples=2).counts)
    assert lines[0] == f"articles 3  samples 2  rejects {rejects.total():,}"
    assert "the 5 most frequent of 7" in lines[2]
    assert [line.split()[:2] for line in lines[3:]] == [
        [reasons[0], "1,010"],
        *([reasons[n], f"{10 + n}"] for n in (6, 5, 4, 3)),
    ]
    assert all(len(line.split()) > 4 for line in lines[3:])  # what the reason means
    few = totals(_release({("figure", "no_caption"): 2, ("figure", "no_graphic"): 2}).counts)
    assert few[1] == "reasons for rejects (all):" and few[2].split()[0] == "no_caption" and len(few) == 4
    assert totals(_release({}, articles=1).counts, 1) == ["articles 1  samples 0  rejects 0"]
    assert totals(_release({}, articles=1).counts, 1_010) == [
        "articles 1 of 1,010 (1,009 rejected)  samples 0  rejects 0"
    ]


@pytest.mark.parametrize(("release", "said"), [
    (_release({}, articles=4), "none of the 4 articles has a figure"),
    (_release({}), "no article was selected"),
    (_release({("article", "license_not_selected"): 9, ("version", "retracted"): 1}), "license_not_selected 9 (the licence"),
    (_release({("version", "not_in_source"): 2}), "not_in_source 2"),
    (_release({("figure", "media_not_in_source"): 7}, 4, 7, kind="bulk"), "bulk packages contain only text"),
    (_release({("figure", "media_not_in_source"): 7}, 4, 7), "images are not in this source (folder)"),
    (_release({("figure", "media_missing"): 7}, 4, 7), "a folder with the images beside the XML"),
    (_release({("figure", "no_caption"): 7}, 4, 7), "require_caption=false"),
    (_release({("figure", "third_party"): 7}, 4), "none of the 7 figures has an image to show: third_party 7"),
    (_release({("figure", "image_corrupt"): 3, ("figure", "image_tiny"): 4}, 4, 7), "image_tiny 4 (a side"),
])  # fmt: skip
def test_why_there_are_no_samples(release: ReleaseRecord, said: str) -> None:
    line = why_no_samples(release)
    assert line is not None and line.startswith("no samples: ") and said in line and "\n" not in line


def test_nothing_to_explain() -> None:
    assert why_no_samples(_release({("figure", "no_caption"): 3}, 1, 4, samples=1)) is None


def test_pmcids_that_are_not_there() -> None:
    assert absent_line(["PMC1"], 1, 1) == "the requested PMCID is not in the source: PMC1"
    assert absent_line(["PMC1"], 1, 3) == "1 of the 3 requested PMCIDs is not in the source: PMC1"
    assert absent_line(["PMC1", "PMC2"], 12, 40).endswith("not in the source: PMC1, PMC2 and 10 more")


def test_bugs_are_told_with_the_article_and_the_detail(tmp_path: Path) -> None:
    name = "tables/rejects/rejects-00000-of-00001.parquet"
    release = _release({("article", "internal_error"): 7, ("figure", "no_caption"): 1})
    release = replace(release, files=(FileEntry(name, 1, "0" * 64),))
    (tmp_path / name).parent.mkdir(parents=True)
    row = {"pmcid": "PMC1", "article_id": "PMC1.1", "figure_id": None, "reason": "internal_error"}
    rows = [row | {"detail": f"ZeroDivisionError: {n} \x1b[2J"} for n in range(7)]
    pq.write_table(pa.Table.from_pylist([row | {"reason": "no_caption", "detail": ""}, *rows]), tmp_path / name)
    head, *lines = internal_errors(release, Folder(str(tmp_path)))
    assert (
        head.startswith("7 rejected as internal_error, a bug in pmcmine") and "report it" in head and "first 5" in head
    )
    assert len(lines) == 5 and lines[0] == "  PMC1.1  ZeroDivisionError: 0 \\x1b[2J"
    assert internal_errors(_release({("figure", "no_caption"): 1}), Folder(str(tmp_path))) == []


def test_a_run_without_a_vocabulary_says_so() -> None:
    said = no_concepts(_release({}, articles=1, figures=1, samples=1))
    assert said is not None and "pmcmine vocab get open" in said
    assert no_concepts(_release({}, articles=1)) is None
