"""Build the side table of texts: collect rows by the file of their source, and add them to the release."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from pmcmine.assemble.parquet import write_parquet
from pmcmine.describe.croissant import TABLES_CROISSANT, published_day
from pmcmine.describe.written_card import CARD, CROISSANT, written_descriptions
from pmcmine.io.folder import Folder
from pmcmine.io.safe_files import replacing
from pmcmine.release.layout import FileEntry, file_entry
from pmcmine.release.record import ReleaseRecord
from pmcmine.release.written import REJECTS, TEXTS, WRITTEN, WrittenFacts, chosen_written
from pmcmine.score.run import with_files
from pmcmine.write.budget import Prices
from pmcmine.write.checks import codes
from pmcmine.write.one_row import Outcome
from pmcmine.write.requests import Settings
from schemas.record import Table, to_arrow
from schemas.written import WRITE_REJECTS, WriteReject, Written, WrittenSource, WrittenTurn
from schemas.written import WRITTEN as WRITTEN_TABLE

_MOST_DESCRIPTION: Final = 16 << 20  # bytes of croissant.json
_MOST_ANSWER: Final = 20_000  # characters of a dropped answer


@dataclass
class _Held:
    """Rows of one table waiting to be written, converted to Arrow row groups once there are enough."""

    table: Table
    rows: list[Any] = field(default_factory=list)
    groups: list[pa.Table] = field(default_factory=list)

    def add(self, row: Any) -> None:
        self.rows.append(row)
        if len(self.rows) == self.table.row_group:
            self.flush()

    def flush(self) -> None:
        if self.rows:
            self.groups.append(to_arrow(self.table, self.rows))
            self.rows = []

    def to_bytes(self) -> tuple[bytes, int]:
        self.flush()
        out = io.BytesIO()
        n = write_parquet(out, self.table.schema, self.groups)
        return out.getvalue(), n


class Sink:
    """Collect the outcomes of rows.

    Args:
        facts: entry of the side table.
        settings: how the model was asked.
        prices: prices of tokens.
        judge: name of the judge; None without one.
    """

    def __init__(self, facts: WrittenFacts, settings: Settings, prices: Prices, judge: str | None) -> None:
        self._facts, self._settings, self._prices, self._judge = facts, settings, prices, judge
        self._checks = tuple(sorted(codes()))
        self._counts = Counter[str]()
        self._held: dict[tuple[str, str], _Held] = {}  # by folder and file of the source
        self.left = 0

    def add(self, outcome: Outcome, benchmarks: Sequence[str] = ()) -> None:
        """Add the outcome of a row."""
        row, counts = outcome.row, self._counts
        counts["rows"] += 1
        counts["asked"] += outcome.answer is not None
        counts["tokens_read"] += outcome.counted[0]
        counts["tokens_written"] += outcome.counted[1]
        counts["flagged_benchmark"] += bool(benchmarks) and outcome.content is not None
        self.left += outcome.is_open
        if outcome.content is not None:
            counts["kept"] += 1
            counts["overruled"] += bool(outcome.overruled)
            counts["kept_turns"] += len(outcome.content.turns)
            self._of(TEXTS, row.file).add(self._written(outcome, benchmarks))
        for drop in outcome.drops:
            counts[f"{'dropped' if drop.turn is None else 'dropped_turns'}: {drop.reason}"] += 1
            self._of(REJECTS, row.file).add(
                WriteReject(
                    row_id=row.id,
                    article_id=row.article_id,
                    pmcid=row.pmcid,
                    task=self._facts.task,
                    reason=drop.reason,
                    detail=drop.detail,
                    turn=drop.turn,
                    answer=_storable(drop.answer),
                    request_sha256=outcome.answer.request if outcome.answer is not None else None,
                    model=self._settings.model,
                    license=row.license,
                    split=row.split,
                )
            )

    def _of(self, folder: str, file: str) -> _Held:
        table = WRITTEN_TABLE if folder == TEXTS else WRITE_REJECTS
        return self._held.setdefault((folder, file), _Held(table))

    def _written(self, outcome: Outcome, benchmarks: Sequence[str]) -> Written:
        row, answer, content = outcome.row, outcome.answer, outcome.content
        if answer is None or content is None:
            raise TypeError("a text without an answer")
        return Written(
            written_id=f"{row.id}~{self._facts.name}",
            row_id=row.id,
            table=self._facts.table,
            article_id=row.article_id,
            pmcid=row.pmcid,
            task=self._facts.task,
            text=content.text or None,
            turns=tuple(WrittenTurn(question=t.question, answer=t.answer) for t in content.turns),
            prompt_version=self._settings.prompt_version,
            prompt_sha256=self._settings.prompt_sha256,
            request_sha256=answer.request,
            model=self._settings.model,
            temperature=self._settings.temperature,
            seed=self._settings.seed + outcome.attempt,
            attempt=outcome.attempt,
            tokens_read=answer.read,
            tokens_written=answer.written,
            cost=round(self._prices.of(*outcome.counted), 8) if self._prices.known else None,
            image=outcome.given.image,
            sources=tuple(
                WrittenSource(kind=p.kind, row_id=p.row_id, start=p.start, end=p.end) for p in outcome.given.passages
            ),
            checks=tuple(code for code in self._checks if code not in outcome.overruled),
            overruled=outcome.overruled,
            judge=self._judge,
            judge_score=outcome.score,
            benchmarks=tuple(benchmarks),
            license=row.license,
            license_group=row.group,
            attribution=row.attribution,
            split=row.split,
        )

    @property
    def cost(self) -> float | None:
        """Price of the answers for these rows; None without prices."""
        spent = self._prices.of(self._counts["tokens_read"], self._counts["tokens_written"])
        return round(spent, 6) if self._prices.known else None

    def counted(self) -> dict[str, int]:
        """Return the funnel: rows, asked, kept, then drops by reason."""
        first = ("rows", "asked", "kept", "kept_turns", "tokens_read", "tokens_written")
        rest = sorted(name for name, n in self._counts.items() if name not in first and n)
        return {name: self._counts[name] for name in (*first, *rest)}

    def files(self) -> Iterator[tuple[str, str, bytes, int]]:
        """Yield folder, source file, bytes and rows of each file, and release its memory."""
        for folder, file in sorted(self._held):
            data, n = self._held.pop((folder, file)).to_bytes()
            yield folder, file, data, n

    def joined(self, folder: str) -> _Held:
        """Return the rows of all files as one."""
        table = WRITTEN_TABLE if folder == TEXTS else WRITE_REJECTS
        found = _Held(table)
        for held, file in sorted(self._held):
            if held == folder:
                part = self._held[held, file]
                part.flush()
                found.groups += part.groups
        return found


def _storable(text: str | None) -> str | None:
    """Make an answer fit for a table: replace unpaired surrogates, and cut it at a limit."""
    return None if text is None else text[:_MOST_ANSWER].encode("utf-8", "replace").decode()


def put_into_release(folder: Folder, record: ReleaseRecord, facts: WrittenFacts, sink: Sink) -> WrittenFacts:
    """Write the files of a side table and then `release.json`; return the entry of the side table.

    A file with the same bytes stays; a damaged one is written again.

    Raises:
        ReleaseError: if somebody changed the release meanwhile.
    """
    others = [w for w in record.written if w.name != facts.name]
    known, hashes = {f.name: f for f in record.files}, {f.name: f.sha256 for f in record.files}
    entries: dict[str, FileEntry] = {}
    of: dict[str, str] = {}
    for kind, source, data, n in sink.files():
        name = f"{WRITTEN}/{facts.name}/{kind}/{source.removeprefix(f'tables/{facts.table}/')}"
        entries[name] = FileEntry(name, len(data), sha256(data).hexdigest(), n)
        of[name] = hashes.get(source, "")
        if known.get(name) != entries[name] or not _holds(folder, name, data):  # a damaged one is written again
            folder.write(name, data, replace=True)
    facts = replace(facts, of=of)
    tables = tuple(sorted([*others, facts], key=lambda w: w.name))
    cards = written_descriptions(tables, folder, _published(folder))
    gone = [f.name for f in record.files_of(f"{WRITTEN}/{facts.name}") if f.name not in entries]
    kept = [f for f in record.files if f.name not in {*entries, *gone, *cards}]
    described = [file_entry(*card) for card in cards.items()]
    files = tuple(sorted([*kept, *entries.values(), *described], key=lambda f: f.name))
    with_files(folder, record, replace(record, written=tables, files=files), cards)
    for name in gone:
        folder.remove(name)
    return facts


def _published(folder: Folder) -> str | None:
    """Return the day of publication that the description of a release's tables states; None if it states none."""
    try:
        return published_day(folder.read(TABLES_CROISSANT, _MOST_DESCRIPTION))
    except OSError:
        return None


def _holds(folder: Folder, name: str, data: bytes) -> bool:
    """Check whether a file has these bytes."""
    try:
        return folder.read(name, len(data) + 1) == data
    except OSError:
        return False


def take_out(folder: Folder, record: ReleaseRecord, name: str) -> int:
    """Remove a side table from a release; return its number of files. The journal of answers stays.

    Raises:
        PmcmineError: if there is no side table of that name, or somebody changed the release meanwhile.
    """
    chosen_written(name, record.written, f"--remove {name}")
    tables = tuple(w for w in record.written if w.name != name)
    gone = [f.name for f in record.files_of(f"{WRITTEN}/{name}")]
    files = [f for f in record.files if f.name not in {*gone, CARD, CROISSANT}]
    cards = written_descriptions(tables, folder, _published(folder))
    files += [file_entry(*card) for card in cards.items()]
    after = replace(record, written=tables, files=tuple(sorted(files, key=lambda f: f.name)))
    with_files(folder, record, after, cards)
    for file in (*gone, *([] if tables else [CARD, CROISSANT])):
        folder.remove(file)
    return len(gone)


def write_beside(out: Path, facts: WrittenFacts, sink: Sink) -> None:
    """Write a side table to its own file, and the rejects and facts to two files beside it."""
    said: Mapping[str, Any] = {k: v for k, v in facts.to_object().items() if k != "of"}
    for path, data in (
        (rejects_file(out), sink.joined(REJECTS).to_bytes()[0]),
        (out.with_suffix(".json"), json.dumps(said, indent=1).encode()),
        (out, sink.joined(TEXTS).to_bytes()[0]),
    ):
        with replacing(path) as stream:
            stream.write(data)


def rejects_file(out: Path) -> Path:
    """Return the path of the rejects file beside a file of texts."""
    return out.with_name(f"{out.stem}-rejects.parquet")
