"""Hooks of mkdocs: pages that lie outside of docs/, links that work on GitHub and in the site, and no foreign request.

The pages stay readable where they are. README.md, CONTRIBUTING.md, the pages of infra/ and the cards of models become
pages of the site; notebooks become pages of their text and code; a link to a source file becomes its name.
"""

from __future__ import annotations

import json
import logging
import posixpath
import re
from html import escape
from pathlib import Path
from typing import Any, Final

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT: Final = Path(__file__).parent.parent
# Files of the repository by their name in the site, beside docs/.
OUTSIDE: Final = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "security-policy.md",
}
_FOLDERS: Final = ("infra", "classifiers")
_FENCE: Final = re.compile(r"^(```|~~~).*?^\1\s*$", re.M | re.S)
_LINK: Final = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<to>[^)\s]+)\)")
_NODE: Final = re.compile(r"(\w+)[\[(]+([^\[\]()]+)[\])]+")
_COMMENT: Final = re.compile(r"^<!-- (?:test|not run).*?-->\n", re.M | re.S)
# What a browser fetches by itself; links of <a> are the reader's own choice.
_FETCHED: Final = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed)\b[^>]*\bsrc=["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|<link\b(?![^>]*\brel=["']?canonical)[^>]*\bhref=["']?((?:https?:)?//[^"'\s>]+)""",
    re.I,
)
log = logging.getLogger("mkdocs.hooks.pmcmine")


def pages_outside() -> dict[str, str]:
    """Return the pages that lie outside of docs/: their path in the repository, and in the site."""
    found = dict(OUTSIDE)
    for folder in _FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.md")):
            name = path.relative_to(ROOT).as_posix()
            found[name] = name.lower()
    return found


def _notebook(path: Path) -> str:
    """Return a notebook as Markdown: its text, and its code in fences."""
    parts = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
    said = f"A notebook: [{path.name}]({path.name}). The tests run it."
    return "\n\n".join([parts[0], said, *parts[1:]]) + "\n"


def on_files(files: Files, config: Any) -> Files:
    """Add the pages outside of docs/, and the notebooks."""
    for source, name in pages_outside().items():
        files.append(File.generated(config, name, content=(ROOT / source).read_text("utf-8")))
    for path in sorted((ROOT / "docs" / "notebooks").glob("*.ipynb")):
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=_notebook(path)))
        files.append(File.generated(config, f"notebooks/{path.name}", content=path.read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Rewrite links, and draw the diagram."""
    outside = pages_outside()
    source = {name: path for path, name in outside.items()}.get(page.file.src_uri, f"docs/{page.file.src_uri}")
    place = {f"docs/{file.src_uri}": file.src_uri for file in files} | outside
    markdown = re.sub(r"^```mermaid\n(.*?)^```$", lambda m: _stages(m[1]), markdown, flags=re.M | re.S)
    markdown = _COMMENT.sub("", markdown)
    parts, at = [], 0
    for fence in _FENCE.finditer(markdown):
        parts += [_links(markdown[at : fence.start()], source, page.file.src_uri, place), fence[0]]
        at = fence.end()
    return "".join([*parts, _links(markdown[at:], source, page.file.src_uri, place)])


def _links(text: str, source: str, name: str, place: dict[str, str]) -> str:
    """Rewrite the links of a text without code blocks.

    Args:
        text: the text.
        source: the page's path in the repository.
        name: the page's path in the site.
        place: paths in the site by those in the repository.
    """

    def rewritten(match: re.Match[str]) -> str:
        to, hash_, anchor = match["to"].partition("#")
        if re.match(r"[a-z][a-z+.-]*:", match["to"]) or not to:
            return match[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), to))
        if target in place:
            relative = posixpath.relpath(place[target], posixpath.dirname(name) or ".")
            return f"{match['image']}[{match['text']}]({relative}{hash_}{anchor})"
        if not (ROOT / target).exists():
            log.warning(f"{source}: a link leads nowhere: {match['to']}")
        shown = match["text"].strip("`")
        return f"`{target}`" if shown in (target, posixpath.basename(target)) else f"{match['text']} (`{target}`)"

    return _LINK.sub(rewritten, text)


def _stages(diagram: str) -> str:
    """Return the diagram of stages as HTML, since Mermaid's program would come from another host."""
    boxes: list[tuple[str, list[str]]] = []
    for line in diagram.splitlines():
        opened = re.match(r"\s*subgraph \w+ \[(.+)\]", line)
        if opened:
            boxes.append((opened[1], []))
        elif boxes:
            nodes = boxes[-1][1]
            nodes += [
                said.replace("<br/>", " ") for _, said in _NODE.findall(line) if said.replace("<br/>", " ") not in nodes
            ]
    drawn = "".join(
        f"<li><b>{escape(title)}</b> {' → '.join(f'<span>{escape(n)}</span>' for n in nodes)}</li>"
        for title, nodes in boxes
    )
    return f'<ol class="stages">{drawn}</ol>'


def on_post_build(config: Any) -> None:
    """Fail if a page makes a browser ask another host."""
    foreign = set()
    for path in Path(config["site_dir"]).rglob("*.html"):
        for found in _FETCHED.finditer(path.read_text("utf-8")):
            foreign.add(f"{path.name}: {found[1] or found[2]}")
    for path in Path(config["site_dir"]).rglob("*.css"):
        foreign |= {
            f"{path.name}: {u}" for u in re.findall(r"url\([\"']?((?:https?:)?//[^)\"']+)", path.read_text("utf-8"))
        }
    if foreign:
        raise PluginError(f"pages ask other hosts: {'; '.join(sorted(foreign)[:5])}")
