"""Folders, packages and bulk packages, whole and hostile."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from pmcmine.demo.corpus import DemoArticle, DemoFigure, article_files, many_articles
from pmcmine.errors import PmcmineError, SourceError
from pmcmine.sources import recognise
from tests.conftest import PLAIN, config_for
from tests.helpers import mine, release_json, rows

Member = tuple[str, bytes] | tarfile.TarInfo


def tar_gz(members: Iterable[Member]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return out.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def package(article: DemoArticle, extra: Iterable[Member] = ()) -> bytes:
    """A former article package: `.nxml`, media and a thumbnail beside each."""
    members: list[Member] = []
    for key, data in article_files(article)[0].items():
        name = key.split("/")[1]
        name = f"demo.{article.pmcid}.nxml" if name.endswith(".xml") else name
        members.append((f"PMC{article.pmcid}/{name}", data))
    return tar_gz([*members, *extra])


OLD = [
    DemoArticle(9300001 + i, dialect="2.3", license_code=code, figures=(DemoFigure(("micrograph",)), DemoFigure()))
    for i, code in enumerate(("CC BY", "CC BY-NC", "CC BY"))
]


def test_packages_with_a_file_list(tmp_path: Path) -> None:
    for article in OLD:
        folder = tmp_path / "in" / "oa_package" / "08"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"PMC{article.pmcid}.tar.gz").write_bytes(package(article))
    (tmp_path / "in" / "oa_file_list.csv").write_text(
        "File,Article Citation,Accession ID,Last Updated (YYYY-MM-DD HH:MM:SS),PMID,License,Retracted\n"
        "a,b,PMC9300001,2019-11-05 11:56:12,11250746,CC BY,no\n"
        "a,b,PMC9300002,2019-11-05 11:56:12,11250747,NO-CC CODE,no\n"
        "a,b,PMC9300003,2019-11-05 11:56:12,11250748,CC BY,yes\n"
    )
    assert recognise(str(tmp_path / "in")) == "packages"
    mine(config_for(tmp_path / "in", tmp_path / "out", **PLAIN))
    figures = rows(tmp_path / "out", "figures")
    assert [(f["figure_id"], f["media_rule"], f["no_sample"]) for f in figures] == [
        ("PMC9300001.1/fig1", "extension", None),
        ("PMC9300001.1/fig2", "extension", None),
    ]
    assert {r["pmcid"]: r["reason"] for r in rows(tmp_path / "out", "rejects")} == {
        "PMC9300002": "license_not_selected",
        "PMC9300003": "retracted",
    }


def test_packages_without_a_list_go_by_the_xml(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for article in OLD:
        (tmp_path / "in" / f"PMC{article.pmcid}.tar.gz").write_bytes(package(article))
    mine(config_for(tmp_path / "in", tmp_path / "out", **PLAIN))
    articles = rows(tmp_path / "out", "articles")
    assert [(a["license"], a["license_source"]) for a in articles] == [
        ("CC-BY", "xml"),
        ("CC-BY", "xml"),
        ("CC-BY-NC", "xml"),
    ]


def test_hostile_packages_cost_one_row_each(tmp_path: Path) -> None:
    good, other = OLD[0], many_articles(9, 9310000)
    whole = package(other[5])
    hostile = {
        "PMC9310000": package(other[0], [link("PMC9310000/evil.jpg", "/etc/passwd")]),
        "PMC9310001": package(other[1], [("../../outside.jpg", b"x")]),
        "PMC9310002": package(other[2], [("/abs.jpg", b"x")]),
        "PMC9310003": package(other[3], [link("PMC9310003/hard.jpg", "PMC9310003/x.nxml", tarfile.LNKTYPE)]),
        "PMC9310004": package(other[4], [("PMC9310004/bomb.jpg", bytes(200 << 20))]),
        "PMC9310005": whole[:300],
        "PMC9310006": b"not a tar at all",
        "PMC9310007": gzip.compress(b"not a tar inside"),
        "PMC9310008": tar_gz([("PMC9310008/readme.txt", b"no article")]),
    }
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"PMC{good.pmcid}.tar.gz").write_bytes(package(good))
    for pmcid, data in hostile.items():
        (tmp_path / "in" / f"{pmcid}.tar.gz").write_bytes(data)
    mine(config_for(tmp_path / "in", tmp_path / "out", **PLAIN))
    found = {r["pmcid"]: r["reason"] for r in rows(tmp_path / "out", "rejects")}
    assert found == {
        "PMC9310000": "package_unsafe",
        "PMC9310001": "package_unsafe",
        "PMC9310002": "package_unsafe",
        "PMC9310003": "package_unsafe",
        "PMC9310004": "package_unsafe",
        "PMC9310005": "package_damaged",
        "PMC9310006": "package_damaged",
        "PMC9310007": "package_damaged",
        "PMC9310008": "xml_missing",
    }
    assert {a["pmcid"] for a in rows(tmp_path / "out", "articles")} == {f"PMC{good.pmcid}"}
    assert not list(tmp_path.rglob("outside.jpg"))


def test_a_cut_package_gives_what_came_before_the_cut(tmp_path: Path) -> None:
    xml, *media = article_files(OLD[0])[0].items()
    members = [("PMC9300001/a.nxml", xml[1]), *[(f"PMC9300001/{k.split('/')[1]}", d) for k, d in media]]
    data = tar_gz(members)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "PMC9300001.tar.gz").write_bytes(data[: len(data) - len(data) // 20])
    mine(config_for(tmp_path / "in", tmp_path / "out", **PLAIN))
    figures = {f["xml_id"]: f["no_sample"] for f in rows(tmp_path / "out", "figures")}
    assert figures["fig1"] is None and figures["fig2"] in ("media_missing", "package_damaged")


def xml_of(article: DemoArticle) -> bytes:
    return next(data for key, data in article_files(article)[0].items() if key.endswith(".xml"))


def bulk(
    folder: Path, name: str, articles: list[DemoArticle], extra: Iterable[Member] = (), *, cut: float = 1.0
) -> None:
    folder.mkdir(exist_ok=True)
    members: list[Member] = [(f"PMC009xxxxxx/PMC{a.pmcid}.xml", xml_of(a)) for a in articles]
    data = tar_gz([*members, *extra])
    (folder / f"{name}.tar.gz").write_bytes(data[: int(len(data) * cut)])
    lines = ["Article File,Article Citation,AccessionID,LastUpdated (YYYY-MM-DD HH:MM:SS),PMID,License,Retracted"]
    for a in articles:
        retracted = "yes" if a.retracted else "no"
        lines.append(
            f'PMC009xxxxxx/PMC{a.pmcid}.xml,"J, 2019",PMC{a.pmcid},"2024-02-07 23:35:31",1,"{a.license_code}",{retracted}'
        )
    (folder / f"{name}.filelist.csv").write_text("\n".join(lines) + "\n")


def test_bulk_baseline_and_increments(tmp_path: Path) -> None:
    articles = many_articles(6, 9320001)
    newer = DemoArticle(9320002, license_code="CC BY", figures=(DemoFigure(caption="Newer caption."),))
    retracted = DemoArticle(9320003, retracted=True)
    bulk(tmp_path / "in", "oa_comm_xml.PMC009xxxxxx.baseline.2025-06-26", articles)
    bulk(tmp_path / "in", "oa_comm_xml.incr.2025-06-28", [retracted])
    bulk(tmp_path / "in", "oa_comm_xml.incr.2025-06-27", [newer, DemoArticle(9320003)])
    assert recognise(str(tmp_path / "in")) == "bulk"
    mine(config_for(tmp_path / "in", tmp_path / "out", **PLAIN))
    figures = [f for f in rows(tmp_path / "out", "figures") if f["pmcid"] == "PMC9320002"]
    assert [f["caption"] for f in figures] == ["Newer caption."]
    assert all(f["no_sample"] == "media_not_in_source" for f in rows(tmp_path / "out", "figures"))
    assert {t["pmcid"] for t in rows(tmp_path / "out", "tombstones")} == {"PMC9320003"}
    assert len(rows(tmp_path / "out", "articles")) == 5
    assert release_json(tmp_path / "out")["counts"]["samples"] == {}


def test_hostile_and_cut_bulk_packages(tmp_path: Path) -> None:
    articles = many_articles(8, 9330001)
    evil: list[Member] = [link("PMC009xxxxxx/PMC9339001.xml", "/etc/passwd"), ("../PMC9339002.xml", b"<article/>")]
    evil.append(("PMC009xxxxxx/PMC9339003.xml", b"<article>" + b" " * 3_000_000 + b"</article>"))
    bulk(tmp_path / "in", "oa_comm_xml.a.baseline.2025-01-01", articles[:3], evil)
    bulk(tmp_path / "in", "oa_comm_xml.b.baseline.2025-01-01", articles[3:], cut=0.6)
    mine(config_for(tmp_path / "in", tmp_path / "out", max_xml_bytes=2_000_000, **PLAIN))
    found = {r["pmcid"]: r["reason"] for r in rows(tmp_path / "out", "rejects") if r["unit"] in ("version", "article")}
    assert found.pop("PMC9339001") == "package_unsafe" and found.pop("PMC9339002") == "package_unsafe"
    assert found.pop("PMC9339003") == "xml_too_large"
    assert found and set(found.values()) == {"package_damaged"}
    got = {a["pmcid"] for a in rows(tmp_path / "out", "articles")}
    assert got | found.keys() == {f"PMC{a.pmcid}" for a in articles} and not got & found.keys()
    assert len(got) > 3


def test_loose_xml_with_images_beside(tmp_path: Path) -> None:
    folder = tmp_path / "in" / "some" / "place"
    folder.mkdir(parents=True)
    for key, data in article_files(OLD[0])[0].items():
        name = key.split("/")[1]
        (folder / ("PMC9300001.nxml" if name.endswith(".xml") else name)).write_bytes(data)
    (tmp_path / "in" / "notes.xml").write_bytes(b"<not-an-article/>")
    assert recognise(str(tmp_path / "in")) == "folder"
    mine(config_for(tmp_path / "in", tmp_path / "out", **PLAIN))
    assert [a["license_source"] for a in rows(tmp_path / "out", "articles")] == ["xml"]
    assert sum(release_json(tmp_path / "out")["counts"]["samples"].values()) == 2


def test_loose_articles_in_one_folder_get_the_images_that_they_refer_to(tmp_path: Path) -> None:
    """Not all others as well, as rejects: their number would be the product of articles and images."""
    folder = tmp_path / "in"
    folder.mkdir()
    for n, article in enumerate(OLD[:3]):
        for key, data in article_files(article)[0].items():
            name = key.split("/")[1]
            if name.endswith(".xml"):
                text = data.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"') if n == 2 else data.decode()
                (folder / name).write_bytes(text.encode("utf-16" if n == 2 else "utf-8"))
            else:
                (folder / (name.upper() if n == 1 else name)).write_bytes(data)
    (folder / "of_nobody.jpg").write_bytes(b"x")
    mine(config_for(folder, tmp_path / "out", **PLAIN, groups=("commercial", "noncommercial")))
    assert sum(release_json(tmp_path / "out")["counts"]["samples"].values()) == 6
    assert not [r for r in rows(tmp_path / "out", "rejects") if r["reason"] == "media_not_named"]


@pytest.mark.parametrize(("address", "said"), [
    ("/nowhere/at/all", "no such folder"),
    ("s3://pmc-oa-opendata/", "read over HTTPS"),
    ("nosuchprotocol://x", "no file system"),
])  # fmt: skip
def test_addresses_that_are_none(address: str, said: str) -> None:
    with pytest.raises(PmcmineError, match=said):
        recognise(address)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="or is empty"):
        recognise(str(tmp_path))


# 50 MB are read in 30 seconds: the slow tests keep that, the quick ones a twentieth of it.
@pytest.mark.parametrize("sections", [2_500, pytest.param(50_000, marks=pytest.mark.slow)])
def test_hostile_xml_costs_one_row_each(tmp_path: Path, sections: int) -> None:
    head = "<article xmlns:xlink='http://www.w3.org/1999/xlink'><front><article-meta><article-id pub-id-type='pmcid'>PMC{}</article-id>"
    cc = "<permissions><license xlink:href='https://creativecommons.org/licenses/by/4.0/'/></permissions></article-meta></front>"
    lol = "<!DOCTYPE article [<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(12)
    )
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    big = "<sec>" + "<p>" + "word " * 200 + "</p>"
    documents = {
        1: lol + "]>" + head.format(1) + cc + "<body><p>&m;</p></body></article>",
        2: f"<!DOCTYPE article [<!ENTITY x SYSTEM 'file://{secret}'>]>"
        + head.format(2)
        + cc
        + "<body><p>see &x;</p></body></article>",
        3: head.format(3) + cc + "<body>" + "<sec>" * 5000 + "</sec>" * 5000 + "</body></article>",
        4: head.format(4) + cc + "<body>" + (big + "</sec>") * sections + "</body></article>",
        5: "",
        6: "\0\0\0",
        7: "<?xml version='1.0' encoding='x-no-such'?>" + head.format(7) + cc + "</article>",
        8: "<html><body>not an article</body></html>",
        9: head.format(9) + cc + "<body><p>fine</p></body></article>",
        10: head.format(10)
        + cc
        + "<body><p>"
        + "<italic>" * 200
        + "deep"
        + "</italic>" * 200
        + "</p></body></article>",
    }
    (tmp_path / "in").mkdir()
    for n, text in documents.items():
        (tmp_path / "in" / f"PMC{n}.xml").write_bytes(text.encode())
    assert (tmp_path / "in" / "PMC4.xml").stat().st_size > 1_000 * sections
    mine(config_for(tmp_path / "in", tmp_path / "out", **PLAIN))
    found = {r["pmcid"]: r["reason"] for r in rows(tmp_path / "out", "rejects") if r["unit"] == "article"}
    assert found == {
        "PMC1": "xml_malformed", "PMC3": "xml_malformed", "PMC5": "xml_malformed", "PMC6": "xml_malformed", "PMC7": "xml_malformed",
        "PMC8": "xml_not_an_article",
    }  # fmt: skip
    texts = {p["pmcid"]: p["text"] for p in rows(tmp_path / "out", "paragraphs")}
    assert texts["PMC2"] == "see" and texts["PMC9"] == "fine" and texts["PMC10"] == "deep"
    assert len([p for p in rows(tmp_path / "out", "paragraphs") if p["pmcid"] == "PMC4"]) == sections
    assert b"SECRET" not in b"".join(p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file())
