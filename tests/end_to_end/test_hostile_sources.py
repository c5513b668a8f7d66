"""Sources that mean harm: one article or one file is the largest loss, and every run ends."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import socket
import struct
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pmcmine.demo import BucketServer, write_bucket
from pmcmine.demo.corpus import DemoArticle, article_files, many_articles
from pmcmine.errors import SourceError
from pmcmine.ids import keyed_hash, sample_keys
from pmcmine.io.folder import Folder
from pmcmine.sources.bucket import BucketSource
from pmcmine.sources.http import HttpLimits
from pmcmine.text import bounds
from pmcmine.work.snapshot import freeze, read_block
from tests.conftest import PLAIN, config_for
from tests.end_to_end.test_sources import Member, bulk, package, tar_gz
from tests.helpers import mine, rows, samples

HEAD = (
    "<article xmlns:xlink='http://www.w3.org/1999/xlink'><front><article-meta>"
    "<article-id pub-id-type='doi'>{doi}</article-id><title-group><article-title>{title}</article-title></title-group>"
    "<permissions><license xlink:href='https://creativecommons.org/licenses/by/4.0/'/></permissions></article-meta>"
    "</front><body>{body}</body></article>"
)


def picture(seed: int, form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((80, 60), 20 + seed).save(out, form)
    return out.getvalue()


def loose(
    folder: Path, number: int | str, *, doi: str = "10.1/x", title: str = "A title", body: str = "<p>T.</p>"
) -> Path:
    home = folder / f"a{number}"
    home.mkdir(parents=True)
    (home / f"PMC{number}.xml").write_text(HEAD.format(doi=doi, title=title, body=body))
    return home


def figure(xml_id: str, name: str) -> str:
    return (
        f"<fig id='{xml_id}'><label>Figure</label><caption><p>What {name} shows.</p></caption>"
        f"<graphic xlink:href='{name}'/></fig>"
    )


def colliding(pmcid: str) -> list[str]:
    """Three ids of one key: alike in 64 characters, two of them in 24 bits of hash."""
    seen: dict[int, str] = {}
    for n in range(100_000):
        name = f"{'x' * 64}{n}"
        short = keyed_hash("pmcmine/key", name) >> 40
        if short in seen:
            ids = ["x" * 64, seen[short], name]
            assert len(set(sample_keys(pmcid, 1, ids))) == 3
            return ids
        seen[short] = name
    raise AssertionError("no collision")


def test_a_folder_of_things_that_are_no_articles(tmp_path: Path) -> None:
    source = tmp_path / "in"
    loose(source, 1)
    ids = colliding("PMC2")
    home = loose(source, 2, body="".join(figure(xml_id, f"p{n}.jpg") for n, xml_id in enumerate(ids)))
    for n in range(3):
        (home / f"p{n}.jpg").write_bytes(picture(n))
    os.mkfifo(source / "PMC3.xml")
    (source / "PMC4.xml").symlink_to("/dev/zero")
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(source)  # a socket's path has to be short
    listener.bind("PMC5.xml")
    os.chdir(here)
    (source / "PMC6.xml").symlink_to("/nowhere/at/all")
    (source / "PMC7.xml").mkdir()
    odd = os.fsencode(source) + b"/\xff\xfe"
    Path(os.fsdecode(odd)).mkdir()
    shutil.copy(source / "a1" / "PMC1.xml", odd + b"/PMC8.xml")
    for name in (f"PMC{'9' * 30}.xml", "PMC９.xml", "PMC9.99999.xml", "PMC9.١.xml", "PMC0.xml"):
        (source / name).write_text("<article/>")
    home = loose(source, 10, body=figure("f", "a.jpg") + figure("g", "b.jpg") + figure("h", "c.jpg"))
    os.mkfifo(home / "a.jpg")
    (home / "b.jpg").symlink_to("/dev/zero")
    (home / "c.jpg").write_bytes(picture(1))
    (Path(os.fsdecode(os.fsencode(home) + b"/\xff.jpg"))).write_bytes(picture(2))
    for link in ("l1", "l2", "l3"):
        (source / link).symlink_to(source)
        (home / link).symlink_to(source)
    again = loose(source / "again", 1, title="Another title")
    (again / "loop").symlink_to("loop")
    mine(config_for(source, tmp_path / "out", **PLAIN))
    listener.close()
    lost = {r["pmcid"]: r["reason"] for r in rows(tmp_path / "out", "rejects") if r["unit"] in ("article", "version")}
    assert lost == {
        "PMC1": "superseded_version",
        "PMC3": "fetch_failed",
        "PMC4": "fetch_failed",
        "PMC5": "fetch_failed",
        "PMC6": "xml_missing",
        "PMC8": "metadata_invalid",
    }
    assert {a["pmcid"]: a["title"] for a in rows(tmp_path / "out", "articles")} == {
        "PMC1": "A title", "PMC2": "A title", "PMC10": "A title",
    }  # fmt: skip
    assert len([k for k in samples(tmp_path / "out") if k.startswith("PMC2-1-")]) == 3
    figures = {f["xml_id"]: f["no_sample"] for f in rows(tmp_path / "out", "figures") if f["pmcid"] == "PMC10"}
    assert figures == {"f": "fetch_failed", "g": "fetch_failed", "h": None}
    assert [r["detail"] for r in rows(tmp_path / "out", "rejects") if r["reason"] == "media_not_named"] == [
        "\ufffd.jpg"
    ]


def test_small_articles_do_not_become_gigabytes(tmp_path: Path) -> None:
    source = tmp_path / "in"
    loose(source, 1, title="T" * 3_000_000, body="<p>One sentence.</p>" * 10_000)
    loose(source, 2, doi="10.1/" + "9" * 4_000_000, body="<p>One sentence.</p>" * 3_000)
    section = f"<sec><title>{'S' * 900_000}</title>" * 10 + "<p>One sentence.</p>" * 2_000 + "</sec>" * 10
    loose(source, 3, body=section)
    loose(source, 4, body="<p>x</p>" * (bounds.PARTS + 1))
    loose(source, 5, body="<p>" + "<b/>" * bounds.XML_TAGS + "</p>")
    loose(source, 6, body=f"<fig id='{'i' * 300_000}'><caption><p>See.</p></caption></fig>"
          + f"<p>In <xref ref-type='fig' rid='{'i' * 300_000}'>Fig. 1</xref> it is.</p>" * 3)  # fmt: skip
    sentence = "word " * 200_000
    loose(source, 7, body="<fig id='f'><caption><p>See.</p></caption></fig><p>"
          + sentence + "<xref ref-type='fig' rid='f'>Fig. 1</xref> " * 500 + "</p>")  # fmt: skip
    mine(config_for(source, tmp_path / "out", panels=False, privacy=False, near_duplicates=False, classify=False,
                    languages=False))  # fmt: skip
    lost = {r["pmcid"]: r["reason"] for r in rows(tmp_path / "out", "rejects") if r["unit"] == "article"}
    assert lost == {"PMC4": "xml_too_large", "PMC5": "xml_too_large", "PMC7": "xml_too_large"}
    articles = {a["pmcid"]: a for a in rows(tmp_path / "out", "articles")}
    assert articles["PMC1"]["title"] == "T" * (bounds.TITLE - 1) + bounds.TRUNCATED
    assert articles["PMC2"]["doi"] is None
    assert all(len(a["attribution"]) <= bounds.ATTRIBUTION and "CC-BY" in a["attribution"] for a in articles.values())
    paragraphs = rows(tmp_path / "out", "paragraphs")
    assert max(sum(map(len, p["section_titles"])) for p in paragraphs) <= bounds.PATH_TEXT + len(bounds.TRUNCATED)
    assert [(f["figure_id"], f["xml_id"], f["n_mentions"]) for f in rows(tmp_path / "out", "figures")] == [
        ("PMC6.1/f0", None, 3)
    ]
    assert sum(p.stat().st_size for p in (tmp_path / "out").rglob("*") if p.is_file()) < 100_000_000


def rewrite(bucket: Path, pmcid: str, **changes: Any) -> None:
    path = bucket / "metadata" / f"{pmcid}.1.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_metadata_that_utf8_can_not_hold(tmp_path: Path) -> None:
    bucket = tmp_path / "in"
    write_bucket(bucket, many_articles(8))
    rewrite(bucket, "PMC9200001", doi="10.1/\ud800", pmid="\udfff")
    rewrite(bucket, "PMC9200002", media_urls=["PMC9200002.1/\ud800.jpg", f"PMC9200002.1/{'n' * 9999}.jpg"])
    rewrite(bucket, "PMC9200003", license_code="CC BY" * 10_000)
    rewrite(bucket, "PMC9200004", xml_url="PMC9200004.1/\ud800.xml")
    rewrite(bucket, "PMC9200005", pmid=[["x"]], doi={"a": "\ud800"})
    (bucket / "metadata" / "PMC9200006.1.json").write_text('{"pmcid": "PMC9200006", "version": ' + "1" * 9999 + "}")
    (bucket / "metadata" / "PMC9200007.1.json").unlink()
    os.mkfifo(bucket / "metadata" / "PMC9200007.1.json")
    (bucket / "metadata" / "PMC9299999.1.json").symlink_to("/dev/zero")
    (bucket / "metadata" / "PMC9299998.1.json").write_bytes(b'"' + b" " * (bounds.METADATA_BYTES + 9))
    (bucket / "metadata" / f"PMC{'1' * 40}.1.json").write_text("{}")
    (bucket / "metadata" / "PMC1.1１.json").write_text("{}")
    mine(config_for(bucket, tmp_path / "out", **PLAIN))
    lost = {r["pmcid"]: r["reason"] for r in rows(tmp_path / "out", "rejects") if r["unit"] in ("article", "version")}
    assert lost == {
        "PMC9200003": "metadata_invalid",
        "PMC9200004": "xml_missing",
        "PMC9200006": "metadata_invalid",
        "PMC9200007": "metadata_invalid",
        "PMC9299998": "metadata_invalid",
        "PMC9299999": "metadata_invalid",
    }
    articles = {a["pmcid"]: (a["doi"], a["pmid"]) for a in rows(tmp_path / "out", "articles")}
    assert articles["PMC9200001"] == ("10.1/\ufffd", "\ufffd") and len(articles) == 4
    no_sample = [f["no_sample"] for f in rows(tmp_path / "out", "figures") if f["pmcid"] == "PMC9200002"]
    assert no_sample and set(no_sample) == {"media_missing"}


def special(kind: bytes, size: int, name: bytes = b"x") -> bytes:
    """A tar header of any kind and size."""
    head = bytearray(512)
    head[: len(name)] = name
    head[100:108] = b"0000644\0"
    head[124:136] = b"%011o\0" % size if size >= 0 else b"\xff" * 4 + size.to_bytes(8, "big", signed=True)
    head[156:157] = kind
    head[257:265] = b"ustar  \0"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def pax(records: dict[str, str], kind: bytes = tarfile.XHDTYPE) -> bytes:
    body = b""
    for name, value in records.items():
        line = f" {name}={value}\n".encode("utf-8", "surrogateescape")
        n = len(line) + len(str(len(line) + 4))
        body += str(n + len(str(n)) - len(str(n))).encode() + line
    return special(kind, len(body)) + body + bytes(-len(body) % 512)


ZEROS = bytes(512)
BOMBS = {
    "long names": (special(tarfile.GNUTYPE_LONGNAME, 4) + b"name".ljust(512, b"\0")) * 2_000,
    "long links": (special(tarfile.GNUTYPE_LONGLINK, 4) + b"name".ljust(512, b"\0")) * 2_000,
    "one long name": special(tarfile.GNUTYPE_LONGNAME, 1 << 26) + bytes(1 << 20),
    "pax headers": pax({"path": "a"}) * 2_000,
    "one pax header": special(tarfile.XHDTYPE, 1 << 26) + bytes(1 << 20),
    "global headers": pax({"comment": "a"}, tarfile.XGLTYPE) * 2_000,
    "global headers apart": (pax({"comment": "a"}, tarfile.XGLTYPE) + special(tarfile.REGTYPE, 0)) * 2_000,
    "a sparse file": special(tarfile.GNUTYPE_SPARSE, 0),
    "a sparse map": pax({"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}) + special(tarfile.REGTYPE, 512) + ZEROS,
    "a negative size": special(tarfile.REGTYPE, -512),
    "a negative pax size": pax({"size": "-512"}) + special(tarfile.REGTYPE, 0),
    "digits": pax({"size": "9" * 5000}) + special(tarfile.REGTYPE, 0),
}


def raw_package(data: bytes) -> bytes:
    return gzip.compress(data + ZEROS * 2)


@pytest.mark.parametrize("what", [*BOMBS])
def test_a_package_with_headers_out_of_bounds_costs_one_row(tmp_path: Path, what: str) -> None:
    from pmcmine.rejects import Reason, Rejected
    from pmcmine.sources.base import VersionMeta
    from pmcmine.sources.packages import PackageBundle

    (tmp_path / "PMC1.tar.gz").write_bytes(raw_package(BOMBS[what]))
    meta = VersionMeta(pmcid="PMC1", version=1, xml_ref="PMC1.tar.gz")
    with pytest.raises(Rejected) as caught:
        PackageBundle(meta, Folder(str(tmp_path)), 1 << 30).read_xml(1 << 20)
    assert caught.value.reason in (Reason.PACKAGE_UNSAFE, Reason.PACKAGE_DAMAGED, Reason.XML_MISSING)
    if what not in ("digits", "global headers"):
        assert caught.value.reason != Reason.XML_MISSING


@pytest.mark.parametrize("xml_first", [True, False])
def test_what_is_behind_a_broken_header_is_not_lost_without_a_word(tmp_path: Path, xml_first: bool) -> None:
    from pmcmine.rejects import Reason, Rejected
    from pmcmine.sources.base import Asset, VersionMeta
    from pmcmine.sources.packages import PackageBundle

    def file(name: str, data: bytes) -> bytes:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        return info.tobuf() + data + bytes(-len(data) % 512)

    xml, image = file("PMC1/a.nxml", b"<article/>"), file("PMC1/f1.jpg", picture(1))
    broken = bytearray(file("PMC1/notes.txt", b"text"))
    broken[150] ^= 1  # of its checksum
    order = xml + broken + image if xml_first else image + broken + xml
    (tmp_path / "PMC1.tar.gz").write_bytes(raw_package(bytes(order)))
    bundle = PackageBundle(VersionMeta(pmcid="PMC1", version=1, xml_ref="PMC1.tar.gz"), Folder(str(tmp_path)), 1 << 30)
    if xml_first:
        assert bundle.read_xml(1 << 20) == b"<article/>"
        [(_, found)] = bundle.read_assets([Asset("f1.jpg", "PMC1/f1.jpg")], 1 << 20)
        assert isinstance(found, Rejected) and found.reason == Reason.PACKAGE_DAMAGED
    else:
        with pytest.raises(Rejected) as caught:
            bundle.read_xml(1 << 20)
        assert caught.value.reason == Reason.PACKAGE_DAMAGED


def names_of_bytes(article: DemoArticle) -> bytes:
    extra: Member = ("PMC1/\udcff\udcfe.jpg", picture(3))
    return package(article, [extra])


def test_packages_and_lists_of_which_some_mean_harm(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    good = many_articles(3, 9400001)
    for article in good[:2]:
        (source / f"PMC{article.pmcid}.tar.gz").write_bytes(package(article))
    (source / "PMC9400003.tar.gz").write_bytes(names_of_bytes(good[2]))
    (source / "sub").mkdir()
    (source / "sub" / "PMC9400001.tar.gz").write_bytes(b"another one")
    os.mkfifo(source / "PMC9400010.tar.gz")
    (source / "PMC9400011.tar.gz").symlink_to("/dev/zero")
    (source / "PMC9400012.tar.gz").symlink_to("nowhere")
    (source / f"PMC{'9' * 30}.tar.gz").write_bytes(b"")
    for n, bomb in enumerate(BOMBS.values()):
        (source / f"PMC94001{n:02d}.tar.gz").write_bytes(raw_package(bomb))
    head = "File,Citation,Accession ID,Last Updated,PMID,License,Retracted\n"
    (source / "oa_file_list.csv").write_text(
        head
        + f'a,"{"c" * 200_000}",PMC9400001,x,1,CC BY,no\n'
        + "a,b,PMC9400002,x,1,CC BY,no\n"
        + "e" * 3_000_000 + "\n"
        + f"a,b,PMC9400003,x,{'7' * 5000},{'CC BY' * 1000},no\n"
        + f"a,b,PMC{'9' * 30},x,1,CC BY,no\n"
    )  # fmt: skip
    mine(config_for(source, tmp_path / "out", **PLAIN))
    lost = {r["pmcid"]: r["reason"] for r in rows(tmp_path / "out", "rejects") if r["unit"] in ("article", "version")}
    assert lost.pop("PMC9400001") == "superseded_version"
    assert lost.pop("PMC9400003") == "license_not_selected"  # a licence that is cut is none that is known
    assert {lost.pop(f"PMC940001{n}") for n in range(3)} == {"xml_missing"}
    assert len(lost) == len(BOMBS) and set(lost.values()) <= {"package_unsafe", "package_damaged", "xml_missing"}
    assert {a["pmcid"] for a in rows(tmp_path / "out", "articles")} == {"PMC9400001", "PMC9400002"}


def test_bulk_packages_of_which_some_mean_harm(tmp_path: Path) -> None:
    source = tmp_path / "in"
    bulk(source, "oa_comm_xml.a.baseline.2025-01-01", many_articles(4, 9500001))
    for n, bomb in enumerate(BOMBS.values()):
        (source / f"oa_comm_xml.b{n}.baseline.2025-01-01.tar.gz").write_bytes(raw_package(bomb))
    os.mkfifo(source / "oa_comm_xml.c.baseline.2025-01-01.tar.gz")
    (source / "oa_comm_xml.d.baseline.2025-01-01.tar.gz").symlink_to("/dev/zero")
    odd = [("a/PMC" + "9" * 30 + ".xml", b"<article/>"), ("a/PMC９.xml", b"<article/>"), ("\udcff/x.xml", b"")]
    (source / "oa_comm_xml.e.baseline.2025-01-01.tar.gz").write_bytes(tar_gz(odd))
    mine(config_for(source, tmp_path / "out", **PLAIN))
    assert len(rows(tmp_path / "out", "articles")) == 4


def inventory(folder: Path, texts: list[bytes]) -> None:
    """An inventory of the given shards."""
    base = folder / "inventory-reports" / "pmc-oa-opendata" / "metadata"
    (base / "data").mkdir(parents=True)
    (base / "2026-01-01T01-00Z").mkdir()
    files = []
    for n, text in enumerate(texts):
        data = gzip.compress(text)
        (base / "data" / f"{n}.csv.gz").write_bytes(data)
        digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
        files.append({"key": f"inventory-reports/pmc-oa-opendata/metadata/data/{n}.csv.gz", "MD5checksum": digest})
    manifest = {"fileFormat": "CSV", "fileSchema": "Bucket, Key, LastModifiedDate, ETag", "files": files}
    (base / "2026-01-01T01-00Z" / "manifest.json").write_text(json.dumps(manifest))


def row(number: int | str, etag: str = "e", version: int | str = 1) -> bytes:
    return f'"b","metadata/PMC{number}.{version}.json","2026-01-01","{etag}"\n'.encode()


def listed(folder: Path) -> list[tuple[str, int, str]]:
    limits = HttpLimits(retries=0, retry_seconds=0.01, requests_per_second=10_000)
    with BucketServer(folder) as server:
        return [(e.pmcid, e.version, e.etag) for e in BucketSource(server.url, limits).entries(None)]


def test_an_inventory_keeps_what_is_sound(tmp_path: Path) -> None:
    inventory(tmp_path, [
        row(1) + b"x" * 50_000_000 + b"\n" + row(2) + b'"' + b"y" * 300_000 + b'"\n' + row(3),
        row(4) + b"\xff\xfe,\xff\n" + row("\xff") + row(5) + b"\0\0\n\n" + row(6) + b"a,b\n",
        row("9" * 30) + row("１") + row(7, version="12345") + row(8, version="１") + row(9, "f" * 100_000) + row(10),
        row(11) + b"z" * 80_000_000,
    ])  # fmt: skip
    found = listed(tmp_path)
    assert [f[0] for f in found] == [f"PMC{n}" for n in (1, 2, 3, 4, 5, 6, 9, 10, 11)]
    assert max(len(f[2]) for f in found) == bounds.IDENTIFIER


def test_an_inventory_of_another_layout_is_told(tmp_path: Path) -> None:
    inventory(tmp_path, [b'"a","b","c","d","e"\n' * 9])
    with pytest.raises(SourceError, match="have not 4 fields"):
        listed(tmp_path)


def test_keys_that_an_inventory_names_twice(tmp_path: Path) -> None:
    bucket = tmp_path / "bucket"
    write_bucket(bucket, many_articles(3))
    shutil.rmtree(bucket / "inventory-reports")
    lines = [row(9200000 + n, hashlib.md5((bucket / "metadata" / f"PMC920000{n}.1.json").read_bytes()).hexdigest())
             for n in (1, 2, 3)]  # fmt: skip
    inventory(
        bucket, [lines[0] + lines[1] + lines[1], lines[2] + row(9200001, "0" * 32) + lines[1] + row(9200001, "1")]
    )
    with BucketServer(bucket) as server:
        mine(config_for(server.url, tmp_path / "out", retries=0, **PLAIN))
    assert [(r["pmcid"], r["reason"]) for r in rows(tmp_path / "out", "rejects")] == [
        ("PMC9200001", "superseded_version")
    ]
    assert len(rows(tmp_path / "out", "articles")) == 3


def test_a_snapshot_holds_any_entry(tmp_path: Path) -> None:
    from pmcmine.sources.base import Entry

    entries: Iterator[Entry] = iter([
        Entry("PMC1", 1, "a/\udcff.xml", "1"), Entry("PMC2", 1, "b", "\ud800"), Entry("PMC3", 1, "c", "1", "\ud800"),
        Entry("PMC4", 1, "d", "1"), Entry("PMC4", 1, "d", "1"), Entry("PMC4", 1, "d2", "2"), Entry("PMC4", 2, "d", "1"),
    ])  # fmt: skip
    work = Folder(str(tmp_path))
    assert freeze(entries, "folder", None, 200, work).n_versions == 6
    found = [e for group in read_block(work, 0) for e in group]
    assert [(e.pmcid, e.version, e.ref, e.problem is None) for e in found] == [
        ("PMC1", 1, "", False), ("PMC2", 1, "", False), ("PMC3", 1, "", False),
        ("PMC4", 1, "d", True), ("PMC4", 1, "", False), ("PMC4", 2, "d", True),
    ]  # fmt: skip


@pytest.mark.parametrize("change", [
    {"key": "\ud800"}, {"key": 7}, {"key": "x" * 100_000}, {"MD5checksum": 7}, {"MD5checksum": "\ud800"}, {"key": None},
])  # fmt: skip
def test_manifests_that_name_no_file(tmp_path: Path, change: dict[str, Any]) -> None:
    inventory(tmp_path, [row(1)])
    path = next(tmp_path.rglob("manifest.json"))
    manifest = json.loads(path.read_text())
    manifest["files"][0] |= change
    path.write_text(json.dumps(manifest))
    with pytest.raises(SourceError, match="no complete inventory"):
        listed(tmp_path)


def test_pdfs_of_which_some_mean_harm(tmp_path: Path) -> None:
    from pmcmine.pdf.extract import Limits
    from pmcmine.sources.pdfs import PdfSource

    os.mkfifo(tmp_path / "PMC1.pdf")
    (tmp_path / "PMC2.pdf").symlink_to("/dev/zero")
    (tmp_path / "PMC3.pdf").write_bytes(b"%PDF" + bytes(5000))
    os.mkfifo(tmp_path / "PMC3.json")
    (tmp_path / "nameless.pdf").write_bytes(b"%PDF")
    (tmp_path / f"PMC{'9' * 30}.pdf").write_bytes(b"%PDF")
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    (tmp_path / "x.json").write_text('{"pmcid": "PMC4", "version": ' + "9" * 30 + "}")
    (tmp_path / "y.pdf").write_bytes(b"%PDF")
    (tmp_path / "y.json").write_text('{"pmcid": "PMC5", "version": 2, "doi": "\\ud800"}')
    source = PdfSource(str(tmp_path), (), 1000, Limits(10, 1_000_000, 10))
    found = {e.pmcid: (e.version, e.problem is None) for e in source.entries(None)}
    assert found == {"PMC1": (1, False), "PMC2": (1, False), "PMC3": (1, True), "PMC5": (2, True)}
    reader = source.open(1.0)
    assert [reader.metadata(e).doi for e in source.entries(None) if e.pmcid == "PMC5"] == ["\ufffd"]


def apng(frames: int) -> bytes:
    """A PNG that states a number of frames."""
    data = picture(5, "PNG")
    body = b"acTL" + struct.pack(">II", frames, 0)
    return data[:33] + struct.pack(">I", 8) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]


def test_an_image_of_too_many_frames_is_one_reject(tmp_path: Path) -> None:
    source = tmp_path / "in"
    home = loose(source, 1, body="".join(figure(f"f{n}", f"p{n}.png") for n in range(3)))
    for n, frames in enumerate((2, 1 << 31, (1 << 31) - 1)):
        (home / f"p{n}.png").write_bytes(apng(frames))
    mine(config_for(source, tmp_path / "out", **PLAIN))
    assert [(f["xml_id"], f["frames"], f["no_sample"]) for f in rows(tmp_path / "out", "figures")] == [
        ("f0", 3, None), ("f1", None, "image_corrupt"), ("f2", None, "image_corrupt"),
    ]  # fmt: skip


def test_panels_whose_keys_collide_end_no_run() -> None:
    from pmcmine.io.tar import header
    from pmcmine.panels.crops import panel_keys

    taken: set[str] = set()
    keys = panel_keys("PMC1-1-a", ["B-C", "B", "B", "B-2", "B"], taken)
    keys += panel_keys("PMC1-1-a-B", ["C", "", "2", "1"], taken)
    keys += panel_keys("PMC123456789012-9999-" + "x" * 64 + "-abcdef", [*"ABCDE"] * 3, taken)
    assert len(set(keys)) == len(keys) == len(taken)
    for key in keys:
        header(key + ".json", 1)


def test_the_demo_has_the_keys_it_had() -> None:
    assert sample_keys("PMC1", 1, ["fig1", "a.b", "a/b", "é"]) == [
        "PMC1-1-fig1", "PMC1-1-a_b", f"PMC1-1-a_b-{keyed_hash('pmcmine/key', 'a/b') >> 40:06x}", "PMC1-1-_",
    ]  # fmt: skip
    assert article_files(many_articles(1)[0])[0]
