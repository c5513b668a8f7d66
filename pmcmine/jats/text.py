"""Mixed content to plain text, with the places of cross-references in code points.

White space is folded to single spaces (only ASCII white space: a no-break space stays), block elements
keep their words apart, formulas become readable text, and floats are left out and handed back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.entities import html5
from typing import Final

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
_SKIPPED: Final = frozenset({"object-id", "fn", "inline-graphic", "alt-text", "long-desc", "label-alternatives"})
_BLOCKS: Final = frozenset(
    {"p", "list", "list-item", "def-list", "def-item", "term", "def", "title", "subtitle", "disp-quote", "sec",
     "disp-formula", "disp-formula-group", "speech", "statement", "verse-group", "verse-line", "break", "array",
     "table", "tr", "td", "th", "attrib", "label", "chem-struct-wrap", "preformat", "code", "license-p", "caption"}
)  # fmt: skip
_FORMULAS: Final = frozenset({"inline-formula", "disp-formula", "alternatives", "tex-math", MATHML + "math", "math"})
_UNTIDY = re.compile(r"[\t\n\r]|  ")
_SPACES = re.compile(r"[ \t\n\r]+")


@dataclass(frozen=True, slots=True)
class Ref:
    """One `<xref>` in a text."""

    start: int
    end: int
    kind: str
    rids: tuple[str, ...]
    element: Element


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text with its cross-references and the floats that stood in it."""

    text: str
    refs: tuple[Ref, ...] = ()
    floats: tuple[Element, ...] = ()


class _Flattener:
    __slots__ = ("floats", "length", "parts", "refs", "spaced")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.refs: list[tuple[int, int, Element]] = []
        self.floats: list[Element] = []
        self.length = 0
        self.spaced = True  # whether the text so far is empty or ends in a space

    def add(self, text: str) -> None:
        if _UNTIDY.search(text):
            text = _SPACES.sub(" ", text)
        if self.spaced and text[0] == " ":
            text = text[1:]
            if not text:
                return
        self.parts.append(text)
        self.length += len(text)
        self.spaced = text[-1] == " "

    def space(self) -> None:
        if not self.spaced:
            self.parts.append(" ")
            self.length += 1
            self.spaced = True

    def walk(self, element: Element) -> None:
        text = element.text
        if text:
            self.add(text)
        for child in element:
            tag = child.tag
            if tag == "xref":
                start = self.length
                self.walk(child)
                self.refs.append((start, self.length, child))
            elif tag == "italic" or tag == "bold" or tag == "sub":
                self.walk(child)
            elif tag == "sup":
                self.superscript(child)
            elif tag in FLOATS:
                self.floats.append(child)
                self.space()
            elif tag in _FORMULAS:
                self.formula(child, tag)
            elif tag in _BLOCKS:
                self.space()
                self.walk(child)
                self.space()
            elif tag is etree.Entity:
                self.add(_entity(child.name))
            elif tag not in _SKIPPED:
                self.walk(child)
            tail = child.tail
            if tail:
                self.add(tail)

    def superscript(self, element: Element) -> None:
        """`10<sup>6</sup>` must not become 106: a number raised to a power gets a caret."""
        text = element.text
        if text and not len(element) and not self.spaced and self.parts[-1][-1].isdigit():
            power = text.strip()
            if power and (power[0].isdigit() or power[0] in "-−–+") and power[-1].isdigit():
                self.add("^")
        self.walk(element)

    def formula(self, element: Element, tag: str) -> None:
        display = tag == "disp-formula"
        if display:
            self.space()
        text = formula_text(element)
        if text:
            self.add(text)
        if display:
            self.space()

    def finish(self) -> Text:
        text = "".join(self.parts)
        if self.spaced:
            text = text.rstrip(" ")
        refs = []
        for start, end, element in self.refs:
            end = min(end, len(text))
            while start < end and text[start] == " ":
                start += 1
            while end > start and text[end - 1] == " ":
                end -= 1
            start = min(start, end)
            rids = element.get("rid")
            refs.append(Ref(start, end, element.get("ref-type") or "", tuple(rids.split()) if rids else (), element))
        return Text(text, tuple(refs), tuple(self.floats))


def flatten(element: Element) -> Text:
    """Text of an element's content: offsets are code points of `Text.text`."""
    flattener = _Flattener()
    flattener.walk(element)
    return flattener.finish()


def plain_text(element: Element | None) -> str | None:
    """Text of an element, None where the element is missing or empty."""
    if element is None:
        return None
    if not len(element):  # the common case of a leaf, at a tenth of the cost
        text = element.text
        return _SPACES.sub(" ", text).strip(" ") or None if text else None
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
