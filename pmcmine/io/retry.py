"""Parse `Retry-After`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_SECONDS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]*)?")


def retry_after(value: str | None, most: float) -> float | None:
    """Return the seconds requested by a `Retry-After` header (RFC 9110, 10.2.3), None without a usable one.

    Args:
        value: the header: a date, or seconds (some hosts give fractions).
        most: maximum; a longer wait is cut to it.
    """
    value = (value or "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), most)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError, TypeError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), most)
