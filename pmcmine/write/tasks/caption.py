"""Rewrite captions so that they can be understood alone."""

from __future__ import annotations

from typing import Final

from pmcmine.write.task import WritingTask, read_text, text_schema
from pmcmine.write.tasks import prompt_of

CAPTION: Final = WritingTask(
    name="caption",
    meaning="a caption of a figure that stands for itself",
    table="figures",
    prompt=prompt_of(__file__),
    version="2",
    schema=text_schema("caption"),
    read=read_text("caption"),
    passages={"caption": 1, "mention": 8, "section": 1, "title": 1},
    image=True,
    most_tokens=600,
)
