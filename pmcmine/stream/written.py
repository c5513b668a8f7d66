"""Look up texts written by models, by figure, for the samples of a stream."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pmcmine.errors import PmcmineError
from pmcmine.release.lists import KEY, ChosenList
from pmcmine.release.written import WRITTEN, chosen_written
from pmcmine.stream.locate import Listing, side_files, unreachable
from pmcmine.stream.lookup import Lookup

PREFIX: Final = "written:"
MISSING: Final = ("keep", "skip")


class WrittenTexts(Lookup):
    """Texts by id."""

    def get(self, figure_id: str) -> str | None:
        """Return the text about a figure, None if there is none."""
        found = self.row(figure_id)
        return None if found is None else str(found[0])

    def among(self, chosen: ChosenList | None) -> ChosenList:
        """Return the figures with a text as a list, restricted to `chosen` if given."""
        ids = self.ids
        if chosen is not None:
            ids = ids.filter(pc.is_in(ids, chosen.ids[KEY].combine_chunks().cast(ids.type)))
        column = ids.cast(pa.string()) if len(ids) else pa.array([], pa.string())
        digest = sha256("\n".join(column.to_pylist()).encode("utf-8", "surrogatepass")).hexdigest()
        return ChosenList(pa.table({KEY: column}), digest, {})


def check_missing(caption: str, missing: object) -> None:
    """Raise PmcmineError for an invalid option for samples without a written text."""
    if missing not in MISSING:
        raise PmcmineError(f"missing={missing!r}: choose from {', '.join(MISSING)}")
    if missing != "keep" and not (isinstance(caption, str) and caption.startswith(PREFIX)):
        raise PmcmineError(f"missing={missing!r} is of caption='written:NAME', not of caption={caption!r}")


def read_texts(caption: str, listing: Listing, release: str, fs: Any, tables: str, split: str) -> WrittenTexts:
    """Read the texts that replace the captions of a split.

    Args:
        caption: `written:NAME`.
        listing: listing of the release.
        release: its location, for messages.
        fs: its file system.
        tables: root of its tables.
        split: the split.

    Raises:
        PmcmineError: if the release has no such texts, they are not about figures, or they can't be read.
    """
    said = f"caption={caption!r}"
    facts = chosen_written(caption.removeprefix(PREFIX), listing.written, said)
    if facts.table != "figures":
        raise PmcmineError(f"{said}: its texts are about {facts.table}, not about figures")
    paths = side_files(fs, tables, release, listing.digest, facts.texts, split, WRITTEN)
    parts = [_read(path, fs, release) for path in paths]
    whole = pa.concat_tables([_EMPTY, *parts]).combine_chunks()
    whole = whole.filter(pc.is_valid(whole["text"]))
    if parts and sum(map(len, parts)) and not len(whole):
        raise PmcmineError(f"{said}: holds questions or instructions, no text; `export --format llava` writes them")
    return WrittenTexts(_one(whole["row_id"]), [_one(whole["text"])])


_EMPTY: Final = pa.table({"row_id": pa.array([], pa.large_string()), "text": pa.array([], pa.large_string())})


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _read(path: str, fs: Any, release: str) -> pa.Table:
    """Read ids and texts of a file.

    Raises:
        PmcmineError: if it can't be read, or has other columns.
    """
    try:
        with fs.open(path, "rb") as stream:
            found = pq.ParquetFile(stream).read(["row_id", "text"])
        return found.select(["row_id", "text"]).cast(_EMPTY.schema)
    except (pa.ArrowException, ValueError, LookupError):
        raise PmcmineError(f"{path}: is no file of written texts; is the copy complete?") from None
    except Exception as error:  # noqa: BLE001 - each file system has errors of its own
        raise unreachable(f"{release}: written", error) from None
