"""Find abbreviations and their long forms: "tumour necrosis factor (TNF)", and the other way round.

Candidates are those of Schwartz and Hearst (PSB 2003): a bracket, and the words before it in the same sentence. The
letters of the short form are aligned with the long form by dynamic programming, and the alignment with the best score
in a linear model is accepted if it is more likely than not. The model's weights were fitted by `pmcmine train
abbreviations --gold` on the development half of MED1250 (Sohn et al. 2008, BMC Bioinformatics 9:402).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from pmcmine.concepts.alignment import Alignment, Model, find_alignments, shipped_model

MAX_SHORT: Final = 14
_NEAR: Final = 100_000  # characters around a short form in which it may recur
_CHEMICAL: Final = 15  # minimum characters of a one-word name that is not a short form
MAX_BRACKETS: Final = 10_000  # per text; a text with more is not prose
_OPEN: Final = {"(": ")", "[": "]"}
_MAX_BRACKET: Final = 300
_SENTENCE: Final = re.compile(r"(?:(?<!Corp)(?<!Inc)(?<!Co)[.;:!?]\s+(?=[A-Z])|[;:!?]\s+(?=[(\[])|\n\s*\n|;\s)")
_NO_SHORT: Final = re.compile(
    r"(?:[Ff]igs?|[Ff]igures?|[Tt]ables?|[Rr]efs?|see|e\.?g|i\.?e|cf|vs|n|p|and|or|the|data|ns|not|no|yes|both|"
    r"which|also|mean|with|that|this|from|when|then|than|were|have|has|had|was|are|for|but|all|any|per|via|its|"
    r"range|total|left|right|top|bottom|middle|upper|lower|inset|arrows?|arrowheads?|red|green|blue|black|white|grey|"
    r"gray|yellow|open|closed|solid|dashed|dotted|control|n\.?s|[ivx]{2,4}|II|III|IV|VI|\d+|"
    r"\d+(?:\.\d+)?\s?(?:%|mg|g|kg|ml|min|h|s|d|nm|mm|cm|days?|years?|weeks?|"
    r"months?|hours?)?|3H|\d{2,3}m?[A-Z][a-z]?)$",
)
_SHORT: Final = re.compile(r"[^\s]{1,14}(?: [^\s]{1,6}){0,2}$")
_DOTTED: Final = re.compile(r"(?:[A-Za-z]\.){2,5}$")
_NO_DOTTED: Final = frozenset("i.e. e.g. i.v. i.p. s.c. i.m. p.o. s.d. s.e. a.m. p.m.".split())
_LETTER: Final = re.compile(r"[^\W\d_]")
_PART: Final = re.compile(r"[;,:]\s|\s(?:=|or)\s|; ?|(?<=\w)=")
_LEAD: Final = re.compile(
    r"^(?:the|a|an|or|i\.e\.,?|e\.g\.,?|also called|termed|abbreviated(?: as)?|hereafter|named|designated)\s+", re.I
)


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short form defined in a text; offsets are code points.

    Attributes:
        short: the abbreviation.
        long: its long form; if several short forms share a head, it extends beyond `long_end`.
        short_start: first code point of the short form.
        short_end: one past its last one.
        long_start: first code point of the long form.
        long_end: one past its last one.
        score: probability that the two belong together.
    """

    short: str
    long: str
    short_start: int
    short_end: int
    long_start: int
    long_end: int
    score: float


def _brackets(text: str) -> Iterator[tuple[int, int]]:
    """Yield the positions of brackets, including nested ones."""
    stack: list[tuple[str, int]] = []
    for match in re.finditer(r"[()\[\]]", text):
        c, at = match[0], match.start()
        if c in _OPEN:
            stack.append((c, at))
            if len(stack) > 8:
                del stack[0]
        else:
            while stack:
                opening, start = stack.pop()
                if _OPEN[opening] == c:
                    if at - start - 1 <= _MAX_BRACKET:
                        yield start, at
                    break


def is_short_form(text: str) -> bool:
    """Check whether a text may be an abbreviation."""
    if not _SHORT.match(text) or len(text) > MAX_SHORT or not _LETTER.search(text) or _NO_SHORT.match(text):
        return False
    if _DOTTED.match(text):
        return text.lower() not in _NO_DOTTED
    if text[0] in "-=<>±+*/%'\"≥≤~" or any(c in "=<>≤≥" for c in text) or text.endswith((".", "-", "'")):
        return False
    if len(text) == 1:
        return text.isupper()
    if ", " in text or "; " in text:
        return False
    if " " in text:
        return sum(map(str.isupper, text)) >= 2
    if text.isalpha() and text.islower():
        return len(text) <= 6
    return not (text.isalpha() and text[1:].islower() and len(text) > 7)


# In "GABA(A)", "H(eff)" and "-7(E)" the bracket is an index.
_INDEX: Final = re.compile(r"(?:(?:^|[\s(\[])[^\s(\[-]{1,4}|\d)$")
_REAL_WORD: Final = re.compile(r"[^\W\d_]{3}")
_UNFINISHED: Final = re.compile(r"(?:-|\s(?:of|in|to|for|with|the|an?|by|from|and|or|on|at|as|than))$")
_SYMBOL_NEXT: Final = re.compile(r"[A-Z]+(?:[A-Z]|\s?\d)")  # a letter is not the short form of an acronym
# In "nonsynonymous (dN) and synonymous (dS)", a long form does not begin with its neighbour's short form; a
# reference to a figure is not a long form. "(R)-lipoic acid" and "(semi)quantitative" continue without a blank.
_NO_LONG: Final = re.compile(r"[(\[][^()\[\]]*[)\]][\s,;]|(?:Figs?|Figures?|Tables?|Refs?|Eqs?)\b\.?\s*\d")
_ION: Final = re.compile(r"\[([^\[\]]+)\][a-z]$")


# "Rt", transepithelial resistance; "IFN-gamma", gamma-interferon; "[Ca2+]i", intracellular Ca2+; "E9", ninth day.
_ROTATED: Final = re.compile(
    r"(?:([A-Z]{1,3})([a-z]{1,3}|\d)|([A-Z]{2,5})(-[a-z]{4,7})|(\[[A-Z][A-Za-z0-9+]*\])([a-z]))$"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A short form, the window that its long form ends or lies in, and the positions of both.

    The last `shared` code points of the window are the head that several short forms share: "scanning (SEM) and
    transmission (TEM) electron microscopy".
    """

    short: str
    short_start: int
    window: str
    window_start: int
    reverse: bool
    recurs: bool = False
    shared: int = 0

    def long_form(self, alignment: Alignment) -> str:
        """Extract the long form of an alignment."""
        return self.window[alignment.start :].rstrip("\"'”’")

    def alignments(self) -> list[Alignment]:
        """Return all alignments of the letters."""
        if not self.reverse and _UNFINISHED.search(self.window):
            return []
        found = find_alignments(self.short, self.window, self.reverse, self.recurs, self.shared > 0)
        turned = _ROTATED.match(self.short)
        if turned:
            letters = "".join(g for g in (*turned.groups()[1::2], *turned.groups()[::2]) if g)
            known = {a.start for a in found}
            more = find_alignments(letters, self.window, self.reverse, self.recurs, self.shared > 0)
            found += [Alignment(a.start, (*a.features[:-1], 1.0)) for a in more if a.start not in known]
        ion = _ION.match(self.short)
        content = ion[1] if ion and ion[1] in self.window else ""
        return [
            a
            for a in found
            if not (self.reverse and a.start)
            and content in self.window[a.start :]
            and _REAL_WORD.search(self.window, a.start)
            and not _NO_LONG.match(self.window, a.start)
            and not (len(self.short) == 1 and _SYMBOL_NEXT.match(self.window, a.start))
        ]


def candidates(text: str, wanted: Container[str] | None = None) -> Iterator[Candidate]:
    """Yield positions that may define an abbreviation; only those of `wanted` short forms if given."""
    for candidate in _candidates(text, wanted):
        at = candidate.short_start
        near = text if len(text) <= 2 * _NEAR else text[max(0, at - _NEAR) : at + _NEAR]
        yield replace(candidate, recurs=True) if _recurs(near, candidate.short) else candidate


def _recurs(text: str, short: str) -> bool:
    """Check whether a short form occurs more than once in a text, as a word."""
    seen = 0
    at = text.find(short)
    while at >= 0:
        end = at + len(short)
        if not text[at - 1 : at].isalnum() and not text[end : end + 1].isalnum():
            seen += 1
            if seen > 1:
                return True
        at = text.find(short, end)
    return False


def _candidates(text: str, wanted: Container[str] | None) -> Iterator[Candidate]:
    breaks = [0, *(m.end() for m in _SENTENCE.finditer(text)), len(text)]
    b = 0
    for start, end in sorted(islice(_brackets(text), MAX_BRACKETS)):
        if not _LETTER.search(text, start, end):
            continue  # most brackets hold a reference number
        while b + 1 < len(breaks) and breaks[b + 1] <= start:
            b += 1
        yield from _forward(text, start, end, breaks[b], wanted)
        yield from _reverse(text, start, end, breaks[b], wanted)


_CHAIN: Final = re.compile(  # the first group matches `,? ?` and 2 to 40 characters, in one way only
    r"(?:(?:[^()\[\].;]{2,40}|[, ][^()\[\].;]{40}|, [^()\[\].;]{40})[(\[][^()\[\]]{1,12}[)\]]){0,6}"
    r",? (?:and|or) [^()\[\].;]{2,40}[(\[][^()\[\]]{1,12}[)\]](?=[ -][a-z])"
)
_HEAD: Final = re.compile(r"[ -]([a-z]{4,}(?: [a-z]{5,})?)")
_BEFORE: Final = re.compile(r"[)\]],? (?:and|or) [^()\[\].;]{2,40}$")


def _shared_heads(text: str, start: int, end: int) -> Iterator[str]:
    """Yield heads that the text before the bracket shares with other short forms, one and two words long."""
    chain = _CHAIN.match(text, end + 1)
    after = chain.end() if chain else end + 1
    if chain is None and not _BEFORE.search(text[max(0, start - 60) : start]):
        return
    head = _HEAD.match(text, after)
    if head:
        words = head[1].split()
        for n in range(1, len(words) + 1):
            if words[0] not in ("were", "was", "and", "with", "from", "have", "that", "which", "using", "after"):
                yield " ".join(words[:n])


def _trim(text: str, start: int) -> tuple[str, int]:
    bare = text.lstrip(" \t\n'\"“‘")
    start += len(text) - len(bare)
    return bare.rstrip(" \t\n'\"”’,"), start


def _last_words(text: str, count: int) -> int:
    """Return the start of the last `count` words of a text, or of all words."""
    parts = text.rsplit(None, count)
    before = len(parts[0]) if len(parts) > count else 0
    return len(text) - len(text[before:].lstrip())


def _forward(text: str, start: int, end: int, sentence: int, wanted: Container[str] | None) -> Iterator[Candidate]:
    """Find a long form followed by its short form in brackets."""
    content, at = text[start + 1 : end], start + 1
    lead = _LEAD.match(content)
    if lead:
        content, at = content[lead.end() :], at + lead.end()
    if start and text[start - 1].isalnum() and _INDEX.search(text[max(0, start - 6) : start]):
        return
    options = [content]
    parts = _PART.split(content)
    if len(parts) > 1:
        options += [parts[0], parts[-1]]
    trimmed = [_trim(option, at) for option in options]
    if wanted is not None and not any(short in wanted for short, _ in trimmed):
        trimmed = []  # as for most brackets; recognising short forms takes most of the time
    for option, (short, place) in zip(options, trimmed, strict=False):
        if not is_short_form(short):
            continue
        if wanted is not None and short not in wanted:
            break
        limit = sum(c.isalnum() for c in short)
        before = text[max(sentence, start - 400) : start].rstrip()
        first = _last_words(before, min(limit + 5, 2 * limit + 2))
        if before:
            base = max(sentence, start - 400)
            if option is parts[-1] and len(parts) > 1:
                place = end - len(content) + content.rindex(short)
            window = before[first:]
            yield Candidate(short, place, window, base + first, False)
            for head in _shared_heads(text, start, end):
                glue = "" if window.endswith("-") else " "
                yield Candidate(short, place, window + glue + head, base + first, False, shared=len(head))
        break
    head, comma, tail = content.rpartition(", ")
    short, place = _trim(tail, end - len(tail))
    if wanted is not None and short not in wanted:
        return
    if comma and (" " in head or len(head) > _CHEMICAL) and is_short_form(short) and sum(map(str.isupper, short)) > 1:
        first = _last_words(head, 2 * len(short) + 2)
        yield Candidate(short, place, head[first:], at + first, False)


def _reverse(text: str, start: int, end: int, sentence: int, wanted: Container[str] | None) -> Iterator[Candidate]:
    """Find a short form followed by its long form in brackets."""
    content, at = text[start + 1 : end], start + 1
    if " " not in content.strip() and len(content) < 9:
        return
    before = text[max(sentence, start - 40) : start].rstrip()
    words = before.split()
    if not words:
        return
    short = words[-1].lstrip("([\"'")
    if wanted is not None and short not in wanted:
        return
    if not is_short_form(short) or not any(c.isupper() for c in short):
        return
    lead = _LEAD.match(content)
    if lead:
        content, at = content[lead.end() :], at + lead.end()
    part = re.split(r"[;]|, (?=[A-Z\d])|,(?= (?:or|and|n|p|see|e\.g|i\.e)\b)", content, maxsplit=1)[0]
    window, place = _trim(part, at)
    if 0 < len(window.split()) <= 2 * len(short) + 3 and len(window) > len(short) + 2:
        yield Candidate(short, len(text[:start].rstrip()) - len(short), window, place, True)


# Symbols that share no letters with their name.
_SYMBOLS: Final = {
    short: re.compile(rf"(?<![\w-])(?:{long})$", re.IGNORECASE)
    for short, long in (
        ("GSH", "glutathione"), ("GSSG", "oxidi[sz]ed glutathione|glutathione disulfide"), ("5-HT", "serotonin"),
        ("E1", "o?estrone"), ("E2", r"(?:17[ -]?(?:beta|β)[ -]?)?o?estradiol"), ("E3", "o?estriol"),
        ("T3", "tri-?iodothyronine"), ("T4", "thyroxine"), ("VO2", "oxygen (?:uptake|consumption)"),
        ("H2O2", "hydrogen peroxide"), ("H(2)O(2)", "hydrogen peroxide"), ("O2", "oxygen"), ("NaCl", "sodium chloride"),
        ("Na", "sodium"), ("K", "potassium"), ("Fe", "iron"), ("Pb", "lead"), ("Hg", "mercury"), ("Ag", "silver"),
        ("Au", "gold"), ("Sn", "tin"), ("Ara-C", "cytarabine"), ("ara-C", "cytarabine"), ("CDDP", "cisplatin"),
        ("AZT", "zidovudine"), ("INH", "isoniazid"), ("ASA", "aspirin"), ("APAP", "acetaminophen|paracetamol"),
        ("WBC", "leu[ck]ocytes?"), ("RBC", "erythrocytes?"), ("PMN", "neutrophils?"),
        ("EKG", "electrocardiogra(?:m|phy)"),
        ("GH", "somatotropin"), ("ACTH", "corticotropin"), ("TSH", "thyrotropin"), ("ADH", "vasopressin"),
        ("AVP", "vasopressin"), ("INa", r"(?:sodium|Na\+?) currents?"), ("ICa", r"(?:calcium|Ca2?\+?) currents?"),
        ("ICl", "(?:chloride|Cl-?) currents?"), ("IK", r"(?:potassium|K\+?) currents?"),
        ("SRBC", "sheep erythrocytes?"), ("MDMA", "ecstasy"), ("FK506", "tacrolimus"),
    )
}  # fmt: skip
_KNOWN: Final = 0.95  # probability of a symbol and its name
_DOUBTFUL: Final = 0.6  # alignments below this probability lose to a symbol's name


def score_candidate(candidate: Candidate, model: Model) -> tuple[float, Alignment | None]:
    """Find the most likely alignment of a candidate and its probability."""
    top: tuple[float, Alignment | None] = (0.0, None)
    for alignment in candidate.alignments():
        p = model.probability(alignment.features)
        if p > top[0]:
            top = (p, alignment)
    symbol = None if candidate.reverse or candidate.shared else _SYMBOLS.get(candidate.short)
    if symbol and top[0] < _DOUBTFUL:
        name = symbol.search(candidate.window)
        if name:
            return _KNOWN, Alignment(name.start(), ())
    return top


def find_abbreviations(
    text: str, model: Model | None = None, wanted: Container[str] | None = None
) -> list[Abbreviation]:
    """Find the abbreviations that a text defines, in order.

    Args:
        text: a paragraph, caption or abstract.
        model: model to use instead of the shipped one.
        wanted: short forms to look for; all if None.
    """
    model = model or shipped_model()
    if "(" not in text and "[" not in text:
        return []
    found: list[Abbreviation] = []
    for candidate in candidates(text, wanted):
        p, alignment = score_candidate(candidate, model)
        if alignment is None or p < model.threshold:
            continue
        if candidate.shared and found and found[-1].short_start == candidate.short_start and found[-1].score >= p:
            continue
        if found and found[-1].short_start == candidate.short_start:
            found.pop()
        long = candidate.long_form(alignment)
        start = candidate.window_start + alignment.start
        found.append(
            Abbreviation(
                candidate.short,
                long,
                candidate.short_start,
                candidate.short_start + len(candidate.short),
                start,
                start + len(long) - (candidate.shared + 1 if candidate.shared else 0),
                round(p, 4),
            )
        )
    return found
