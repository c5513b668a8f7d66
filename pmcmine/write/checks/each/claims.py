"""Find claims in general words (a rise, an extreme, a relation) if the source has nothing of the kind.

A caption that names the plotted quantities states no finding. "Levels were lower in treated rats" has no word that
names something new; but if the source compares nothing, the finding is the model's own. A sentence with
numbers may compare them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from pmcmine.write.checks.answer import Answer
from pmcmine.write.checks.each.negation import asked
from pmcmine.write.checks.places import sides
from pmcmine.write.checks.problem import Problem, problem
from pmcmine.write.checks.tokens import bases

CODES: Final = {
    "claim": "a rise, a comparison, an extreme or a relation is claimed where nothing of the sort was given"
}
# Per kind: words that claim it | more words that support it. All forms of a word count.
_KINDS: Final = """
change: increase decrease reduce decline diminish shrink improve worsen deteriorate shorten lengthen raise rise elevate
  surpass exceed outperform higher lower greater smaller fewer stronger weaker better worse faster slower
  | more less least most high low strong weak fall drop grow gain loss lose lessen weaken strengthen accelerate delay
  impair inhibit suppress repress promote induce stimulate activate attenuate amplify augment boost expand deplete
  depress enhance upregulate downregulate regress progress progression progressive ascend descend upward downward
  maximum minimum peak above below than larger longer shorter highest lowest greatest largest smallest older younger
  taller thicker thinner superior inferior advantage benefit recover recovery relapse remission inactivate double halve
  triple fold twice accumulate
extreme: highest lowest greatest largest smallest longest shortest strongest weakest predominant predominantly majority
  | high low higher lower greater larger smaller longer shorter stronger weaker most least more less best worst maximum
  minimum maximal minimal max min peak dominant dominate dominance abundant main large primary chief principal general
  exceed ascend descend increase decrease order rank extreme optimal optimum than major
relation: associate association correlate correlation
  | relate relation relationship link depend dependent dependence predict predictor regress regression affect influence
  role contribute interact interaction involve coefficient connect connection pearson spearman risk odds cause induce
  due accompany impact implicate marker factor responsible result belong
multiple: twofold threefold fourfold fivefold tenfold doubled tripled quadrupled halved
  | fold double triple half times twice
health: intact unremarkable healthy
  | normal healthy intact unremarkable control wild
spread: uniform uniformly evenly diffuse diffusely confined scattered homogeneous homogeneously
  | uniform even diffuse confine scatter homogeneous heterogeneous distribute distribution localize localise spread
  disperse throughout restrict limit exclusive patch random
course: persist persistent gradually steadily progressively rapidly suddenly transient transiently sharply steeply
  | persist persistent remain still continue continuous maintain constant stable gradual progressive steady rapid fast
  quick slow sudden abrupt transient brief temporary long last sustain course
reading: suggest suggests suggesting suggested implying attributed confirms confirming
  interferes interfering
  | suggest suggestion suggestive imply implication attribute explain explanation reflect reveal demonstrate evidence
  conclude conclusion hypothesis hypothesise hypothesize propose support indicator infer interpret consistent
  interfere interference because due cause confirm confirmation confirmatory validate validation verify verification
effect: helped helps helping restored restores restoring protected protects protecting rescued rescues benefited
  benefits
  | help aid restore restoration protect protection protective rescue recover recovery benefit beneficial improve
  improvement promote enhance alleviate relieve mitigate attenuate reverse ameliorate prevent normalise normalize
  support facilitate allow enable repair
dependence: dependent dependently depends
  | depend dependence independent require function according vary
drive: drives triggers triggered
  | drive driver trigger cause causal induce induction promote regulate regulator activate activation initiate lead
  effect influence control response due
role: role roles
  | role function functional involve involvement contribute contribution regulate regulation regulator act activity
  effect affect participate mediate responsible
favour: favor favour favors favours favored favoured favoring favouring
  | favor favour favorable favourable prefer preference better best superior advantage benefit bias
significance: significant significantly
  | significant significance p anova test differ difference different star asterisk letter confidence lsd tukey
  threshold posterior fdr lod likelihood bootstrap gwas
constancy: unchanged unaltered unaffected
  | unchanged unaltered unaffected change alter affect effect influence impact difference differ same constant stable
  stability maintain remain steady similar
damage: damaged destroyed
  | damage destroy destruction injure injury impair impairment lesion stress death degrade degradation degenerate
  disrupt toxic toxicity loss break rupture wound hurt necrosis burn
recovery: recovered recovers
  | recover recovery restore restoration remission improve improvement heal healing cure reversal reverse relapse
  collect collection harvest isolate obtain
look: pale faint dense swollen shredded ragged oval elongated blurred
  | pale faint dark bright dense density thick pack swell swollen rough round oval sphere spherical elongate long clear
  blur damage injure destroy disrupt intense intensity strong weak spindle ellipse circle circular cluster aggregate
  irregular regular shape
"""
# Phrases whose words compare nothing.
_IDIOMS: Final = re.compile(
    r"(?i)\bat least\b|\bleast[- ](?:significant|squares?)\b|\b(?:more|less|greater|lower|higher) than (?=[\d.])"
    r"|\bhigh(?:er)?[- ](?:resolution|magnification|power\w*|performance|throughput|pressure|quality)\b"
    r"|\blow[- ]power\w*"
)
_VALUES: Final = re.compile(r"(?i)\b(?:p|n)\s*(?:-?\s?values?)?\s*(?:below|above|[=<>≤≥])+\s*[\d.,×^−-]+")
_DIGIT: Final = re.compile(r"\d")
_COMPARE: Final = 2  # numbers of a sentence
_COMPARED: Final = frozenset(("change", "extreme", "multiple"))  # kinds that numbers may support


class _Kind(NamedTuple):
    """A kind of claim: forms of words that claim it, and of all words that support it."""

    name: str
    claims: frozenset[str]
    gives: frozenset[str]


@cache
def _kinds() -> tuple[_Kind, ...]:
    out = []
    for line in re.sub(r"\n\s+", " ", _KINDS.strip()).splitlines():
        name, words = line.split(":")
        claims, gives = (frozenset(part.split()) for part in words.split("|"))
        out.append(_Kind(name, claims, frozenset(b for w in (*claims, *gives) for b in (w, *bases(w)))))
    return tuple(out)


def find(answer: Answer) -> Iterator[Problem]:
    """Find claims of each kind that nothing in the source supports."""
    tokens = answer.read.tokens
    asking = asked(answer)
    given = _compared(answer)
    for kind in _kinds():
        if not kind.gives.isdisjoint(given):
            continue
        for i, token in enumerate(tokens):
            forms = {token.low} if token.low in kind.claims else bases(token.low)
            if forms.isdisjoint(kind.claims) or token.start in asking or answer.support.has_word(token):
                continue
            place = any(s.pair == "height" for s in sides(answer.read, i))
            if not place and not (kind.name in _COMPARED and token.sentence in _measured(answer)):
                yield problem("claim", token.text)


def _compared(answer: Answer) -> frozenset[str]:
    """Return the base forms in the source, without phrases that only look like comparisons."""
    spans = [m.span() for m in _IDIOMS.finditer(answer.support.text)]
    idle = {t.start for t in answer.support.tokens if any(a <= t.start < b for a, b in spans)} if spans else set()
    return frozenset(b for t in answer.support.tokens if t.start not in idle for b in (t.low, *bases(t.low)))


def _measured(answer: Answer) -> set[int]:
    """Return the sentences with numbers to compare, not counting p values and sample counts."""
    values = [m.span() for m in _VALUES.finditer(answer.read.text)]
    found = [
        t.sentence for t in answer.read.tokens if _DIGIT.match(t.text) and not any(a <= t.start < b for a, b in values)
    ]
    return {sentence for sentence, count in Counter(found).items() if count >= _COMPARE}
