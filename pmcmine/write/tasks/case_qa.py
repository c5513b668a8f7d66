"""Write questions and answers about patients of case reports."""

from __future__ import annotations

from typing import Final

from pmcmine.write.task import WritingTask, read_turns, turns_schema
from pmcmine.write.tasks import prompt_of

CASE_QA: Final = WritingTask(
    name="case-qa",
    meaning="questions about a patient of a case report, with answers",
    table="cases",
    prompt=prompt_of(__file__),
    version="2",
    schema=turns_schema("question", "answer"),
    read=read_turns("question", "answer"),
    passages={"section": 40},
    most_tokens=1200,
    most_turns=5,
)
