"""pmcmine turns PubMed Central's open-access articles into a licensed, streamable image-text corpus.

Importing this package loads neither Beam nor any model library; `pmcmine.stream` reads a release.
"""

from pmcmine._version import __version__

__all__ = ["__version__"]
