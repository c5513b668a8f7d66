"""A switch that is off costs nothing: counted in calls, since times differ from run to run."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFile, ImageFont

from classifiers.images.generate import PAINTERS
from pmcmine.config import load_config
from pmcmine.images import check, networks
from pmcmine.images.pyramid import Pyramid
from pmcmine.miner import Mined, mine_pmcid
from pmcmine.sources import open_source

SWITCHES = ("image_kinds", "privacy", "panels", "near_duplicates", "classify", "languages")
FIGURES = (
    ("clinical_photo", "Photograph of the patient's forearm."),
    ("ct", "CT of the abdomen."),
    ("", "Findings. (A) CT scan of the chest. (B) Values over time."),
)
XML = """<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="case-report"><front><article-meta>
<article-id pub-id-type="pmcid">PMC77</article-id><title-group><article-title>A case</article-title></title-group>
<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>CC BY</license-p></license></permissions>
</article-meta></front><body><sec><title>Case</title><p>A 54-year-old woman was admitted. She recovered.</p>{}</sec></body></article>"""
FIGURE = '<fig id="F{0}"><label>Figure {0}</label><caption><p>{1}</p></caption><graphic xlink:href="g{0}"/></fig>'


def compound(r: random.Random) -> Image.Image:
    image = Image.new("RGB", (700, 330), "white")
    pen = ImageDraw.Draw(image)
    for n, kind in enumerate(("ct", "chart")):
        image.paste(PAINTERS[kind](r, (320, 270)), (20 + 350 * n, 50))
        pen.text((20 + 350 * n, 8), "AB"[n], fill="black", font=ImageFont.load_default(32))
    return image


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "PMC77.1"
    folder.mkdir()
    r = random.Random(0)
    for n, (kind, _) in enumerate(FIGURES, 1):
        (PAINTERS[kind](r, (480, 360)) if kind else compound(r)).save(folder / f"g{n}.png")
    (folder / "PMC77.1.xml").write_text(XML.format("".join(FIGURE.format(n, c) for n, (_, c) in enumerate(FIGURES, 1))))
    return folder.parent


@pytest.fixture(scope="module")
def count() -> Iterator[Counter[str]]:
    """Count how often networks run, and how often pictures are decoded and looked at."""
    made: Counter[str] = Counter()
    load = networks._load

    def counted(place: Any, name: str, by: str) -> None:
        action = getattr(place, name)

        def call(*args: Any, **more: Any) -> Any:
            made[by] += 1
            return action(*args, **more)

        patch.setattr(place, name, call)

    def loaded(file: networks.NetworkFile) -> networks.Network:
        run = load(file)

        def call(x: Any) -> networks.Outputs:
            made[file.path.stem] += len(x)
            return run(x)

        return call

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks, "_LOADED", SimpleNamespace())
        patch.setattr(networks, "_load", loaded)
        counted(ImageFile.ImageFile, "load_prepare", "decoded")
        counted(check, "views", "fingerprints")
        counted(Image.Image, "resize", "resized")
        counted(Image.Image, "reduce", "reduced")
        counted(Pyramid, "_view", "views")
        yield made


def work(source: Path, count: Counter[str], **options: Any) -> tuple[Mined, Counter[str]]:
    """Mine the article; return its rows, and what was counted."""
    config = load_config({"source": str(source), "out": "unused", "vocab": "none", **options})
    opened = open_source(config)
    (entry,) = opened.entries(None)
    reader = opened.open(1.0)
    count.clear()
    mined = mine_pmcid([entry], reader, config, None)
    reader.close()
    return mined, count.copy()


def test_no_switch_that_is_off_makes_more_work(source: Path, count: Counter[str]) -> None:
    mined, everything = work(source, count)
    assert (len(mined.figures), len(mined.panels)) == (3, 2)
    # Each picture is decoded once and seen once by the network of kinds; so is each panel with a box.
    assert everything["decoded"] == everything["fingerprints"] == 3
    boxes = sum(p.x is not None for p in mined.panels)
    assert boxes and everything["mobilenet-v2"] == 3 + boxes
    networks_of = {"privacy": ("faces_far", "writing"), "panels": ("layouts", "letters")}
    done = {**networks_of, "near_duplicates": ("fingerprints",)}
    for switch in SWITCHES:
        _, less = work(source, count, **{switch: False})
        assert all(less[name] <= everything[name] for name in {*less, *everything}), (switch, less, everything)
        assert all(everything[name] and not less[name] for name in done.get(switch, ())), switch
        if switch == "image_kinds":  # privacy looks at them to know where to look, but at no panels
            assert less["mobilenet-v2"] == 3


def test_without_kinds_privacy_and_panels_nothing_looks_at_pixels(source: Path, count: Counter[str]) -> None:
    _, less = work(source, count, image_kinds=False, privacy=False, panels=False)
    assert set(less) == {"decoded", "fingerprints", "resized"}, less  # what duplicates are found by
