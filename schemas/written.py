"""Side tables of `pmcmine write`: texts that a model wrote about rows of a release, and what was dropped."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col
from schemas.values import GROUPS, LICENSES, SPLITS

_TABLES = ("figures", "panels", "articles", "cases")
_PASSAGES = ("caption", "panel", "mention", "section", "title", "table", "concept")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenTurn:
    """A question or an instruction, and its answer."""

    question: str = col("Question or instruction.")
    answer: str = col("Answer or response.")


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenSource:
    """A passage that the model was given."""

    kind: str = col("Kind of the passage.", values=_PASSAGES)
    row_id: str = col(
        "Row that holds it: a figure (caption, panel, section), paragraph or other text (mention), article (title; "
        "section for its abstract), paragraph (section), table or grid (table)."
    )
    start: int = col("First code point in that row's text.", unit="code points", arrow=pa.int32())
    end: int = col("One past the last code point.", unit="code points", arrow=pa.int32())


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a model wrote about one row."""

    written_id: str = col("Id of the text.", unit="<row_id>~<name of the side table>")
    row_id: str = col("Row that it is about.")
    table: str = col("Table of that row.", values=_TABLES)
    article_id: str = col("Id of the article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    task: str = col("Task, such as caption or vqa.")
    text: str | None = col("The text.", null="the task writes turns")
    turns: tuple[WrittenTurn, ...] = col("Questions or instructions, with answers; empty if the task writes a text.")
    prompt_version: str = col("Version of the prompt; `own` for one of the user's.")
    prompt_sha256: str = col("SHA-256 of the prompt.")
    request_sha256: str = col("SHA-256 of the request that was answered, the image by its hash.")
    model: str = col("Model, as the server names it.")
    temperature: float = col("Temperature of the request.")
    seed: int = col("Seed of the request.")
    attempt: int = col("Number of the request that was answered in the form of the task, from 0.", arrow=pa.int32())
    tokens_read: int | None = col("Tokens of the request.", null="the server states none")
    tokens_written: int | None = col("Tokens of the answer.", null="the server states none")
    cost: float | None = col("Price of all requests for this row.", unit="USD", null="no prices were given")
    image: bool = col("Whether the model saw the image.")
    sources: tuple[WrittenSource, ...] = col("Passages that the model was given, in order.")
    checks: tuple[str, ...] = col("Codes of the problems that were looked for and not found.")
    overruled: tuple[str, ...] = col("Codes of the problems that were found, and that the judge overruled.")
    judge: str | None = col("Model that judged the text.", null="no judge was asked")
    judge_score: int | None = col("Its score.", unit="1 to 5", null="no judge was asked", arrow=pa.int32())
    benchmarks: tuple[str, ...] = col("Benchmark sets that contain 13 consecutive words of the text.")
    license: str = col("Strictest licence of what the model was given.", values=LICENSES)
    license_group: str = col("Its licence group.", values=GROUPS)
    attribution: str = col("Attribution line of the source.")
    split: str = col("train, validation or test.", values=SPLITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReject:
    """A row about which nothing was kept, or a turn that was dropped."""

    row_id: str = col("Row that it is about.")
    article_id: str = col("Id of the article version.", unit="PMC<digits>.<version>")
    pmcid: str = col("PMC id.", unit="PMC<digits>")
    task: str = col("Task.")
    reason: str = col("Reason code; `check_…` names the problem that a check found.")
    detail: str = col("What was wrong, in a few words.")
    turn: int | None = col("Place of the dropped turn, from 0.", null="the whole row was dropped", arrow=pa.int32())
    answer: str | None = col("What the model wrote.", null="it was not asked, or gave no answer")
    request_sha256: str | None = col("SHA-256 of the request.", null="it was not asked")
    model: str = col("Model.")
    license: str = col("Strictest licence of what the model was or would have been given.", values=LICENSES)
    split: str = col("train, validation or test.", values=SPLITS)


WRITTEN = Table("written", Written, "What a model wrote about one row of a release.", "written_id", row_group=5_000)
WRITE_REJECTS = Table(
    "write_rejects",
    WriteReject,
    "A row about which nothing was kept, or a turn that was dropped.",
    "row_id",
    row_group=5_000,
)
