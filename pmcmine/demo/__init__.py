"""A small PMC for demos and tests: generated articles with figures, and a loopback server in PMC's layout."""

from pmcmine.demo.corpus import demo_articles, write_bucket
from pmcmine.demo.server import BucketServer, Faults

__all__ = ["BucketServer", "Faults", "demo_articles", "write_bucket"]
