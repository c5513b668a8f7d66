"""A made UMLS release: RRF files of any size, for tests and measurements. No name in it comes from UMLS."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_QUALITY: Final = (
    "acute chronic severe mild bilateral left right congenital acquired familial recurrent focal diffuse primary "
    "secondary juvenile adult malignant benign idiopathic autoimmune early late partial complete transient persistent"
).split()
_PLACE: Final = (
    "renal hepatic cardiac pulmonary gastric cerebral ocular cutaneous vascular splenic pancreatic thyroid adrenal "
    "prostatic ovarian uterine retinal corneal spinal lumbar cervical femoral dental nasal esophageal colonic "
    "rectal bladder muscular tendon articular neural meningeal cortical hippocampal cerebellar thalamic arterial venous"
).split()
_TROUBLE: Final = (
    "failure carcinoma infection injury stenosis fibrosis necrosis hemorrhage edema ischemia atrophy hypertrophy "
    "dysplasia adenoma abscess ulcer rupture fistula cyst tumor inflammation degeneration dystrophy malformation "
    "obstruction thrombosis insufficiency disorder syndrome pain neoplasm lesion metastasis"
).split()
_TYPES: Final = (("T047", "Disease or Syndrome"), ("T191", "Neoplastic Process"), ("T033", "Finding"), ("T023", "Part"))
_SOURCES: Final = ("MSH", "SNOMEDCT_US", "NCI", "MTH")


def made_names(n: int, seed: int = 1) -> Iterator[tuple[int, str]]:
    """Yield (Concept number, name) of `n` names, two or three a concept; the same for the same seed."""
    draw = random.Random(seed)
    concept = made = 0
    while made < n:
        concept += 1
        a, b, c = draw.choice(_QUALITY), draw.choice(_PLACE), draw.choice(_TROUBLE)
        tail = "" if concept < 20_000 else f" type {draw.randrange(1, 9999)}"
        forms = [f"{a} {b} {c}{tail}", f"{c}, {b}, {a}" if not tail else f"{b} {c}{tail}", f"{b} {c} {concept}"]
        for form in forms[: 2 + concept % 2]:
            if made < n:
                yield concept, form
                made += 1


def write_umls(meta: Path, names: int, seed: int = 1, release: str = "2099AA") -> Path:
    """Write MRCONSO.RRF, MRSTY.RRF, MRRANK.RRF and release.dat; returns the folder."""
    meta.mkdir(parents=True, exist_ok=True)
    last = 0
    with (meta / "MRCONSO.RRF").open("w", encoding="utf-8") as conso, (meta / "MRSTY.RRF").open("w") as types:
        for number, (concept, name) in enumerate(made_names(names, seed)):
            cui = f"C{concept:07d}"
            first = concept != last
            if first:
                tui, label = _TYPES[concept % len(_TYPES)]
                types.write(f"{cui}|{tui}|A1.2|{label}|AT{concept:08d}||\n")
                last = concept
            source = _SOURCES[number % len(_SOURCES)]
            kind = "PF" if first else "SY"
            conso.write(
                f"{cui}|ENG|{'P' if first else 'S'}|L{number:07d}|{kind}|S{number:07d}|Y|A{number:08d}||M{concept}|"
                f"D{concept:06d}|{source}|{'PT' if first else 'SY'}|D{concept:06d}|{name}|0|N|256|\n"
            )
    rank = 900
    lines = []
    for source in _SOURCES:
        for kind in ("PT", "SY"):
            lines.append(f"{rank:04d}|{source}|{kind}|N|\n")
            rank -= 10
    (meta / "MRRANK.RRF").write_text("".join(lines), "utf-8")
    (meta / "release.dat").write_text(f"umls.release.name={release}\n", "utf-8")
    return meta
