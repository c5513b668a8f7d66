"""Generate the demo's articles and the bucket that holds them.

They cover every licence group, old and new dialects, hard cases and broken files.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.sax.saxutils import escape

from pmcmine.demo.pictures import draw, encode
from pmcmine.demo.studies import SUBJECTS, legend, sentences, title
from pmcmine.demo.texts import APPENDIX, CASE, CASE_SERIES, GRAPHICAL_ABSTRACT, HARD_BACK, HARD_BODY, TABLES

_LICENSE_PATHS = {"CC BY": "by/4.0", "CC BY-SA": "by-sa/4.0", "CC BY-ND": "by-nd/4.0", "CC BY-NC": "by-nc/4.0",
                  "CC BY-NC-SA": "by-nc-sa/4.0", "CC BY-NC-ND": "by-nc-nd/4.0"}  # fmt: skip
_IMAGE_ENDINGS = {
    "JPEG": ".jpg",
    "cmyk": ".jpg",
    "rotated": ".jpg",
    "PNG": ".png",
    "png16": ".png",
    "TIFF": ".tif",
    "GIF": ".gif",
}


@dataclass(frozen=True)
class DemoFigure:
    """A figure to generate. `bytes` replaces the drawn image; `xml` adds markup; `media` False leaves it out."""

    kinds: tuple[str, ...] = ("bars",)
    form: str = "JPEG"
    caption: str | None = None
    bytes: bytes | None = None
    seed: int | None = None
    media: bool = True
    extra: str = ""
    thumbnail: bool = False
    wrong_md5: bool = False


@dataclass(frozen=True)
class DemoArticle:
    """An article version to generate."""

    pmcid: int
    version: int = 1
    license_code: str | None = "CC BY"
    dialect: str = "1.4"
    article_type: str = "research-article"
    figures: tuple[DemoFigure, ...] = (DemoFigure(), DemoFigure(("micrograph", "lines")))
    open_access: bool = True
    manuscript: bool = False
    ocr: bool = False
    retracted: bool = False
    xml_retraction: bool = False
    damage: str = ""  # truncated, missing, wrong_md5, bad_metadata
    body: str = ""
    back: str = ""
    appendix: str = ""
    front: str = ""
    tags: tuple[str, ...] = field(default=())


# Pictures of plain articles, in turn.
_PLAIN: tuple[tuple[str, ...], ...] = (
    ("bars",), ("micrograph", "bars"), ("radiograph",), ("lines",), ("gel", "bars", "lines"), ("micrograph",),
    ("ct",), ("fluorescence", "lines"), ("mri",),
)  # fmt: skip


def demo_articles(n_plain: int = 16) -> list[DemoArticle]:
    """Generate the demo's articles: plain ones of all licences, then one for each hard case."""
    codes = ("CC BY", "CC BY", "CC BY-NC", "CC0", "CC BY-SA", "CC BY-NC-ND", "CC BY-ND", "CC BY-NC-SA")
    dialects = ("1.4", "2.3", "oai", "1.4", "articleset")
    plain = [
        DemoArticle(
            9000001 + i,
            license_code=codes[i % len(codes)],
            dialect=dialects[i % len(dialects)],
            article_type=("research-article", "case-report", "review-article")[i % 3],
            body=((CASE, CASE_SERIES)[i // 3 % 2] if i % 3 == 1 else "") + (TABLES if i % 4 == 1 else ""),
            figures=tuple(
                DemoFigure(_PLAIN[(i + j) % len(_PLAIN)], form=("JPEG", "PNG", "JPEG", "TIFF")[(i + j) % 4])
                for j in range(2 + i % 3)
            ),
            appendix=APPENDIX if i % 4 == 1 else "",
        )
        for i in range(n_plain)
    ]
    damaged = encode(draw(("bars",), 5), "JPEG")
    shared = DemoFigure(("micrograph",), seed=4242)
    hard = [
        DemoArticle(9100001, license_code=None, tags=("no licence",)),
        DemoArticle(9100002, license_code="TDM", open_access=False, manuscript=True, tags=("TDM",)),
        DemoArticle(9100003, retracted=True, tags=("retracted",)),
        DemoArticle(9100004, xml_retraction=True, tags=("retraction in the XML only",)),
        DemoArticle(9100005, version=1, manuscript=True, tags=("manuscript, then published",)),
        DemoArticle(9100005, version=2),
        DemoArticle(9100006, version=1),
        DemoArticle(9100006, version=3, tags=("version 2 does not exist",)),
        DemoArticle(9100007, version=1),
        DemoArticle(9100007, version=2, retracted=True),
        DemoArticle(9100008, ocr=True, tags=("historical OCR",)),
        DemoArticle(9100009, damage="truncated"),
        DemoArticle(9100010, damage="missing"),
        DemoArticle(9100011, damage="bad_metadata"),
        DemoArticle(9100012, figures=(
            DemoFigure(bytes=b""), DemoFigure(bytes=damaged[: len(damaged) // 2]), DemoFigure(bytes=b"<html>no</html>"),
            DemoFigure(media=False), DemoFigure(("gel",), wrong_md5=True),
            DemoFigure(bytes=encode(draw(("bars",), 1, (480, 360)).point(lambda _: 255), "PNG"), form="PNG"),
            DemoFigure(bytes=encode(draw(("bars",), 1, (40, 20)), "JPEG")), DemoFigure(("lines",)),
        )),
        DemoArticle(9100013, figures=(
            DemoFigure(("micrograph",), form="cmyk"), DemoFigure(("radiograph",), form="png16"),
            DemoFigure(("lines",), form="rotated"), DemoFigure(("bars",), form="GIF"), DemoFigure(("gel",), form="TIFF"),
        )),
        DemoArticle(9100014, figures=(shared, DemoFigure(("lines",)))),
        DemoArticle(9100015, license_code="CC BY-NC", figures=(shared,)),
        DemoArticle(9100016, figures=(
            DemoFigure(caption="Anatomy of the eye. Reproduced with permission from Elsevier, 2009."),
            DemoFigure(caption="Workflow. Adapted from Smith et al. [3]."),
            DemoFigure(caption="Facial lesion, shown with permission of the patient."),
            DemoFigure(caption="", extra=""),
        )),
        DemoArticle(9100017, figures=(DemoFigure(("bars",), thumbnail=True),) * 2, body=HARD_BODY, back=HARD_BACK),
        DemoArticle(9100018, license_code="CC BY", front=GRAPHICAL_ABSTRACT),
    ]  # fmt: skip
    return plain + hard


_EXTRA_MEDIA = {9100017: ("nested.jpg", "nested.gif", "table1.png"), 9100018: ("ga1.jpg",)}


def _href(article: DemoArticle, i: int, figure: DemoFigure) -> tuple[str, str]:
    """Return (href as the XML names it, media file name)."""
    stem = f"demo.{article.pmcid}.g{i + 1:03d}"
    name = stem + _IMAGE_ENDINGS[figure.form]
    return (stem if article.dialect == "2.3" else name), name


def _figure_xml(article: DemoArticle, i: int, figure: DemoFigure, rng: random.Random, subject: str) -> str:
    href, name = _href(article, i, figure)
    if figure.caption is None:
        said = [legend(rng, kind, subject) for kind in figure.kinds]
        words = [escape(text) for _, text in said]
        if len(words) == 1:
            words.append(escape(sentences(rng, 1, subject)))
        else:
            words = [f"<bold>({'ABCDEFGH'[k]})</bold> {text}" for k, text in enumerate(words)]
        heading = said[0][0] if len(said) == 1 else f"Response of {subject}"
        caption = f"<title>{escape(heading)}.</title><p>{' '.join(words)}</p>"
    else:
        caption = f"<p>{escape(figure.caption)}</p>" if figure.caption else ""
    graphic = f'<graphic xlink:href="{escape(href)}"/>'
    if figure.thumbnail:
        graphic += f'<graphic xlink:href="{escape(name[:-4])}.gif" content-type="thumb"/>'
    return (
        f'<fig id="fig{i + 1}"><label>Figure {i + 1}.</label>'
        + (f"<caption>{caption}</caption>" if caption else "")
        + f"{graphic}{figure.extra}</fig>"
    )


def article_xml(article: DemoArticle) -> bytes:
    """Build JATS of an article in its dialect."""
    rng = random.Random(article.pmcid * 10 + article.version)
    path = _LICENSE_PATHS.get(article.license_code or "")
    url = "https://creativecommons.org/" + (
        "publicdomain/zero/1.0/" if article.license_code == "CC0" else f"licenses/{path}/"
    )
    licence = (
        f'<license xlink:href="{url}"><license-p>Open access.</license-p></license>'
        if path or article.license_code == "CC0"
        else ""
    )
    id_type, id_value = ("pmc", str(article.pmcid)) if article.dialect == "2.3" else ("pmcid", f"PMC{article.pmcid}")
    subject = rng.choice(SUBJECTS)
    before, after = title(rng)
    figures = [_figure_xml(article, i, f, rng, subject) for i, f in enumerate(article.figures)]
    n = len(figures)
    links = f'<xref ref-type="fig" rid="fig1">Fig. 1</xref>{"A" if n else ""}' if n else "the text"
    span = (
        f' and all of <xref ref-type="fig" rid="fig1">Figs 1</xref>–<xref ref-type="fig" rid="fig{n}">{n}</xref>'
        if n > 2
        else ""
    )
    floats = article.dialect == "2.3"
    retraction = (
        '<related-article related-article-type="retraction-forward" ext-link-type="pmc" xlink:href="PMC9999999"/>'
        if article.xml_retraction
        else ""
    )
    text = f"""<front><journal-meta><journal-id journal-id-type="nlm-ta">J Demo Med</journal-id>
<journal-title-group><journal-title>Journal of Demonstrated Medicine</journal-title></journal-title-group>
<issn pub-type="epub">2999-0001</issn><publisher><publisher-name>Demo Press</publisher-name></publisher></journal-meta>
<article-meta><article-id pub-id-type="{id_type}">{id_value}</article-id>
<article-id pub-id-type="pmid">{article.pmcid + 20000000}</article-id><article-id pub-id-type="doi">10.5555/demo.{article.pmcid}</article-id>
<article-categories><subj-group><subject>Research Article</subject></subj-group></article-categories>
<title-group><article-title>{escape(before)}<italic>{escape(subject)}</italic>{escape(after)}</article-title></title-group>
<contrib-group><contrib contrib-type="author"><contrib-id contrib-id-type="orcid">https://orcid.org/0000-0002-1825-0097</contrib-id>
<name><surname>Ødegård</surname><given-names>Ana Lí</given-names></name><xref ref-type="aff" rid="aff1">1</xref></contrib>
<contrib contrib-type="author"><name><surname>Tanaka</surname><given-names>Kei</given-names></name><xref ref-type="aff" rid="aff1">1</xref></contrib>
<aff id="aff1"><label>1</label>Institute of Examples, Sample City</aff></contrib-group>
<pub-date pub-type="epub"><day>{rng.randint(1, 28)}</day><month>{rng.randint(1, 12)}</month><year>{rng.randint(2008, 2025)}</year></pub-date>
<volume>{rng.randint(1, 40)}</volume><elocation-id>e{article.pmcid}</elocation-id>
<permissions><copyright-statement>© The Authors</copyright-statement>{licence}</permissions>{retraction}
<abstract><sec><title>Background</title><p>{escape(sentences(rng, 2, subject))}</p></sec></abstract>{article.front}
<kwd-group><kwd>{escape(subject)}</kwd><kwd>demonstration</kwd></kwd-group></article-meta></front>
<body><sec sec-type="intro"><title>Introduction</title><p>{escape(sentences(rng, 3, subject))} Others agree [<xref ref-type="bibr" rid="r1">1</xref>].</p></sec>
<sec sec-type="methods"><title>Methods</title><p>{escape(sentences(rng, 3, subject))}</p><sec><title>Statistics</title><p>{escape(sentences(rng, 1, subject))}</p></sec></sec>
<sec sec-type="results"><title>Results</title><p>{escape(sentences(rng, 1, subject))} This is seen in {links}{span}. {escape(sentences(rng, 1, subject))}</p>
{"" if floats else "".join(figures)}</sec>{article.body}</body>
<back><ref-list><ref id="r1"><element-citation><person-group><name><surname>Doe</surname><given-names>J</given-names></name></person-group>
<article-title>An example</article-title><year>2001</year><pub-id pub-id-type="doi">10.5555/ref.1</pub-id></element-citation></ref></ref-list>{article.appendix}</back>
{f"<floats-group>{''.join(figures)}</floats-group>" if floats else ""}{article.back}"""
    return _wrapped(article, text)


def _wrapped(article: DemoArticle, text: str) -> bytes:
    """Return the whole file around the content of an article, in its dialect."""
    version = {"2.3": "", "oai": ' dtd-version="1.4"'}.get(article.dialect, ' dtd-version="1.4"')
    doctype = (
        '<!DOCTYPE article PUBLIC "-//NLM//DTD Journal Archiving and Interchange DTD v2.3 20070202//EN" "archivearticle.dtd">'
        if article.dialect == "2.3"
        else '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD with MathML3 v1.4 20241031//EN" "JATS-archivearticle1-4-mathml3.dtd">'
    )
    spaces = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML"'
    default = ' xmlns="https://jats.nlm.nih.gov/ns/archiving/1.4/"' if article.dialect == "oai" else ""
    body = f'<article {spaces}{default} article-type="{article.article_type}" xml:lang="en"{version}>{text}</article>'
    if article.dialect == "oai":
        body = f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><GetRecord><record><metadata>{body}</metadata></record></GetRecord></OAI-PMH>'
        doctype = ""
    elif article.dialect == "articleset":
        body, doctype = f"<pmc-articleset>{body}</pmc-articleset>", ""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}\n{body}\n'.encode()


def article_files(article: DemoArticle) -> tuple[dict[str, bytes], dict[str, object]]:
    """Build (files by key, metadata JSON) of an article version."""
    prefix = f"PMC{article.pmcid}.{article.version}"
    xml = article_xml(article)
    if article.damage == "truncated":
        xml = xml[: len(xml) * 2 // 3]
    files = {f"{prefix}/{prefix}.xml": xml}
    media: list[tuple[str, bytes, bool]] = []
    for i, figure in enumerate(article.figures):
        if not figure.media:
            continue
        name = _href(article, i, figure)[1]
        seed = figure.seed if figure.seed is not None else article.pmcid * 100 + article.version * 10 + i
        data = figure.bytes if figure.bytes is not None else encode(draw(figure.kinds, seed), figure.form)
        media.append((name, data, figure.wrong_md5))
        if figure.thumbnail:
            small = draw(figure.kinds, seed).resize((120, 90))
            media.append((f"{name[:-4]}.gif", encode(small, "GIF"), False))
    for n, name in enumerate(_EXTRA_MEDIA.get(article.pmcid, ())):
        form = {"jpg": "JPEG", "gif": "GIF", "png": "PNG"}[name.rsplit(".")[-1]]
        media.append((name, encode(draw(("lines",), article.pmcid + n), form), False))

    def url(key: str, data: bytes, wrong: bool = False) -> str:
        digest = hashlib.md5(b"other" if wrong else data, usedforsecurity=False).hexdigest()
        return f"s3://pmc-oa-opendata/{key}?md5={digest}"

    metadata: dict[str, object] = {
        "pmcid": f"PMC{article.pmcid}" if article.damage != "bad_metadata" else "PMC1",
        "version": article.version,
        "pmid": article.pmcid + 20000000,
        "doi": f"10.5555/demo.{article.pmcid}",
        "mid": None,
        "title": f"Demo article {article.pmcid}",
        "citation": "J Demo Med.",
        "is_pmc_openaccess": article.open_access,
        "is_manuscript": article.manuscript,
        "is_historical_ocr": article.ocr,
        "is_retracted": article.retracted,
        "license_code": article.license_code,
        "xml_url": url(f"{prefix}/{prefix}.xml", xml),
        "media_urls": [url(f"{prefix}/{name}", data, wrong) for name, data, wrong in media],
    }
    files |= {f"{prefix}/{name}": data for name, data, _ in media}
    if article.damage == "missing":
        del files[f"{prefix}/{prefix}.xml"]
    return files, metadata


def write_bucket(folder: Path, articles: Sequence[DemoArticle], day: str = "2026-09-14") -> None:
    """Write articles into a folder in the bucket's layout, with inventories of three days.

    The newest day is incomplete (a shard is missing), the day before is whole in two shards, the oldest lists
    the first article only; a reader has to fall back to the middle one.
    """
    rows = []
    for article in articles:
        files, metadata = article_files(article)
        data = json.dumps(metadata, indent=1).encode()
        prefix = f"PMC{article.pmcid}.{article.version}"
        for key, content in {
            **files,
            f"{prefix}/{prefix}.json": data,
            f"metadata/{prefix}.json": data,
        }.items():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        rows.append(("pmc-oa-opendata", f"metadata/{prefix}.json", "2026-01-08T11:47:59.000Z", etag))
    base = folder / "inventory-reports" / "pmc-oa-opendata" / "metadata"
    (base / "data").mkdir(parents=True, exist_ok=True)
    half = len(rows) // 2
    whole = [_shard(base, f"{day}-{n}", part) for n, part in enumerate((rows[:half], rows[half:]))]
    newest, oldest = f"{day[:8]}{int(day[8:]) + 1:02d}", f"{day[:8]}{int(day[8:]) - 1:02d}"
    lost: dict[str, str | int] = {**whole[0], "key": str(whole[0]["key"]).replace(day, "lost")}
    for name, shards in (
        (day, whole),
        (newest, [whole[0], lost]),
        (oldest, [_shard(base, oldest, rows[:1])]),
    ):
        manifest = {
            "sourceBucket": "pmc-oa-opendata",
            "fileFormat": "CSV",
            "fileSchema": "Bucket, Key, LastModifiedDate, ETag",
            "files": shards,
        }
        (base / f"{name}T01-00Z").mkdir(exist_ok=True)
        (base / f"{name}T01-00Z" / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def _shard(base: Path, name: str, rows: Sequence[tuple[str, ...]]) -> dict[str, str | int]:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    data = gzip.compress(text.getvalue().encode(), mtime=0)
    (base / "data" / f"{name}.csv.gz").write_bytes(data)
    return {
        "key": f"inventory-reports/pmc-oa-opendata/metadata/data/{name}.csv.gz",
        "size": len(data),
        "MD5checksum": hashlib.md5(data, usedforsecurity=False).hexdigest(),
    }


def many_articles(n: int, first: int = 9200001) -> list[DemoArticle]:
    """Return plain articles for tests and benchmarks that need a number of them."""
    plain = demo_articles(n)[:n]
    return [replace(a, pmcid=first + i) for i, a in enumerate(plain)]
