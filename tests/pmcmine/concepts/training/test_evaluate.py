"""Gold readers, scores, and `pmcmine eval` on annotations small enough to count by hand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from pmcmine.concepts.training.evaluate import Found, calibration_error, nests, score_linking
from pmcmine.concepts.training.gold import GoldDocument, GoldMention, read_abbreviations, read_linking, read_negation
from pmcmine.errors import GoldError
from pmcmine.vocabulary.vocabulary import Vocabulary
from tests.test_cli import call

PUBTATOR = """1|t|Liver and lung.
1|a|The liver hurts.
1\t0\t5\tLiver\tDisease\tC0023884
1\t10\t14\tlung\tDisease\tUBERON:0002048
1\t20\t25\tliver\tDisease\tC0023884
1\tCID\tD1\tD2

2|t|Nothing here
2|a|but a liver.
2\t19\t24\tliver\tDisease\tC0023884
"""


def write(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def test_strict_span_and_document_scores() -> None:
    d = GoldDocument(
        "1", "a b c", (GoldMention(((0, 1),), "X"), GoldMention(((2, 3),), "Y"), GoldMention(((0, 1), (4, 5)), "Z"))
    )
    score = score_linking([d], [[Found(0, 1, "X"), Found(2, 3, "Q"), Found(4, 5, "Y")]])
    m = score.measures
    assert (m["precision"], m["recall"]) == (0.3333, 0.3333)
    assert m["span_precision"] == 0.6667
    assert m["document_precision"] == 0.6667
    assert sorted(e.kind for e in score.errors) == ["missed", "spurious", "wrong id"]
    assert m["f1_interval"][0] <= m["f1"] <= m["f1_interval"][1]


def test_calibration_error() -> None:
    assert calibration_error([(0.9, True)] * 9 + [(0.9, False)]) == 0.0
    assert calibration_error([(0.9, False)] * 4) == 0.9


def test_json_lines_are_read_and_nested_annotations_noticed(tmp_path: Path) -> None:
    row = {"id": 1, "text": "lung liver", "part": "dev", "mentions": [{"start": 0, "end": 4, "id": "X"}]}
    (document,) = read_linking(write(tmp_path / "gold.jsonl.gz", json.dumps(row)))
    assert document == GoldDocument("1", "lung liver", (GoldMention(((0, 4),), "X"),), "dev")
    inner = GoldDocument("2", "lung liver", (GoldMention(((0, 10),), "Y"), *document.mentions))
    assert nests([document, inner]) and not nests([document])
    for other in ('{"id": 1}', "[]", json.dumps(row | {"mentions": [{"start": 3, "end": 40, "id": "X"}]})):
        with pytest.raises(GoldError, match="line 1"):
            read_linking(write(tmp_path / "other.jsonl", other))


def test_pubtator_reads_titles_abstracts_and_no_relations(tmp_path: Path) -> None:
    documents = read_linking(write(tmp_path / "gold.txt.gz", PUBTATOR))
    assert [len(d.mentions) for d in documents] == [3, 1]
    for d in documents:
        for m in d.mentions:
            assert d.text[m.spans[0][0] : m.spans[0][1]].lower() in ("liver", "lung")


def test_bio_tables(tmp_path: Path) -> None:
    write(tmp_path / "cui.tsv.gz", "the\tO\nlung\tB-C1\ntumor\tI-C1\nliver\tB-C2\n\nno\tO\n\n")
    write(tmp_path / "semtype.tsv.gz", "the\tO\nlung\tB-T191\ntumor\tI-T191\nliver\tB-T023\n\nno\tO\n\n")
    documents = read_linking(tmp_path)
    first = documents[0]
    assert [(first.text[m.spans[0][0] : m.spans[0][1]], m.id, m.type) for m in first.mentions] == [
        ("lung tumor", "C1", "T191"),
        ("liver", "C2", "T023"),
    ]


def test_med1250_and_the_context_sheet(tmp_path: Path) -> None:
    path = write(
        tmp_path / "m.txt",
        "1234567\nA title.\nOf magnetic resonance imaging (MRI).\n  MRI|magnetic resonance imaging\n\n",
    )
    assert read_abbreviations(path)[0].pairs == {("MRI", "magnetic resonance imaging")}
    sheet = write(tmp_path / "c.tsv", "id\tCondition\tSentence\tnegation_status\n1\tfever\tNo FEVER today\tNegated\n")
    (row,) = read_negation(sheet)
    ((start, end),) = row.spans
    assert row.negated == (True,) and row.text[start:end] == "FEVER"


def test_negation_at_entities_is_that_of_the_events_in_them(tmp_path: Path) -> None:
    events = [{"start": 6, "end": 11, "negated": True}, {"start": 13, "end": 16, "negated": False}]
    entities = [{"start": 0, "end": 11}, {"start": 13, "end": 16}, {"start": 17, "end": 20}]
    row = {"id": "1", "text": "nasty fever, new bug", "events": events, "entities": entities}
    path = write(tmp_path / "e.jsonl", json.dumps(row) + "\n")
    assert [(t.spans, t.negated) for t in read_negation(path)] == [(((0, 11), (13, 16)), (True, False))]
    with pytest.raises(GoldError):
        read_negation(write(tmp_path / "f.jsonl", "{}\n"))


@pytest.mark.parametrize(
    "text",
    ["", "no annotations\n", "1\t0\t5\tLiver\tDisease\tC1\n", "1|t|Liver\n1|a|x\n1\t0\t500\tLiver\tDisease\tC1\n"],
)
def test_damaged_gold_is_told_in_a_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(GoldError) as caught:
        read_linking(write(tmp_path / "x.txt", text))
    assert "\n" not in str(caught.value)


def test_eval_prints_one_json_line_and_lists_errors(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, vocabulary: Vocabulary
) -> None:
    gold = write(tmp_path / "gold.txt", PUBTATOR.replace("UBERON:0002048", "C0024109"))
    code, out, _ = call(
        capsys, "eval", "linking", "--gold", str(gold), "--vocab", vocabulary.path, "--json", "--errors", "5"
    )
    assert code == 0, out
    measures = json.loads(out.splitlines()[-1])
    # Three livers are right; the lung has no CUI in this vocabulary.
    assert (measures["precision"], measures["recall"], measures["f1"]) == (0.75, 0.75, 0.75)
    assert out.startswith("wrong id") and "[lung]" in out
    code, out, _ = call(capsys, "eval", "linking", "--gold", str(gold), "--train", str(gold))
    assert code == 2


def test_given_mentions_learn_from_annotations(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    train = write(tmp_path / "train.txt", PUBTATOR.replace("C0023884", "D1").replace("UBERON:0002048", "D2"))
    gold = write(tmp_path / "gold.txt", "7|t|Livers of old\n7|a|are seen.\n7\t0\t6\tLivers\tDisease\tD1\n")
    code, out, _ = call(
        capsys, "eval", "linking", "--gold", str(gold), "--train", str(train), "--given-mentions", "--json"
    )
    assert code == 0 and json.loads(out.splitlines()[-1])["accuracy"] == 1.0


@pytest.mark.real
@pytest.mark.parametrize(("task", "measure", "least"), [("abbreviations", "f1", 0.9), ("negation", "f1", 0.95)])
def test_shipped_models_on_the_development_gold(
    capsys: pytest.CaptureFixture[str], real_data: Path, task: str, measure: str, least: float
) -> None:
    code, out, _ = call(capsys, "eval", task, "--gold", str(real_data / "gold" / task), "--json")
    assert code == 0 and json.loads(out.splitlines()[-1])[measure] >= least


@pytest.mark.real
@pytest.mark.slow  # links whole articles
def test_craft_without_learning(capsys: pytest.CaptureFixture[str], real_data: Path) -> None:
    args = [
        "--gold",
        str(real_data / "gold" / "craft"),
        "--part",
        "dev",
        "--vocab",
        str(real_data / "vocab" / "UBERON.obo.zip"),
        "--json",
    ]
    code, out, _ = call(capsys, "eval", "linking", *args)
    assert code == 0 and json.loads(out.splitlines()[-1])["f1"] >= 0.7


def _part_of(gold: Path, tmp_path: Path) -> Path:
    """Return a folder with two fifths of MedMentions' dev part or half of BC5CDR; CRAFT is fast enough whole."""
    if gold.name == "craft":
        return gold
    part = tmp_path / gold.name
    part.mkdir()
    if gold.name == "bc5cdr":
        (part / "train.gz").symlink_to(gold / "CDR_TrainingSet.PubTator.txt.gz")
        return part
    for path in gold.glob("*.tsv.gz"):  # a token a line, the same in both tables
        lines = gzip.decompress(path.read_bytes()).decode().splitlines(keepends=True)
        end = next(n for n in range(len(lines) * 2 // 5, len(lines)) if not lines[n].strip())
        write(part / path.name, "".join(lines[: end + 1]))
    return part


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "more", "measure", "least"),
    [
        ("craft", ["--train", "craft", "--part", "dev", "--vocab", "UBERON.obo.zip"], "f1", 0.86),
        ("medmentions", ["--folds", "2"], "f1", 0.33),
        ("bc5cdr", ["--folds", "2", "--given-mentions"], "accuracy", 0.55),
    ],
)
def test_learning(
    capsys: pytest.CaptureFixture[str],
    real_data: Path,
    tmp_path: Path,
    folder: str,
    more: list[str],
    measure: str,
    least: float,
) -> None:
    """On a part of the documents: whole, each takes minutes and shows no more."""
    places = {"craft": "gold/craft", "UBERON.obo.zip": "vocab/UBERON.obo.zip"}
    args = [str(real_data / places[a]) if a in places else a for a in more]
    gold = _part_of(real_data / "gold" / folder, tmp_path)
    code, out, _ = call(capsys, "eval", "linking", "--gold", str(gold), *args, "--json")
    assert code == 0 and json.loads(out.splitlines()[-1])[measure] >= least
