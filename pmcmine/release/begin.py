"""Begin a release: check that its folder may be used, and remove leftovers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pmcmine._version import __version__
from pmcmine.errors import ReleaseError
from pmcmine.io import sealed
from pmcmine.io.folder import Folder
from pmcmine.io.safe_names import release_name
from pmcmine.release.layout import RELEASE, RUN, WORK, check_seal, is_untouched, parse_release
from pmcmine.text.redact import redact_all

_DATASETS = ("shards/", "shards-panels/", "shards-parquet/", "tables/", "state/")


def describe_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return `key: old → new` of all keys that differ, without credentials, which are not compared either."""
    old, new = redact_all(old), redact_all(new)
    keys = [k for k in sorted({*old, *new}) if old.get(k) != new.get(k)]
    return "; ".join(f"{k}: {json.dumps(old.get(k))} → {json.dumps(new.get(k))}" for k in keys)


def check_folder(out: Folder, content: Mapping[str, Any]) -> bool:
    """Check whether the folder already holds the whole release of this configuration.

    Raises:
        ReleaseError: if it holds something else.
    """
    for name in (RELEASE, RUN):
        try:
            data = out.read(name)
        except FileNotFoundError:
            continue
        if name == RELEASE:
            state = check_seal(parse_release(data, f"{out.url}/{name}"), f"{out.url}/{name}")
        else:
            state = sealed.parse(data, f"{out.url}/{name}", sealed.work_way_out(out.child(WORK)))
        begun = state.get("config", {})
        difference = describe_difference(begun if isinstance(begun, dict) else {}, content)
        if difference:
            raise ReleaseError(
                f"{out.url} was started with another configuration ({difference}); use another --out or remove it"
            )
        if state.get("pmcmine") != __version__:
            raise ReleaseError(
                f"{out.url} was started with pmcmine {state.get('pmcmine')}, this is {__version__}; "
                "use that version, another --out, or remove the folder"
            )
        return name == RELEASE
    if not is_untouched(out):
        # Folders called shards or tables that no run speaks for may be anybody's.
        names = ", ".join(sorted(set(out.names()))[:3])
        raise ReleaseError(f"{out.url} holds other files ({names}) and no release; use another --out")
    return False


def begin(out: Folder, content: Mapping[str, Any], demo: bool = False) -> None:
    """Mark the folder as begun with a configuration, and as a demo's."""
    state = {"pmcmine": __version__, "config": dict(content)} | ({"demo": True} if demo else {})
    out.write(RUN, sealed.to_bytes(state))


def begin_update(work: Folder, content: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """Mark the work folder as that of an update; a resumed update keeps its date.

    Raises:
        ReleaseError: if something else is at work in it.
    """
    try:
        state = sealed.read(work, "run.json")
    except FileNotFoundError:
        new = {"pmcmine": __version__, "config": dict(content), "update": dict(update)}
        work.write("run.json", sealed.to_bytes(new))
        return dict(update)
    except (ValueError, RecursionError):
        raise ReleaseError(f"{work.url}/run.json: not readable; move that folder away") from None
    if not isinstance(state, dict) or not {"pmcmine", "config"} <= set(state):
        raise ReleaseError(f"{work.url}: is not a work folder of pmcmine; move it, or use another release")
    begun = state.get("update")
    if not isinstance(begun, dict) or begun.get("compact") != update["compact"] or state["pmcmine"] != __version__:
        raise ReleaseError(
            f"{work.url}: another run was started here; finish it with its own command, or remove the folder"
        )
    if state["config"] != json.loads(json.dumps(dict(content))):
        raise ReleaseError(f"{work.url}: the update was started with another configuration; remove the folder")
    return dict(begun)


def sweep(out: Folder, files: Sequence[Mapping[str, Any]], old: Sequence[Mapping[str, Any]] = ()) -> None:
    """Remove files that an earlier release lists and this one does not; nothing else is removed.

    Args:
        out: the release folder.
        files: files of the release.
        old: files of the release that it takes the place of.
    """
    known, before = ({str(f["name"]) for f in entries} for entries in (files, old))
    for name in sorted(before - known):
        if name.startswith(_DATASETS):
            out.remove(release_name(name))
