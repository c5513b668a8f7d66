"""Convert TeX to plain text."""

from __future__ import annotations

import re
from html.entities import html5
from typing import Final

_TEX_BODY: Final = ("\\begin{document}", "\\end{document}")
_TEX_NOISE = re.compile(
    r"\\(?:documentclass|usepackage|setlength|begin|end)(?:\[[^\[\]]*\])?(?:\{[^{}]*\})*"
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
    """Return readable text of TeX mathematics: no preamble or fonts, commands as characters if possible."""
    start = tex.find(_TEX_BODY[0])
    end = tex.find(_TEX_BODY[1], start) if start >= 0 else -1
    text = _TEX_NOISE.sub(" ", tex[start + len(_TEX_BODY[0]) : end] if end >= 0 else tex)
    for _ in range(4):  # nested fonts and fractions, from the inside out
        text = _TEX_FRACTION.sub(r"(\1)/(\2)", _TEX_FONTS.sub(r"\1", text))
    text = _TEX_COMMAND.sub(
        lambda m: _TEX_WORDS.get(m[1]) or html5.get(m[1] + ";") or html5.get(m[1].lower() + ";") or m[1], text
    )
    text = re.sub(r"\\(.)", r"\1", text)
    text = re.sub(r"([_^])\{\s*(\w)\s*\}", r"\1\2", text).replace("{", "(").replace("}", ")")
    return " ".join(text.split())
