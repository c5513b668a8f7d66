"""Options whose part is missing end a run before it begins, with one line that says what to install."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pmcmine.errors import PmcmineError
from pmcmine.io import extras as parts
from tests.test_cli import call

_NO_VOCABULARY = ["--vocab", "none"]


@pytest.mark.parametrize(("options", "modules", "said"), [
    (["--pdf-figures"], ["pymupdf"], "'pmcmine[pdf]'"),
    (["--source-kind", "pdf"], ["pymupdf"], "'pmcmine[pdf]'"),
    (["--metrics", "run.prom"], ["prometheus_client"], "'pmcmine[metrics]'"),
    (["--metrics", "http://localhost:4318"], ["opentelemetry.sdk"], "'pmcmine[metrics]'"),
    (["--publish-to", "org/name"], ["huggingface_hub"], "'pmcmine[hub]'"),
    (["--runner", "dataflow"], ["google.cloud.dataflow_v1beta3"], "'pmcmine[dataflow]'"),
    ([], ["cv2"], "'pmcmine[mine]'"),
    (["--set", "panels=false", "--set", "privacy=false"], ["PIL"], "'pmcmine[mine]'"),
])  # fmt: skip
def test_an_extra_is_missing(
    demo_bucket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    options: list[str], modules: list[str], said: str,
) -> None:  # fmt: skip
    real = parts.has
    monkeypatch.setattr(parts, "has", lambda name: name not in modules and real(name))
    out = tmp_path / "out"
    for dry in ([], ["--dry-run"]):
        code, stdout, err = call(
            capsys, "mine", "--source", str(demo_bucket), "--out", str(out), *_NO_VOCABULARY, *options, *dry
        )
        assert (code, stdout, err.count("\n")) == (2, "", 1) and said in err and err.startswith("pmcmine: ")
    assert not out.exists()


@pytest.mark.parametrize(("options", "said"), [
    (["--drop-privacy-flagged", "--set", "privacy=false"], "privacy=false"),
    (["--panel-shards", "--set", "panels=false"], "panels=false"),
    (["--text-model", "model.npz", "--set", "classify=false"], "classify=false"),
    (["--set", "link_paragraphs=true"], "pmcmine vocab get open"),
    (["--set", "concept_names=true"], "--vocab"),
    (["--drop-benchmarks"], "--decontaminate"),
    (["--free-published"], "--publish-to"),
    (["--text-model", "no/such/model"], "no/such/model"),
    (["--decontaminate", "no/such/set"], "no/such/set"),
    (["--metrics", f"{__file__}/run.prom"], "run.prom: no file can be written"),
    (["--publish-to", "name"], "ORG/NAME"),
    (["--publish-to", "org/name"], "HF_TOKEN"),
    (["--decontaminate", "nowhere://set"], "nowhere://"),
])  # fmt: skip
def test_an_option_that_would_be_ignored_or_fail_late(
    demo_bucket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    options: list[str], said: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("huggingface_hub.get_token", lambda: None)
    out = tmp_path / "out"
    code, stdout, err = call(
        capsys, "mine", "--source", str(demo_bucket), "--out", str(out), *_NO_VOCABULARY, *options, "-q"
    )
    assert (code, stdout, err.count("\n")) == (2, "", 1) and said in err
    assert not out.exists()


@pytest.mark.parametrize(("address", "said"), [("gs://bucket/r", "'pmcmine[gcs]'"), ("s3://bucket/r", "s3fs")])
def test_a_file_system_that_is_not_installed(monkeypatch: pytest.MonkeyPatch, address: str, said: str) -> None:
    def missing(scheme: str) -> None:
        raise ImportError(f"install something for {scheme}")

    monkeypatch.setattr("fsspec.get_filesystem_class", missing)
    with pytest.raises(PmcmineError, match="--out") as found:
        parts.need_file_system(address, "--out")
    assert said in str(found.value)
    parts.need_file_system("/a/folder", "--out")


def test_similarity_of_letters_says_which_python_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(parts, "has", lambda name: name != "scispacy")
    for version, said in (((3, 14, 0), "needs Python 3.11 or 3.12, this is 3.14"), ((3, 12, 1), "'pmcmine[fuzzy]'")):
        monkeypatch.setattr(sys, "version_info", version)
        with pytest.raises(PmcmineError) as found:
            parts.need("fuzzy", "--fuzzy")
        assert said in str(found.value)
    monkeypatch.undo()
    monkeypatch.setattr(parts, "has", lambda name: name != "scispacy")
    for args in (["link", "fever", "--fuzzy", "--vocab", "no.vocab"], ["eval", "linking", "--gold", "x", "--fuzzy"]):
        code, _, err = call(capsys, *args)
        assert code == 2 and "--fuzzy needs" in err and err.count("\n") == 1


@pytest.mark.parametrize(("args", "module", "said"), [
    (["train", "text", "--corpus", "x", "--labels", "y"], "sklearn", "'pmcmine[train]'"),
    (["train", "text", "--corpus", "x", "--labels", "y", "--teacher", "z"], "torch", "'pmcmine[encoder-train]'"),
    (["train", "encoder", "--base", "x", "--labels", "y", "--out", "z"], "onnx", "'pmcmine[encoder-train]'"),
    (["train", "image-kind", "--figures", "x"], "sklearn", "'pmcmine[train]'"),
    (["train", "linking", "--gold", "x", "--vocab", "y"], "sklearn", "'pmcmine[train]'"),
    (["train", "abbreviations", "--gold", "x"], "sklearn", "'pmcmine[train]'"),
    (["eval", "linking", "--gold", "x", "--train", "y"], "sklearn", "'pmcmine[train]'"),
    (["eval", "abbreviations", "--gold", "x", "--folds", "3"], "sklearn", "'pmcmine[train]'"),
    (["eval", "pdf", "--gold", "x"], "pymupdf", "'pmcmine[pdf]'"),
    (["label", "--corpus", "x", "--out", "y", "--text-model", "z"], "onnxruntime", "'pmcmine[encoder]'"),
])  # fmt: skip
def test_other_commands_name_their_extra_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], args: list[str], module: str, said: str
) -> None:
    monkeypatch.setattr(parts, "has", lambda name: name != module)
    code, _, err = call(capsys, *args)
    assert code == 2 and said in err and err.count("\n") == 1


def test_every_extra_is_one_of_the_package() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(parts.MODULES) <= set(project["optional-dependencies"])
    assert [parts.extra_of(m) for m in ("pymupdf.x", "sklearn", "onnx", "lxml", "what")] == [
        "pdf", "train", "encoder-train", "mine", "mine",
    ]  # fmt: skip
