"""Convert MathML to plain text."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from pmcmine.jats.dom import Element
from pmcmine.jats.entities import meaning

_OPERATOR_SPACES: Final = frozenset("=<>≤≥≈≠±×→←↔∼≡+")
_SCRIPTS: Final = {"msub": "_", "msup": "^", "munder": "_", "mover": "^"}
_TOKENS: Final = frozenset({"mi", "mn", "mo", "mtext", "ms"})
_INVISIBLE: Final = {0x2061: " ", 0x2062: "", 0x2063: ",", 0x2064: ""}  # function, times, comma, plus
_PRIMES: Final = frozenset("′″‴⁗'’")
_FUNCTIONS: Final = frozenset(
    {"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "log", "ln", "lg",
     "exp", "min", "max", "lim", "det", "sup", "inf", "arg", "sgn", "Pr", "Var", "Cov"}
)  # fmt: skip


def mathml_text(element: Element) -> str:
    """Convert a formula, or a part of one, to plain text."""
    tag = element.tag
    if not isinstance(tag, str):
        return entity_text(element.name) if tag is etree.Entity else ""
    name = tag.rpartition("}")[2]
    if name in _TOKENS:
        return _token(element, name)
    if name in ("annotation", "annotation-xml", "mspace", "mphantom", "mprescripts", "none"):
        return " " if name == "mspace" else ""
    if not len(element):
        return str(element.get("alt", "")) if name == "mglyph" else " ".join((element.text or "").split())
    if name == "mmultiscripts":
        return _multiscripts(element)
    parts = [mathml_text(child) for child in element]
    if name in _SCRIPTS and len(parts) == 2:
        return _script(name, *parts)
    if name in ("msubsup", "munderover") and len(parts) == 3:
        return _both_scripts(*parts)
    if name == "mfrac" and len(parts) == 2:
        return _fraction(element, *parts)
    if name == "msqrt":
        return f"√({''.join(parts).strip()})"
    if name == "mroot" and len(parts) == 2:
        return f"({parts[0]})^(1/{parts[1]})"
    if name in ("mtable", "mtr", "mlabeledtr"):
        return _table(name, parts)
    if name == "mfenced":
        return _fenced(element, parts)
    if name == "maction":
        return parts[0]
    return _row(element, parts)


def _table(name: str, parts: list[str]) -> str:
    """Return a matrix, or a row of it: `1 2; 3 4`."""
    if name == "mlabeledtr":
        return f"{_table('mtr', parts[1:])} {parts[0]}"
    return ("; " if name == "mtable" else " ").join(p for p in parts if p)


def _fraction(element: Element, above: str, below: str) -> str:
    if re.fullmatch(r"0(?:\.0*)?[a-z]*", element.get("linethickness", "")):
        return f"({above.strip()} over {below.strip()})"  # a binomial
    return f"{_group(above)}/{_group(below)}"


def _script(name: str, base: str, script: str) -> str:
    """Return a base with one script or accent."""
    script = script.strip()
    if name == "mover" and len(script) == 1 and not script.isalnum():
        return base + script  # an accent
    if not script:
        return base
    if name == "msup" and _PRIMES.issuperset(script):
        return base + script
    return f"{_base(base) if name == 'msup' else base}{_SCRIPTS[name]}{_group(script)}"


def _both_scripts(base: str, low: str, high: str) -> str:
    """Return a base with a script below and one above."""
    low, high = low.strip(), high.strip()
    raised = high if high and _PRIMES.issuperset(high) else f"^{_group(high)}" if high else ""
    return base + (f"_{_group(low)}" if low else "") + raised


def _token(element: Element, name: str) -> str:
    """Return the text of an identifier, number, operator or words."""
    text = element.text or ""
    if len(element):  # entities, glyphs and breaks
        text += "".join(mathml_text(c) + (c.tail or "") for c in element)
    clean = " ".join(text.split())
    if clean and not clean.isascii():
        clean = clean.translate(_INVISIBLE)
    if name == "mo":
        return f" {clean} " if clean in _OPERATOR_SPACES else clean
    if name == "mtext" and clean:  # words bring their own spaces
        return (" " if text[0].isspace() else "") + clean + (" " if text[-1].isspace() else "")
    return clean


def _row(element: Element, parts: list[str]) -> str:
    """Join the parts of a row; a function name stays separate from its argument."""
    if _FUNCTIONS.isdisjoint(parts):
        return "".join(parts)
    last = len(parts) - 1
    return "".join(
        p + " " if n < last and p in _FUNCTIONS and parts[n + 1][:1].isalnum() else p for n, p in enumerate(parts)
    )


def _fenced(element: Element, parts: list[str]) -> str:
    """Join the content of fences with the given separators; the last separator serves for all that follow."""
    separators = "".join(element.get("separators", ",").split())
    opened, closed = str(element.get("open", "(")), str(element.get("close", ")"))
    body = parts[0] if parts else ""
    for n, part in enumerate(parts[1:]):
        body += (separators[min(n, len(separators) - 1)] if separators else "") + part
    return opened + body.strip() + closed


def _multiscripts(element: Element) -> str:
    """Write a base with several scripts, leading ones first, as in ^14_6C."""
    children = [c for c in element if isinstance(c.tag, str)]
    names = [c.tag.rpartition("}")[2] for c in children]
    cut = names.index("mprescripts") if "mprescripts" in names else len(children)
    base = mathml_text(children[0]) if children else ""

    def scripts(nodes: list[Element]) -> str:
        texts = [mathml_text(n).strip() for n in nodes]
        lows, highs = "".join(texts[::2]), "".join(texts[1::2])
        return (f"_{_group(lows)}" if lows else "") + (f"^{_group(highs)}" if highs else "")

    return scripts(children[cut + 1 :]) + base + scripts(children[1:cut])


def _base(text: str) -> str:
    """Write the base of a power, in brackets if it is a sum or quotient."""
    bare = text.strip()
    # Markup often includes too much in the base, such as `1.5 × 10` or `y = x`.
    calculated = any(c in bare for c in "+−-/") and "=" not in bare and not bare.endswith(("10", "("))
    return f"({bare})" if calculated and len(bare) > 1 and not _is_closed(bare) else text


def _is_closed(text: str) -> bool:
    """Check whether one pair of brackets encloses the whole text."""
    if len(text) < 2 or text[0] + text[-1] not in ("()", "[]", "{}", "||", "⟨⟩"):
        return False
    depth = 0
    for n, c in enumerate(text[:-1]):
        depth += (c in "([{⟨") - (c in ")]}⟩")
        if depth <= 0 and n and text[0] != "|":
            return False
    return True


def _group(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 1 or text.isalnum() or _is_closed(text) else f"({text})"


def entity_text(name: str) -> str:
    """Resolve an entity that the DTD, which is never loaded, would define."""
    return meaning(name)
