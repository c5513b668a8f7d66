"""Make texts from outside safe to show in a terminal, a spreadsheet or Markdown."""

from __future__ import annotations

import json
import logging
import re
from typing import Any, Final

from pmcmine.text.redact import hide

# C0 and C1 controls (0x9b alone begins a command of a terminal), line separators, overrides and isolates of the writing
# direction (they show a text in another order than it has), and halves of surrogate pairs, which can't be printed.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# A spreadsheet takes quotes around a cell away before it looks at it.
_FORMULA: Final = re.compile(r"[\"\s\ufeff]*[=+\-@＝＋－＠]|[\t\r]")
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]#!|~])")
_HTML: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def _escape(match: re.Match[str]) -> str:
    c = match[0]
    return _NAMED.get(c) or (f"\\x{ord(c):02x}" if ord(c) < 0x100 else f"\\u{ord(c):04x}")


def for_terminal(text: str, most: int | None = None, *, lines: bool = False) -> str:
    r"""Replace control characters with visible escapes such as `\x1b`.

    Args:
        text: any text.
        most: cut to so many characters, with an ellipsis.
        lines: keep line breaks and tabs.
    """
    if most is not None and len(text) > most:
        text = text[: most - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub(lambda m: m[0] if lines and m[0] in "\n\t" else _escape(m), text)


def without_controls(text: str) -> str:
    """Replace each control character but line breaks and tabs by U+FFFD, so that offsets stay as they are."""
    return _CONTROL.sub(lambda m: m[0] if m[0] in "\n\t" else "\ufffd", text)


def one_line(text: str) -> str:
    """Drop control characters and make each run of white space one space."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(_CONTROL.sub(lambda m: " " if m[0].isspace() else "", text).split())


def json_line(value: Any) -> str:
    """Return JSON in one line, in which control characters are escaped and all others stand as they are."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return _CONTROL.sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def for_spreadsheet(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet would run as a formula (OWASP, "CSV Injection")."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def for_markdown(text: str) -> str:
    """Return a text that Markdown and HTML show as it is, in one line."""
    escaped = _MARKDOWN.sub(r"\\\1", one_line(text))
    return re.sub(r"[&<>]", lambda m: _HTML[m[0]], escaped)


def for_code(text: str) -> str:
    """Return a text for a code span of Markdown, between single backticks."""
    return one_line(text).replace("`", "'")


class CleanFormatter(logging.Formatter):
    """Formats log records whose texts may come from others."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record; line breaks of a traceback stay, credentials do not."""
        return for_terminal(hide(super().format(record)), lines=True)
