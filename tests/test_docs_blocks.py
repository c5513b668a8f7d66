"""What pages show works: tutorials and notebooks run word for word, commands and calls elsewhere exist."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pmcmine.config import load_config
from pmcmine.demo import write_bucket
from pmcmine.demo.corpus import DemoFigure, many_articles
from tests.doc_blocks import (
    ROOT,
    Session,
    blocks_of,
    check_command,
    check_python,
    commands_of,
    shown_matches,
    unexplained,
)
from tests.helpers import NO_MODELS, add_concepts, mine, rows
from tests.hub_server import HubServer

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "infra").rglob("*.md")])
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
CHECKED = {"sh", "python", "toml", "json", "text", "mermaid", ""}


@pytest.mark.parametrize("page", [*PAGES, *NOTEBOOKS], ids=lambda p: str(p.relative_to(ROOT)))
def test_each_block_is_one_that_the_program_understands(page: Path) -> None:
    for block in blocks_of(page):
        assert block.lang in CHECKED, f"{block}: {block.lang}"
        try:
            if block.lang == "sh":
                for command in commands_of(block.text):
                    check_command(command)
            elif block.lang == "python":
                check_python(block.text)
            elif block.lang == "json":
                json.loads(block.text)
        except Exception as error:
            raise AssertionError(f"{block}: {error}") from error


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_block_of_python_runs_by_itself_or_says_what_it_needs(page: Path) -> None:
    for block in blocks_of(page):
        if block.lang == "python":
            assert not unexplained(block.text), f"{block}: import or make these, or say `# continues from above`"


def test_a_name_from_elsewhere_is_noticed() -> None:
    assert unexplained("for row in rows:\n    print(row, list(rows))") == {"rows"}
    for code in (
        "# rows: of your table\nprint(rows)",
        "# continues from above\nprint(rows)",
        "def f(rows): return rows",
    ):
        assert not unexplained(code)


@pytest.mark.parametrize(
    "wrong",
    ["mine --nonsense 3", "mien", "stats release --whree x", "eval type [--error 20]", "vocab bulid x", "-x mine"],
)
def test_a_command_that_does_not_exist_is_noticed(wrong: str) -> None:
    check_command("pmcmine --log-json eval type --gold LABELS [--no-structure] …")
    with pytest.raises(AssertionError):
        check_command(f"pmcmine {wrong}")


@pytest.mark.parametrize(
    "wrong", ["stream.open('x', wehre=1)", "stream.opne('x')", "Release('x', 3)", "from pmcmine.stream import nothing"]
)
def test_a_call_that_does_not_exist_is_noticed(wrong: str) -> None:
    check_python("from pmcmine import Release, stream\nstream.open('x', where='a')")
    with pytest.raises((TypeError, AttributeError, ModuleNotFoundError)):
        check_python(f"from pmcmine import Release, stream\n{wrong}")


def test_what_a_page_shows_is_compared() -> None:
    assert shown_matches("a …\nc\n", "a b\nc") and not shown_matches("a\n", "a b") and not shown_matches("30", "31")


@pytest.fixture
def session(demo_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A reader in an empty folder; the demo, which test_cli.py runs, is made already, and the Hub is on loopback."""

    def demo(folder: Path) -> None:
        shutil.copytree(demo_release, folder / "pmcmine-demo", copy_function=os.link)

    def liver_demo(folder: Path) -> None:
        """What `pmcmine demo --articles 200` makes, in small: CT images, and captions of a concept below the liver's."""
        articles = [replace(a, figures=(DemoFigure(("ct",), seed=n),)) for n, a in enumerate(many_articles(24))]
        write_bucket(folder / "bucket", articles)
        release = folder / "pmcmine-demo"
        config = {**NO_MODELS, "image_kinds": True, "vocab": "none", "small_splits": False}
        mine(load_config({**config, "source": str(folder / "bucket"), "out": str(release)}))
        add_concepts(
            release, [(f["figure_id"], "HP:0001397", "Hepatic steatosis", "fatty liver") for f in rows(release, "figures")],
            [("HP:0001397", "C2711227", "C0023895", "Hepatic steatosis"),
             ("HP:0001392", "C0023895", None, "Abnormality of the liver")],
        )  # fmt: skip

    with HubServer(token="hf_of_the_test") as hub:
        for name in ("HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_PROGRESS_BARS"):
            monkeypatch.setattr(f"huggingface_hub.constants.{name}", True)
        for name, value in (
            ("ENDPOINT", ""),
            ("HUGGINGFACE_CO_URL_TEMPLATE", "/{repo_id}/resolve/{revision}/{filename}"),
        ):
            monkeypatch.setattr(
                f"huggingface_hub.constants.{name}", hub.url + value
            )  # what the client read at its start
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("HF_TOKEN", "hf_of_the_test")
        yield Session(tmp_path, {"pmcmine demo": demo, "pmcmine demo --articles 200": liver_demo})


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda p: p.stem)
def test_a_tutorial_does_what_it_says(page: Path, session: Session) -> None:
    blocks = blocks_of(page)
    session.run(blocks)
    assert sum(b.runs for b in blocks) >= 3


@pytest.mark.parametrize("page", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_from_top_to_bottom(page: Path, session: Session) -> None:
    assert all(not c.get("outputs") for c in json.loads(page.read_text("utf-8"))["cells"])
    session.given["pmcmine demo"](session.folder)
    session.run(blocks_of(page))


@pytest.mark.slow
def test_the_tutorial_that_trains_does_with_open_clip(session: Session) -> None:
    pytest.importorskip("open_clip")  # its block is skipped where the other tests run
    page = ROOT / "docs" / "tutorials" / "radiology-into-clip.md"
    blocks = blocks_of(page)
    assert any("open_clip.ClipLoss" in b.text and b.runs for b in blocks)
    session.run(blocks)
