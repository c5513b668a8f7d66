"""What the Hub's client says if a repo may not be read, in one line that says what to do."""

from __future__ import annotations

from typing import Final

_TOKEN: Final = "give a token (HF_TOKEN, or `hf auth login`)"
# Errors of huggingface_hub by name, so that who reads a local release does not load it; the first that fits.
_SAID: Final = {
    "GatedRepoError": f"readers have to be let in: ask on its page at the Hub, then {_TOKEN} of that account",
    "RepositoryNotFoundError": f"there is no such repo, or it is private: then {_TOKEN} that may read it",
}


def refusal(error: BaseException) -> str | None:
    """Return why the Hub does not show a repo, and what to do; None for any other error.

    The client's file system raises FileNotFoundError, whose cause is the error that tells.
    """
    kinds = [*type(error).__mro__, *type(error.__cause__).__mro__]
    names = [kind.__name__ for kind in kinds if kind.__module__.startswith("huggingface_hub.")]
    return next((said for name, said in _SAID.items() if name in names), None)
