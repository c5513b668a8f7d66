"""Sources of articles. Each kind is one module; `open_source` recognises which one an address means."""

from pmcmine.sources.registry import KINDS, first_contact, open_source, recognise

__all__ = ["KINDS", "first_contact", "open_source", "recognise"]
