"""Find numbers with their units in a text, in all common notations."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from pmcmine.write.checks.number_words import SEQUENCE, value_of

_MULTIPLES: Final = {
    "once": 1,
    "twice": 2,
    "both": 2,
    "pair": 2,
    "double": 2,
    "dozen": 12,
    "half": 2,
    "single": 1,
    "triplicate": 3,
    "triplicated": 3,
    "triple": 3,
    "duplicate": 2,
    "quadruple": 4,
    "triplicates": 3,
    "duplicates": 2,
    "doubled": 2,
    "twofold": 2,
    "halved": 2,
    "tripled": 3,
    "threefold": 3,
    "quarter": 4,
    "quarters": 4,
    "fourfold": 4,
    "fivefold": 5,
    "tenfold": 10,
}
_ORDINALS: Final = {
    w: n + 1
    for n, w in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split())
}
# Units by dimension, each with its size in the first unit.
_UNITS: Final = """
length: nm 1 µm 1000 mm 1000000 cm 10000000 m 1000000000 km 1000000000000 å 0.1 pm 0.001
mass: ng 1 pg 0.001 µg 1000 mg 1000000 g 1000000000 kg 1000000000000
volume: µl 1 nl 0.001 ml 1000 dl 100000 l 1000000
time: s 1 ms 0.001 min 60 h 3600 day 86400 week 604800
months: month 1 year 12
molarity: nm. 1 µm. 1000 mm. 1000000 m. 1000000000 pm. 0.001
moles: nmol 1 µmol 1000 mmol 1000000 mol 1000000000 pmol 0.001
data: bp 1 kb 1000 mb 1000000 kbp 1000 gb 1000000000
pressure: pa 1 kpa 1000 mpa 1000000 hpa 100
energy: ev 1 kev 1000 mev 1000000
frequency: hz 1 khz 1000 mhz 1000000 ghz 1000000000
weight: da 1 kda 1000
work: j 1 kj 1000 mj 1000000
heat: cal 1 kcal 1000
voltage: mv 1 v 1000 kv 1000000
current: ma 1 a. 1000 µa 0.001
dose: gy 1 mgy 0.001 cgy 0.01
activity: mbq 1 bq 0.000001 kbq 0.001
area: mm2 1 cm2 100 m2 1000000
cubes: mm3 1 cm3 1000
years: ka 1 ma. 1000
"""
_ALONE: Final = (
    "% ‰ °c °f k ° rpm mmhg u iu u/ml iu/ml hu x × fold ppm ppb g/l mg/l mg/dl ng/ml µg/ml mg/ml mg/kg µg/kg g/kg "
    "µg/mg ng/µl pg/ml mol/l mmol/l µmol/l nmol/l kg/m2 kg/ha t/ha mg/m2 beats/min bpm ml/min l/min ka ma dpi dai "
    "das cfu pixel w cm-1 db"
).split()
_ALIASES: Final = {
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "mins": "min",
    "minute": "min",
    "minutes": "min",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "d": "day",
    "days": "day",
    "wk": "week",
    "weeks": "week",
    "wks": "week",
    "months": "month",
    "mo": "month",
    "years": "year",
    "yr": "year",
    "yrs": "year",
    "percent": "%",
    "per cent": "%",
    "angstrom": "å",
    "ångström": "å",
    "micron": "µm",
    "microns": "µm",
    "um": "µm",
    "ug": "µg",
    "ul": "µl",
    "mcg": "µg",
    "litre": "l",
    "liter": "l",
    "litres": "l",
    "liters": "l",
    "cc": "ml",
    "kilodaltons": "kda",
    "kilodalton": "kda",
    "millimeters": "mm",
    "millimetres": "mm",
    "centimeters": "cm",
    "centimetres": "cm",
    "meters": "m",
    "metres": "m",
    "millimeter": "mm",
    "centimeter": "cm",
    "meter": "m",
    "kilometers": "km",
    "nanometers": "nm",
    "micrometers": "µm",
    "grams": "g",
    "gram": "g",
    "milligrams": "mg",
    "kilograms": "kg",
    "pixels": "pixel",
    "degrees": "°",
    "bpm": "beats/min",
    "u": "u",
    "times": "×",
    "x": "×",
    "folds": "fold",
    "molar": "m.",
    "millimolar": "mm.",
    "micromolar": "µm.",
    "nanomolar": "nm.",
    "picomolar": "pm.",
    "millisecond": "ms",
    "microsecond": "µs",
    "microseconds": "µs",
    "nanosecond": "ns",
    "nanoseconds": "ns",
    "picosecond": "ps",
    "picoseconds": "ps",
    "microgram": "µg",
    "micrograms": "µg",
    "nanogram": "ng",
    "nanograms": "ng",
    "picogram": "pg",
    "picograms": "pg",
    "milligram": "mg",
    "kilogram": "kg",
    "microliter": "µl",
    "microliters": "µl",
    "microlitres": "µl",
    "milliliter": "ml",
    "milliliters": "ml",
    "millilitres": "ml",
    "nanometer": "nm",
    "nanometre": "nm",
    "nanometres": "nm",
    "micrometer": "µm",
    "micrometre": "µm",
    "micrometres": "µm",
    "kilometres": "km",
    "millimole": "mmol",
    "millimoles": "mmol",
    "micromoles": "µmol",
    "nanomoles": "nmol",
    "moles": "mol",
    "pascal": "pa",
    "pascals": "pa",
    "kilopascals": "kpa",
    "megapascals": "mpa",
    "milliseconds": "ms",
    "volts": "v",
    "millivolts": "mv",
    "kilovolts": "kv",
    "hertz": "hz",
    "degree": "°",
    "kbp": "kb",
}
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_NUMBER: Final = re.compile(
    r"(?<![\w.])(?:(?P<mantissa>\d{1,12}(?:[.·]\d{1,12})?)\s?[×x*·]\s?)?10\s?(?:\^\s?\(?|"
    r"(?=[-−–⁻⁺⁰-⁹]))(?P<exponent>[-−–+]?\s?\d{1,3}|[⁻⁺]?[⁰¹²³⁴-⁹]{1,3})(?!\d)\)?"
    r"|(?<![\w.])(?P<plain>\d{1,3}(?:[,\u2009\u202f\u00a0 ]\d{3})+(?!\d)(?:[.·]\d{1,12})?|\d{1,20}(?:[.·]\d{1,12})?)"
)
_SPLIT: Final = re.compile(r"(?<=\d)(?=[A-Za-zµμÅ°])")
_UNIT: Final = re.compile(
    r"[\s\u00a0\u2009-]{0,2}(?P<unit>°\s?[CF]?|%|‰|[×](?!\s?\d)|[A-Za-zµμÅåü]{1,12}(?:(?:/|"
    r"\s?/\s?)[A-Za-zµμ]{1,3}[23²³]?|[23²³](?![\w])|\s(?:m|L|l|ml|mL|kg|g|dL|ha)[−-][123])?)"
)
_ANY_UNIT: Final = re.compile(r"%|‰|°\s?[CF]|[A-Za-zµμÅå]{1,12}(?:/[A-Za-zµμ]{1,3}[23²³]?)?")
_LIST: Final = re.compile(
    r"\s*(?:[,;×x/–—−-]|±|,?\s?and|,?\s?or|to|by|,\s?and|vs\.?|versus|through|up\sto)?\s*(?:±\s*)?"
)
_WORD: Final = re.compile(rf"(?P<number>{SEQUENCE})|[A-Za-z]+", re.IGNORECASE)


def _units() -> dict[str, tuple[str, Decimal]]:
    out = {}
    for line in _UNITS.strip().splitlines():
        dimension, rest = line.split(": ")
        parts = rest.split()
        for name, factor in zip(parts[::2], parts[1::2], strict=True):
            out[name] = (dimension, Decimal(factor))
    for name in _ALONE:
        out.setdefault(name, (name, Decimal(1)))
    return out


_KNOWN: Final = _units()


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text.

    Attributes:
        value: its value.
        unit: its unit, in one spelling; empty if it has no known unit.
        word: whether it is written as a word.
        ordinal: whether it is an ordinal, or gives a position in a list.
        start: first code point.
        end: one past the last code point, without the unit.
    """

    value: Decimal
    unit: str
    word: bool
    ordinal: bool
    start: int
    end: int

    @property
    def amount(self) -> tuple[str, Decimal]:
        """Return the dimension of the unit, and the value in that dimension's first unit."""
        dimension, factor = _KNOWN.get(self.unit, (self.unit, Decimal(1)))
        return dimension, self.value * factor


def _unit(raw: str) -> str:
    """Normalise the spelling of a unit; empty if it is not one."""
    text = raw.replace("μ", "µ").replace("²", "2").replace("³", "3").replace(" ", "").strip()
    if text in ("M", "mM", "µM", "uM", "nM", "pM"):
        return {"M": "m.", "mM": "mm.", "µM": "µm.", "uM": "µm.", "nM": "nm.", "pM": "pm."}[text]
    if text == "A":
        return ""
    low = text.lower()
    low = _ALIASES.get(low, low)
    if low in _KNOWN:
        return low
    first = re.split(r"[/−-]|(?<=[a-z])m$", low)[0]
    return low if "/" in low and _ALIASES.get(first, first) in _KNOWN else ""


def is_unit(text: str) -> bool:
    """Check whether a word is a unit."""
    return bool(_unit(text))


def is_written_unit(low: str) -> bool:
    """Check whether a word is the full name of a unit: "micrograms"."""
    return low in _ALIASES and len(low) > 3


def units_in(text: str) -> set[str]:
    """Collect the units that occur in a text."""
    return {unit for m in _ANY_UNIT.finditer(text) if (unit := _unit(m[0]))}


def _value(match: re.Match[str]) -> Decimal | None:
    try:
        if match["plain"] is not None:
            return Decimal(re.sub(r"[,\s\u00a0\u2009\u202f]", "", match["plain"]).replace("·", "."))
        exponent = int(
            re.sub(r"\s", "", match["exponent"].translate(_SUPERSCRIPTS)).replace("−", "-").replace("–", "-")
        )
        mantissa = Decimal((match["mantissa"] or "1").replace("·", "."))
        return mantissa.scaleb(exponent) if abs(exponent) < 100 else None
    except (InvalidOperation, ValueError):
        return None


def _written(text: str) -> list[Number]:
    """Find numbers written with digits; units are not yet inherited in lists."""
    out = []
    for match in _NUMBER.finditer(text):
        value = _value(match)
        if value is None:
            continue
        end = match.end()
        after = _UNIT.match(text, end)
        unit = ""
        if after is not None:
            unit = _unit(after["unit"]) or _unit(re.split(r"[/\s]", after["unit"])[0])
            unit = _spelled(text, after.end("unit"), unit)
            glued = after.start("unit") == end and after["unit"][0].isalpha()
            if glued and not unit and not after["unit"].lower().startswith(("th", "st", "nd", "rd")):
                continue  # a symbol such as 4E
            if (
                unit in ("a.", "v", "k", "w", "u", "m.", "ma.")
                and not glued
                and after.end("unit") - after.start("unit") == 1
            ):
                tail = text[after.end("unit") : after.end("unit") + 1]
                unit = "" if tail.isalnum() else unit
        ordinal = text[end : end + 2] in ("th", "st", "nd", "rd")
        out.append(Number(value, unit, False, ordinal, match.start(), end))
    return out


def _spelled(text: str, end: int, unit: str) -> str:
    """Return the unit of "degrees Celsius" and "micrograms per milliliter"; empty for an unknown ratio."""
    if unit == "°" and text[end : end + 8].strip().lower() == "celsius":
        return "°c"
    if unit and (per := _PER.match(text, end)):
        whole = f"{unit}/{_ALIASES.get(per[1].lower(), per[1].lower())}"
        return whole if whole in _KNOWN else ""
    return unit


_HALF: Final = re.compile(r"(?i)\bhalf\sa\s\Z")
_PER: Final = re.compile(r"\s+per\s+([A-Za-z]{1,12})\b")


def _inherited(text: str, found: list[Number]) -> list[Number]:
    """Give numbers of a list or range the unit of the next one: "5, 10 and 15 min"."""
    out: list[Number] = []
    following: Number | None = None
    for number in reversed(found):
        if not number.unit and following is not None and following.unit:
            gap = text[number.end : following.start]
            if len(gap) < 12 and _LIST.fullmatch(gap):
                number = replace(number, unit=following.unit)
        out.append(number)
        following = number
    return out[::-1]


def numbers(text: str) -> tuple[Number, ...]:
    """Find the numbers of a text, in order: digits, powers of ten, and number words from two on."""
    found = _inherited(text, _written(text))
    for match in _WORD.finditer(text):
        low = match[0].lower()
        value = value_of(low) if match["number"] else _ORDINALS.get(low, _MULTIPLES.get(low))
        if low == "dozen" and _HALF.search(text, max(match.start() - 8, 0), match.start()):
            value = 6
        if value is not None:
            after = _UNIT.match(text, match.end())
            unit = _unit(after["unit"]) if after is not None and len(after["unit"]) > 2 else ""
            if after is not None:
                unit = "" if after["unit"].lower() == "times" else _spelled(text, after.end("unit"), unit)
            found.append(Number(Decimal(value), unit, True, low in _ORDINALS or low in _MULTIPLES, *match.span()))
    return tuple(sorted(found, key=lambda n: n.start))
