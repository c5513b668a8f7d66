"""Who uses written texts: streams and exports if they are asked to, conditions of budgets and forecasts, mistakes."""

from __future__ import annotations

import json
from collections import Counter, deque
from pathlib import Path
from typing import Any

import pytest

from pmcmine import stream
from pmcmine.commands.output import for_json
from pmcmine.duplicates.benchmark_sets import read_benchmarks
from pmcmine.errors import PmcmineError
from pmcmine.io.folder import Folder
from pmcmine.publish.verify import verify_folder
from pmcmine.release.record import load_release
from pmcmine.update.written import kept_written
from pmcmine.write.registry import task_of
from pmcmine.write.run import journal_path
from tests.helpers import release_json, rows, tree
from tests.model_server import faithful, served
from tests.old_release import without_column
from tests.pmcmine.write.conftest import Write
from tests.pmcmine.write.test_write import side
from tests.test_cli import call


def marked(body: dict[str, Any]) -> str:
    """A faithful answer that can be told from the caption: its first sentence is said last."""
    found = json.loads(faithful(body))
    if "caption" in found:
        first, _, rest = found["caption"].partition(". ")
        return json.dumps({"caption": f"{rest.rstrip('.')}. {first}." if rest else first})
    return json.dumps(found)


def test_a_stream_has_written_text_only_if_it_asks(release: Path, write: Write) -> None:
    captions = {s["key"]: s["txt"] for s in stream.open(release)}
    with served(answer=marked) as server:
        write(release, server, image_size=0)
        write(release, server, "vqa", image_size=0, limit=4)
    keys = {f["figure_id"]: f["key"] for f in rows(release, "figures")}
    written = {keys[r["row_id"]]: r["text"] for r in side(release, "caption") if r["split"] == "train"}
    assert {s["key"]: s["txt"] for s in stream.open(release)} == captions
    found = {s["key"]: s["txt"] for s in stream.open(release, caption="written:caption", seed=3)}
    assert found == {k: written.get(k, text) for k, text in captions.items()} != captions
    skipped = stream.open(release, caption="written:caption", missing="skip", where="year > 0")
    assert {s["key"]: s["txt"] for s in skipped} == {k: t for k, t in written.items() if k in captions}
    assert len(skipped) < len(captions)
    for bad, said in (
        ({"caption": "written:captoin"}, "did you mean 'caption'"), ({"caption": "written:vqa"}, "export --format llava"),
        ({"missing": "skip"}, "is of caption='written:NAME'"), ({"caption": "written:caption", "missing": "x"}, "keep, skip"),
        ({"caption": "written:caption", "tokens": 77}, "enriched"),
    ):  # fmt: skip
        with pytest.raises(PmcmineError, match=said):
            stream.open(release, **bad)  # type: ignore[arg-type]


def test_hostile_facts_of_written_texts_are_one_line(release: Path, write: Write) -> None:
    with served() as server:
        write(release, server, limit=3, image_size=0)
    before = release_json(release)
    for change in (
        {"of": {"written/caption/texts/../../../etc/train-0.parquet": "0"}}, {"of": {"../x": "0"}}, {"of": []},
        {"name": "../x"}, {"table": "passwords"}, {"counts": {"kept": "many"}}, {"settings": 5}, {"cost": "free"},
    ):  # fmt: skip
        (release / "release.json").write_text(json.dumps({**before, "written": [before["written"][0] | change]}))
        with pytest.raises(PmcmineError) as error:
            list(stream.open(release, caption="written:caption"))
        assert "\n" not in str(error.value)


def _as_llava(folder: Path) -> list[dict[str, Any]]:
    """Read as LLaVA's LazySupervisedDataset does: roles in turn from `human` on, one image token for an image."""
    found = json.loads((folder / "train.json").read_text())
    for item in found:
        said = item["conversations"]
        assert [s["from"] for s in said] == ["human", "gpt"] * (len(said) // 2) and said
        assert sum(s["value"].count("<image>") for s in said) == ("image" in item)
        if "image" in item:
            assert said[0]["value"].startswith("<image>\n") and (folder / "images" / item["image"]).is_file()
    return list(found)


def _as_llama_factory(folder: Path) -> list[dict[str, Any]]:
    """Read as LLaMA-Factory does: the file that `dataset_info.json` names, a token for each image, roles in turn."""
    known = json.loads((folder / "dataset_info.json").read_text())["train"]
    assert known["formatting"] == "sharegpt"
    found = [json.loads(line) for line in (folder / known["file_name"]).read_text().splitlines()]
    for item in found:
        said, images = item[known["columns"]["messages"]], item[known["columns"]["images"]]
        assert [s["from"] for s in said] == ["human", "gpt"] * (len(said) // 2) and said
        assert sum(s["value"].count("<image>") for s in said) == len(images)
        assert all((folder / image).is_file() for image in images)
    return found


def test_llava_and_trl_read_the_exports(release: Path, write: Write, tmp_path: Path, capsys: Any) -> None:
    with served() as server:
        for task in ("vqa", "case-qa", "panel-caption"):
            write(release, server, task, image_size=0, limit=30)
    code, _, err = call(capsys, "export", str(release), "--format", "llava", "--out", str(tmp_path / "llava"))
    assert code == 0, err
    items = _as_llava(tmp_path / "llava")
    kept = [r for task in ("vqa", "case-qa", "panel-caption") for r in side(release, task) if r["split"] == "train"]
    assert {i["id"] for i in items} == {r["written_id"] for r in kept} and any("image" not in i for i in items)
    assert all(i["attribution"] and i["license"] and i["prompt_sha256"] for i in items)

    args = ("export", str(release), "--groups", "commercial", "--where", "year > 0", "--written", "vqa", "--format")
    for name in ("messages", "sharegpt"):
        code, _, err = call(capsys, *args, name, "--out", str(tmp_path / name))
        assert code == 0, err
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset("json", data_files=str(tmp_path / "messages" / "train.jsonl"), split="train",
                                   cache_dir=str(tmp_path / "cache"))  # fmt: skip
    shared = _as_llama_factory(tmp_path / "sharegpt")
    assert len(loaded) == len(shared) > 0 and any(item["images"] for item in loaded)
    for item, other in zip(loaded, shared, strict=True):
        messages = [{"role": m["role"], "content": m["content"]} for m in item["messages"]]
        assert [m["role"] for m in messages] == ["user", "assistant"] * (len(messages) // 2)
        assert all((tmp_path / "messages" / image).is_file() for image in item["images"])
        assert [m["value"].removeprefix("<image>\n") for m in other["conversations"]] == [
            m["content"] for m in messages
        ]
    code, _, err = call(capsys, *args[:-2], "vqq", "--format", "messages", "--out", str(tmp_path / "no"))
    assert code == 2 and "did you mean 'vqa'" in err and not (tmp_path / "no").exists()


def test_texts_of_benchmark_sets_are_flagged_or_dropped(tmp_path: Path) -> None:
    from pmcmine.plugins.task import Content
    from pmcmine.write.given import Given
    from pmcmine.write.one_row import Outcome
    from pmcmine.write.rows import Row
    from pmcmine.write.run import without_benchmarks

    words = " ".join(f"word{i}" for i in range(20))
    (tmp_path / "bench.txt").write_text(words)
    sets = read_benchmarks([str(tmp_path / "bench.txt")])
    row = Row("PMC1.1/f1", "f", "PMC1.1", "PMC1", "train", "CC-BY", "", "", Given(()), None)
    for text, found in ((f"Here: {words}.", (sets.sets[0].name,)), ("Something else altogether.", ())):
        outcome = Outcome(row, Given(()), Content(text))
        assert without_benchmarks(outcome, (sets, False)) == (outcome, found)
        dropped, _ = without_benchmarks(outcome, (sets, True))
        assert (dropped.reason, dropped.content is None) == (("benchmark", True) if found else ("", False))


def test_a_dry_run_asks_nobody_and_knows_what_is_there(release: Path, capsys: Any) -> None:
    before = tree(release, ".")
    args = ("write", str(release), "--task", "caption", "--price-read", "1", "--price-written", "2", "--json")
    code, out, err = call(capsys, *args, "--dry-run", "--model", "stub")
    assert code == 0, err
    said = json.loads(out)
    assert said["asked"] + said["refused"] == said["rows"] and said["read"] > 0 < said["cost"]
    assert tree(release, ".") == before
    with served() as server:
        code, out, err = call(capsys, *args, "--endpoint", server.url, "--model", "stub", "--limit", "5")
        done = json.loads(out)
        assert code == 0 and done["asked_now"] and done["cost"] == pytest.approx(done["asked_now"] * 140 / 1e6), err
    code, out, _ = call(capsys, *args, "--dry-run", "--model", "stub")
    assert json.loads(out)["kept"] == done["asked_now"] and for_json(said)["rows"] == json.loads(out)["rows"]


def test_a_dry_run_counts_a_judge_without_its_server(release: Path, capsys: Any) -> None:
    args = ("write", str(release), "--task", "caption", "--limit", "8", "--no-image", "--model", "stub", "--json",
            "--price-read", "1", "--price-written", "2")  # fmt: skip

    def forecast(*more: str) -> dict[str, Any]:
        code, out, err = call(capsys, *args, "--dry-run", *more)
        assert code == 0, err
        return dict(json.loads(out))

    alone = forecast()
    before = forecast("--judge-doubts")
    assert forecast("--judge-model", "judge") == before and alone["judged"] == 0
    assert before["judged"] == before["rows"] - before["refused"] >= before["asked"] == alone["asked"]
    assert before["most_written"] == alone["most_written"] + 200 * before["judged"] and before["cost"] > alone["cost"]
    judge = ("--judge-model", "judge", "--judge-doubts")
    with served() as server:
        bodies = server.state.bodies
        code, _, err = call(capsys, *args, "--endpoint", server.url, "--judge-endpoint", server.url, *judge)
        asked = Counter(body["model"] for body in bodies)
        said = sum(len(m["content"]) for body in bodies if body["model"] == "judge" for m in body["messages"])
    assert code == 0 and asked["judge"], err
    per_verdict = (before["read"] - alone["read"]) / before["judged"] - task_of("caption").target.most_tokens
    assert per_verdict == pytest.approx(said / asked["judge"] / 4, rel=0.5)
    after = forecast(*judge)
    assert after["asked"] == 0 and after["judged"] < before["judged"]
    assert forecast("--judge-model", "another")["judged"] == before["judged"]
    assert forecast("--judge-model", "stub")["judged"] == before["judged"]  # answers of the writer are no verdicts
    code, _, err = call(capsys, *args, "--dry-run", "--judge-doubts", "--judge-endpoint", server.url)
    assert code == 2 and "--judge-endpoint and --judge-model go together" in err


def test_a_file_of_its_own_and_a_prompt_of_ones_own_and_no_key_anywhere(
    release: Path, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PMCMINE_WRITE_KEY", "k3y-that-nobody-sees")
    before, out = tree(release, "tables", "."), tmp_path / "texts.parquet"
    (tmp_path / "prompt.txt").write_text('Answer with one JSON object. Its only key is "caption".')
    with served(faults=deque([503]), key="k3y-that-nobody-sees") as server:
        code, said, err = call(
            capsys, "write", str(release), "--task", "caption", "--endpoint", server.url, "--model", "stub", "--limit", "4",
            "--prompt", str(tmp_path / "prompt.txt"), "--out", str(out), "--no-image",
        )  # fmt: skip
    assert code == 0 and "4 rows" in said, err
    assert {p.name for p in tmp_path.iterdir()} >= {"texts.parquet", "texts-rejects.parquet", "texts.json"}
    assert json.loads((tmp_path / "texts.json").read_text())["settings"]["prompt_version"] == "own"
    assert {k: v for k, v in tree(release, "tables", ".").items() if ".answers" not in k} == before
    assert journal_path(release, "caption").stat().st_mode & 0o077 == 0
    assert not any(
        b"k3y-that" in f.read_bytes() for f in tmp_path.rglob("*") if f.is_file() and f.stat().st_size < 1 << 20
    )
    assert "k3y-that" not in said + err


def _croissant_problems(path: Path) -> list[str]:
    croissant = pytest.importorskip("mlcroissant")
    issues = croissant.Dataset(jsonld=str(path)).metadata.ctx.issues
    return [*issues.errors, *issues.warnings]


def test_a_side_table_is_taken_out(release: Path, write: Write, capsys: Any) -> None:
    before = release_json(release)
    with served() as server:
        write(release, server, limit=3, image_size=0)
        write(release, server, "vqa", limit=3, image_size=0)
    found = json.loads((release / "written" / "croissant.json").read_text())
    made = found["prov:wasGeneratedBy"]
    assert found["datePublished"] == json.loads((release / "tables" / "croissant.json").read_text())["datePublished"]
    assert [a["prov:wasAssociatedWith"][0]["prov:label"] for a in made] == ["stub", "stub"]
    assert not _croissant_problems(release / "written" / "croissant.json")
    for name in ("caption", "vqa"):
        assert call(capsys, "write", str(release), "--remove", name)[0] == 0
        assert not verify_folder(release).problems
    assert release_json(release)["files"] == before["files"] and "written" not in release_json(release)
    code, _, err = call(capsys, "write", str(release), "--remove", "caption")
    assert code == 2 and "the release has none" in err


@pytest.mark.parametrize("size", [100, None])
def test_a_damaged_side_table_is_written_again_for_nothing(release: Path, write: Write, size: int | None) -> None:
    with served() as server:
        write(release, server, limit=6, image_size=0)
        before = tree(release, "written")
        for path in (release / "written" / "caption" / "texts").rglob("*.parquet"):
            path.unlink() if size is None else path.write_bytes(path.read_bytes()[:size])
        assert verify_folder(release).problems
        assert write(release, server, limit=6, image_size=0).asked == 0
    assert not verify_folder(release).problems and tree(release, "written") == before


def _columns_of(croissant: Any, name: str) -> set[str]:
    (found,) = [r for r in croissant["recordSet"] if r["name"] == name]
    return {f["source"]["extract"]["column"] for f in found["field"]}


def test_a_side_table_of_an_earlier_version_is_described_as_it_is(
    release: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROISSANT_CACHE", str(tmp_path / "cache"))
    with served() as server:
        write(release, server, limit=9, image_size=0)
        without_column(release, "written/caption/texts", "overruled")
        write(release, server, "vqa", limit=9, image_size=0)
    path = release / "written" / "croissant.json"
    said = json.loads(path.read_text())
    assert _columns_of(said, "vqa") - _columns_of(said, "caption") == {"overruled"}
    assert not verify_folder(release).problems
    mlc = pytest.importorskip("mlcroissant")
    for name in ("caption", "vqa"):
        ids = {r[f"{name}/written_id"].decode() for r in mlc.Dataset(jsonld=str(path)).records(name)}
        assert ids == {r["written_id"] for r in side(release, name)} != set()
    folder = Folder(str(release))
    record = load_release(folder)
    written, _, cards = kept_written(record, record.files, folder, said["datePublished"])  # as an update does
    assert cards["written/croissant.json"] == path.read_bytes() and written == record.written


@pytest.mark.parametrize(("args", "said"), [
    (["--task", "captoin"], "did you mean 'caption'"),
    (["--task", "caption"], "give --endpoint and --model"),
    (["--task", "caption", "--endpoint", "http://h/v1"], "go together"),
    (["--task", "caption", "--endpoint", "https://me:pw@h/v1", "--model", "m"], "user name or password"),
    (["--task", "caption", "--judge-doubts"], "give --judge-endpoint and --judge-model"),
    (["--task", "caption", "--judge-doubts", "--judge-endpoint", "http://h/v1"], "give --judge-endpoint and --judge-model"),
    (["--task", "caption", "--budget-usd", "1"], "give --price-read and --price-written"),
    (["--task", "caption", "--name", "Nice Name"], "small letters"),
    (["--task", "caption", "--prompt", "/nowhere"], "can't be read"),
    (["--task", "caption", "--dry-run", "--where", "yeer > 3"], "did you mean 'year'"),
    (["--task", "caption", "--dry-run", "--where", "1; DROP TABLE figures"], "is not one condition"),
])  # fmt: skip
def test_mistakes_end_with_one_line(demo_release: Path, capsys: Any, args: list[str], said: str) -> None:
    code, out, err = call(capsys, "write", str(demo_release), *args)
    assert (code, out, err.count("\n")) == (2, "", 1) and said in err and "pw" not in err
