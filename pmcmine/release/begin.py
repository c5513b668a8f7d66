"""Start a release: check that its folder may be used, and remove leftovers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pmcmine._version import __version__
from pmcmine.errors import ReleaseError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import release_name
from pmcmine.release.layout import RELEASE, RUN, WORK, is_untouched
from pmcmine.release.mark import MARK, RunMark, UpdateMark, parse_mark
from pmcmine.release.record import check_seal, parse_release
from pmcmine.text.redact import redact_all

_SHA256 = re.compile("[0-9a-f]{64}")
_DATASETS = ("shards/", "shards-panels/", "shards-parquet/", "tables/", "scores/", "written/", "index/", "state/")


def describe_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return `key: old → new` for all keys that differ; credentials are neither compared nor shown."""
    old, new = redact_all(old), redact_all(new)
    parts = []
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            inner = describe_difference(before, after)
            parts += [f"{key} {inner}"] if inner else []
        elif before != after:
            parts.append(f"{key}: {_short(before)} → {_short(after)}")
    return "; ".join(parts)


def _short(value: Any) -> str:
    """Return a value as JSON, a SHA-256 shortened to its beginning."""
    hashed = isinstance(value, str) and _SHA256.fullmatch(value)
    return f'"{value[:12]}…"' if hashed else json.dumps(value)


def check_folder(out: Folder, content: Mapping[str, Any]) -> bool:
    """Check whether the folder already holds the complete release of this configuration.

    Raises:
        ReleaseError: if it holds something else.
    """
    for name in (RELEASE, RUN):
        try:
            data = out.read(name)
        except FileNotFoundError:
            continue
        if name == RELEASE:
            release = check_seal(parse_release(data, f"{out.url}/{name}"), f"{out.url}/{name}")
            version, begun = release.pmcmine, release.config
        else:
            mark = parse_mark(data, f"{out.url}/{name}", sealed.work_way_out(out.child(WORK)))
            version, begun = mark.pmcmine, mark.config
        difference = describe_difference(begun, content)
        if difference:
            other_list = begun.get("exclude_sha256") != content.get("exclude_sha256")
            update = "; once it is complete, `pmcmine update --exclude` changes what it excludes" if other_list else ""
            raise ReleaseError(
                f"{out.url} was started with another configuration ({difference}); "
                f"use another --out or remove it{update}"
            )
        if version != __version__:
            raise ReleaseError(
                f"{out.url} was started with pmcmine {version}, this is {__version__}; "
                "use that version, another --out, or remove the folder"
            )
        return name == RELEASE
    if not is_untouched(out):
        # Folders called shards or tables without a run mark may belong to anyone.
        names = ", ".join(sorted(set(out.names()))[:3])
        raise ReleaseError(f"{out.url} holds other files ({names}) and no release; use another --out")
    return False


def begin(out: Folder, content: Mapping[str, Any], demo: bool = False, salt: str = "") -> None:
    """Mark the folder with the configuration of a started run; `salt` is that of its exclusion list."""
    out.write(RUN, RunMark(content, __version__, demo=demo, salt=salt).to_bytes())


def begin_update(work: Folder, content: Mapping[str, Any], update: UpdateMark, salt: str = "") -> UpdateMark:
    """Mark the work folder as that of an update; a resumed update keeps its date.

    Raises:
        ReleaseError: if it holds another run.
    """
    where = f"{work.url}/{MARK}"
    try:
        begun = parse_mark(work.read(MARK), where, sealed.work_way_out(work))
    except FileNotFoundError:
        work.write(MARK, RunMark(content, __version__, update, salt=salt).to_bytes())
        return update
    same = begun.update is not None and replace(begun.update, date=update.date, tag=update.tag) == update
    if begun.update is None or not same or begun.pmcmine != __version__:
        raise ReleaseError(
            f"{work.url}: another run was started here; finish it with its own command, or remove the folder"
        )
    if begun.config != json.loads(json.dumps(dict(content))):
        raise ReleaseError(f"{work.url}: the update was started with another configuration; remove the folder")
    return begun.update


def sweep(out: Folder, files: Iterable[str], old: Iterable[str] = ()) -> None:
    """Remove files that an earlier release lists and this one does not; nothing else is removed.

    Args:
        out: the release folder.
        files: file names of the release.
        old: file names of the release that it replaces.
    """
    for name in sorted({*old} - {*files}):
        if name.startswith(_DATASETS):
            out.remove(release_name(name))
