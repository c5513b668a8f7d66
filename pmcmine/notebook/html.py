"""HTML of notebooks: everything that others wrote is escaped, nothing is fetched."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Final

_CELL: Final = 120  # characters of a cell
_CAPTION: Final = 160  # characters below a picture


def short(value: Any, most: int) -> str:
    """Return a value as escaped text of at most so many characters."""
    text = "" if value is None else str(value)
    return escape(text if len(text) <= most else f"{text[: most - 1]}…")


def table_html(heads: Sequence[str], rows: Iterable[Sequence[Any]], below: str = "") -> str:
    """Return a table."""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{short(v, _CELL)}</td>" for v in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{escape(below)}</p>"


def picture_html(data: bytes | None, kind: str, title: str, caption: str | None, width: int) -> str:
    """Return a picture, as bytes within the page, with its caption."""
    shown = (
        f'<img alt="{escape(title)}" style="max-width:{width}px;max-height:{width}px" '
        f'src="data:{kind};base64,{b64encode(data).decode()}">'
        if data is not None
        else "<i>no picture</i>"
    )
    style = f"display:inline-block;vertical-align:top;width:{width}px;margin:6px"
    below = f"<figcaption><b>{escape(title)}</b> {short(caption, _CAPTION)}</figcaption>"
    return f'<figure style="{style}">{shown}{below}</figure>'
