"""Generated pictures of each kind, to learn from where openly licensed ones are too few: line art, lanes, tissue, scans.

They are drawn, not copied: none stands for a patient. Each painter takes a random generator and a size and returns
RGB. Compounds put several of them into one picture.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Final

from PIL import Image, ImageDraw

from classifiers.images.generate.charts import chart, diagram, molecular_structure, table
from classifiers.images.generate.maps import map_
from classifiers.images.generate.marks import Painter, Size
from classifiers.images.generate.patients import patient
from classifiers.images.generate.photographs import clinical_photo, gel, microscopy, other
from classifiers.images.generate.radiology import ct, mri, nuclear, ultrasound, xray
from classifiers.images.generate.scenes import specimen, tissue
from classifiers.images.generate.sketches import molecule, sketch

PAINTERS: Final[Mapping[str, Painter]] = {
    "xray": xray,
    "ct": ct,
    "mri": mri,
    "ultrasound": ultrasound,
    "nuclear": nuclear,
    "microscopy": microscopy,
    "clinical_photo": clinical_photo,
    "chart": chart,
    "diagram": diagram,
    "gel": gel,
    "molecular_structure": molecular_structure,
    "table": table,
    "map": map_,
    "other": other,
}

MORE: Final[Mapping[str, Painter]] = {
    "diagram": sketch,
    "molecular_structure": molecule,
    "microscopy": tissue,
    "other": specimen,
    "clinical_photo": patient,
}


def compound(r: random.Random, kinds: list[str], size: Size) -> Image.Image:
    """Draw pictures of kinds in a grid on white, with letters."""
    columns = min(len(kinds), r.choice([2, 3]))
    rows = -(-len(kinds) // columns)
    w, h = size
    image = Image.new("RGB", size, "white")
    d = ImageDraw.Draw(image)
    for i, kind in enumerate(kinds):
        cw, ch = w // columns, h // rows
        x, y = (i % columns) * cw, (i // columns) * ch
        gap = r.choice([2, 6, 12])
        image.paste(PAINTERS[kind](r, (max(cw - gap, 24), max(ch - gap, 24))), (x + gap // 2, y + gap // 2))
        d.text((x + 2, y), chr(65 + i), r.choice(["black", "red"]))
    return image
