"""Choose the version of a PMCID to mine, from metadata alone."""

from __future__ import annotations

from collections.abc import Sequence

from pmcmine.config import MineConfig
from pmcmine.ids import article_id
from pmcmine.rejects import Ledger, Reason, Stage, Unit
from pmcmine.rights.licenses import License, group_of, parse_license
from pmcmine.sources.base import VersionMeta


def _refusal(meta: VersionMeta, config: MineConfig) -> tuple[Reason, str] | None:
    if not meta.is_open_access and not meta.is_manuscript:
        return Reason.NOT_OPEN_ACCESS, ""
    if meta.is_historical_ocr and not config.historical_ocr:
        return Reason.HISTORICAL_OCR, ""
    if meta.is_manuscript and not config.manuscripts:
        return Reason.MANUSCRIPT, ""
    if meta.license_code is not None:
        licence = parse_license(meta.license_code)
        if licence == License.TDM:
            return Reason.LICENSE_TDM, meta.license_code
        if group_of(licence).value not in config.mined_groups:
            return Reason.LICENSE_NOT_SELECTED, meta.license_code or "no licence stated"
    if not meta.is_open_access:
        return Reason.NOT_OPEN_ACCESS, ""
    return None


def choose_version(versions: Sequence[VersionMeta], config: MineConfig, ledger: Ledger) -> VersionMeta | None:
    """Choose the version to mine, None if there is none; every other version becomes a ledger row.

    A retracted version drops the whole PMCID. Otherwise: allowed, published before manuscript, then the
    highest version.
    """
    if any(v.is_retracted for v in versions):
        for v in versions:
            detail = "" if v.is_retracted else "another version is retracted"
            ledger.add(Stage.SELECT, Unit.VERSION, Reason.RETRACTED, article_id(v.pmcid, v.version), detail)
        return None
    refusals = {v.version: _refusal(v, config) for v in versions}
    allowed = [v for v in versions if refusals[v.version] is None]
    chosen = max(allowed, key=lambda v: (not v.is_manuscript, v.version), default=None)
    for v in versions:
        if v is chosen:
            continue
        refusal = refusals[v.version]
        if refusal is None and chosen is not None:
            refusal = (Reason.SUPERSEDED_VERSION, f"version {chosen.version} was chosen")
        if refusal is not None:
            ledger.add(Stage.SELECT, Unit.VERSION, refusal[0], article_id(v.pmcid, v.version), refusal[1])
    return chosen
