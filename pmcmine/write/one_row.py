"""Write about one row: ask, parse, check, and optionally judge. Every failure has a reason."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from pmcmine.errors import UnsafeNameError
from pmcmine.plugins.task import Content, Task, Turn
from pmcmine.text.clean import for_terminal
from pmcmine.write.answers import read_answer
from pmcmine.write.asking import Asker, Waiting
from pmcmine.write.budget import BudgetReached
from pmcmine.write.checks import problems
from pmcmine.write.client import MOST_ANSWER, TOO_LONG
from pmcmine.write.given import Given
from pmcmine.write.journal import Answer
from pmcmine.write.judge import LEAST, are_doubts
from pmcmine.write.requests import Settings, given_to, request_for, told, with_image
from pmcmine.write.rows import Row
from pmcmine.write.transport import NoAnswer, Refused
from pmcmine.write.verdicts import Verdicts, passes, stated

# Reasons for keeping nothing, with their meanings. `check_…` with the codes of checks are added.
REASONS: Final = {
    "derivatives_forbidden": "licence of figure or article forbids derivatives (ND) or is not known; nothing was sent",
    "license_differs": "article and figure differ in licence group; nothing was sent",
    "withheld": "the row is a pointer without text; nothing was sent",
    "no_text": "there is no text to write from; nothing was sent",
    "bad_image": "the image can't be decoded; nothing was sent",
    "refused": "the server refuses this request",
    "no_answer": "the server gave no answer after all tries; the next run asks again",
    "not_asked": "a budget was reached, the run was stopped, or its batch ended before; the next run asks",
    "cut_off": "the answer was cut off at the most tokens",
    "bad_answer": "the answer has another form than the task asks for, after all tries",
    "judged": f"the judge gave a score below {LEAST}",
    "bad_verdict": "the judge's answer holds no score",
    "benchmark": "the text holds 13 consecutive words of a benchmark set, and the release drops those",
}
# Passage kinds, of which a row needs at least one: a title alone is not enough to write from.
_TELLING: Final = {
    "figures": ("caption", "panel", "mention"), "panels": ("panel", "caption"), "articles": ("section",),
    "cases": ("section",),
}  # fmt: skip
_OPEN: Final = frozenset({"no_answer", "not_asked"})  # undecided: a later run may write
_MOST_DETAILS: Final = 5


@dataclass(frozen=True, slots=True)
class Drop:
    """A dropped answer or turn.

    Attributes:
        reason: its code.
        detail: the fault.
        turn: index of the dropped turn; None for the whole row.
        answer: the dropped text.
    """

    reason: str
    detail: str = ""
    turn: int | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for a row.

    Attributes:
        row: the row.
        given: the model's input.
        content: the kept texts; None if nothing is kept.
        drops: the dropped texts.
        answer: the last answer that was read; None without one.
        attempt: its number.
        counted: tokens of all requests for the row.
        score: the judge's score; None without one.
        overruled: codes of the problems that the judge overruled.
        failure: message of a server that gave no answer, or refused; empty if none did.
        failed: that server: `model` or `judge`; empty likewise.
        judged: whether the judge gave a verdict.
    """

    row: Row
    given: Given
    content: Content | None = None
    drops: tuple[Drop, ...] = ()
    answer: Answer | None = None
    attempt: int = 0
    counted: tuple[int, int] = (0, 0)
    score: int | None = None
    overruled: tuple[str, ...] = ()
    failure: str = ""
    failed: str = ""
    judged: bool = False

    @property
    def reason(self) -> str:
        """Why the whole row was dropped; empty if something is kept."""
        return self.drops[-1].reason if self.content is None and self.drops else ""

    @property
    def is_open(self) -> bool:
        """Whether a later run may still write about it."""
        return self.reason in _OPEN


@dataclass
class Writer:
    """Write about rows, from any number of threads.

    Attributes:
        release: the release.
        task: the writing task.
        settings: how to ask.
        asker: asks the model.
        judge: asks the judge; None for none.
        judge_doubts: whether the judge decides if all problems found by checks are doubts (`judge.are_doubts`).
    """

    release: Path
    task: Task
    settings: Settings
    asker: Asker
    judge: Asker | None = None
    judge_doubts: bool = False
    spent: bool = field(default=False)  # whether the budget was reached

    def write(self, row: Row) -> Outcome:
        """Write about one row.

        Raises:
            PmcmineError: if the server refuses all requests, or the journal can't be written.
        """
        given = given_to(row, self.settings)
        reason = never_asked(row, self.task)
        if reason:
            return Outcome(row, given, drops=(Drop(reason, row.license),))
        return self._asked(row, given)

    def _unanswered(self, found: Outcome, error: Exception, text: str | None = None) -> Outcome:
        """Drop a row because a request for it, or to the judge about its text, was not answered."""
        failed = "model" if text is None else "judge"
        said = _said(error) if text is None else f"judge: {_said(error)}"
        if isinstance(error, BudgetReached):
            self.spent = True
            return replace(found, content=None, drops=(Drop("not_asked", "budget", answer=text),))
        if isinstance(error, Waiting):
            return replace(found, content=None, drops=(Drop("not_asked", said, answer=text),))
        if isinstance(error, NoAnswer):
            return replace(
                found, content=None, drops=(Drop("no_answer", said, answer=text),), failure=said, failed=failed
            )
        before = found.drops if text is not None else ()
        drops = (*before, Drop("refused", said + overruled_before(found), answer=text))
        return replace(found, content=None, drops=drops, failure=said, failed=failed)

    def _asked(self, row: Row, given: Given) -> Outcome:
        found = Outcome(row, given, drops=(Drop("bad_answer"),))
        for attempt in range(self.settings.tries):
            request = request_for(row, self.task, self.settings, attempt)
            try:
                answer = self.asker.answer(
                    request,
                    self.task.schema,
                    self.task.name.replace("-", "_"),
                    lambda r=request: with_image(r, row, self.settings, self.release),  # type: ignore[misc]
                )
            except (BudgetReached, Waiting, NoAnswer, Refused) as error:  # earlier answers still count
                return self._unanswered(found, error)
            except (OSError, ValueError, SyntaxError, zipfile.BadZipFile, UnsafeNameError) as error:
                return replace(found, drops=(Drop("bad_image", _said(error)),))
            found = replace(found, answer=answer, attempt=attempt, counted=_sum(found.counted, answer.counted))
            try:
                content = read_answer(self.task, answer.text)
            except ValueError as error:
                reason = "cut_off" if answer.finish == "length" else "bad_answer"
                said = f"more than {MOST_ANSWER >> 20} MiB" if answer.finish == TOO_LONG else _said(error)
                found = replace(found, drops=(Drop(reason, said, answer=answer.text),))
                if answer.finish in ("length", TOO_LONG):  # a retry would end the same way
                    break
                continue
            return self._checked(replace(found, content=content, drops=()))
        return found

    def _checked(self, found: Outcome) -> Outcome:
        """Check the answer, each turn by itself; then have it judged."""
        content = found.content or Content()
        verdicts = None
        if self.judge is not None:
            verdicts = Verdicts(self.judge, found.row.id, told(found.given, self.task.table))
        parts: list[tuple[int | None, str]] = [(None, content.text)] if content.text else []
        parts += [(n, _of_turn(turn)) for n, turn in enumerate(content.turns)]
        drops: list[Drop] = []
        kept: dict[int | None, str] = {}
        overruled: set[str] = set()
        for n, text in parts:
            try:
                drop, codes = self._wrong(text, found.given, verdicts)
            except (BudgetReached, NoAnswer) as error:
                return _with(verdicts, self._unanswered(found, error, text))
            overruled |= codes
            if drop is None:
                kept[n] = text
            else:
                drops.append(replace(drop, turn=n))
        found = replace(found, drops=tuple(drops), overruled=tuple(sorted(overruled)))
        if not kept:
            return _with(verdicts, replace(found, content=None))
        turns = tuple(turn for n, turn in enumerate(content.turns) if n in kept)
        found = replace(found, content=Content(kept.get(None, ""), turns))
        return found if verdicts is None else self._judged(found, verdicts, list(kept.values()))

    def _wrong(self, text: str, given: Given, verdicts: Verdicts | None) -> tuple[Drop | None, frozenset[str]]:
        """Return the reason to drop a text, None to keep it, and the codes of problems that the judge overruled."""
        wrong = problems(text, given, self.task.name, prompt=self.settings.prompt)
        if not wrong:
            return None, frozenset()
        said = "; ".join(f"{p.code}: {p.detail}" for p in wrong[:_MOST_DETAILS])
        drop = Drop(f"check_{wrong[0].code}", for_terminal(said, 500), answer=text)
        if verdicts is None or not self.judge_doubts or not are_doubts(wrong):
            return drop, frozenset()
        try:
            verdict = verdicts.of(text)
        except Refused as error:  # a refusal overrules nothing
            return replace(drop, detail=f"{drop.detail}; judge: {_said(error)}"), frozenset()
        if passes(verdict):
            return None, frozenset(p.code for p in wrong)
        return replace(drop, detail=f"{drop.detail}; judge: {stated(verdict)}"), frozenset()

    def _judged(self, found: Outcome, verdicts: Verdicts, parts: list[str]) -> Outcome:
        """Have the kept texts of a row judged, unless the judge already saw all of them because of doubts."""
        text = written_text(found.content or Content())
        try:
            verdict = verdicts.lowest(parts) or verdicts.of(text)
        except (BudgetReached, NoAnswer, Refused) as error:
            return _with(verdicts, self._unanswered(found, error, text))
        found = _with(verdicts, replace(found, score=verdict.score or None))
        if passes(verdict):
            return found
        said = stated(verdict) + overruled_before(found)
        drop = Drop("judged" if verdict.score else "bad_verdict", said, answer=text)
        return replace(found, content=None, drops=(*found.drops, drop))


def _with(verdicts: Verdicts | None, found: Outcome) -> Outcome:
    """Add the judge's tokens and refusals to an outcome."""
    if verdicts is None:
        return found
    counted = _sum(found.counted, verdicts.counted)
    if verdicts.refused and not found.failure:
        found = replace(found, failure=f"judge: {for_terminal(verdicts.refused, 300)}", failed="judge")
    return replace(found, counted=counted, judged=len(verdicts) > 0)


def overruled_before(found: Outcome) -> str:
    """Return a suffix for the detail of a drop if the judge has overruled problems before."""
    return f"; overruled before: {', '.join(found.overruled)}" if found.overruled else ""


def _sum(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return a[0] + b[0], a[1] + b[1]


def never_asked(row: Row, task: Task) -> str:
    """Return the reason for making no request for a row; empty if one is made."""
    if row.refused:
        return row.refused
    return "" if any(p.kind in _TELLING[task.table] for p in row.given.passages) else "no_text"


def written_text(content: Content) -> str:
    """Join the texts of an answer: the text of the row, then its turns."""
    return "\n\n".join([*([content.text] if content.text else []), *map(_of_turn, content.turns)])


def _of_turn(turn: Turn) -> str:
    return f"{turn.question}\n{turn.answer}"


def _said(error: BaseException) -> str:
    return for_terminal(str(error) or type(error).__name__, 300)
