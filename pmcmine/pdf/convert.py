"""A PDF to an article: the child process that reads it, and the JATS that the rest of the pipeline takes."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from lxml import etree

from pmcmine.io.extras import need
from pmcmine.jats.sections import kind_of
from pmcmine.pdf.extract import Limits
from pmcmine.pdf.layout import begins_abstract
from pmcmine.rejects import Reason, Rejected

_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_XLINK: Final = "http://www.w3.org/1999/xlink"
_MOST_ANSWER: Final = 2 << 30


@dataclass(frozen=True, slots=True)
class PdfPicture:
    """A figure that was cut out of a PDF.

    Attributes:
        name: file name for it.
        page: page, from 1.
        box: left, top, right, bottom in points from the page's upper left corner.
        data: JPEG or PNG.
    """

    name: str
    page: int
    box: tuple[float, float, float, float]
    data: bytes


def need_pymupdf() -> None:
    """Raise PmcmineError where PyMuPDF is not installed."""
    need("pdf", "reading PDFs")


def read_pdf(data: bytes, limits: Limits, pictures: bool = True) -> tuple[dict[str, Any], list[PdfPicture]]:
    """Read the text and figures of a PDF, read in a child process that can be killed.

    Args:
        data: the file.
        limits: bounds; the child's memory and time are held to them by the system.
        pictures: whether to cut out the figures.

    Raises:
        Rejected: with one of the PDF_ reasons.
    """
    task = json.dumps({"limits": asdict(limits), "pictures": pictures}).encode() + b"\n"
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "pmcmine.pdf.extract"],
            input=task + data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=2 * limits.seconds + 10,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Rejected(Reason.PDF_TIMEOUT, f"more than {2 * limits.seconds + 10} s") from None
    if done.returncode in (-24, -9):  # SIGXCPU, SIGKILL: the limit on CPU time
        raise Rejected(Reason.PDF_TIMEOUT, f"more than {limits.seconds} s of the processor")
    if done.returncode:
        raise Rejected(Reason.PDF_DAMAGED, f"its reader ended with {done.returncode}")
    return _answer(done.stdout)


def _answer(raw: bytes) -> tuple[dict[str, Any], list[PdfPicture]]:
    head = struct.Struct("<QI")
    if len(raw) < head.size or len(raw) > _MOST_ANSWER:
        raise Rejected(Reason.PDF_DAMAGED, "its reader gave no whole answer")
    size, n = head.unpack_from(raw)
    at = head.size + size
    content: dict[str, Any] = json.loads(raw[head.size : at])
    if "error" in content:
        raise Rejected(Reason(content["error"]), content["detail"])
    pictures = []
    for figure in content["figures"][:n]:
        (length,) = struct.unpack_from("<Q", raw, at)
        at += 8
        pictures.append(PdfPicture(figure["name"], figure["page"], tuple(figure["box"]), raw[at : at + length]))
        at += length
    return content, pictures


def _clean(text: str) -> str:
    return " ".join(_ILLEGAL.sub("", text).split())


def _add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, tag, attributes)
    if text:
        child.text = _clean(text)
    return child


def to_jats(content: Mapping[str, Any], pmcid: str, doi: str | None) -> bytes:
    """Build JATS of what was read: title, sections with their paragraphs, figures with caption and file name."""
    article = etree.Element("article", nsmap={"xlink": _XLINK})
    meta = _add(_add(article, "front"), "article-meta")
    _add(meta, "article-id", pmcid, **{"pub-id-type": "pmcid"})
    if doi:
        _add(meta, "article-id", doi, **{"pub-id-type": "doi"})
    _add(_add(meta, "title-group"), "article-title", content["title"])
    body = _add(article, "body")
    into = top = body
    for piece in content["content"]:
        if piece["kind"] == "heading":
            if begins_abstract(piece["text"]) and meta.find("abstract") is None:
                into = top = _add(meta, "abstract")
            elif kind_of(None, piece["text"]) is not None or top is body:
                # "Methods", "3. Results": the text below belongs to it.
                into = top = _add(body, "sec")
                _add(into, "title", piece["text"])
            else:
                into = _add(top, "sec")
                _add(into, "title", piece["text"])
        else:
            _add(into, "p", piece["text"])
    floats = _add(article, "floats-group")
    for n, figure in enumerate(content["figures"], 1):
        fig = _add(floats, "fig", id=f"fig{n}")
        _add(fig, "label", figure["label"])
        if figure["caption"]:
            _add(_add(fig, "caption"), "p", figure["caption"])
        etree.SubElement(fig, "graphic", {f"{{{_XLINK}}}href": figure["name"]})
    data: bytes = etree.tostring(article, encoding="utf-8", xml_declaration=True)
    return data
