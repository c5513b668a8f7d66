"""Write instructions and responses about figures in their article."""

from __future__ import annotations

from typing import Final

from pmcmine.write.task import WritingTask, read_turns, turns_schema
from pmcmine.write.tasks import prompt_of

INSTRUCTION: Final = WritingTask(
    name="instruction",
    meaning="instructions about a figure and what the article says of it, with responses",
    table="figures",
    prompt=prompt_of(__file__),
    version="2",
    schema=turns_schema("instruction", "response"),
    read=read_turns("instruction", "response"),
    passages={"caption": 1, "mention": 10, "section": 1, "title": 1},
    image=True,
    most_tokens=1200,
    most_turns=3,
)
