"""The models that find panels, as `release.json` states them."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Final

from pmcmine.images.networks import NetworkFile
from pmcmine.panels import confidence
from pmcmine.panels.networks import LAYOUTS, LETTERS, SHAPES, UNLETTERED
from pmcmine.plugins.enricher import OUR_LICENSE, Model

_DRAWN: Final = "compound figures drawn from real layouts"
_CAPTIONS: Final = "labelled and invented captions of compound figures"
_NETWORKS: Final[tuple[tuple[str, NetworkFile, str, str], ...]] = (
    ("panel_layouts", LAYOUTS, _DRAWN, OUR_LICENSE),
    ("panel_letters", LETTERS, _DRAWN, OUR_LICENSE),
    ("panel_shapes", SHAPES, _DRAWN, OUR_LICENSE),
    ("panel_unlettered", UNLETTERED, f"ImageNet; {_DRAWN}; labelled figures", "Apache-2.0 AND BSD-3-Clause AND MIT"),
)
_WEIGHTS: Final = (("panel_pieces", "pieces.json"), ("panel_series", "series.json"))
NAMES: Final = frozenset({*(name for name, *_ in _NETWORKS), *(name for name, _ in _WEIGHTS), "panel_confidence"})


@cache
def models() -> tuple[Model, ...]:
    """Return the networks, the models of captions and that of confidence, by name.

    The hash of a network is the one that its file is checked against before it is loaded.
    """
    found = [Model(name, data, license=terms, sha256=file.sha256) for name, file, data, terms in _NETWORKS]
    folder = resources.files("pmcmine.panels").joinpath("models")
    for name, file in _WEIGHTS:
        digest = sha256(folder.joinpath(file).read_bytes()).hexdigest()
        found.append(Model(name, _CAPTIONS, license=OUR_LICENSE, sha256=digest))
    sure = sha256(repr(confidence.ALL_WEIGHTS).encode()).hexdigest()
    found.append(Model("panel_confidence", "labelled compound figures", license=OUR_LICENSE, sha256=sure))
    return tuple(sorted(found, key=lambda m: m.name))
