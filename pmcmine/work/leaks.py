"""Record figures left out of train because of a near duplicate in another split, by block: in work folder and state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import TypeAdapter

from pmcmine.errors import DamagedError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.release.layout import WAY_OUT, read_checked, release_folder
from pmcmine.work.rows import give_up
from pmcmine.work.state_file import keep_file, state_entries

Leaks = dict[str, tuple[str, str, str]]  # figure → split, near duplicate, and kind of similarity
_LEAKS: Final = TypeAdapter(Leaks)


def leaks_file(block: int) -> str:
    """Return the name of a block's leaks in the work folder."""
    return f"near/leaks/{block // 1000:03d}/{block:06d}.json"


def kept_leaks_file(block: int) -> str:
    """Return the path of a block's leaks in a release."""
    return f"state/{block // 1000:03d}/{block:06d}.leaks.json"


def write_leaks(work: Folder, block: int, leaks: Mapping[str, tuple[str, str, str]]) -> None:
    """Write the leaks of a block; nothing is written if there are none."""
    if leaks:
        work.write(leaks_file(block), sealed.to_bytes(dict(sorted(leaks.items()))), replace=True)
    elif work.exists(leaks_file(block)):  # from an abandoned attempt
        work.remove(leaks_file(block))


def read_leaks(work: Folder, block: int) -> Leaks:
    """Return the figures of a block left out of train: split, near duplicate, and kind of similarity."""
    try:
        return sealed.record(work, leaks_file(block), _LEAKS.validate_python)
    except FileNotFoundError:
        return {}
    except DamagedError as error:
        raise give_up(work, leaks_file(block), str(error)) from None


def old_leaks(work: Folder, block: int) -> Leaks:
    """Return the leaks of a block in the release that an update starts from.

    Raises:
        DamagedError: if the file is damaged.
    """
    release = release_folder(work)
    entry = state_entries(release).get(kept_leaks_file(block))
    if entry is None:
        return {}
    where = f"{release.url}/{entry.name}"
    try:
        return _LEAKS.validate_python(sealed.parse(read_checked(release, entry), where, WAY_OUT))
    except ValueError:
        raise DamagedError(f"{where}: is damaged (no record of this kind); {WAY_OUT}") from None


def keep_leaks(block: int, work: Folder, out: Folder) -> None:
    """Write the leaks of a block to the state, unless the release has the same file.

    Args:
        block: its number.
        work: the run's work folder.
        out: output folder for files of the release.
    """
    note = f"assembled/state/{block:06d}.leaks.json"
    if not work.exists(leaks_file(block)) or sealed.read_or_none(work, note) is not None:
        return
    data = sealed.to_bytes(dict(sorted(read_leaks(work, block).items())))
    keep_file(kept_leaks_file(block), data, note, work, out)
