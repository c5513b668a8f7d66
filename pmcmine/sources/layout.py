"""The article-version layout: `PMC<id>.<version>/…`, flat `metadata/*.json`. What `bucket` and `folder` share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Protocol

from pmcmine.rejects import Reason, Rejected
from pmcmine.sources.base import Asset, Entry, VersionMeta
from pmcmine.text.bounds import CODE, IDENTIFIER, METADATA_BYTES, PMCID, VERSION, clean, identifier

METADATA_KEY = re.compile(rf"metadata/({PMCID})\.({VERSION})\.json")
MAX_METADATA_BYTES = METADATA_BYTES
_MD5 = re.compile(r"[0-9a-f]{32}")


class Store(Protocol):
    """Gets objects of the layout by key."""

    def get(self, key: str, max_bytes: int, md5: str | None) -> bytes:
        """Return the bytes of an object.

        Raises:
            Rejected: XML_MISSING for an object that is not there (the caller names the thing).
        """


def split_reference(url: str) -> tuple[str, str | None]:
    """Split (key, MD5) of a reference such as `s3://bucket/PMC1.1/a.jpg?md5=…`."""
    key = re.sub(r"^[a-z0-9]+://[^/]+/", "", url)
    key, _, query = key.rpartition("?md5=") if "?md5=" in key else (key, "", "")
    return key, query if _MD5.fullmatch(query) else None


def _inside(key: str, prefix: str) -> bool:
    name = PurePosixPath(key)
    return key.startswith(prefix) and "\0" not in key and len(name.parts) == 2 and name.name not in ("", ".", "..")


def _scalar(value: Any) -> str:
    """Return the text of a JSON text or number; empty for anything else."""
    return clean(str(value)) if isinstance(value, str | int) and value else ""


def read_metadata(data: bytes, entry: Entry) -> VersionMeta:
    """Read the metadata JSON of one version.

    Raises:
        Rejected: METADATA_INVALID where it is no JSON object, is of another version, or points outside of
            its own folder.
    """
    try:
        raw: Any = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Rejected(Reason.METADATA_INVALID, f"{entry.ref}: {error}") from None
    if not isinstance(raw, dict):
        raise Rejected(Reason.METADATA_INVALID, f"{entry.ref}: no JSON object")
    if raw.get("pmcid") != entry.pmcid or str(raw.get("version", entry.version)) != str(entry.version):
        raise Rejected(Reason.METADATA_INVALID, f"{entry.ref}: is of {raw.get('pmcid')}.{raw.get('version')}")
    prefix = f"{entry.pmcid}.{entry.version}/"
    xml_url, media = raw.get("xml_url"), raw.get("media_urls") or []
    if not isinstance(media, list) or not all(isinstance(u, str) for u in [xml_url or "", *media]):
        raise Rejected(Reason.METADATA_INVALID, f"{entry.ref}: URLs are not text")
    assets = []
    for url in media:
        key, md5 = split_reference(clean(url))
        if not _inside(key, prefix):
            raise Rejected(Reason.METADATA_INVALID, f"{entry.ref}: media outside of {prefix}: {key}")
        if len(name := PurePosixPath(key).name) <= IDENTIFIER:  # else the file is missing
            assets.append(Asset(name, key, md5))
    xml_key, xml_md5 = split_reference(clean(xml_url)) if xml_url else (None, None)
    if xml_key is not None and not _inside(xml_key, prefix):
        raise Rejected(Reason.METADATA_INVALID, f"{entry.ref}: XML outside of {prefix}: {xml_key}")
    pdf_url = raw.get("pdf_url")
    pdf_key, pdf_md5 = split_reference(clean(pdf_url)) if isinstance(pdf_url, str) and pdf_url else (None, None)
    if pdf_key is not None and not _inside(pdf_key, prefix):
        raise Rejected(Reason.METADATA_INVALID, f"{entry.ref}: PDF outside of {prefix}: {pdf_key}")
    pmid, doi, code = (_scalar(raw.get(name)) for name in ("pmid", "doi", "license_code"))
    if len(code) > CODE:
        raise Rejected(Reason.METADATA_INVALID, f"{entry.ref}: a licence code of {len(code)} characters")
    return VersionMeta(
        pmcid=entry.pmcid,
        version=entry.version,
        pmid=identifier(pmid or None),
        doi=identifier(doi or None),
        license_code=code,
        is_open_access=bool(raw.get("is_pmc_openaccess")),
        is_manuscript=bool(raw.get("is_manuscript")),
        is_historical_ocr=bool(raw.get("is_historical_ocr")),
        is_retracted=bool(raw.get("is_retracted")),
        xml_ref=xml_key,
        xml_md5=xml_md5,
        pdf_ref=pdf_key,
        pdf_md5=pdf_md5,
        assets=tuple(assets),
    )


def of_metadata(error: Rejected) -> Rejected:
    """Translate the error of a metadata file; stores report any file as if it were XML or media."""
    reasons = {Reason.XML_MISSING: Reason.METADATA_MISSING, Reason.MEDIA_TOO_LARGE: Reason.METADATA_INVALID}
    return Rejected(reasons.get(error.reason, error.reason), error.detail)


class StoreBundle:
    """An article whose files are got one by one from a store."""

    def __init__(self, meta: VersionMeta, store: Store) -> None:
        self.meta = meta
        self._store = store

    def read_xml(self, max_bytes: int) -> bytes:
        """Read the bytes of the XML; see `ArticleBundle`."""
        if self.meta.xml_ref is None:
            raise Rejected(Reason.XML_MISSING, "the metadata names no XML")
        return self._document(self.meta.xml_ref, max_bytes, self.meta.xml_md5, Reason.XML_TOO_LARGE)

    def read_pdf(self, max_bytes: int) -> bytes | None:
        """Read the bytes of the PDF; see `ArticleBundle`."""
        if self.meta.pdf_ref is None:
            return None
        return self._document(self.meta.pdf_ref, max_bytes, self.meta.pdf_md5, Reason.PDF_TOO_LARGE)

    def _document(self, key: str, max_bytes: int, md5: str | None, too_large: Reason) -> bytes:
        """Read an object that is not media; the store reports any object over the limit as if it were media."""
        try:
            return self._store.get(key, max_bytes, md5)
        except Rejected as error:
            if error.reason == Reason.MEDIA_TOO_LARGE:
                raise Rejected(too_large, error.detail) from None
            raise

    def read_assets(self, assets: Sequence[Asset], max_bytes: int) -> Iterator[tuple[Asset, bytes | Rejected]]:
        """Read the bytes of media files; see `ArticleBundle`."""
        for asset in assets:
            try:
                yield asset, self._store.get(asset.ref, max_bytes, asset.md5)
            except Rejected as error:
                missing = error.reason == Reason.XML_MISSING
                yield asset, Rejected(Reason.MEDIA_MISSING, error.detail) if missing else error


def metadata_entry(key: str, etag: str) -> Entry | None:
    """Build the snapshot entry of a metadata key; None for any other key."""
    match = METADATA_KEY.fullmatch(key)
    return Entry(match[1], int(match[2]), key, etag[:IDENTIFIER]) if match else None
