"""Sources of articles. Each kind is one module; `open_source` recognises the kind of an address."""

from pmcmine.sources.registry import first_contact, is_others, kinds, open_source, recognise

__all__ = ["first_contact", "is_others", "kinds", "open_source", "recognise"]
