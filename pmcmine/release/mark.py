"""Mark the work folder of a run with `run.json`: the run started there, and its configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from pmcmine.errors import DamagedError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder

MARK: Final = "run.json"


@dataclass(frozen=True, slots=True)
class UpdateMark:
    """A started update.

    Attributes:
        date: day of the update, YYYY-MM-DD.
        tag: tag in the names of added shards, `inc<date>`.
        compact: whether everything is laid out again.
        exclude_only: whether it keeps the snapshot of the release, so that only the exclusions change.
    """

    date: str = ""
    tag: str = ""
    compact: bool = False
    exclude_only: bool = False


@dataclass(frozen=True, slots=True)
class RunMark:
    """A started run.

    Attributes:
        pmcmine: version that started it.
        config: configuration keys that affect the result.
        update: the update, if it is one.
        demo: whether it is that of a demo.
        salt: salt of the hashes of its exclusion list; empty if it has none.
    """

    config: Mapping[str, Any]
    pmcmine: str = ""
    update: UpdateMark | None = None
    demo: bool = False
    salt: str = ""

    def to_bytes(self) -> bytes:
        """Return `run.json`."""
        held: dict[str, Any] = {"pmcmine": self.pmcmine, "config": dict(self.config)}
        if self.update is not None:
            held["update"] = asdict(self.update)
        held |= {"salt": self.salt} if self.salt else {}
        return sealed.to_bytes(held | ({"demo": True} if self.demo else {}))


_MARK: Final = TypeAdapter(RunMark)


def parse_mark(data: bytes, where: str, way_out: str) -> RunMark:
    """Parse a mark.

    Args:
        data: content of the file.
        where: its name, for the message.
        way_out: remedy for damage, for the message.

    Raises:
        DamagedError: if it is damaged.
    """
    try:
        return _MARK.validate_python(sealed.parse(data, where, way_out))
    except ValidationError:
        raise DamagedError(f"{where}: is damaged (no mark of a run); {way_out}") from None


def find_mark(work: Folder) -> RunMark | None:
    """Return the mark of an untrusted folder without checking its checksum; None if there is none."""
    try:
        return _MARK.validate_python(json.loads(work.read(MARK)))
    except (OSError, ValueError, RecursionError):
        return None
