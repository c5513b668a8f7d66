"""Bounds on reading one PDF, from the configuration."""

from __future__ import annotations

from pmcmine.config import MineConfig
from pmcmine.pdf.extract import Limits


def pdf_limits(config: MineConfig) -> Limits:
    """Return the bounds on reading one PDF."""
    return Limits(config.max_pdf_pages, min(config.max_image_pixels, 40_000_000), config.max_pdf_seconds)
