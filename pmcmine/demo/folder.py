"""The folder of a demo: which may be made anew, and which may not."""

from __future__ import annotations

import shutil
from pathlib import Path

from pmcmine.errors import ReleaseError
from pmcmine.release import DEMO, OURS


def clear_demo(folder: Path) -> None:
    """Remove an earlier demo from a folder and mark the folder as one of a demo.

    Only what a demo writes is removed, and only if the marker of an earlier demo lies beside it.

    Raises:
        ReleaseError: if the folder holds anything else; nothing is removed then.
    """
    names = {p.name for p in folder.iterdir()} if folder.is_dir() else set()
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()) or (names and DEMO not in names):
        raise ReleaseError(f"{folder}: exists and is no demo; give another --out, or remove it yourself")
    foreign = sorted(names - OURS)
    if foreign:
        raise ReleaseError(f"{folder}: holds files that are no demo's ({', '.join(foreign[:3])}); give another --out")
    for name in sorted(names - {DEMO}):
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DEMO).write_text("Made by `pmcmine demo`, which may replace everything in this folder.\n", "utf-8")
