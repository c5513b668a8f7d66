"""Link the articles of a release to PMC."""

from __future__ import annotations

import re
from typing import Final

from pmcmine.release.record import ReleaseRecord

_PMCID: Final = re.compile(r"PMC\d{1,12}")
_LOOPBACK: Final = ("http://127.", "http://localhost")


def may_be_invented(release: ReleaseRecord) -> bool:
    """Check whether the corpus was read from a server on this machine, as in the demo."""
    return str(release.config.get("source") or "").startswith(_LOOPBACK)


def pmc_address(pmcid: object) -> str | None:
    """Return the URL of an article's page in PMC; None if `pmcid` is not a PMCID."""
    known = _PMCID.fullmatch(str(pmcid))
    return f"https://pmc.ncbi.nlm.nih.gov/articles/{known[0]}/" if known else None
