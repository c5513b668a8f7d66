"""Sources of articles. Each kind is one module; `open_source` recognises which one an address means."""

from pmcmine.sources.kinds import KINDS, open_source, recognise

__all__ = ["KINDS", "open_source", "recognise"]
