"""Write captions of single panels."""

from __future__ import annotations

from typing import Final

from pmcmine.write.task import WritingTask, read_text, text_schema
from pmcmine.write.tasks import prompt_of

PANEL_CAPTION: Final = WritingTask(
    name="panel-caption",
    meaning="a caption of one panel that stands for itself",
    table="panels",
    prompt=prompt_of(__file__),
    version="2",
    schema=text_schema("caption"),
    read=read_text("caption"),
    passages={"panel": 8, "caption": 1, "mention": 6, "section": 1},
    image=True,
    most_tokens=400,
)
