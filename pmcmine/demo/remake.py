"""Make room for a demo: only what an earlier demo wrote is deleted."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from pmcmine.errors import PmcmineError, ReleaseError
from pmcmine.increments.state import STATE_FILE, read_state
from pmcmine.lock import held
from pmcmine.release import OURS, RELEASE, RUN, WORK, is_untouched
from pmcmine.storage import Folder


def clear_demo(out: Folder) -> None:
    """Delete the release of an earlier demo, whole or begun; an empty or missing folder is left as it is.

    Raises:
        PmcmineError: if the folder holds anything that no demo wrote; nothing is deleted then.
    """
    if is_untouched(out):
        return
    begun, whole = _read(out, RUN), _read(out, RELEASE)
    updating = begun is not None and "update" in begun
    is_demo = bool(whole["run"].get("demo") if whole else begun and begun.get("demo"))
    if not is_demo or updating:
        raise PmcmineError(
            f"{out.url}: holds something that `pmcmine demo` did not make; give another --out (nothing was deleted)"
        )
    others = _others(out, whole)
    if others:
        raise PmcmineError(
            f"{out.url}: holds files beside the demo's own ({', '.join(others[:3])}); move them, or give another --out "
            "(nothing was deleted)"
        )
    with held(out.child(WORK)):
        # What says that this is a demo goes last, so that a deletion that was stopped can be repeated.
        for name in sorted(set(out.names()) - {RELEASE, WORK}):
            _remove(out, name)
        out.remove(RELEASE)
        _remove(out, WORK)


def _read(out: Folder, name: str) -> dict[str, Any] | None:
    try:
        found = json.loads(out.read(name))
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        found = None
    run = found.get("run", {}) if isinstance(found, dict) else None
    return found | {"run": run} if isinstance(run, dict) else {"run": {}}


def _others(out: Folder, whole: dict[str, Any] | None) -> list[str]:
    """Names in the folder that the demo did not write."""
    if whole is None:
        return sorted(set(out.names()) - OURS)
    known = {f["name"] for f in (*whole["files"], *whole["run"].get("files", ()))} | {RELEASE, STATE_FILE}
    with suppress(ReleaseError):
        known |= {f["name"] for f in read_state(out)["files"]}
    return [name for name in out.walk() if name not in known and not name.startswith(f"{WORK}/")]


def _remove(out: Folder, name: str) -> None:
    try:
        out.remove_tree(name)
    except OSError as error:
        raise PmcmineError(f"{out.url}/{name}: can't be deleted ({error.strerror or error})") from None
