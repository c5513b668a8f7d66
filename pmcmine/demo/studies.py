"""What the demo's articles say: invented studies, with captions that fit the pictures."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

SUBJECTS: Final = (
    "the left ventricle",
    "hepatic lobules",
    "HeLa cells",
    "cortical neurons",
    "the retina",
    "lung tissue",
    "zebrafish larvae",
    "colon organoids",
    "bone marrow",
    "synovial fluid",
)
METHODS: Final = (
    "immunofluorescence",
    "computed tomography",
    "Western blot",
    "RNA sequencing",
    "optical coherence tomography",
    "patch clamp",
    "mass spectrometry",
    "chest radiography",
)
_MEASURED: Final = ("a dose-dependent increase", "no significant difference", "a two-fold rise", "delayed recovery")
_SEEN: Final = ("marked oedema", "loss of the border", "patchy consolidation", "possible hepatic steatosis")
_CLINICAL: Final = (
    "patchy consolidation",
    "no hepatomegaly",
    "possible hepatic steatosis",
    "microcephaly and seizures",
)
FINDINGS: Final = (*_MEASURED, *_SEEN, "no hepatomegaly", "microcephaly and seizures")
_TITLES: Final = (
    "{method} of {subject} after treatment: a randomised study",
    "Early changes of {subject} seen by {method}",
    "{method} of {subject}: a prospective cohort",
    "How {subject} recover: insights from {method}",
    "Dose and time decide the response of {subject}",
)
_SENTENCES: Final = (
    "{Method} of {subject} showed {finding} (n = {n}) after {hours} h.",
    "We examined {subject} by {method} in {n} experiments and found {finding} after {hours} h.",
    "Compared with controls, {subject} had {finding} at {hours} h (n = {n}; p = 0.0{p}).",
    "In {n} of {more} samples, {method} revealed {finding} within {hours} h.",
    "These results suggest that treatment of {subject} leads to {finding} (n = {n}).",
)


@dataclass(frozen=True)
class _Legend:
    """How a kind of picture is described: a title, what is said of one panel or of the whole, and what may be found."""

    title: str
    sentences: tuple[str, ...]
    findings: tuple[str, ...]


_LEGENDS: Final = {
    "bars": _Legend(
        "Quantification of {subject}",
        (
            "Bar chart of the mean level in {subject} by group (n = {n} per group). Error bars: standard deviation.",
            "Means ± SD of {n} replicates; {finding} was seen after {hours} h.",
        ),
        _MEASURED,
    ),
    "lines": _Legend(
        "Time course of {subject}",
        (
            "Line chart of the response of {subject} over {hours} h in treated and untreated groups (n = {n}).",
            "Curves show {finding} in the treated group (n = {n}).",
        ),
        _MEASURED,
    ),
    "micrograph": _Legend(
        "Histology of {subject}",
        (
            "Haematoxylin and eosin staining of {subject} shows {finding}. Scale bar, 0.1 mm.",
            "Light microscopy of a section of {subject}, one of {n}, shows {finding}. Scale bar, 0.1 mm.",
        ),
        _SEEN,
    ),
    "fluorescence": _Legend(
        "Immunofluorescence of {subject}",
        (
            "Immunofluorescence microscopy of {subject}: nuclei in blue (DAPI), actin in green. Scale bar, 0.02 mm.",
            "Confocal image of {subject} after {hours} h, with {finding}. Scale bar, 0.02 mm.",
        ),
        _SEEN,
    ),
    "radiograph": _Legend(
        "Chest radiography at admission",
        (
            "Chest X-ray of a {age}-year-old patient shows {finding}.",
            "Posteroanterior chest radiograph of a {age}-year-old patient with {finding}.",
        ),
        _CLINICAL,
    ),
    "ct": _Legend(
        "Computed tomography of the abdomen",
        (
            "Axial contrast-enhanced CT of the abdomen in a {age}-year-old patient shows {finding}.",
            "CT scan {hours} h after admission; there is {finding}.",
        ),
        _CLINICAL,
    ),
    "mri": _Legend(
        "Magnetic resonance imaging of the brain",
        (
            "Axial T2-weighted MRI of the brain of a {age}-year-old patient with {finding}.",
            "MRI of the brain shows a lesion with high signal; the patient had {finding}.",
        ),
        _CLINICAL,
    ),
    "gel": _Legend(
        "Western blot of {subject}",
        (
            "Western blot of lysates of {subject}, of {n} experiments; the first lane is the ladder.",
            "Immunoblot of {subject} after {hours} h shows {finding}.",
        ),
        _MEASURED,
    ),
}


def _filled(rng: random.Random, template: str, subject: str, findings: tuple[str, ...] = FINDINGS) -> str:
    method = rng.choice(METHODS)
    n = rng.randint(3, 90)
    return template.format(
        method=method,
        Method=_upper(method),
        subject=subject,
        finding=rng.choice(findings),
        n=n,
        more=n + rng.randint(1, 60),
        hours=rng.randint(2, 48),
        p=rng.randint(1, 9),
        age=rng.randint(19, 88),
    )


def _upper(text: str) -> str:
    """Return the text with its first letter in upper case and the others as they are."""
    return text[0].upper() + text[1:]


def title(rng: random.Random) -> tuple[str, str]:
    """Return what an article's title says before and after its subject."""
    before, _, after = rng.choice(_TITLES).partition("{subject}")
    method = rng.choice(METHODS)
    return _upper(before.format(method=method)), after.format(method=method)


def sentences(rng: random.Random, n: int, subject: str) -> str:
    """Return sentences of a body."""
    return " ".join(_upper(_filled(rng, rng.choice(_SENTENCES), subject)) for _ in range(n))


def legend(rng: random.Random, kind: str, subject: str) -> tuple[str, str]:
    """Return the title of a figure of a kind, and what is said of it or of one panel."""
    known = _LEGENDS[kind]
    return _filled(rng, known.title, subject), _upper(
        _filled(rng, rng.choice(known.sentences), subject, known.findings)
    )
