"""Recognise retracted articles, and notices that retract another article."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pmcmine.rights.licenses import clean

_RETRACTED_TYPES: Final = frozenset(
    {"retracted-article", "retracted", "withdrawn-article", "withdrawn", "removed-article"}
)
_NOTICE_TYPES: Final = frozenset({"retraction", "retraction-notice", "retraction-note", "withdrawal", "removal"})
# Types under which journals file a notice for want of a better one.
_OTHER_NOTICE_TYPES: Final = frozenset(
    {"correction", "corrigendum", "erratum", "addendum", "editorial", "letter", "announcement", "expression-of-concern",
     "news", "reply", "in-brief", "partial-retraction", "editors-note", "editor-report"}
)  # fmt: skip
# Links from a retracted article to its notice, and from a notice to the article that it retracts.
_TO_NOTICE: Final = frozenset(
    {"retraction-forward", "retraction-notice", "retracted-by", "is-retracted-by", "withdrawal-forward",
     "withdrawal-notice", "withdrawn-by", "removal-forward", "removal-notice"}
)  # fmt: skip
_TO_EITHER: Final = frozenset({"retraction", "withdrawal", "removal"})
_TO_RETRACTED: Final = frozenset(
    {"retracted-article", "retraction-of", "retracts", "withdrawn-article", "withdrawal-of", "withdraws",
     "removed-article"}
)  # fmt: skip
_PARTICIPLE: Final = (
    r"retracted|withdrawn|removed|retractad[oa]|retratad[oa]|retirad[oa]|rétractée?|retirée?|retiré"
    r"|zurückgezogen(?:er|e|es)?|retrahiert(?:er)?|widerrufen(?:er)?|ritrattat[oa]|ritirat[oa]|ingetrokken|wycofan[yae]"
    r"|geri çekil(?:di|miş)|отозван[аоы]?|отозванная|ретрагирован[аоы]?|ретрагированная"
)
_WORK: Final = (
    r"(?:article|paper|publication|manuscript|chapter|study|artículo|artigo|articolo|artikel|beitrag|artykuł|makale"
    r"|статья|trabajo|trabalho)"
)
_STAMP: Final = (
    rf"(?:(?:this |the )?{_WORK} (?:has been |is |was )?)?(?:temporarily )?(?:{_PARTICIPLE})"
    rf"(?: (?:and replaced|{_WORK}))?"
    r"|(?:temporary|permanent) removal"
)
_CJK: Final = r"(?:已?撤稿|已?撤回|撤回(?:论文|論文|済み?)|철회(?:된 논문)?)"
_IN_TITLE: Final = re.compile(
    rf"^[\W_]*(?:{_STAMP}) ?(?:$|[^\w\s'’])|[\[(【](?:{_STAMP})(?:[\])】]|[.:;,] )"
    rf"|(?: -|[:.|]) ?(?:{_STAMP})[\W_]*$|^[\W_]*{_CJK}(?:[\]】):]|$)|[\[【(]{_CJK}[\]】)]"
)
_SHOUTED: Final = re.compile(r"^\W*(?:RETRACTED|WITHDRAWN)(?: ARTICLE| PAPER)? (?=\S*[a-z])")
_NOTICE_TITLE: Final = re.compile(
    r"^[\W_]*(?:(?:editorial|editors?['’]?s?|publishers?['’]?s?|correction|erratum|corrigendum|addendum|notice|note"
    r"|statement|formal) ?(?:of|to|on|note|notice)?[:,]? ?(?:of |to |the )?)?(?:partial )?"
    r"(?:retraction|withdrawal|removal)s?\b"
    r"|^[\W_]*(?:retractación|retracción|retratação|retractation|rétractation|nota de (?:retractación|retratação)"
    r"|avis de (?:rétractation|retrait)|retraktion|rückzug|zurückziehung|ritrattazione|ретракция"
    r"|отзыв (?:статьи|публикации))"
    r"|撤稿(?:声明|聲明|通知|公告)|撤回(?:声明|通知|のお知らせ)"
)
_SUBJECT: Final = re.compile(rf"[\W_]*(?:{_STAMP})s?[\W_]*|[\W_]*{_CJK}(?:文章|论文|論文)?[\W_]*")
_NOTICE_SUBJECT: Final = re.compile(
    r"^\W*(?:notices? of |articles? )?(?:retraction|withdrawal|removal)s?\b"
    r"|撤稿声明|retractación|retratação|rétractation"
)
_NOTICE_TEXT: Final = re.compile(
    r"\b(?:this|the present|the above) (?:article|paper|publication|manuscript) "
    r"(?:(?:has been|is being|was|is|had to be) (?:\w+ ){0,2}?(?:retracted|withdrawn)|has been (?:\w+ )?removed)\b"
    r"|\b(?:we|the authors|the editors?|the publishers?|i) (?:\w+ ){0,4}?(?:retract|withdraw) (?:this|the present) "
    rf"(?:\w+ )?{_WORK}|\beste (?:artículo|artigo) (?:ha sido|fue|foi) (?:retractado|retirado|retratado)"
    rf"|\bcet article a été (?:rétracté|retiré)|\bdieser (?:artikel|beitrag) wurde zurückgezogen"
)
_PRIMARY: Final = frozenset({"research-article", "review-article", "case-report", "brief-report", "rapid-communication",
                             "systematic-review", "data-paper", "methods-article", "protocol"})  # fmt: skip


_QUICK: Final = ("retract", "withdr", "removed", "retir", "retrat", "rétract", "zurückgezogen")
_EVENT: Final = re.compile(r"retract|withdraw|removal|removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What an article's XML says of its standing.

    Attributes:
        article_type: `article-type`.
        title: article title.
        subjects: subject headings.
        links: types of the links to related articles.
        events: types of dates, events and of the articles within the article.
        notices: texts that may say that the article is retracted: notes, abstract, first paragraph.
    """

    article_type: str | None
    title: str | None
    subjects: Iterable[str]
    links: Iterable[str]
    events: Iterable[str] = ()
    notices: Iterable[str] = ()


def _name(value: str) -> str:
    return re.sub(r"[\s_]+", "-", value.strip().lower())


def stamped(title: str | None) -> bool:
    """Check whether a title is marked as that of a retracted article."""
    return bool(title) and (_IN_TITLE.search(clean(title or "")) is not None or _SHOUTED.match(title or "") is not None)


def _is_notice(text: str) -> bool:
    folded = text.lower()
    return any(word in folded for word in _QUICK) and _NOTICE_TEXT.search(clean(text)) is not None


def is_retracted(signs: Signs) -> bool:
    """Return whether an article is retracted; a notice that retracts another article is not.

    Any sign counts: the type, a stamp in the title or the subjects, a link to a notice, a dated event, a notice
    within the article. What is filed as a notice, or reads as one, is taken for the notice.
    """
    kind = _name(signs.article_type or "")
    links = {_name(link) for link in signs.links}
    if kind in _RETRACTED_TYPES:
        return True
    if kind in _NOTICE_TYPES:
        return False
    title = clean(signs.title or "")
    subjects = [clean(s) for s in signs.subjects]
    retracts = bool(links & _TO_RETRACTED)
    marked = stamped(signs.title)
    reads_as_notice = not marked and _NOTICE_TITLE.search(title) is not None
    filed_as_notice = any(_NOTICE_SUBJECT.search(s) for s in subjects)
    if retracts and (kind in _OTHER_NOTICE_TYPES or reads_as_notice or (filed_as_notice and not marked)):
        return False
    if marked or retracts or links & _TO_NOTICE or any(_SUBJECT.fullmatch(s) for s in subjects):
        return True
    if any(_EVENT.search(_name(e)) for e in signs.events):
        return True
    if reads_as_notice:
        return False
    if links & _TO_EITHER:
        return True
    if filed_as_notice:
        return kind in _PRIMARY  # the heading of the notice, over the whole paper
    return kind not in _OTHER_NOTICE_TYPES and any(_is_notice(n) for n in signs.notices)
