"""Mixed content to plain text, with the places of cross-references in code points.

White space is folded to single spaces (only ASCII white space: a no-break space stays), block elements
keep their words apart, formulas become readable text, and floats are left out and handed back.
"""

from __future__ import annotations

import re
from html.entities import html5
from itertools import accumulate
from typing import Final, NamedTuple

from lxml import etree

from pmcmine.jats.dom import MATHML, Element

FLOATS: Final = frozenset(
    {
        "fig",
        "fig-group",
        "table-wrap",
        "table-wrap-group",
        "boxed-text",
        "supplementary-material",
        "graphic",
        "media",
    }
)
_SKIPPED: Final = frozenset(
    {"object-id", "fn", "inline-graphic", "alt-text", "long-desc", "label-alternatives", "institution-id"}
)
_BLOCKS: Final = frozenset(
    {"p", "list", "list-item", "def-list", "def-item", "term", "def", "title", "subtitle", "disp-quote", "sec",
     "disp-formula", "disp-formula-group", "speech", "statement", "verse-group", "verse-line", "break", "array",
     "table", "tr", "td", "th", "attrib", "label", "chem-struct-wrap", "preformat", "code", "license-p", "caption"}
)  # fmt: skip
_FORMULAS: Final = frozenset({"inline-formula", "disp-formula", "alternatives", "tex-math", MATHML + "math", "math"})
_RUNS = re.compile(r"[ \t\n\r]{2,}|[\t\n\r]")
_EMPHASIS: Final = frozenset({"bold", "italic", "underline"})
_LABELISH: Final = re.compile(r"[\s().,]*(?:[A-Za-z]\d{0,2}|\d{1,2}|[ivx]{1,4})?(?![A-Za-z])")
_NOTHING: Final[frozenset[str]] = frozenset()
_WALK, _XREF, _SUP, _FLOAT, _FORMULA, _BLOCK, _SKIP = range(7)
_ACTIONS: Final[dict[str, int]] = (
    dict.fromkeys(FLOATS, _FLOAT)
    | dict.fromkeys(_SKIPPED, _SKIP)
    | dict.fromkeys(_BLOCKS, _BLOCK)
    | dict.fromkeys(_FORMULAS, _FORMULA)
    | {"xref": _XREF, "sup": _SUP}
)


class Ref(NamedTuple):
    """One `<xref>` in a text; offsets are code points."""

    start: int
    end: int
    kind: str
    rids: tuple[str, ...]
    element: Element


class Text(NamedTuple):
    """Plain text with its cross-references, the floats that stood in it, and what is emphasised where asked for."""

    text: str
    refs: tuple[Ref, ...] = ()
    floats: tuple[Element, ...] = ()
    emphasis: tuple[tuple[int, int], ...] = ()


def tidy(text: str) -> str:
    """Text with runs of ASCII white space folded to one space."""
    return text if _is_tidy(text) else _RUNS.sub(" ", text)


def _is_tidy(text: str) -> bool:
    return not ("\n" in text or "  " in text or "\t" in text or "\r" in text)


def _walk(
    element: Element,
    parts: list[str],
    marks: list[tuple[int, int, Element]],
    floats: list[Element],
    emphasis: frozenset[str] = _NOTHING,
) -> None:
    """Append the raw pieces of an element's content; links, and tags of `emphasis`, are marked by the pieces that
    they span.

    Offsets are counted afterwards, once a link instead of once a piece: this walk is where parsing spends its time.
    """
    text = element.text
    if text:
        parts.append(text)
    for child in element:
        tag = child.tag
        action = _ACTIONS.get(tag, _WALK)
        if action == _WALK:
            if isinstance(tag, str):
                start = len(parts)
                if len(child):
                    _walk(child, parts, marks, floats, emphasis)
                elif inner := child.text:  # most inline elements are leaves, which need no walk
                    parts.append(inner)
                if emphasis and tag in emphasis:
                    marks.append((start, len(parts), child))
            elif tag is etree.Entity:
                parts.append(_entity(child.name))
        elif action == _XREF:
            start = len(parts)
            if len(child):
                _walk(child, parts, marks, floats, emphasis)
            elif inner := child.text:
                parts.append(inner)
            marks.append((start, len(parts), child))
        elif action == _SUP:
            if _is_power(child, parts):
                parts.append("^")
            _walk(child, parts, marks, floats, emphasis)
        elif action == _FLOAT:
            floats.append(child)
            parts.append(" ")
        elif action == _FORMULA:
            formula = formula_text(child)
            parts.append(f" {formula} " if tag == "disp-formula" else formula)
        elif action == _BLOCK:
            parts.append(" ")
            _walk(child, parts, marks, floats, emphasis)
            parts.append(" ")
        tail = child.tail
        if tail:
            parts.append(tail)


def _is_power(element: Element, parts: list[str]) -> bool:
    """Whether a superscript raises a number to a power: `10<sup>6</sup>` must not become 106."""
    text = element.text
    if not text or len(element) or not parts or not parts[-1] or not parts[-1][-1].isdigit():
        return False
    power = text.strip()
    return bool(power) and (power[0].isdigit() or power[0] in "-−–+") and power[-1].isdigit()


def flatten(element: Element, emphasis: frozenset[str] = _NOTHING) -> Text:
    """Text of an element's content: offsets are code points of `Text.text`.

    Elements of the tags `emphasis` are told among the links.
    """
    parts: list[str] = []
    marks: list[tuple[int, int, Element]] = []
    floats: list[Element] = []
    _walk(element, parts, marks, floats, emphasis)
    if not marks:
        return Text(tidy("".join(parts)).strip(" "), (), tuple(floats))
    whole = "".join(parts)
    if _is_tidy(whole):
        ends = list(accumulate(map(len, parts), initial=0))
        lead = whole[:1] == " "
        text = whole.strip(" ")
        return Text(
            text,
            tuple([_ref(text, max(ends[start] - lead, 0), max(ends[end] - lead, 0), e) for start, end, e in marks]),
            tuple(floats),
        )
    # Pieces are joined from link to link, so that both ends of each link are at a known offset.
    cuts = sorted({cut for start, end, _ in marks for cut in (start, end)} | {len(parts)})
    at: dict[int, int] = {}
    pieces: list[str] = []
    length = previous = 0
    spaced = True
    for cut in cuts:
        piece = tidy("".join(parts[previous:cut]))
        if spaced and piece[:1] == " ":
            piece = piece[1:]
        if piece:
            pieces.append(piece)
            length += len(piece)
            spaced = piece[-1] == " "
        at[cut] = length
        previous = cut
    text = "".join(pieces)
    if spaced:
        text = text.rstrip(" ")
    return Text(text, tuple([_ref(text, at[start], at[end], e) for start, end, e in marks]), tuple(floats))


def flatten_caption(element: Element) -> Text:
    """`flatten` of a caption's part, with the spans that are set in bold; without any, in italics or underlined."""
    if not any(_LABELISH.match(e.text or "") for e in element.iter(*_EMPHASIS)):
        return flatten(element)  # species and symbols, as most of them are
    found = flatten(element, _EMPHASIS)
    refs = tuple(r for r in found.refs if r.element.tag not in _EMPHASIS)
    marked = [r for r in found.refs if r.element.tag in _EMPHASIS and found.text[r.start : r.end].strip()]
    chosen = [r for r in marked if r.element.tag == "bold"]
    if not chosen and {"a", "b"} <= {found.text[r.start : r.end].strip(" ().:,;").lower() for r in marked}:
        chosen = marked  # italics are symbols and species far more often than labels
    return found._replace(refs=refs, emphasis=tuple(dict.fromkeys((r.start, r.end) for r in chosen)))


def _ref(text: str, start: int, end: int, element: Element) -> Ref:
    """A link at its offsets, without the white space at its ends."""
    if end > len(text):
        end = len(text)
        start = min(start, end)
    if start < end and (text[start] == " " or text[end - 1] == " "):
        while start < end and text[start] == " ":
            start += 1
        while end > start and text[end - 1] == " ":
            end -= 1
    get = element.get
    rid = get("rid", "")
    return Ref(start, end, get("ref-type", ""), (rid,) if " " not in rid and rid else tuple(rid.split()), element)


def plain_text(element: Element | None) -> str | None:
    """Text of an element, None where the element is missing or empty."""
    if element is None:
        return None
    if not len(element):  # the common case of a leaf, at a tenth of the cost
        text = element.text
        return tidy(text).strip(" ") or None if text else None
    return flatten(element).text or None


def _entity(name: str) -> str:
    """An entity that the (never loaded) DTD would have defined: HTML's meaning of the name, or nothing."""
    return html5.get(name + ";", "")


_OPERATOR_SPACES: Final = frozenset("=<>≤≥≈≠±×→←↔∼≡+")
_SCRIPTS: Final = {"msub": "_", "msup": "^", "munder": "_", "mover": "^"}


def _mathml(element: Element) -> str:
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    name = tag.rpartition("}")[2]
    if name in ("annotation", "annotation-xml", "mspace", "mphantom"):
        return " " if name == "mspace" else ""
    if not len(element):
        text = " ".join((element.text or "").split())
        return f" {text} " if name == "mo" and text in _OPERATOR_SPACES else text
    parts = [_mathml(child) for child in element]
    if name == "mover" and len(parts) == 2 and len(mark := parts[1].strip()) == 1 and not mark.isalnum():
        return parts[0] + mark  # an accent
    if name in _SCRIPTS and len(parts) == 2:
        return f"{parts[0]}{_SCRIPTS[name]}{_group(parts[1])}" if parts[1].strip() else parts[0]
    if name in ("msubsup", "munderover") and len(parts) == 3:
        return f"{parts[0]}_{_group(parts[1])}^{_group(parts[2])}"
    if name == "mfrac" and len(parts) == 2:
        return f"{_group(parts[0])}/{_group(parts[1])}"
    if name == "msqrt":
        return f"√({''.join(parts).strip()})"
    if name == "mroot" and len(parts) == 2:
        return f"({parts[0]})^(1/{parts[1]})"
    if name == "mtable":
        return "; ".join(p for p in parts if p)
    if name == "mtr":
        return ", ".join(p for p in parts if p)
    return "".join(parts)


def _group(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 1 or text.isalnum() else f"({text})"


_TEX_BODY = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_TEX_NOISE = re.compile(
    r"\\(?:documentclass|usepackage|setlength|begin|end)(?:\[[^\]]*\])?(?:\{[^{}]*\})*"
    r"|\$+|\\(?:left|right|displaystyle|textstyle|limits|nolimits|,|;|!|:|quad|qquad)(?![a-zA-Z])"
)
_TEX_FONTS = re.compile(r"\\(?:mathrm|mathbf|mathit|mathsf|mathcal|mathbb|text|textrm|textit|textbf|rm|bf|it|hbox"
                        r"|mbox|operatorname|boldsymbol)\s*\{([^{}]*)\}")  # fmt: skip
_TEX_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_TEX_COMMAND = re.compile(r"\\([A-Za-z]+)")
_TEX_WORDS: Final = {"times": "×", "cdot": "·", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "pm": "±", "approx": "≈",
                     "sim": "∼", "to": "→", "rightarrow": "→", "infty": "∞", "neq": "≠", "ne": "≠", "sqrt": "√",
                     "sum": "∑", "prod": "∏", "int": "∫", "partial": "∂", "degree": "°", "circ": "°", "ldots": "…",
                     "varepsilon": "ε", "epsilon": "ε", "upmu": "µ", "upalpha": "α", "upbeta": "β"}  # fmt: skip


def tex_text(tex: str) -> str:
    """Readable text of TeX mathematics: no preamble, no fonts, commands as characters where there is one."""
    body = _TEX_BODY.search(tex)
    text = _TEX_NOISE.sub(" ", body[1] if body else tex)
    for _ in range(4):  # nested fonts and fractions, from the inside
        text = _TEX_FRACTION.sub(r"(\1)/(\2)", _TEX_FONTS.sub(r"\1", text))
    text = _TEX_COMMAND.sub(
        lambda m: _TEX_WORDS.get(m[1]) or html5.get(m[1] + ";") or html5.get(m[1].lower() + ";") or m[1], text
    )
    text = re.sub(r"\\(.)", r"\1", text)
    text = re.sub(r"([_^])\{\s*(\w)\s*\}", r"\1\2", text).replace("{", "(").replace("}", ")")
    return " ".join(text.split())


def formula_text(element: Element) -> str:
    """Readable text of a formula: its MathML if there is any, else its TeX, else its marked-up text."""
    text = ""
    math = element if element.tag in (MATHML + "math", "math") else None
    if math is None:
        math = next(element.iter(MATHML + "math", "math"), None)
    if math is not None:
        text = " ".join(_mathml(math).split())
    if not text:
        tex = element if element.tag == "tex-math" else next(element.iter("tex-math"), None)
        if tex is not None and tex.text:
            text = tex_text(tex.text)
    if text:
        label = plain_text(element.find("label"))
        return f"{text} {label}" if label else text
    if element.tag == "alternatives":  # renditions of one thing: the first that is text
        chosen = next((c for c in element if c.tag not in FLOATS and c.tag not in _SKIPPED), None)
        return (plain_text(chosen) or "") if chosen is not None else ""
    return flatten(element).text
