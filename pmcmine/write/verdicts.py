"""Hold a judge's verdicts on the texts of one row: each text is judged, and counted, once."""

from __future__ import annotations

from pmcmine.text.clean import for_terminal
from pmcmine.write.asking import Asker
from pmcmine.write.judge import LEAST, Verdict, judge
from pmcmine.write.transport import Refused


class Verdicts:
    """Verdicts on the texts of a row.

    Args:
        asker: asks the judge.
        row: id of the row.
        sources: the model's input, as shown to the judge.

    Attributes:
        counted: tokens of all verdicts, read and written.
        refused: the judge's message if it refused a text and has judged none yet.
    """

    def __init__(self, asker: Asker, row: str, sources: str) -> None:
        self._asker, self._row, self._sources = asker, row, sources
        self._known: dict[str, Verdict] = {}
        self.counted = (0, 0)
        self.refused = ""

    def __len__(self) -> int:
        return len(self._known)

    def of(self, text: str) -> Verdict:
        """Return the verdict on a text.

        Raises:
            BudgetReached, NoAnswer, Refused, PmcmineError: as `Asker.answer`.
        """
        verdict = self._known.get(text)
        if verdict is None:
            try:
                verdict = judge(self._asker, self._row, self._sources, text)
            except Refused as error:
                if not self._known:
                    self.refused = str(error)
                raise
            self._known[text], self.refused = verdict, ""
            self.counted = (self.counted[0] + verdict.counted[0], self.counted[1] + verdict.counted[1])
        return verdict

    def lowest(self, texts: list[str]) -> Verdict | None:
        """Return the lowest verdict on texts; None if one of them was not judged yet, or there are none."""
        found = [self._known[text] for text in texts if text in self._known]
        return min(found, key=lambda v: v.score) if found and len(found) == len(texts) else None


def stated(verdict: Verdict) -> str:
    """Return score and reason as a detail."""
    return for_terminal(f"{verdict.score}: {verdict.reason}" if verdict.score else verdict.reason, 500)


def passes(verdict: Verdict) -> bool:
    """Check whether a text is kept."""
    return verdict.score >= LEAST
