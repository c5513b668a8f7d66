"""Which articles are retracted, and which only retract others."""

from __future__ import annotations

from typing import Any

import pytest

from pmcmine.rights.retraction import Signs, is_retracted


def retracted(title: str = "Growth of yeast", kind: str = "research-article", **signs: Any) -> bool:
    return is_retracted(Signs(**{"article_type": kind, "title": title, "subjects": (), "links": (), **signs}))


@pytest.mark.parametrize("title", [
    "RETRACTED: Growth of yeast", "Retracted article: growth of yeast", "[Retracted] Growth of yeast",
    "WITHDRAWN: Growth of yeast", "Growth of yeast (Retracted)", "RETRACTED Growth of yeast", "*RETRACTED* Growth of yeast",
    "Growth of yeast [retracted article]", "Growth of yeast (Retracted article. See vol. 3, p. 12)",
    "TEMPORARY REMOVAL: Growth of yeast", "Artículo retractado: Crecimiento", "RETRATADO: Crescimento",
    "Article rétracté : croissance", "ZURÜCKGEZOGEN: Wachstum", "ОТОЗВАНА: Рост дрожжей", "【撤稿】酵母",
])  # fmt: skip
def test_a_title_marks_a_retracted_article(title: str) -> None:
    assert retracted(title)


@pytest.mark.parametrize("title", [
    "Retracted articles in oncology: a survey", "Withdrawal: alcohol and delirium", "A retracted nipple: case report",
    "Retraction of the lung", "Reasons for being withdrawn: a trial", "Removal of dyes",
])  # fmt: skip
def test_a_title_that_only_holds_the_word_marks_nothing(title: str) -> None:
    assert not retracted(title)


@pytest.mark.parametrize("signs", [
    {"links": ["retraction-forward"]}, {"links": ["retracted-article"]}, {"links": ["retracted by"]},
    {"subjects": ["Retracted Article"]}, {"subjects": ["Retraction"]}, {"events": ["retracted"]},
    {"notices": ["This article has been retracted at the request of the editors."]}, {"kind": "retracted-article"},
])  # fmt: skip
def test_any_sign_counts(signs: dict[str, Any]) -> None:
    assert retracted(**signs)


@pytest.mark.parametrize("signs", [
    {"kind": "retraction", "title": "Retracted: Growth of yeast"},
    {"kind": "correction", "links": ["retracted-article"]},
    {"kind": "correction", "title": "RETRACTED: Growth of yeast", "links": ["retracted-article"]},
    {"title": "Retraction notice to: Growth of yeast", "links": ["retracted-article"]},
    {"kind": "editorial", "title": "Retraction: Growth of yeast", "subjects": ["Retraction"]},
])  # fmt: skip
def test_a_notice_is_not_retracted_itself(signs: dict[str, Any]) -> None:
    assert not retracted(**signs)
