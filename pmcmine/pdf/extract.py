"""One PDF to text and figures, by PyMuPDF. Runs in a child process with limits; see `pmcmine.pdf.convert`."""

from __future__ import annotations

import io
import json
import resource
import struct
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, Final

import numpy as np
from PIL import Image

from pmcmine.pdf import layout, regions
from pmcmine.pdf.layout import Block, Line, Page, Rect

DPI: Final = 300  # of drawings, and of pictures whose own resolution is less
_MOST_DPI: Final = 600
_MOST_DRAWINGS: Final = 4_000  # of a page; a page with more is one big drawing
_MOST_PARTS: Final = 3_000
_MOST_LETTERS: Final = 4_000_000
_ALIKE: Final = 16.0  # mean difference of grey levels between a picture and the page that shows it
_KEPT: Final = {"jpeg": "jpg", "png": "png"}
_SCANNED: Final = 25  # letters a page, below which a PDF is a scan


class PdfError(Exception):
    """Why a PDF can't be used: a code and a detail."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one PDF.

    Attributes:
        pages: most pages.
        pixels: most pixels of one picture.
        seconds: most seconds of the processor, and twice as many of the clock.
        memory: most bytes of memory.
    """

    pages: int = 300
    pixels: int = 40_000_000
    seconds: int = 60
    memory: int = 3 << 30


def _pymupdf() -> Any:
    """Import PyMuPDF, which has no types; only reading a PDF imports it."""
    import pymupdf

    return pymupdf


def open_pdf(data: bytes, limits: Limits) -> Any:
    """Open the document.

    Raises:
        PdfError: pdf_damaged, pdf_encrypted or pdf_too_many_pages.
    """
    pymupdf = _pymupdf()
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(stream=data, filetype="pdf")
    except Exception as error:  # noqa: BLE001 - MuPDF's errors have no common base
        raise PdfError("pdf_damaged", str(error)) from None
    if document.needs_pass:
        raise PdfError("pdf_encrypted", "it opens with a password only")
    if document.page_count > limits.pages:
        raise PdfError("pdf_too_many_pages", f"{document.page_count} pages, the bound is {limits.pages}")
    if document.page_count < 1:
        raise PdfError("pdf_damaged", "no page")
    return document


def _line(raw: dict[str, Any]) -> Line | None:
    spans = [s for s in raw["spans"] if s["text"]]
    text = "".join(s["text"] for s in spans)
    if not text.strip():
        return None
    weight: Counter[tuple[str, float, bool]] = Counter()
    for s in spans:
        name = s["font"].rpartition("+")[2]
        bold = bool(s["flags"] & 16) or any(w in name.lower() for w in ("bold", "black", "heavy", "semibold"))
        weight[name, round(float(s["size"]), 2), bold] += len(s["text"].strip())
    (font, size, bold), _ = weight.most_common(1)[0]
    first = next(s for s in spans if s["text"].strip())
    head = first["font"].rpartition("+")[2] + ("/bold" if first["flags"] & 16 else "")
    return Line(Rect(*map(float, raw["bbox"])), text, size, font, bold, head)


def read_pages(document: Any) -> list[Page]:
    """Read lines, pictures and drawings of all pages."""
    pymupdf = _pymupdf()
    flags = pymupdf.TEXTFLAGS_TEXT & ~pymupdf.TEXT_PRESERVE_LIGATURES
    pages, letters = [], 0
    for number in range(document.page_count):
        page = document[number]
        blocks = []
        for raw in page.get_text("dict", flags=flags)["blocks"]:
            lines = [_line(line) for line in raw.get("lines", ()) if abs(line["dir"][1]) < 0.1 and line["dir"][0] > 0]
            kept = tuple(line for line in lines if line is not None)
            letters += sum(len(line.text) for line in kept)
            if kept:
                blocks.append(kept)
        if letters > _MOST_LETTERS:
            raise PdfError("pdf_too_large", f"more than {_MOST_LETTERS} letters")
        box = page.rect
        pictures = [Rect(*map(float, i["bbox"])) for i in page.get_image_info()[:_MOST_PARTS]]
        pages.append(
            Page(
                number,
                float(box.width),
                float(box.height),
                tuple(blocks),
                tuple(_visible(pictures, box)),
                tuple(_drawings(page, box)),
            )
        )
    if letters < _SCANNED * len(pages):
        raise PdfError("pdf_scanned", f"{letters} letters on {len(pages)} pages")
    return pages


def _visible(parts: Sequence[Rect], page: Any) -> Iterator[Rect]:
    for r in parts:
        clipped = Rect(max(r.x0, 0.0), max(r.y0, 0.0), min(r.x1, float(page.width)), min(r.y1, float(page.height)))
        if clipped.width > 1 and clipped.height > 1:
            yield clipped


def _drawings(page: Any, box: Any) -> list[Rect]:
    """Return boxes of vector drawings, joined if they touch, without page frames and rules across the page."""
    found = []
    for n, drawing in enumerate(page.get_cdrawings()):
        if n >= _MOST_DRAWINGS:
            break
        r = Rect(*map(float, drawing["rect"]))
        if r.width > 0.9 * box.width and r.height > 0.9 * box.height:
            continue
        if min(r.width, r.height) < 1.5 and max(r.width, r.height) > 0.35 * box.width:
            continue  # a rule of a table or of the layout
        fill = drawing.get("fill")
        if fill is not None and all(c > 0.99 for c in fill) and drawing.get("color") is None:
            continue  # white on white
        found.append(Rect(r.x0, r.y0, max(r.x1, r.x0 + 0.5), max(r.y1, r.y0 + 0.5)))
    joined = regions.clusters(found, 3.0) if len(found) <= _MOST_PARTS else [_around(found)]
    return [r for r in _visible(joined, box) if r.width > 8 and r.height > 8]


def _around(parts: Sequence[Rect]) -> Rect:
    out = parts[0]
    for part in parts[1:]:
        out = out.union(part)
    return out


def picture(document: Any, region: regions.Region, limits: Limits) -> tuple[bytes, str]:
    """Return bytes and suffix of a figure: its embedded picture if the region has nothing else, else a rendering.

    Rendered is at `DPI`, or at the resolution of the finest picture in it, within the bound on pixels.
    """
    pymupdf = _pymupdf()
    page = document[region.page]
    box = pymupdf.Rect(*region.box)
    finest = DPI
    infos = [i for i in page.get_image_info(xrefs=True) if pymupdf.Rect(i["bbox"]).intersects(box)]
    for info in infos:
        at = pymupdf.Rect(info["bbox"])
        if at.width > 20 and at.height > 20:
            finest = max(finest, round(72 * info["width"] / at.width))
    native = _native(document, page, infos, box)
    if native is not None:
        return native
    dpi = min(finest, _MOST_DPI)
    while dpi > 72 and box.width * box.height * (dpi / 72) ** 2 > limits.pixels:
        dpi = int(dpi * 0.8)
    pixmap = page.get_pixmap(clip=box, dpi=dpi, colorspace=pymupdf.csRGB, alpha=False, annots=False)
    return pixmap.tobytes("png"), "png"


def _native(document: Any, page: Any, infos: Sequence[dict[str, Any]], box: Any) -> tuple[bytes, str] | None:
    """Return the bytes of the only picture in a region, if nothing else is drawn or written over it."""
    pymupdf = _pymupdf()
    if len(infos) != 1 or not infos[0]["xref"]:
        return None
    at = pymupdf.Rect(infos[0]["bbox"])
    turned = infos[0]["transform"]
    if abs(at.get_area() - (at & box).get_area()) > 1 or at.get_area() < 0.93 * box.get_area():
        return None
    if turned[0] <= 0 or turned[3] <= 0 or abs(turned[1]) > 1e-3 or abs(turned[2]) > 1e-3:
        return None  # mirrored or turned
    if page.get_text("text", clip=at).strip():
        return None  # labels are written over it
    raw = document.extract_image(infos[0]["xref"])
    if raw["ext"] not in _KEPT or raw.get("smask") or raw.get("colorspace") not in (1, 3):
        return None
    if not _looks_like(raw["image"], page.get_pixmap(clip=at, dpi=36, colorspace=pymupdf.csGRAY, alpha=False)):
        return None
    return raw["image"], _KEPT[raw["ext"]]


def _looks_like(data: bytes, shown: Any) -> bool:
    """Check whether an embedded picture is what the page shows: a decode array or a mask may invert or hide it."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
            grey = image.convert("L").resize((shown.width, shown.height), Image.Resampling.BOX)
    except (OSError, ValueError, Image.DecompressionBombError):
        return False
    page = np.frombuffer(shown.samples, np.uint8).reshape(shown.height, shown.stride)[:, : shown.width]
    return float(np.abs(np.asarray(grey, np.int16) - page).mean()) < _ALIKE


@dataclass(frozen=True, slots=True)
class Found:
    """Contents of a PDF: title, blocks in reading order with their kinds, and regions of figures."""

    title: str
    blocks: tuple[Block, ...]
    regions: tuple[regions.Region, ...]
    bare: tuple[Block, ...]
    pages: tuple[Page, ...]


def read_document(pages: Sequence[Page]) -> Found:
    """Read the text in reading order and figures with captions, from what is on the pages."""
    style = layout.body_style(pages)
    running = layout.margins(pages)
    title = _title(pages)
    pages = _without_furniture(pages)
    blocks: list[Block] = []
    found: list[regions.Region] = []
    bare: list[Block] = []
    left: list[tuple[int, Rect]] = []
    for page in pages:
        of_page = layout.read_page(page, style, running)
        blocks += of_page
        paired, without, free = regions.pair(page, of_page)
        found += paired
        bare += without
        left += [(page.number, r) for r in free]
    across = regions.across_pages(bare, left, pages)
    found += across
    placed = {id(r.caption) for r in across}
    place = {id(block): n for n, block in enumerate(blocks)}
    found = sorted(_first_of_each(found), key=lambda r: place[id(r.caption)])
    return Found(title, tuple(blocks), tuple(found), tuple(b for b in bare if id(b) not in placed), tuple(pages))


def _without_furniture(pages: Sequence[Page]) -> list[Page]:
    """Drop logos, rules and banners: pictures and drawings at head and foot that several pages share."""

    def places(page: Page) -> set[tuple[int, ...]]:
        return {tuple(round(v / 2) for v in r) for r in (*page.pictures, *page.drawings)}

    seen = Counter(place for page in pages for place in places(page))
    least = 2 if len(pages) < 6 else 3

    def kept(parts: Sequence[Rect], height: float) -> tuple[Rect, ...]:
        return tuple(
            r
            for r in parts
            if (0.14 * height < r.y1 and r.y0 < 0.86 * height) or seen[tuple(round(v / 2) for v in r)] < least
        )

    return [replace(p, pictures=kept(p.pictures, p.height), drawings=kept(p.drawings, p.height)) for p in pages]


def _first_of_each(found: Sequence[regions.Region]) -> list[regions.Region]:
    """Keep one region per label: the one with the longest caption."""
    best: dict[str, regions.Region] = {}
    for region in found:
        assert region.caption is not None
        label = region.caption.label.lower().replace(" ", "").replace("figure", "fig").replace(".", "")
        other = best.get(label)
        if other is None or len(region.caption.text) > len(other.caption.text if other.caption else ""):
            best[label] = region
    return list(best.values())


def _title(pages: Sequence[Page]) -> str:
    """Find the largest text in the upper part of the first page that has text."""
    for page in pages[:2]:
        lines = [
            line
            for block in page.blocks
            for line in block
            if line.box.y0 < 0.6 * page.height and len(line.text.strip()) > 3
        ]
        sizes = sorted({round(line.size, 1) for line in lines}, reverse=True)
        for size in sizes[:4]:
            text = layout.join_lines(line.text for line in lines if abs(line.size - size) < 0.3)
            if 4 <= len(text.split()) <= 60:
                return text
    return ""


def _content(found: Found) -> list[dict[str, Any]]:
    """Return headings and paragraphs up to the references; captions, tables and scraps of figures left out."""
    in_figures: dict[int, list[Rect]] = {}
    for region in found.regions:
        in_figures.setdefault(region.page, []).append(region.box)
    out: list[dict[str, Any]] = []
    for block in found.blocks:
        text = block.text
        if block.kind == "caption" or layout.is_table(text) or text == found.title:
            continue
        if any(box.overlap(block.box) > 0.7 * block.box.area for box in in_figures.get(block.page, ())):
            continue
        if block.kind == "heading":
            if layout.ends_body(text):
                break
            out.append({"kind": "heading", "text": text, "page": block.page})
        elif len(text.split()) >= 8:
            previous = out[-1] if out else None
            goes_on = previous is not None and previous["kind"] == "p" and previous["text"][-1:] not in ".!?:"
            if previous is not None and goes_on and text[:1].islower():
                previous["text"] = layout.join_lines([previous["text"], text])  # over a column or page
            else:
                out.append({"kind": "p", "text": text, "page": block.page})
    return out


def convert(data: bytes, limits: Limits, pictures: bool) -> tuple[dict[str, Any], list[bytes]]:
    """Convert a PDF to plain data and the bytes of its figures.

    Raises:
        PdfError: if it can't be used.
    """
    document = open_pdf(data, limits)
    found = read_document(read_pages(document))
    figures, images = [], []
    for n, region in enumerate(found.regions, 1):
        assert region.caption is not None
        image, ending = picture(document, region, limits) if pictures else (b"", "png")
        images.append(image)
        figures.append(
            {
                "label": region.caption.label,
                "caption": layout.caption_text(region.caption),
                "page": region.page + 1,
                "box": [round(v, 1) for v in region.box],
                "name": f"page{region.page + 1:03d}-{n:03d}.{ending}",
            }
        )
    bare = [{"label": b.label, "caption": layout.caption_text(b), "page": b.page + 1} for b in found.bare]
    content = {"title": found.title, "content": _content(found), "figures": figures, "bare": bare}
    return content | {"pages": len(found.pages)}, images


def write_answer(stream: BinaryIO, content: dict[str, Any], images: Sequence[bytes]) -> None:
    """Write the child's answer: lengths, JSON, images."""
    head = json.dumps(content).encode()
    stream.write(struct.pack("<QI", len(head), len(images)) + head)
    for image in images:
        stream.write(struct.pack("<Q", len(image)) + image)


def main() -> None:
    """Run the child process: one line of JSON with the limits and the PDF's bytes on stdin, the answer on stdout."""
    task = json.loads(sys.stdin.buffer.readline())
    limits = Limits(**task["limits"])
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        content, images = convert(sys.stdin.buffer.read(), limits, task["pictures"])
    except PdfError as error:
        content, images = {"error": error.code, "detail": error.detail}, []
    except MemoryError:
        content, images = {"error": "pdf_too_large", "detail": f"more than {limits.memory >> 20} MB of memory"}, []
    except Exception as error:  # noqa: BLE001 - MuPDF raises nearly anything on hostile files; becomes a row
        content, images = {"error": "pdf_damaged", "detail": f"{type(error).__name__}: {error}"}, []
    write_answer(sys.stdout.buffer, content, images)


if __name__ == "__main__":
    main()
