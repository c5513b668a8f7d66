"""Type, domain and quality of paragraphs: the shipped model, training, and damaged files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.text import features
from classifiers.text import labelled as labelled_texts
from classifiers.text.article import add_article_heads
from classifiers.text.card import train
from classifiers.text.continued import continue_training
from classifiers.text.features import Passage, passage_of, structure
from classifiers.text.heads import CLASSES, TASKS, TextModel, dump, fit_head, fit_space, parse, shipped
from classifiers.text.labelled import read_labels
from classifiers.text.refining import add_network
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import GoldError, PmcmineError
from tests.helpers import release_json, rows
from tests.test_cli import call

CASE = "A 45-year-old man presented with fever. He was admitted, and his liver biopsy revealed cirrhosis. He underwent surgery."
ETHICS = "The authors declare no competing interests. This work was supported by a grant of the national fund."
LAB = "Cells were lysed and the protein expression was measured in mice (p < 0.05); our data are shown in Fig. 2."


def test_the_shipped_model_knows_plain_cases() -> None:
    case, ethics, lab = shipped().describe(
        [Passage(CASE), Passage(ETHICS), Passage(LAB, "results", "research-article")]
    )
    assert (case.type, case.domain) == ("clinical_case", "clinical")
    assert (ethics.type, ethics.domain, ethics.quality_class) == ("other", "other", 1)
    assert lab.type == "study" and lab.domain == "biomedical"
    for labels in (case, ethics, lab):
        assert set(labels.type_scores) == set(CLASSES["type"]) and abs(sum(labels.type_scores.values()) - 1) < 0.001
        assert 1 <= labels.quality <= 5


def test_scores_do_not_depend_on_the_company_a_passage_keeps() -> None:
    one = Passage(CASE, "case", "case-report")
    many = [Passage(f"{LAB} {i}", "results", "research-article") for i in range(300)]
    alone = shipped().scores("type", [one])[0].tolist()
    for place in (0, 17, 255, 256, 300):
        company = [*many[:place], one, *many[place:]]
        assert shipped().scores("type", company)[place].tolist() == alone


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["", "case", "no such kind"]))
def test_any_text_has_scores(text: str, kind: str) -> None:
    (labels,) = shipped().describe([Passage(text, kind)])
    assert labels.type in CLASSES["type"] and 1 <= labels.quality_class <= 5


@pytest.mark.parametrize("text", ["a" * 5_000_000, "[" + "1" * 1_000_000, "he " * 1_000_000, "(" * 1_000_000])
def test_long_texts_are_bounded(text: str) -> None:
    assert shipped().describe([Passage(text)])


@pytest.mark.parametrize("text", ["", "Table 2", "12 3 4 5 " * 200, "See Fig. 2."])
def test_a_text_of_few_letters_is_other_with_a_low_probability_and_the_lowest_quality(text: str) -> None:
    (labels,) = shipped().describe([Passage(text, "results", "research-article")])
    assert (labels.type, labels.domain, labels.quality) == ("other", "other", 1.0)
    assert labels.type_scores["other"] == labels.domain_scores["other"] == 0.5
    for scores in (labels.type_scores, labels.domain_scores):
        assert abs(sum(scores.values()) - 1) < 0.001


def test_a_short_sentence_is_classified() -> None:
    (labels,) = shipped().describe([Passage("The patient died.")])
    assert labels.type == "clinical_case" and labels.type_scores["clinical_case"] > 0.9


def test_structure_may_be_missing() -> None:
    assert not any(structure(Passage(CASE)))
    row = {"text": "x", "part": "body", "section": "3. Discussion", "article_type": "case-report", "xpath": "/sec[2]/p"}
    assert passage_of(row).section_kind == "discussion"


def labelled() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for i in range(24):
        rows.append(
            {"pmcid": f"PMC{i}", "text": f"{CASE} {i}", "type": "clinical_case", "domain": "clinical", "quality": 4}
        )
        rows.append({"pmcid": f"PMC{i}", "text": f"{ETHICS} {i}", "type": "other", "domain": "other", "quality": 1})
        rows.append({"pmcid": f"PMC{i}", "text": f"{LAB} {i}", "type": "study", "domain": "biomedical", "quality": 3})
        text = (
            f"Asthma is a disease of the airways known from many studies; for example reviews such as {i} explain it."
        )
        rows.append({"pmcid": f"PMC{i}", "text": text, "type": "review", "domain": "clinical", "quality": 5})
    return rows


def test_training_is_deterministic_and_survives_its_file() -> None:
    rows = labelled()
    passages = [passage_of(r) for r in rows]
    corpus = [
        {**r, "paragraph_id": f"{r['pmcid']}/{i}", "article_type": None, "section_kind": "body"}
        for i, r in enumerate(rows)
    ]
    (first, figures), (second, _) = (train(corpus, rows) for _ in range(2))
    assert dump(first) == dump(second)
    again = parse(dump(first), "x")
    assert again.scores("type", passages).tolist() == first.scores("type", passages).tolist()
    assert figures["cross_validation"]["type"]["macro_f1"] > 0.9
    new = [{"pmcid": f"PMC9{i}", "text": f"Dragons are known to fly {i}.", "type": "study"} for i in range(20)]
    more, figures = continue_training(again, corpus, [*rows, *({**r, "domain": "other"} for r in new)])
    assert figures["cross_validation"]["type"]["paragraphs"] == 20 and "PMC3" in more.articles
    assert more.scores("type", passages).argmax(1).tolist() == first.scores("type", passages).argmax(1).tolist()
    assert more.scores("quality", passages).tolist() == first.scores("quality", passages).tolist()
    with pytest.raises(PmcmineError, match="not learned from"):
        continue_training(again, corpus, rows)
    dragons = [passage_of(new[0])]
    taught, figures = continue_training(again, corpus, [*rows, *({**r, "domain": "other", "quality": 5} for r in new)])
    assert taught.scores("quality", dragons)[0, 0] > first.scores("quality", dragons)[0, 0]
    assert figures["cross_validation"]["quality"]["paragraphs"] == 20
    fresh = [*rows, *({**r, "domain": "other", "quality": 5} for r in new)]
    only, figures = continue_training(again, corpus, fresh, tasks=["domain"])
    assert set(figures["cross_validation"]) == {"domain", "domain/text"}
    for task, taught_too in (("type", False), ("quality", False), ("domain", True)):
        assert (only.scores(task, dragons).tolist() != first.scores(task, dragons).tolist()) == taught_too


STATISTICS = (
    "Differences were tested by analysis of variance, and means are shown with their standard deviation in Table"
)
FIELDS = {
    "clinical": "The surgeon treated patients with fever in the hospital and followed them after the operation",
    "biomedical": "The receptor binds the ligand in cells of mice and the kinase is phosphorylated by the protein",
    "other": "The yield of wheat was higher on the fertilised plots and the harvest was sold on the market",
}


def test_heads_of_whole_articles_know_what_a_paragraph_does_not_say() -> None:
    corpus: list[dict[str, object]] = []
    for n in range(27):
        domain, field = list(FIELDS.items())[n % 3]
        for i, text in enumerate([f"{field} in week {n}, as it was in all of the others that we looked at."] * 3):
            corpus.append({"paragraph_id": f"PMC{n}/{i}", "pmcid": f"PMC{n}", "text": text, "domain": domain})
        row = {"paragraph_id": f"PMC{n}/s", "pmcid": f"PMC{n}", "text": f"{STATISTICS} {n}.", "domain": domain}
        corpus.append(row)
    corpus = [{**p, "article_type": "research-article", "section_kind": "methods", "path": ""} for p in corpus]
    types = [{**p, "type": list(CLASSES["type"])[i % 4], "quality": 2 + i % 2} for i, p in enumerate(corpus)]
    passages = [passage_of(p) for p in types]
    space = fit_space(p.text for p in passages)
    heads = {t: fit_head(t, space, passages, [p[t] for p in types]) for t in TASKS}
    plain = TextModel(space, heads | {f"{t}/text": h for t, h in heads.items()}, "")
    model, measured = add_article_heads(plain, corpus, types)
    model = parse(dump(model), "x")
    assert measured["domain/article"]["accuracy"] > 0.95
    right = 0
    for n, domain in enumerate(FIELDS):
        article = [passage_of(p) for p in corpus if p["pmcid"] == f"PMC{n}"]
        labels = model.describe_article(article)
        right += labels[3].domain == domain
        assert model.describe_article(article[::-1])[::-1] == labels  # in any order
        assert plain.describe_article(article) == plain.describe(article)
    assert right == 3 and {x.domain for x in model.describe([passage_of(corpus[i]) for i in (3, 7, 11)])} != set(FIELDS)
    assert model.describe_article([]) == []
    unknown, found = add_article_heads(plain, corpus, [{**p, "pmcid": "PMC999"} for p in types])
    assert unknown is plain and not found


KINDS = {
    "study": "We measured it in our experiment, and the results are shown",
    "review": "As is known from textbooks and reviews",
}


def test_the_network_knows_what_counts_for_one_kind_of_text_only() -> None:
    rows: list[dict[str, object]] = []
    for n in range(360):
        domain, kind = list(FIELDS)[n % 3], list(KINDS)[n // 3 % 2]
        good = (domain == "biomedical") == (kind == "study")
        row = {
            "pmcid": f"PMC{n}",
            "text": f"{KINDS[kind]}. {FIELDS[domain]} in week {n}.",
            "domain": domain,
            "type": kind,
        }
        rows.append({**row, "quality": 4 if good else 2})
        rows.append({**row, "quality_read": 3 if good else 1, "reader": "strict"})
    others = [{"pmcid": f"PMC{n}", "text": f"{CASE if n % 2 else ETHICS} {n}"} for n in range(40)]
    rows += [{**r, "type": "clinical_case" if i % 2 else "other", "domain": "clinical"} for i, r in enumerate(others)]
    passages = [passage_of(r) for r in rows]
    space = fit_space(p.text for p in passages)
    heads = {t: fit_head(t, space, passages, [r[t] for r in rows]) for t in CLASSES}
    heads["quality"] = fit_head("quality", space, passages[:720:2], [r["quality"] for r in rows[:720:2]])
    plain = TextModel(space, heads | {f"{t}/text": h for t, h in heads.items()}, "")
    model, measured = add_network(plain, frozenset(str(r["pmcid"]) for r in rows), rows)
    assert measured["quality, refined"]["pearson"] > 0.95 and measured["quality, refined"]["paragraphs"] == 360
    again = parse(dump(model), "x")
    found = again.scores("quality", passages[:12:2])[:, 0]  # as the reader of the given labels says, not the strict one
    assert abs(found - [r["quality"] for r in rows[:12:2]]).max() < 0.4
    assert found.tolist() == model.scores("quality", passages[:12:2])[:, 0].tolist()
    assert found.tolist() == [x.quality for x in again.describe(passages[:12:2])]
    assert again.scores("type", passages).tolist() == plain.scores("type", passages).tolist()
    assert add_network(plain, frozenset(), rows) == (plain, {})


def test_own_labels_are_joined_from_all_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "paragraphs.tsv").write_text(
        "# a note\nparagraph_id\ttype\tdomain\tquality\na/p[0]\tstudy\t-\t2\n", "utf-8"
    )
    (tmp_path / "paragraphs-2.tsv").write_text(
        "paragraph_id\ttype\tdomain\tquality\tdrawn\tquality_read\nb/p[1]\treview\tclinical\t-\trandom\t1\n", "utf-8"
    )
    monkeypatch.setattr(labelled_texts, "OWN_LABELS", tmp_path)
    found = labelled_texts.own_labels([{"paragraph_id": i, "text": i} for i in ("a/p[0]", "c/p[0]", "b/p[1]")])
    assert [(r["text"], r["type"], r["domain"], r["quality"]) for r in found] == [
        ("a/p[0]", "study", None, 2.0),
        ("b/p[1]", "review", "clinical", None),
    ]
    assert [(r["reader"], r["quality_read"]) for r in found] == [("paragraphs", None), ("paragraphs-2", 1.0)]


def test_the_labels_of_the_package_are_well_formed() -> None:
    seen: set[str] = set()
    for path in sorted(labelled_texts.OWN_LABELS.glob("paragraphs*.tsv")):
        lines = [s.split("\t") for s in path.read_text("utf-8").splitlines() if not s.startswith("#")]
        for row in (dict(zip(lines[0], line, strict=True)) for line in lines[1:]):
            assert row["paragraph_id"] not in seen and "/" in row["paragraph_id"]
            seen.add(row["paragraph_id"])
            assert row["type"] in CLASSES["type"] and row["domain"] in (*CLASSES["domain"], "-")
            assert row["quality"] in ("-", "1", "2", "3", "4", "5")
    assert len(seen) > 2000
    judge = (labelled_texts.OWN_LABELS / "judge.tsv").read_text("utf-8").splitlines()
    kept = [s.split(".")[0] for s in judge if s.startswith("PMC")]
    assert len(kept) == 200 and not set(kept) & shipped().articles  # nothing is learned from these articles


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"nothing", dump(shipped())[:5000]])
def test_damaged_models_are_told_in_a_line(data: bytes) -> None:
    with pytest.raises(PmcmineError, match="not a text model") as caught:
        parse(data, "x.npz")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "line", ["no json", "[]", '{"type": "study"}', '{"text": "x", "type": "essay"}', '{"text": "x", "quality": 9}', ""]
)
def test_damaged_labels_are_told_in_a_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "paragraphs.jsonl").write_text(line + "\n", "utf-8")
    with pytest.raises(GoldError):
        read_labels(tmp_path)


def test_eval_and_train_from_the_command_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, demo_release: Path
) -> None:
    path = tmp_path / "paragraphs.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in labelled()), "utf-8")
    model = tmp_path / "own.npz"
    args = ["--corpus", str(demo_release), "--labels", str(path), "--out", str(model)]
    code, out, err = call(capsys, "train", "text", *args)
    assert code == 0, err
    assert "Cross-validation" in (tmp_path / "own.md").read_text("utf-8")
    code, out, _ = call(capsys, "eval", "quality", "--gold", str(tmp_path), "--model", str(model), "--json")
    assert code == 0 and {"pearson", "mae"} <= set(json.loads(out.splitlines()[-1]))
    code, out, _ = call(capsys, "eval", "type", "--gold", str(path), "--no-structure", "--errors", "1", "--json")
    assert code == 0 and "macro_f1" in json.loads(out.splitlines()[-1])


def test_eval_sees_whole_articles_as_mine_does(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, demo_release: Path
) -> None:
    mined = rows(demo_release, "paragraphs")
    table = tmp_path / "labels.tsv"
    lines = [
        "paragraph_id\tdomain\tquality",
        *(f"{r['paragraph_id']}\t{r['domain']}\t-" for r in mined),
        "PMC0.1/p\tother\t1",
    ]
    table.write_text("# by id\n" + "\n".join(lines) + "\n", "utf-8")
    args = ["eval", "domain", "--gold", str(table), "--corpus", str(demo_release), "--json"]
    code, out, err = call(capsys, *args)
    assert code == 0, err
    found = json.loads(out.splitlines()[-1])
    assert found["accuracy"] == 1.0 and found["paragraphs"] == len(mined) and found["not_in_corpus"] == 1
    texts = tmp_path / "paragraphs.jsonl"
    texts.write_text("".join(json.dumps({k: r[k] for k in ("pmcid", "text", "domain")}) + "\n" for r in mined[:30]))
    code, out, _ = call(capsys, "eval", "domain", "--gold", str(texts), "--corpus", str(demo_release), "--json")
    assert code == 0 and json.loads(out.splitlines()[-1])["paragraphs"] == 30
    code, _, err = call(capsys, *args, "--no-structure")
    assert code == 2 and "--no-structure" in err
    table.write_text("paragraph_id\tdomain\nPMC0.1/p\tother\n")
    code, _, err = call(capsys, *args)
    assert code == 2 and "none of the labelled paragraphs" in err
    table.write_text("paragraph_id\tquality\nPMC0.1/p\thigh\n")
    code, _, err = call(capsys, *args)
    assert code == 2 and "row 2" in err


@pytest.mark.slow
def test_a_run_does_not_go_on_with_another_model(tmp_path: Path) -> None:
    write_bucket(tmp_path / "bucket", many_articles(2))
    model = tmp_path / "own.npz"
    shipped_file = Path(features.__file__).parent / "models" / "text.npz"
    model.write_bytes(shipped_file.read_bytes())
    out = str(tmp_path / "out")
    command = [sys.executable, "-P", "-m", "pmcmine", "mine", "--source", str(tmp_path / "bucket"), "--out", out, "-q"]
    command += ["--text-model", str(model), "--vocab", "none", "--set", "image_kinds=false", "--set", "panels=false"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    with np.load(model) as arrays:
        changed = dict(arrays)
    first = next(k for k, v in sorted(changed.items()) if v.dtype.kind == "f" and v.size)
    changed[first] = changed[first] * 1.01
    np.savez(model, **changed)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "models" in done.stderr or "own.npz" in done.stderr, done.stderr


@pytest.mark.real
def test_the_shipped_model_on_the_labels_it_learned_from(capsys: pytest.CaptureFixture[str], real_data: Path) -> None:
    code, out, _ = call(capsys, "eval", "type", "--gold", str(real_data / "labels"), "--json")
    assert code == 0 and json.loads(out.splitlines()[-1])["macro_f1"] > 0.9


def test_a_release_has_the_labels_and_names_the_model(demo_release: Path) -> None:
    found = rows(demo_release, "paragraphs")
    assert found
    for row in found:
        scores = {c: row[f"type_{c}"] for c in CLASSES["type"]}
        assert row["type"] == max(scores, key=scores.__getitem__)
        assert row["quality_class"] == int(row["quality"] + 0.5)
    stated = {c["name"]: c for c in release_json(demo_release)["classifiers"]}
    labels = {"text", "language", "image_kinds", "image_embedding", "privacy_text", "privacy_images"}
    assert labels <= set(stated) and {name.split("_")[0] for name in set(stated) - labels} == {"panel"}
    assert len(stated["text"]["sha256"]) == 64 and all(row["text_language"] for row in found)
