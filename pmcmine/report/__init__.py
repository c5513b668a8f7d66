"""`report.html`: one self-contained page about a release."""

from pmcmine.report.page import make_report

__all__ = ["make_report"]
