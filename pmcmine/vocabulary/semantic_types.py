"""UMLS semantic types and their groups.

Source: UMLS Semantic Network, SemGroups.txt (McCray, Burgun, Bodenreider 2001), 127 types in 15 groups.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pmcmine.errors import VocabularyError

GROUPS: Final[dict[str, str]] = {
    "ACTI": "T052 T053 T056 T051 T064 T055 T066 T057 T054",
    "ANAT": "T017 T029 T023 T030 T031 T022 T025 T026 T018 T021 T024",
    "CHEM": "T116 T195 T123 T122 T103 T120 T104 T200 T196 T126 T131 T125 T129 T130 T197 T114 T109 T121 T192 T127",
    "CONC": "T185 T077 T169 T102 T078 T170 T171 T080 T081 T089 T082 T079",
    "DEVI": "T203 T074 T075",
    "DISO": "T020 T190 T049 T019 T047 T050 T033 T037 T048 T191 T046 T184",
    "GENE": "T087 T088 T028 T085 T086",
    "GEOG": "T083",
    "LIVB": "T100 T011 T008 T194 T007 T012 T204 T099 T013 T004 T096 T016 T015 T001 T101 T002 T098 T097 T014 T010 T005",
    "OBJC": "T071 T168 T073 T072 T167",
    "OCCU": "T091 T090",
    "ORGA": "T093 T092 T094 T095",
    "PHEN": "T038 T069 T068 T034 T070 T067",
    "PHYS": "T043 T201 T045 T041 T032 T040 T042 T044 T039",
    "PROC": "T060 T065 T058 T059 T063 T062 T061",
}
GROUP_OF: Final[dict[str, str]] = {t: g for g, types in GROUPS.items() for t in types.split()}
FINDINGS: Final = frozenset(GROUPS["DISO"].split())

# Ontologies state no semantic type; this is the type of the terms in each of them.
ONTOLOGY_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "HP": ("T033",),
    "MONDO": ("T047",),
    "DOID": ("T047",),
    "UBERON": ("T023",),
    "FMA": ("T023",),
    "MA": ("T023",),
    "CL": ("T025",),
    "CHEBI": ("T103",),
    "GO": ("T043",),
    "NCBITaxon": ("T001",),
    "PR": ("T116",),
    "SO": ("T086",),
    "MP": ("T033",),
    "MAXO": ("T061",),
}


def parse_types(values: Iterable[str]) -> frozenset[str]:
    """Parse semantic types from TUIs and names of groups.

    Raises:
        VocabularyError: for what is neither.
    """
    types: set[str] = set()
    for value in values:
        if value.upper() in GROUPS:
            types |= set(GROUPS[value.upper()].split())
        elif value.upper() in GROUP_OF:
            types.add(value.upper())
        else:
            raise VocabularyError(
                f"{value!r} is neither a semantic type (such as T047) nor a group ({', '.join(sorted(GROUPS))})"
            )
    return frozenset(types)
