"""Link the texts of an article: names, abbreviations, ambiguity, context.

All texts of an article are one document: an abbreviation defined in the abstract holds in every caption, and an
ambiguous name means the concept that the article mentions elsewhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from pmcmine.concepts import botany, everyday
from pmcmine.concepts.abbreviations import Abbreviation, find_abbreviations
from pmcmine.concepts.candidates import Candidate, compare, compare_loosely, longest, whole
from pmcmine.concepts.context import OWN_DENIAL, PLAIN, Context, assess
from pmcmine.concepts.loose import LooseMatcher
from pmcmine.concepts.matcher import Matcher, Tokens
from pmcmine.concepts.scoring import Evidence, probability
from pmcmine.concepts.shields import unshielded
from pmcmine.concepts.strict import Care, is_clinical
from pmcmine.text.alternatives import one_of
from pmcmine.vocabulary.semantic_types import GROUP_OF
from pmcmine.vocabulary.terms import Term
from pmcmine.vocabulary.vocabulary import Vocabulary

MAX_LINKS: Final = 200_000  # of one document


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Options of the linker.

    Attributes:
        min_score: minimum probability of a link.
        nested: keep links inside longer ones.
        case: respect, ignore (text that is all lower or upper case), or auto.
        context: read negation, uncertainty, experiencer.
        abbreviations: read definitions of abbreviations.
        sources: prefixes of source ids (such as UBERON) to link with; all if empty.
    """

    min_score: float = 0.4
    nested: bool = False
    case: str = "auto"
    context: bool = True
    abbreviations: bool = True
    sources: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Link:
    """One concept in one span of one text.

    Attributes:
        text: index of the text in the document.
        start: first code point.
        end: one past the last one.
        term: the term of the vocabulary.
        score: probability that the link is right.
        how: exact, variant, abbreviation or fuzzy.
        context: negation and the like.
    """

    text: int
    start: int
    end: int
    term: Term
    score: float
    how: str
    context: Context = PLAIN


_Choice = tuple[int, str, Evidence, float, str, tuple[int, ...]]  # the last fields of a candidate, from `term` on
_UNKNOWN: Final[Any] = object()
_CHOICES: Final = 20_000  # cached choices, by surface text
_FOLLOWING: Final = re.compile(r"(?:[ -][A-Za-z]{2,30}){1,3}")  # words that may end a name after an abbreviation
FUZZY_WEIGHT: Final = 0.8  # a similarity of 1.0 is worth a score of this
_NO_EVIDENCE: Final = Evidence(
    exact=False, cased=False, caseless=False, level=1, derived=False, acronym=False, letters=0, words=0, capital=False
)


def is_caseless(texts: Sequence[str]) -> bool:
    """Check whether case carries no information: hardly any capitals, or hardly anything else."""
    sample = " ".join(t[:4000] for t in texts[:50])
    upper = sum(map(str.isupper, sample))
    lower = sum(map(str.islower, sample))
    if upper + lower < 100:
        return False
    return upper < 0.002 * lower or lower < 0.05 * upper


class Generator(Protocol):
    """Find names that are similar to a text, letter by letter."""

    def find(self, text: str, taken: Sequence[tuple[int, int]]) -> list[tuple[int, int, int, float]]:
        """Return (start, end, term, similarity) of spans that do not overlap those taken."""


class Linker:
    """Link documents with one vocabulary. Caches words it has seen; not thread-safe."""

    def __init__(
        self, vocabulary: Vocabulary, options: LinkOptions | None = None, fuzzy: Generator | None = None
    ) -> None:
        self.vocabulary = vocabulary
        self.fuzzy = fuzzy
        self.options = options or LinkOptions()
        self.matcher = Matcher(vocabulary)
        self.loose = LooseMatcher(vocabulary)
        self._postings: dict[int, tuple[tuple[int, str, int, str], ...]] = {}
        self._choices: dict[tuple[str, int, int, bool], _Choice | None] = {}

    def link(
        self, texts: Sequence[str], read: Sequence[str] = (), captions: Collection[int] = frozenset()
    ) -> list[Link]:
        """Find the links of the texts of one document, by text and position.

        Args:
            texts: paragraphs, captions and the like; offsets of links are relative to each.
            read: other texts of the document that may define abbreviations.
            captions: indices of the texts that are captions.
        """
        options = self.options
        candidates = self.candidates(texts, read)
        chosen = [c for c in (candidates if options.nested else longest(candidates)) if c.score >= options.min_score]
        if options.nested:
            chosen = whole(chosen)  # a longer name below the minimum score does not count
        links = [Link(c.text, c.start, c.end, self.vocabulary.term(c.term), c.score, c.how) for c in chosen[:MAX_LINKS]]
        links.sort(key=lambda x: (x.text, x.start, -x.end, x.term.concept))
        return self._with_context(texts, links, captions) if options.context else links

    def id_of(self, term: Term) -> str:
        """Return the source's id if the linker is restricted to sources, else the concept's (its CUI if it has one)."""
        return term.source_id if self.options.sources else term.concept

    def candidates(self, texts: Sequence[str], read: Sequence[str] = ()) -> list[Candidate]:
        """Return all spans that may name a concept, including overlapping ones; arguments as for `link`."""
        options = self.options
        caseless = options.case == "ignore" or (options.case == "auto" and is_caseless(texts))
        definitions = self._definitions(texts, read) if options.abbreviations else {}
        tokens = self.matcher.tokenise(texts)
        found = self._candidates(texts, tokens, caseless)
        found += self._reordered(texts, tokens, found)
        found = botany.lowered(tokens, unshielded(texts, tokens, found), self.vocabulary.term)
        found = everyday.lowered(texts, tokens, found, self.vocabulary.term)
        if definitions:
            found = self._abbreviated(texts, found, definitions)
        if self.fuzzy is not None:
            found += self._fuzzy(texts, found)
        if options.sources:
            term = self.vocabulary.term
            found = [c for c in found if term(c.term).source_id.partition(":")[0] in options.sources]
        return self._agree(found)

    def _fuzzy(self, texts: Sequence[str], found: Sequence[Candidate]) -> list[Candidate]:
        """Add matches of the generator to text without other matches."""
        assert self.fuzzy is not None
        taken: list[list[tuple[int, int]]] = [[] for _ in texts]
        for c in found:
            if c.score >= self.options.min_score:
                taken[c.text].append((c.start, c.end))
        out = []
        for number, text in enumerate(texts):
            for start, end, term, similarity in self.fuzzy.find(text, taken[number]):
                concept = self.vocabulary.term(term).concept
                score = round(max(0.0, min(1.0, similarity)) * FUZZY_WEIGHT, 4)
                out.append(Candidate(number, start, end, term, concept, _NO_EVIDENCE, score, "fuzzy"))
        return out

    def _definitions(self, texts: Sequence[str], read: Sequence[str]) -> dict[str, Abbreviation]:
        """Find definitions by short form; in `read` only those of short forms that occur in the texts."""
        found: dict[str, Abbreviation] = {}
        said = "\n".join(texts)  # used for substring tests
        for text, wanted in (*((t, None) for t in texts), *((t, said) for t in read)):
            for a in find_abbreviations(text, wanted=wanted):
                if len(a.short) < 2:
                    continue  # letters with a meaning in one sentence only
                if a.short not in found or found[a.short].score < a.score:
                    found[a.short] = a
        return found

    def _row(self, row: int) -> tuple[tuple[int, str, int, str], ...]:
        """Read the postings of a key: (term, name, flags, concept)."""
        known = self._postings.get(row)
        if known is None:
            v = self.vocabulary
            postings = []
            for at in range(int(v.starts[row]), int(v.starts[row + 1])):
                term = int(v.posting_term[at])
                flags = int(v.posting_flags[at])
                postings.append((term, v.string(int(v.posting_name[at])), flags, v.term(term).concept))
            known = tuple(postings)
            if len(self._postings) > 100_000:
                self._postings.clear()
            self._postings[row] = known
        return known

    def _candidates(self, texts: Sequence[str], tokens: Tokens, caseless: bool) -> list[Candidate]:
        found = self.matcher.find(tokens)
        out: list[Candidate] = []
        choices = self._choices
        of_text = tokens.text[found.first].tolist()
        starts = tokens.start[found.first].tolist()
        ends = tokens.end[found.last].tolist()
        for number, start, end, row, first, last in zip(
            of_text, starts, ends, found.row.tolist(), found.first.tolist(), found.last.tolist(), strict=True
        ):
            known = texts[number][start:end], row, last - first + 1, caseless
            choice = choices.get(known, _UNKNOWN)
            if choice is _UNKNOWN:
                if len(choices) >= _CHOICES:
                    choices.clear()
                choice = choices[known] = self._choose(*known)
            if choice is not None:
                out.append(Candidate(number, start, end, *choice))
        return out

    def _choose(self, surface: str, row: int, n_tokens: int, caseless: bool) -> _Choice | None:
        """Choose the name that a span means among those with its key; the same for all spans with the same text."""
        best: dict[str, tuple[float, int, Evidence, str]] = {}
        for term, name, flags, concept in self._row(row):
            evidence = compare(surface, name, flags, n_tokens, caseless)
            if evidence is None:
                continue
            score = probability(evidence)
            known = best.get(concept)
            if known is None or score > known[0]:
                best[concept] = (score, term, evidence, name)
        if not best:
            return None
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
        concept, (score, term, evidence, _) = ranked[0]
        rivals = sum(1 for _, other in ranked[1:] if other[0] > score - 0.15)
        if rivals:
            evidence = replace(evidence, rivals=rivals)
            score = probability(evidence)
        how = "exact" if evidence.exact else "variant"
        others = tuple(other[1] for _, other in ranked[1:])
        return term, concept, evidence, score, how, others

    def _reordered(self, texts: Sequence[str], tokens: Tokens, known: Sequence[Candidate]) -> list[Candidate]:
        """Find names with their words in another order or form, in spans without another name."""
        places = {(c.text, c.start, c.end) for c in known}
        out = []
        found = self.loose.find(tokens)
        for first, last, entry, own_first, own_last in found.places():
            text, start, end = int(tokens.text[first]), int(tokens.start[first]), int(tokens.end[last])
            if (text, start, end) in places or self.loose.goes_on(tokens, first, last):
                continue
            if self.loose.is_clause(tokens, first, last):
                continue
            places.add((text, start, end))
            own = (int(tokens.start[own_first]), int(tokens.end[own_last])) if own_first >= 0 else None
            out.append(self._choose_loosely(texts[text], (text, start, end), entry, own))
        return out

    def _choose_loosely(
        self, text: str, place: tuple[int, int, int], entry: int, own: tuple[int, int] | None
    ) -> Candidate:
        """Choose the name that shares most words with the span, among those with the same word classes."""
        number, start, end = place
        v = self.vocabulary
        ranked: list[tuple[int, float, str, int, Evidence]] = []
        for at in v.entries_like(entry):
            term = int(v.bag_term[at])
            name = v.string(int(v.bag_name[at]))
            evidence = compare_loosely(text[start:end], name, int(v.bag_flags[at]), own is not None)
            ranked.append((evidence.other_words, -probability(evidence), v.term(term).concept, term, evidence))
        ranked.sort(key=lambda r: r[:4])
        other, score, concept, term, evidence = ranked[0]
        rivals = {r[2]: r[3] for r in ranked if r[2] != concept and r[:2] == (other, score)}
        evidence = replace(evidence, rivals=len(rivals))
        return Candidate(
            number, start, end, term, concept, evidence, probability(evidence), "variant", tuple(rivals.values()), own
        )

    def _abbreviated(
        self,
        texts: Sequence[str],
        candidates: list[Candidate],
        definitions: Mapping[str, Abbreviation],
    ) -> list[Candidate]:
        """Give defined abbreviations the concepts of their long forms; drop matches with another meaning."""
        longs = [a.long for a in definitions.values()]
        whole: dict[str, Candidate] = {}
        long_tokens = self.matcher.tokenise(longs)
        order = list(definitions)
        named = self._candidates(longs, long_tokens, is_caseless(longs))
        for c in [*named, *self._reordered(longs, long_tokens, named)]:
            if c.start == 0 and c.end == len(longs[c.text]):
                short = order[c.text]
                if short not in whole or whole[short].score < c.score:
                    whole[short] = c
        shorts = {s: s for s in definitions} | {f"{s}s": s for s in definitions if not s.endswith("s")}
        pattern = re.compile(rf"(?<![\w])(?:{one_of(shorts)})(?![\w])")
        places: dict[tuple[int, int], tuple[int, str]] = {}
        for number, text in enumerate(texts):
            for match in pattern.finditer(text):
                places[number, match.start()] = (match.end(), shorts[match[0]])
        out = []
        for c in candidates:
            place = places.get((c.text, c.start))
            if place is not None and place[0] >= c.end:
                continue  # the article itself defines these letters
            out.append(c)
        for (number, start), (end, short) in places.items():
            meant = whole.get(short)
            if meant is not None:
                score = round(meant.score * definitions[short].score, 4)
                out.append(replace(meant, text=number, start=start, end=end, score=score, how="abbreviation"))
        out += self._begun(texts, places, definitions)
        return out

    def _begun(
        self,
        texts: Sequence[str],
        places: Mapping[tuple[int, int], tuple[int, str]],
        definitions: Mapping[str, Abbreviation],
    ) -> list[Candidate]:
        """Find names that begin with an abbreviation, such as "ES cells" for embryonic stem cells."""
        begun = self.matcher.begin_names([a.long for a in definitions.values()])
        shorts = {short for short, begins in zip(definitions, begun, strict=True) if begins}
        said: dict[tuple[str, str], list[tuple[int, int, int]]] = {}  # by short form and the words after it
        for (number, start), (end, short) in places.items():
            follows = _FOLLOWING.match(texts[number], end) if short in shorts else None
            if follows is not None:
                said.setdefault((short, follows[0]), []).append((number, start, end))
        keys = list(said)
        phrases = [definitions[short].long + follows for short, follows in keys]
        best: dict[int, Candidate] = {}
        for c in self._candidates(phrases, self.matcher.tokenise(phrases), caseless=False):
            longer = c.start == 0 and c.end > len(definitions[keys[c.text][0]].long)
            if longer and (c.text not in best or best[c.text].end < c.end):
                best[c.text] = c
        out = []
        for n, c in best.items():
            definition = definitions[keys[n][0]]
            score = round(c.score * definition.score, 4)
            for number, start, end in said[keys[n]]:
                last = end + c.end - len(definition.long)
                out.append(replace(c, text=number, start=start, end=last, score=score, how="abbreviation"))
        return out

    def _agree(self, candidates: list[Candidate]) -> list[Candidate]:
        """Resolve ambiguous names by the unambiguous ones elsewhere in the document."""
        sure = Counter(c.concept for c in candidates if not c.ambiguous)
        out = []
        for c in candidates:
            if c.ambiguous and not sure.get(c.concept):
                terms = [(sure.get(self.vocabulary.term(t).concept, 0), -i, t) for i, t in enumerate(c.ambiguous)]
                votes, _, term = max(terms)
                if votes:
                    out.append(replace(c, term=term, concept=self.vocabulary.term(term).concept))
                    continue
            out.append(c)
        return out

    def _with_context(self, texts: Sequence[str], links: list[Link], captions: Collection[int]) -> list[Link]:
        out: list[Link] = []
        at = 0
        while at < len(links):
            number = links[at].text
            stop = at
            while stop < len(links) and links[stop].text == number:
                stop += 1
            here = links[at:stop]
            contexts = _assess(texts[number], here, number in captions)
            if number not in captions and any(c.negated for c in contexts) and not is_clinical(texts[number]):
                contexts = _assess(texts[number], here, True)  # assessed last, as few texts negate anything
            for n, (x, c) in enumerate(zip(here, contexts, strict=True)):
                if c.negated and OWN_DENIAL.match(texts[number], x.start, x.end):
                    contexts[n] = replace(c, negated=False)  # "no speech development" names a finding that is present
            out += [replace(x, context=c) if c is not PLAIN else x for x, c in zip(here, contexts, strict=True)]
            at = stop
        return out


_FINDINGS: Final = frozenset(("DISO", "PHEN", "PHYS"))
_MEASURES: Final = frozenset(("PROC", "CHEM"))  # taken or not in case reports; conditions of experiments in captions


def _assess(text: str, links: Sequence[Link], careful: bool) -> list[Context]:
    return assess(text, [(x.start, x.end) for x in links], [care_of(x.term.types, careful) for x in links])


def care_of(types: Sequence[str], careful: bool) -> Care:
    """Return how certain a trigger must be for a concept of these semantic types; without types, as for a finding."""
    groups = {GROUP_OF.get(t, "") for t in types}
    if groups and not groups & _FINDINGS and (careful or not groups & _MEASURES):
        return Care.THING
    return Care.CAPTION if careful else Care.CASE
