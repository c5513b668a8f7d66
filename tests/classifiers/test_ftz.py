"""The reader of fastText's compressed models in numpy, beside the binding where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifiers.text import ftz, language

TEXTS = {
    "The patient was admitted with fever and a dry cough.": "en",
    "El paciente ingresó con fiebre y tos seca.": "es",
    "Der Patient wurde mit Fieber aufgenommen.": "de",
    "Пациент поступил с лихорадкой и сухим кашлем.": "ru",
    "这是一个很简单的中文句子,没有什么特别的内容。": "zh",
    "患者は発熱と乾いた咳で入院した。": "ja",
}


@pytest.fixture(scope="module")
def model() -> ftz.Classifier:
    return ftz.read(language.model_file())


@pytest.mark.parametrize(("text", "want"), TEXTS.items())
def test_it_knows_languages_without_the_binding(model: ftz.Classifier, text: str, want: str) -> None:
    ((score, label),) = model.predict(text + "\n", 1)
    assert label == f"__label__{want}"
    assert 0.3 < score <= 1.0001


@pytest.fixture(scope="module")
def theirs() -> Any:
    binding = pytest.importorskip("fasttext.FastText", reason="fastText's binding has no wheel for this Python")
    return binding._FastText(model_path=str(language.model_file())).f


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=120))
def test_it_equals_the_binding(model: ftz.Classifier, theirs: Any, text: str) -> None:
    line = " ".join(text.split()) + "\n"
    expected = {label: score for score, label in theirs.predict(line, 200, 0.0, "replace")}
    ours = {label: score for score, label in model.predict(line, 200, 0.0, "replace")}
    for label in expected.keys() | ours.keys():
        assert ours.get(label, 0.0) == pytest.approx(expected.get(label, 0.0), abs=5e-5)
    likely = {label for label, score in expected.items() if score > max(expected.values()) - 1e-4}
    assert max(ours, key=lambda label: ours[label]) in likely


def test_language_falls_back_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = list(TEXTS)
    language._model.cache_clear()
    with_binding = language.identify(texts, [None] * len(texts))
    monkeypatch.setitem(__import__("sys").modules, "fasttext", None)
    language._model.cache_clear()
    assert isinstance(language._model(), ftz.Classifier)
    assert language.identify(texts, [None] * len(texts)) == with_binding
    language._model.cache_clear()


@pytest.mark.parametrize("keep", [0, 7, 8, 60, 5_000, 900_000])
def test_a_damaged_file_is_a_value_error(tmp_path: Path, keep: int) -> None:
    whole = language.model_file().read_bytes()
    (tmp_path / "short.ftz").write_bytes(whole[:keep])
    with pytest.raises(ValueError, match=r"\w"):
        ftz.read(tmp_path / "short.ftz")
    (tmp_path / "other.ftz").write_bytes(b"\0" * 8 + whole[8:])
    with pytest.raises(ValueError, match="not a fastText model"):
        ftz.read(tmp_path / "other.ftz")
