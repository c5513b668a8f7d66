"""Find scorers by name, and open them with their options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pmcmine._version import __version__
from pmcmine.errors import PmcmineError
from pmcmine.plugins.load import SCORERS, Plugin, plugins
from pmcmine.plugins.scorer import KEYS, OpenScorer, Scorer
from pmcmine.release.nearest import choose
from pmcmine.release.scores import NAME, ScoreFacts


@dataclass(frozen=True, slots=True)
class Request:
    """What `pmcmine score` is asked for. Small enough to travel to workers, which open the scorer themselves.

    Attributes:
        scorer: name of the scorer.
        name: name of the score.
        table: table whose rows are scored.
        options: options of the scorer.
    """

    scorer: str
    name: str
    table: str
    options: Mapping[str, str]


def scorers() -> dict[str, Plugin]:
    """Return all scorers by name.

    Raises:
        PluginError: if one can't be loaded.
    """
    return {p.name: p for p in plugins(SCORERS)}


def request_for(scorer: str, name: str | None, table: str | None, options: Mapping[str, str]) -> Request:
    """Check what is asked for.

    Raises:
        PmcmineError: for an unknown scorer, table or option, with the nearest name, and for a bad name.
    """
    known = scorers()
    if scorer not in known:
        raise PmcmineError(f"--with {scorer}: {choose(scorer, list(known))}")
    target: Scorer = known[scorer].target
    chosen = table or target.tables[0]
    if chosen not in target.tables or chosen not in KEYS:
        raise PmcmineError(f"--table {chosen}: {scorer} scores {', '.join(target.tables)}")
    for option in options:
        if option not in target.options:
            said = choose(option, list(target.options)) if target.options else f"{scorer} takes none"
            raise PmcmineError(f"--option {option}: {said}")
    called = name or (scorer if chosen == target.tables[0] else f"{scorer}-{chosen}")
    if not NAME.fullmatch(called):
        raise PmcmineError(f"--name {called!r}: give small letters, digits and hyphens, as in clip-score")
    return Request(scorer, called, chosen, dict(sorted(options.items())))


def open_scorer(request: Request) -> OpenScorer:
    """Load the scorer of a request.

    Raises:
        PmcmineError: one line, if its model is missing or an option is wrong.
    """
    opened: OpenScorer = scorers()[request.scorer].target.open(request.options)
    return opened


def facts_of(request: Request, opened: OpenScorer) -> ScoreFacts:
    """Describe a score, without its files."""
    plugin = scorers()[request.scorer]
    return ScoreFacts(
        name=request.name,
        scorer=request.scorer,
        package=plugin.package,
        version=plugin.version,
        pmcmine=__version__,
        table=request.table,
        key=KEYS[request.table],
        columns={c.name(request.name): f"{c.meaning} ({c.unit})" if c.unit else c.meaning for c in opened.columns},
        model=opened.model.stated(),
        preprocessing=opened.preprocessing,
        options=dict(request.options),
    )
