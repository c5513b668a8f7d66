"""Write questions and answers about figures."""

from __future__ import annotations

from typing import Final

from pmcmine.write.task import WritingTask, read_turns, turns_schema
from pmcmine.write.tasks import prompt_of

VQA: Final = WritingTask(
    name="vqa",
    meaning="questions about a figure, with answers",
    table="figures",
    prompt=prompt_of(__file__),
    version="2",
    schema=turns_schema("question", "answer"),
    read=read_turns("question", "answer"),
    passages={"caption": 1, "mention": 5},
    image=True,
    most_tokens=800,
    most_turns=5,
)
