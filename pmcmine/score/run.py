"""Score a release: plan the blocks, have those done that are not, and put the scores into the release.

Blocks are committed to a hidden folder beside the scores, one file each, so that a killed run resumes. Files of the
release follow, one for each file of the table, and `release.json` last.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from pmcmine.assemble.parquet import write_parquet
from pmcmine.describe.score_card import CARD, scores_card
from pmcmine.errors import DamagedError, PmcmineError, ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held
from pmcmine.io.safe_files import replacing
from pmcmine.plugins.scorer import OpenScorer
from pmcmine.release.layout import JOURNAL, RELEASE, WORK, FileEntry, file_entry, read_checked
from pmcmine.release.record import ReleaseRecord, check_seal, load_release
from pmcmine.release.scores import SCORES, ScoreFacts
from pmcmine.release.tables import check_release, table_names
from pmcmine.score.blocks import SHARDS_OF, Block, blocks_of, schema_of
from pmcmine.score.registry import Request, facts_of, open_scorer, scorers

_MARK: Final = "score.json"
_GROUP: Final = 5_000  # rows of a row group
# Runs blocks: release, scratch folder, blocks, request, whether the scorer reads images.
Graph = Callable[[Path, Folder, Sequence[Block], Request, bool], None]


@dataclass(frozen=True, slots=True)
class Scored:
    """Result of a run.

    Attributes:
        facts: what `release.json` says of the score.
        rows: rows of the score.
        blocks: blocks that were scored now.
        resumed: blocks that an earlier run had committed.
        kept: files of the score that were up to date.
    """

    facts: ScoreFacts
    rows: int
    blocks: int
    resumed: int
    kept: int


def score_release(
    release: Path, request: Request, graph: Graph, *, out: Path | None, overwrite: bool, block_rows: int
) -> Scored:
    """Score the rows of a table of a release on this machine, or resume doing so.

    Args:
        release: the release.
        request: what to score.
        graph: runs the blocks.
        out: Parquet file to write instead of a score of the release; None for that.
        overwrite: replace a score of the same name that was made otherwise.
        block_rows: rows of a block.

    Raises:
        PmcmineError: one line; the same call resumes.
    """
    check_release(release)
    folder = Folder(str(release))
    if folder.exists(f"{WORK}/{JOURNAL}"):
        raise ReleaseError(f"{release}: an update was killed before it finished; run `pmcmine update` again")
    record = check_seal(load_release(folder), f"{release}/{RELEASE}")
    _check_target(release, record, request)
    opened = open_scorer(request)
    facts = facts_of(request, opened)
    _check_columns(release, record, facts)
    wanted = _table_files(release, record, request.table)
    same = {} if out is not None else _up_to_date(folder, record, facts, overwrite)
    todo = {
        f.name: f
        for f in wanted
        if _score_file(facts, f.name) not in same or same[_score_file(facts, f.name)] != f.sha256
    }
    scratch = (
        Folder(str(out.parent / f".{out.name}-parts")) if out is not None else folder.child(f"{SCORES}/.{facts.name}")
    )
    with held(scratch):
        blocks = blocks_of({name: f.rows or 0 for name, f in todo.items()}, block_rows)
        _begin(scratch, facts, todo, block_rows)
        left = [b for b in blocks if not scratch.exists(b.part)]
        if left:
            graph(release, scratch, left, request, bool(scorers()[request.scorer].target.images))
        if out is not None:
            rows = _write_one(out, scratch, blocks, request, opened)
        else:
            rows = _write_into(folder, record, facts, scratch, blocks, wanted, (request, opened))
        for name in scratch.names():
            if name != "lock":
                scratch.remove_tree(name)
    scratch.remove_tree()
    return Scored(facts, rows, len(left), len(blocks) - len(left), len(wanted) - len(todo))


def _check_target(release: Path, record: ReleaseRecord, request: Request) -> None:
    """Raise PmcmineError if the release lacks the table, or the images that the scorer reads."""
    if request.table not in table_names(release):
        raise PmcmineError(f"--table {request.table}: {release} has no such table")
    if not scorers()[request.scorer].target.images:
        return
    if record.run.free_published:
        raise PmcmineError(f"{release}: its shards are only on the Hub (free_published); download them first")
    if not any(file.name.endswith(".tar") for file in record.files_of(SHARDS_OF[request.table])):
        way = "; mine it with --panel-shards" if request.table == "panels" else ""
        said = f"--with {request.scorer} --table {request.table}"
        raise PmcmineError(f"{said}: reads images, and {release} has none of {request.table}{way}")


def _check_columns(release: Path, record: ReleaseRecord, facts: ScoreFacts) -> None:
    """Raise PmcmineError if a column of the score is one of the table, or of another score of it."""
    file = next((f for f in record.files if f.name.startswith(f"tables/{facts.table}/")), None)
    taken = dict.fromkeys(pq.read_schema(release / file.name).names if file is not None else (), f"table {facts.table}")
    for other in record.scores:
        if other.name != facts.name and other.table == facts.table:
            taken |= dict.fromkeys(other.columns, f"score {other.name}")
    for name in facts.columns:
        if name in taken:
            raise PmcmineError(
                f"--name {facts.name}: the {taken[name]} has a column {name!r} already; choose another name"
            )


def _table_files(release: Path, record: ReleaseRecord, table: str) -> list[FileEntry]:
    """Return the files of a table; their rows are counted from the files where the release does not say."""
    found = []
    for file in record.files_of(f"tables/{table}"):
        if file.name.endswith(".parquet"):
            entry = file.checked(f"{release}/{RELEASE}")
            found.append(replace(entry, rows=pq.read_metadata(release / file.name).num_rows))
    return found


def _score_file(facts: ScoreFacts, table_file: str) -> str:
    """Return the name of the file with the scores of a file of the table."""
    return f"{SCORES}/{facts.name}/{table_file.removeprefix(f'tables/{facts.table}/')}"


def _up_to_date(folder: Folder, record: ReleaseRecord, facts: ScoreFacts, overwrite: bool) -> Mapping[str, str]:
    """Return the files that the release has of the same score; a damaged one is scored again.

    Raises:
        PmcmineError: if it has another one of that name, unless it may be replaced.
    """
    there = next((s for s in record.scores if s.name == facts.name), None)
    if there is None:
        return {}
    if there.identity() == facts.identity():
        known = {file.name: file for file in record.files}
        return {name: sha for name, sha in there.of.items() if _is_whole(folder, known.get(name))}
    if not overwrite:
        now, before = facts.identity(), there.identity()
        differ = ", ".join(k for k in now if now[k] != before.get(k))
        raise PmcmineError(
            f"--name {facts.name}: the release has a score of that name with another {differ}; choose another --name, "
            "or --overwrite to replace it"
        )
    return {}


def _is_whole(folder: Folder, entry: FileEntry | None) -> bool:
    """Check whether a file is there with the bytes that the release states."""
    try:
        return entry is not None and bool(read_checked(folder, entry))
    except DamagedError:
        return False


def _begin(scratch: Folder, facts: ScoreFacts, files: Mapping[str, FileEntry], block_rows: int) -> None:
    """Mark the scratch folder; parts of a run that scored something else, or otherwise, are removed."""
    hashes = {name: f.sha256 for name, f in sorted(files.items())}
    mark = json.dumps([facts.identity(), hashes, block_rows], sort_keys=True).encode()
    if scratch.exists(_MARK) and scratch.read(_MARK) == mark:
        return
    scratch.remove_tree("parts")
    scratch.write(_MARK, mark, replace=True)


def _row_groups(scratch: Folder, blocks: Sequence[Block], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows of committed blocks in row groups of a fixed size."""
    waiting: list[pa.Table] = []
    for block in blocks:
        with scratch.open(block.part) as stream:
            part = pq.ParquetFile(stream).read()
        if part.schema != schema or len(part) != block.stop - block.start:
            raise DamagedError(
                f"{scratch.url}/{block.part}: is damaged; remove {scratch.url} and run the same command again"
            )
        waiting.append(part)
        while sum(map(len, waiting)) >= _GROUP:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, _GROUP).combine_chunks()
            waiting = [joined.slice(_GROUP)]
    rest = pa.concat_tables([schema.empty_table(), *waiting]).combine_chunks()
    if len(rest):
        yield rest


def _write_one(out: Path, scratch: Folder, blocks: Sequence[Block], request: Request, opened: OpenScorer) -> int:
    schema = schema_of(request, opened)
    with replacing(out) as stream:
        return write_parquet(stream, schema, _row_groups(scratch, blocks, schema))


def _write_into(
    folder: Folder,
    record: ReleaseRecord,
    facts: ScoreFacts,
    scratch: Folder,
    blocks: Sequence[Block],
    wanted: Sequence[FileEntry],
    scorer: tuple[Request, OpenScorer],
) -> int:
    """Write the files of a score and then `release.json`; return the number of rows of the score."""
    schema = schema_of(*scorer)
    known = {f.name: f for f in record.files}
    by_file: dict[str, list[Block]] = {}
    for block in blocks:
        by_file.setdefault(block.file, []).append(block)
    entries: dict[str, FileEntry] = {}
    for file in wanted:
        name = _score_file(facts, file.name)
        if file.name in by_file or not file.rows:
            entries[name] = _write_file(folder, name, schema, _row_groups(scratch, by_file.get(file.name, []), schema))
        else:
            entries[name] = known[name]
    of = {_score_file(facts, f.name): f.sha256 for f in wanted}
    scores = tuple(
        sorted([*(s for s in record.scores if s.name != facts.name), replace(facts, of=of)], key=lambda s: s.name)
    )
    card = scores_card(scores)
    gone = [f.name for f in record.files_of(f"{SCORES}/{facts.name}") if f.name not in entries]
    kept = [f for f in record.files if f.name not in {*entries, *gone, CARD}]
    files = tuple(sorted([*kept, *entries.values(), file_entry(CARD, card)], key=lambda f: f.name))
    with_files(folder, record, replace(record, scores=scores, files=files), {CARD: card})
    for name in gone:
        folder.remove(name)
    return sum(f.rows or 0 for f in entries.values())


def _write_file(folder: Folder, name: str, schema: pa.Schema, groups: Iterator[pa.Table]) -> FileEntry:
    with folder.create(name, replace=True) as (stream, _):
        rows = write_parquet(stream, schema, groups)
    data = folder.read(name)
    return FileEntry(name, len(data), sha256(data).hexdigest(), rows)


def with_files(folder: Folder, before: ReleaseRecord, after: ReleaseRecord, files: Mapping[str, bytes]) -> None:
    """Write small files and then `release.json` of a release that nobody changed meanwhile.

    Raises:
        ReleaseError: if somebody did.
    """
    if load_release(folder) != before:
        raise ReleaseError(f"{folder.url}: was changed meanwhile; run the same command again")
    for name, data in files.items():
        folder.write(name, data, replace=True)
    folder.write(RELEASE, after.to_bytes(), replace=True)
