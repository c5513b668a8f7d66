"""Vocabularies of others: hashes are computed, caches are private, nothing is fetched that nobody asked for."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import fsspec
import pytest

from pmcmine.describe.cards import shards_card
from pmcmine.errors import PmcmineError, VocabularyError
from pmcmine.io.loopback import LoopbackServer
from pmcmine.release.facts import VocabularyFacts
from pmcmine.vocabulary.locate import cache_folder, is_remote, local_copy
from pmcmine.vocabulary.open import Ontology, get_open
from pmcmine.vocabulary.terms import Origin
from pmcmine.vocabulary.vocabulary import ARRAYS, MAGIC, Vocabulary
from tests.pmcmine.conftest import OBO
from tests.test_cli import call


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pmcmine" / "vocabularies"


def tampered(source: Path, target: Path, change: Callable[[dict[str, Any]], None], *, rehash: bool = True) -> Path:
    """A copy whose header is changed; its length stays, so that the content stays where it is."""
    data = source.read_bytes()
    start = len(MAGIC) + 8
    size = struct.unpack("<I", data[start - 4 : start])[0]
    header = json.loads(data[start : start + size])
    if rehash:
        header["sha256"] = sha256(data[start + size :]).hexdigest()
    change(header)
    text = json.dumps(header).encode()
    assert len(text) <= size
    target.write_bytes(data[:start] + text.ljust(size) + data[start + size :])
    return target


def remote(path: Path) -> str:
    address = f"memory://vocabularies/{path.name}"
    with fsspec.open(address, "wb") as stream:
        stream.write(path.read_bytes())
    return address


@pytest.mark.parametrize("stated", ["../../x", "/tmp/x", "A" * 64, "0" * 63, "", 7, None, ["a"], "0" * 64 + "\n"])
def test_a_hash_that_is_a_path_names_no_file(vocabulary: Vocabulary, tmp_path: Path, stated: object) -> None:
    path = tampered(Path(vocabulary.path), tmp_path / "v.vocab", lambda h: h.update(sha256=stated))
    with pytest.raises(VocabularyError, match="header"):
        Vocabulary(path)
    with pytest.raises(VocabularyError):
        local_copy(remote(path))
    with pytest.raises(PmcmineError):
        local_copy(vocabulary.path, str(stated) or "-")
    assert not (tmp_path / "x.vocab").exists() and not list(tmp_path.rglob("*.tmp"))


def test_a_hash_that_is_only_stated_is_found_out(
    vocabulary: Vocabulary, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tampered(Path(vocabulary.path), tmp_path / "v.vocab", lambda h: h.update(sha256="0" * 64))
    for address in (str(path), f"file://{path}", remote(path)):
        with pytest.raises(VocabularyError, match="its hash differs"):
            local_copy(address, "0" * 64)
    code, _, err = call(capsys, "link", "brain", "--vocab", str(path))
    assert code == 2 and "its hash differs" in err
    code, _, err = call(capsys, "mine", "--source", str(tmp_path), "--out", str(tmp_path / "o"), "--vocab", str(path))
    assert code == 2 and "its hash differs" in err


@pytest.mark.parametrize("array", sorted(ARRAYS))
def test_numbers_that_point_beyond_the_end_are_found_out(vocabulary: Vocabulary, tmp_path: Path, array: str) -> None:
    data = bytearray(Path(vocabulary.path).read_bytes())
    offset, n = vocabulary.header["arrays"][array]
    width = int(ARRAYS[array][2:])
    at = offset + (n - 1) * width
    data[at : at + width] = b"\xff" * width
    (tmp_path / "changed").write_bytes(data)
    path = tampered(tmp_path / "changed", tmp_path / "v.vocab", lambda h: None)
    try:
        local_copy(str(path))
    except VocabularyError as error:
        assert "inconsistent" in str(error)
        return
    assert array in ("keys", "posting_flags", "prefixes", "names", "term_cui", "bag_flags", "bag_sums", "bag_words")


@pytest.mark.parametrize(
    "change",
    [
        {"license_class": "<b>free</b>"}, {"version": 7}, {"bucket_bits": 63}, {"bucket_bits": -1}, {"longest": "x"},
        {"origins": [{"name": "x"}]}, {"origins": 3}, {"type_sets": [[1]]}, {"counts": []}, {"arrays": {"keys": [-8, 3]}},
    ],
)  # fmt: skip
def test_headers_of_another_form_end_with_one_line(
    vocabulary: Vocabulary, tmp_path: Path, change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tampered(Path(vocabulary.path), tmp_path / "v.vocab", lambda h: h.update(change))
    code, _, err = call(capsys, "vocab", "info", str(path))
    assert code == 2 and "damaged" in err and err.count("\n") == 1


@pytest.mark.timeout(20)
def test_special_files_are_no_vocabularies(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/zero"), tmp_path):
        with pytest.raises(VocabularyError):
            local_copy(str(path))


def test_a_remote_vocabulary_is_copied_once_into_a_private_folder(vocabulary: Vocabulary, own_cache: Path) -> None:
    address = remote(Path(vocabulary.path))
    copy = Path(local_copy(address))
    assert copy == own_cache / f"{vocabulary.sha256}.vocab" and copy.stat().st_mode & 0o777 == 0o600
    assert own_cache.stat().st_mode & 0o777 == 0o700
    fsspec.filesystem("memory").rm(address)
    assert local_copy(address, vocabulary.sha256) == str(copy)
    copy.write_bytes(b"something else")
    with pytest.raises(VocabularyError):
        local_copy(address, vocabulary.sha256)


@pytest.mark.parametrize("kind", ["link", "open to all", "a link above", "a link in /tmp"])
def test_a_cache_that_others_can_change_is_refused(
    vocabulary: Vocabulary, tmp_path: Path, own_cache: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = remote(Path(vocabulary.path))
    (tmp_path / "theirs").mkdir()
    if kind == "a link in /tmp":
        (tmp_path / "file").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        (tmp_path / f"pmcmine-vocabularies-{os.getuid()}").symlink_to(tmp_path / "theirs")
    elif kind == "open to all":
        own_cache.mkdir(parents=True)
        own_cache.chmod(0o777)
    else:
        link = own_cache if kind == "link" else own_cache.parent
        link.parent.mkdir(parents=True)
        link.symlink_to(tmp_path / "theirs")
    with pytest.raises(VocabularyError):
        local_copy(address)
    assert not list((tmp_path / "theirs").iterdir())


def test_where_there_is_no_home_the_cache_is_in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_folder().parent == tmp_path and cache_folder().stat().st_mode & 0o777 == 0o700


def test_a_link_beside_the_output_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "open.vocab").symlink_to(tmp_path / "victim")
    (tmp_path / ".open.vocab.tmp").symlink_to(tmp_path / "victim")
    get_open(tmp_path / "open.vocab", ("hp",), offline=True)
    assert (tmp_path / "victim").read_text() == "precious" and Vocabulary(tmp_path / "open.vocab").verify()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/v", "memory://v", "simplecache::http://127.0.0.1/v", "gs://b/v", "s3::x"]
)
def test_an_update_goes_to_no_address_that_a_release_names(
    tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert is_remote(address)
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "release.json").write_text(
        json.dumps({"config": {"source": str(tmp_path)}, "run": {"vocab": address}, "files": []})
    )
    code, _, err = call(capsys, "update", str(tmp_path / "release"))
    assert code == 2 and "--vocab" in err and err.count("\n") == 1


def test_html_of_a_vocabulary_is_text_in_a_card() -> None:
    origin = Origin("X", "<script>alert(1)</script>\n\n# Big [a](javascript:x)", "<img src=x>", "open", "")
    vocabulary = VocabularyFacts("v`</code><b>", "", "open", "0" * 64, (origin,), names_published=True)
    card = shards_card([], vocabulary).decode()
    section = card.split("## Concepts")[1].split("## The JSON")[0]
    assert "<script" not in section and "<img" not in section and "\n# Big" not in section and "[a](" not in section
    assert "`v'</code><b>`" in section and "&lt;script&gt;" in section


class _Mirror(BaseHTTPRequestHandler):
    """`/x.obo` is an ontology; other paths are what a mirror may do wrong."""

    def do_GET(self) -> None:
        data = OBO.encode()
        to = {
            "/away": "http://example.invalid/x.obo",
            "/moved": "/x.obo",
            "/file": "file:///etc/passwd",
            "/loop": "/loop",
        }
        if self.path in to:
            self.send_response(302)
            self.send_header("Location", to[self.path])
        else:
            self.send_response(200 if self.path == "/x.obo" else 404)
            self.send_header("ETag", '"abc\x9b"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def mirror() -> Iterator[str]:
    with LoopbackServer(_Mirror) as server:
        yield server.url


def test_a_download_is_described_and_can_be_pinned(mirror: str, tmp_path: Path) -> None:
    told: list[str] = []
    ontologies = (Ontology("x", f"{mirror}moved"),)
    digest = sha256(OBO.encode()).hexdigest()
    header = get_open(tmp_path / "a" / "o.vocab", ontologies=ontologies, tell=told.append, pins={"x": digest})
    said = header["downloads"]["x"]
    assert said["url"] == f"{mirror}x.obo" and said["sha256"] == digest and said["bytes"] == len(OBO.encode())
    assert said["etag"] == '"abc"' and any(digest in line and '"abc"' in line for line in told)
    assert Vocabulary(tmp_path / "a" / "o.vocab").info()["downloads"]["x"]["sha256"] == digest
    with pytest.raises(VocabularyError, match="--pin x"):
        get_open(tmp_path / "a" / "o.vocab", offline=True, ontologies=ontologies, pins={"x": "0" * 64})
    with pytest.raises(PmcmineError, match="no SHA-256"):
        get_open(tmp_path / "a" / "o.vocab", ontologies=ontologies, pins={"x": "../x"})
    (tmp_path / "a" / "sources" / "x.obo").write_text(OBO.replace("lung", "heart"))
    changed = get_open(tmp_path / "a" / "o.vocab", offline=True, ontologies=ontologies)["downloads"]["x"]
    assert changed["sha256"] != digest and changed["etag"] == "" and "by hand" in changed["url"]


@pytest.mark.parametrize("path", ["away", "file", "loop", "missing"])
def test_a_download_that_leads_elsewhere_is_left_out(mirror: str, tmp_path: Path, path: str) -> None:
    told: list[str] = []
    with pytest.raises(VocabularyError, match="no ontology"):
        get_open(tmp_path / "o.vocab", ontologies=(Ontology("x", f"{mirror}{path}"),), tell=told.append)
    assert any("left out" in line for line in told) and not list(tmp_path.rglob("*.obo*"))


@pytest.mark.parametrize(
    "url", ["http://purl.obolibrary.org/obo/hp.obo", "ftp://127.0.0.1/x", "http://127.0.0.1.example.org/x"]
)
def test_plain_http_is_no_way_to_another_machine(tmp_path: Path, url: str) -> None:
    told: list[str] = []
    with pytest.raises(VocabularyError, match="no ontology"):
        get_open(tmp_path / "o.vocab", ontologies=(Ontology("x", url),), tell=told.append)
    assert any("HTTPS" in line for line in told)
