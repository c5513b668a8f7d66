"""Compile the modules that split captions, if asked to: `PMCMINE_COMPILE=1 pip install .` needs a C compiler.

Everything else about the package is in `pyproject.toml`. Without the switch, wheels hold nothing but Python. An editable
installation is never compiled, since it would run what was compiled, and not what was edited.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from setuptools import setup

SWITCH = "PMCMINE_COMPILE"
MYPYC = "mypy[mypyc]>=2.4,<3"  # an older one was not tried
# What `split_caption` imports, and what may be compiled: no module whose private parts others replace at run time.
MODULES = [
    f"pmcmine/panels/{name}.py"
    for name in (
        *("labels", "markers", "sentences", "pieces", "sums", "piece_features", "assignment", "series_candidates"),
        *("series_features", "signs", "marker_choice", "sides", "captions"),
    )
]
_BUILDS = {"bdist_wheel", "build", "build_ext"}  # commands that compile; others only ask what the package needs


def compiled() -> dict[str, Any]:
    """Return what `setup` needs in order to compile; nothing without the switch.

    Raises:
        SystemExit: if the switch has another value than 0 and 1.
    """
    value = os.environ.get(SWITCH, "") or "0"
    if value not in ("0", "1"):
        raise SystemExit(f"{SWITCH} is {value!r}: give 1 to compile, 0 for plain Python")
    if value == "0":
        return {}
    if not _BUILDS & set(sys.argv):
        return {"setup_requires": [MYPYC]}  # before mypy is there
    from mypyc.build import mypycify

    return {"ext_modules": mypycify(MODULES, group_name="pmcmine", debug_level="0")}


setup(**compiled())
