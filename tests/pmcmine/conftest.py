"""A small vocabulary of the two kinds of input, merged by CUI."""

from __future__ import annotations

from pathlib import Path

import pytest

from pmcmine.vocabulary.atoms import Options
from pmcmine.vocabulary.compile import compile_vocabulary
from pmcmine.vocabulary.formats import open_input
from pmcmine.vocabulary.vocabulary import Vocabulary

OBO = """format-version: 1.2
data-version: test/2026-01-01
ontology: uberon

[Term]
id: UBERON:0002107
name: liver
synonym: "iecur" EXACT [x:1]
xref: UMLS:C0023884

[Term]
id: UBERON:0001264
name: pancreas
is_a: UBERON:0002107 ! not so, but it is a tree

[Term]
id: UBERON:0002048
name: lung

[Term]
id: UBERON:0000955
name: brain
synonym: "central body" RELATED []

[Term]
id: UBERON:0009999
name: gone
is_obsolete: true
"""

CONSO = """\
C0023884|ENG|P|L1|PF|S1|Y|A1||M1|D1|MSH|MH|D1|Liver|0|N|256|
C0023884|ENG|S|L2|VO|S2|Y|A2||M1|D1|MSH|ET|D1|Livers|0|N|256|
C0024121|ENG|P|L3|PF|S3|Y|A3||M3|D3|MSH|MH|D3|Lung Neoplasms|0|N|256|
C0024121|ENG|S|L4|PF|S4|Y|A4||M3|D3|MSH|ET|D3|Neoplasms, Lung|0|N|256|
C0020538|ENG|P|L5|PF|S5|Y|A5||M5|D5|MSH|MH|D5|Hypertensive disease|0|N|256|
C0020538|ENG|S|L6|PF|S6|Y|A6||M5|D5|MSH|ET|D5|High blood pressure|0|N|256|
C0007286|ENG|P|L7|PF|S7|Y|A7||M7|D7|MSH|MH|D7|Carpal Tunnel Syndrome|0|N|256|
C0040405|ENG|P|L8|PF|S8|Y|A8||M8|D8|MSH|MH|D8|X-Ray Computed Tomography|0|N|256|
C0009171|ENG|P|L9|PF|S9|Y|A9||M9|D9|MSH|MH|D9|Caecal tumour type II|0|N|256|
C0013404|ENG|P|L10|PF|S10|Y|A10||M10|D10|MSH|MH|D10|Dyspnea|0|O|256|
C0013404|GER|P|L11|PF|S11|Y|A11||M10|D10|MSHGER|MH|D10|Atemnot|0|N|256|
C0004381|ENG|P|L12|PF|S12|Y|A12||M12|D12|MSH|MH|D12|CAT|0|N|256|
C0043210|ENG|P|L13|PF|S13|Y|A13||M13|D13|MSH|MH|D13|TNF-alpha|0|N|256|
"""
TYPES = "".join(
    f"{cui}|{tui}|A1|x|AT1||\n"
    for cui, tui in (
        ("C0023884", "T023"), ("C0024121", "T191"), ("C0020538", "T047"), ("C0007286", "T047"), ("C0040405", "T060"),
        ("C0009171", "T191"), ("C0013404", "T184"), ("C0004381", "T028"), ("C0043210", "T116"),
    )
)  # fmt: skip


def write_meta(folder: Path) -> Path:
    """A UMLS release of a few names."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "MRCONSO.RRF").write_text(CONSO, "utf-8")
    (folder / "MRSTY.RRF").write_text(TYPES, "utf-8")
    (folder / "release.dat").write_text("umls.release.name=2026AA\n", "utf-8")
    return folder


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """META folder and OBO file."""
    folder = tmp_path_factory.mktemp("vocabulary")
    (folder / "uberon.obo").write_text(OBO, "utf-8")
    return write_meta(folder / "META"), folder / "uberon.obo"


@pytest.fixture(scope="session")
def vocabulary(sources: tuple[Path, Path]) -> Vocabulary:
    """Both of them in one."""
    path = sources[0].parent / "both.vocab"
    compile_vocabulary([open_input(s, Options()) for s in sources], path, "both")
    return Vocabulary(path)
