"""Answer the page's requests about a release."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from pmcmine._version import __version__
from pmcmine.browse.figure import Figures
from pmcmine.browse.filters import Asked, QueryError
from pmcmine.browse.pictures import Pictures
from pmcmine.browse.results import MOST_ROWS, PAGE, Results, page_of
from pmcmine.browse.tables import Tables
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.release.layout import RELEASE
from pmcmine.release.lists import write_list
from pmcmine.release.record import load_release

if TYPE_CHECKING:
    from pmcmine.find.hits import Search
    from pmcmine.find.query import Encoders

MOST_LISTED: Final = 5_000_000  # maximum ids of a list made by the page
_MOST_ID: Final = 300  # characters
_PLACES: Final = ("shard", "image_offset", "image_bytes")


class ReleaseData:
    """A release folder on this machine, opened for reading. Thread-safe.

    Args:
        folder: the release.
        encoders: convert words of a search to vectors; without them, words and concepts are searched.

    Raises:
        PmcmineError: if the folder is not a release.
    """

    def __init__(self, folder: Path, encoders: Encoders | None = None) -> None:
        self.release = load_release(Folder(str(folder)))
        self._given, self._folder = str(folder), folder.resolve()
        tables, counting = Tables(self._folder), Tables(self._folder)
        self._search, self.hint = _opened(folder, encoders)
        # Counting takes longer than look-ups, which must not wait for it.
        self._results = Results(self._folder, counting, self._search)
        self._opened = (tables, counting)
        self._figures = Figures(self._folder, self.release, tables)
        self._pictures = Pictures(self._folder, tables)
        self.image, self.thumbnail = self._pictures.image, self._pictures.thumbnail
        self.figure, self.document = self._figures.figure, self._figures.document
        self.suggest, self.show_image = self._results.suggest, self._results.show_image

    def close(self) -> None:
        """Stop running queries: native code still running when Python exits would abort it."""
        for tables in self._opened:
            tables.close()

    def info(self) -> dict[str, Any]:
        """Return facts of the release and the available searches."""
        vectors = sorted(self._search.vectors) if self._search is not None else []
        return {
            "name": self._folder.name,
            "path": self._given,
            "pmcmine": self.release.pmcmine,
            "snapshot": self.release.snapshot.sha256[:12],
            "search": {"index": self._search is not None, "vectors": vectors, "hint": self.hint},
            "concepts": self._results.below,
            "most": MOST_ROWS,
            "page": PAGE,
        }

    def figures(self, asked: Asked, offset: int) -> dict[str, Any]:
        """Return matching figures, `PAGE` from an offset on, and their total number.

        Without a search, they are in the order of their articles. `ids` are their ids, `figures` the same with their
        labels and whether they have an image; `where` is the equivalent `--where` condition.

        Raises:
            QueryError: for an invalid query.
        """
        found = self._results.find(asked)
        rows = page_of(found, offset)
        self._pictures.note(rows)
        shown = [{k: v for k, v in r.items() if k not in _PLACES} | {"has_image": _has_image(r)} for r in rows]
        return {
            "total": found.total,
            "kept": len(found.rows),
            "offset": offset,
            "ids": [row["figure_id"] for row in rows],
            "figures": shown,
            "where": found.filters.condition(),
            "notes": found.notes,
        }

    def warm_up(self) -> None:
        """Load the encoder of words before the first search needs it."""
        with suppress(PmcmineError):
            self._results.find({"text": "figure"})

    def counts(self, asked: Asked) -> dict[str, Any]:
        """Count the values of the matching figures.

        Raises:
            QueryError: for an invalid query.
        """
        return self._results.counts(asked)

    def list_of(self, asked: Asked) -> bytes:
        """Return a list of all matching figures with a sample.

        Raises:
            QueryError: for an invalid query, or if it matches too many.
        """
        ids = self._results.ids(asked, MOST_LISTED)
        said = {name: value if isinstance(value, str) else list(value) for name, value in asked.items() if value}
        return self._list(ids, {"filters": said, "where": self._results.filters(asked).condition()})

    def list_of_ids(self, ids: Sequence[Any]) -> bytes:
        """Return a list of chosen figures, limited to those in the release.

        Raises:
            QueryError: if they are not ids, or too many.
        """
        if len(ids) > MOST_LISTED or not all(isinstance(i, str) and 0 < len(i) <= _MOST_ID for i in ids):
            raise QueryError("the basket holds what is no id of a figure")
        return self._list(self._results.known(sorted({*ids})), {"basket": len({*ids})})

    def _list(self, ids: pa.ChunkedArray, how: Mapping[str, Any]) -> bytes:
        of = sha256((self._folder / RELEASE).read_bytes()).hexdigest()
        out = io.BytesIO()
        write_list(out, ids.combine_chunks(), {"browse": how, "release_sha256": of, "pmcmine": __version__})
        return out.getvalue()


def _has_image(row: Mapping[str, Any]) -> bool:
    return row.get("shard") is not None


def _opened(folder: Path, encoders: Encoders | None) -> tuple[Search | None, str]:
    """Open the index of a release; None with a hint if it has no usable one."""
    plain = "captions are searched for the words as they are"
    try:
        from pmcmine.find.hits import Search
        from pmcmine.find.layout import FACTS

        if not (folder / FACTS).is_file():
            return None, f"{plain}; for ranks and meaning: pmcmine index {folder}"
        return Search(folder, "figures", encoders), ""
    except ImportError as error:
        return None, f"{plain}: {error.name} is not installed"
    except PmcmineError as error:
        return None, f"{plain}: {error}"
