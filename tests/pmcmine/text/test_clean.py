"""Texts of others, where they are shown."""

from __future__ import annotations

import csv
import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmcmine.rights.attribution import tsv_line
from pmcmine.text import clean as clean_text


@given(st.text(alphabet=st.characters(), max_size=200))
def test_a_terminal_gets_nothing_to_obey(text: str) -> None:
    shown = clean_text.for_terminal(text)
    shown.encode()
    assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in shown)
    assert json.loads(clean_text.json_line({"a": text})) == {"a": text}


def test_what_is_harmless_stays() -> None:
    for text in ("β-catenin ≥ 5 µm; “é” 日本語", "עברית", "a  b", "naïve café"):
        assert clean_text.for_terminal(text) == text
    assert clean_text.for_terminal("a\x1b[31mb\x07\x9b1m\r\n\tc\u202ed") == "a\\x1b[31mb\\x07\\x9b1m\\r\\n\\tc\\u202ed"
    assert clean_text.for_terminal("a\n\tb\x1b", lines=True) == "a\n\tb\\x1b"
    assert clean_text.for_terminal("x" * 100, 10) == "x" * 9 + "…"


def test_one_line() -> None:
    assert clean_text.one_line(" a \n b\tc\x1b[0m\x9b\u2028d\x85e ") == "a b c[0m d e"


@pytest.mark.parametrize(
    "cell",
    [
        '=cmd|" /C calc"!A0',
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "＝1+1",
        " =1",
        '=HYPERLINK("http://x")',
        '"=1+1"',
        '" =1"',
        '""@SUM(A1)""',
        "\ufeff=1",
        '"＝1"',
        '"\t=1"',
    ],
)
def test_formulas_are_texts_in_a_table(cell: str) -> None:
    line = tsv_line(["PMC1.1", cell, None])
    found = next(csv.reader(io.StringIO(line), delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(found) == 3 and found[1].startswith("'") and found[0] == "PMC1.1" and found[2] == ""


def test_markdown_shows_html_and_links_as_text() -> None:
    text = "<img src=x onerror=alert(1)> [a](javascript:b) `c`\n# d & <!-- **e** | _f_"
    shown = clean_text.for_markdown(text)
    assert "<" not in shown and "\n" not in shown and "\\[a\\](" in shown and "\\`c\\`" in shown and "&amp;" in shown
    assert clean_text.for_markdown("CC BY 4.0; https://example.org/app") == "CC BY 4.0; https://example.org/app"
    assert "`" not in clean_text.for_code("a`b\nc") and "\n" not in clean_text.for_code("a`b\nc")


def test_log_lines_are_clean() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s", ("a\x1b]0;title\x07",), None)
    assert clean_text.CleanFormatter().format(record) == "a\\x1b]0;title\\x07"
