"""Summarise articles."""

from __future__ import annotations

from typing import Final

from pmcmine.write.task import WritingTask, read_text, text_schema
from pmcmine.write.tasks import prompt_of

SUMMARY: Final = WritingTask(
    name="summary",
    meaning="a short summary of an article",
    table="articles",
    prompt=prompt_of(__file__),
    version="2",
    schema=text_schema("summary"),
    read=read_text("summary"),
    passages={"title": 1, "section": 12, "table": 4},
    most_tokens=700,
)
