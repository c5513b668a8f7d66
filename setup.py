"""Compile the modules that split captions, if asked to: `PMCMINE_COMPILE=1 pip install .` needs a C compiler.

Everything else about the package is in `pyproject.toml`. Without the switch, wheels hold nothing but Python.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from setuptools import setup

SWITCH = "PMCMINE_COMPILE"
MYPYC = "mypy[mypyc]>=2.4,<3"  # no other one was tried; needed while building alone
MODULES = [  # all that `split_caption` imports of the package, but for what states the version
    f"pmcmine/panels/{name}.py"
    for name in (
        *("labels", "markers", "sentences", "pieces", "sums", "piece_features", "assignment", "series_candidates"),
        *("series_features", "signs", "marker_choice", "sides", "captions"),
    )
]


def compiled() -> dict[str, Any]:
    """Return what `setup` needs in order to compile; nothing without the switch.

    Raises:
        SystemExit: if the switch is neither 0 nor 1, or the installation is to be editable.
    """
    value = os.environ.get(SWITCH) or "0"
    if value not in ("0", "1"):
        raise SystemExit(f"{SWITCH} is {value!r}: give 1 to compile, 0 for plain Python")
    asked = set(sys.argv[1:])
    if value == "0":
        return {}
    if asked & {"editable_wheel", "develop"}:
        raise SystemExit(
            f"{SWITCH}: an editable installation would run what was compiled, not what is edited; unset it"
        )
    if "egg_info" in asked:  # which packages building needs; mypy is not there yet
        return {"setup_requires": [MYPYC]}
    if not asked & {"bdist_wheel", "build", "build_ext"}:
        return {}
    from mypyc.build import mypycify

    return {"ext_modules": mypycify(MODULES, group_name="pmcmine", debug_level="0")}


setup(**compiled())
