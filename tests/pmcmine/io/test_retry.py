"""What `Retry-After` asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pmcmine.io.retry import retry_after


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), (" 0 ", 0.0), ("1.5", 1.5), ("99999", 120.0), ("9" * 5000, None), (None, None), ("", None)]
    + [(v, None) for v in ("soon", "-3", "1e9", "٣", "nan")],
)  # fmt: skip
def test_seconds(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, 120.0) == seconds


def test_dates() -> None:
    later = datetime.now(UTC) + timedelta(seconds=30)
    assert 25 < (retry_after(format_datetime(later, usegmt=True), 120.0) or 0) <= 30
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT", 120.0) == 0.0
    assert retry_after("Wed, 21 Oct 2099 07:28:00 -0000", 120.0) == 120.0
