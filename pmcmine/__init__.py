"""pmcmine turns PubMed Central's open-access articles into a licensed, streamable image-text corpus.

Importing this package loads neither Beam nor any model library; `pmcmine.stream` reads a release sample by sample,
`pmcmine.Release` opens its tables and pictures, `pmcmine.mine` makes one.
"""

from importlib import import_module

from pmcmine._version import __version__

__all__ = ["Release", "__version__", "mine", "retrieve", "search"]
# They load pyarrow, DuckDB, Beam, NumPy.
_LATE = {
    "Release": "pmcmine.notebook.release",
    "mine": "pmcmine.notebook.mining",
    "retrieve": "pmcmine.find.api",
    "search": "pmcmine.find.api",
}


def __getattr__(name: str) -> object:
    """Import a name when it is first used.

    Raises:
        ImportError: one line, if it needs a package that is not installed.
    """
    if name in _LATE:
        try:
            return getattr(import_module(_LATE[name]), name)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] == __name__:
                raise
            said = f"pmcmine.{name} needs more packages ({error}): pip install 'pmcmine[mine]'"
            raise ImportError(said, name=error.name) from None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
