"""Split texts and queries into words with the same SQL: no case, no accents, no plural endings."""

from __future__ import annotations

from typing import Final

# Harman's S stemmer (1991), and the plurals in -ses of words in -sis, which are frequent in medicine.
_STEM: Final = """
CASE
  WHEN len({w}) < 4 THEN {w}
  WHEN regexp_matches({w}, '(tas|nos|lys|ros|bos)es$') THEN regexp_replace({w}, 'es$', 'is')
  WHEN regexp_matches({w}, '[^ea]ies$') THEN regexp_replace({w}, 'ies$', 'y')
  WHEN regexp_matches({w}, '[^aeo]es$') THEN left({w}, len({w}) - 1)
  WHEN regexp_matches({w}, '[^usi]s$') THEN left({w}, len({w}) - 1)
  ELSE {w}
END
"""
_WORDS: Final = r"regexp_extract_all(lower(strip_accents({text})), '[a-z0-9α-ω]{{1,40}}')"
# Words without information, left out of queries, as their postings would be long.
STOP: Final = frozenset(
    "a an and are as at be been by for from had has have he her his if in into is it its not of on or our she such "
    "than that the their them then there these they this to was we were what when where which who will with".split()
)


def words_of(text: str) -> str:
    """Return an SQL expression for the words of a text, a list; `text` is an expression, too."""
    return _WORDS.format(text=text)


def stem_of(word: str) -> str:
    """Return an SQL expression for the stem of a word; `word` is the name of a column."""
    return _STEM.format(w=word)
