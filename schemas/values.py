"""Closed sets of values that columns of several tables share. A release carries them beside each column."""

from __future__ import annotations

from typing import Final

SPLITS: Final = ("train", "validation", "test")
GROUPS: Final = ("commercial", "noncommercial", "other")
LICENSES: Final = (
    "CC0", "CC-BY", "CC-BY-SA", "CC-BY-ND", "CC-BY-NC", "CC-BY-NC-SA", "CC-BY-NC-ND", "TDM", "OTHER",
)  # fmt: skip
FORMATS: Final = ("JPEG", "PNG")
FIGURE_KINDS: Final = (
    "figure", "supplement", "scheme", "graphical_abstract", "boxed", "appendix", "table_image", "author_portrait",
)  # fmt: skip
SECTION_KINDS: Final = (
    "abstract", "introduction", "methods", "results", "discussion", "conclusion", "case", "supplementary",
    "acknowledgements", "funding", "ethics", "data_availability", "conflicts", "abbreviations", "appendix", "back",
    "other",
)  # fmt: skip
CELL_KINDS: Final = ("column_header", "row_header", "section", "data")
CONTEXT_KINDS: Final = ("introduction", "abbreviation", "sentence", "shared", "section")
IMAGE_KINDS: Final = (
    "xray", "ct", "mri", "ultrasound", "nuclear", "microscopy", "clinical_photo", "chart", "diagram", "gel",
    "molecular_structure", "table", "map", "other",
)  # fmt: skip
