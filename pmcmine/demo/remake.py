"""Make room for a demo: only what an earlier demo wrote is deleted."""

from __future__ import annotations

from pmcmine.errors import DamagedError, PmcmineError, ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held
from pmcmine.release.layout import OURS, RELEASE, WORK, is_untouched
from pmcmine.release.mark import find_mark
from pmcmine.release.record import ReleaseRecord, load_release
from pmcmine.run.ownership import is_work, others_of, remove_listed, remove_work
from pmcmine.work.state_file import STATE_FILE, read_state


def clear_demo(out: Folder) -> None:
    """Delete the release of an earlier demo, whole or begun; an empty or missing folder is left as it is.

    Raises:
        PmcmineError: if the folder holds anything that no demo wrote; nothing is deleted then.
    """
    if is_untouched(out):
        return
    begun, whole = find_mark(out.child(WORK)), _release(out)
    updating = begun is not None and begun.update is not None
    is_demo = bool(whole.run.options.get("demo")) if whole is not None else begun is not None and begun.demo
    if not is_demo or updating:
        raise PmcmineError(
            f"{out.url}: contains files that `pmcmine demo` did not write; give another --out (nothing was deleted)"
        )
    work = out.child(WORK)
    others = _others(out, work, whole)
    if others:
        raise PmcmineError(
            f"{out.url}: holds files beside the demo's own ({', '.join(others[:3])}); move them, or give another --out "
            "(nothing was deleted)"
        )
    listed = _known(out, whole) if whole is not None else set(out.walk()) - set(_in_work(out))
    with held(work):
        # What says that this is a demo goes last, so that a deletion that was stopped can be repeated.
        try:
            remove_listed(out, sorted(listed - {RELEASE}))
            remove_listed(out, [RELEASE])
            remove_work(work)
            if set(work.names()) <= {"lock"}:
                work.remove_tree()
        except OSError as error:
            raise PmcmineError(f"{out.url}: can't be deleted ({error.strerror or error})") from None


def _release(out: Folder) -> ReleaseRecord | None:
    """Return what `release.json` says, nothing if it is damaged; None if there is none."""
    try:
        return load_release(out)
    except ReleaseError:
        return None
    except DamagedError:
        return ReleaseRecord()


def _in_work(out: Folder) -> list[str]:
    return [name for name in out.walk() if name.startswith(f"{WORK}/")]


def _others(out: Folder, work: Folder, whole: ReleaseRecord | None) -> list[str]:
    """Return names of files in the folder that the demo did not write."""
    found = [] if is_work(work) else [name for name in _in_work(out) if name != f"{WORK}/lock"]
    if whole is None:
        at_top = set(out.names()) - OURS
        return sorted({*found, *at_top, *others_of(out, work)})
    known = _known(out, whole)
    return [*found, *(name for name in out.walk() if name not in known and not name.startswith(f"{WORK}/"))]


def _known(out: Folder, whole: ReleaseRecord) -> set[str]:
    """Return names of all files that a whole demo lists."""
    known = {f.name for f in (*whole.files, *whole.run.files)} | {RELEASE, STATE_FILE}
    try:
        known |= {f.name for f in read_state(out).files}
    except ReleaseError:
        return known
    except DamagedError:
        raise PmcmineError(f"{out.url}: {STATE_FILE} is damaged; give another --out (nothing was deleted)") from None
    return known
