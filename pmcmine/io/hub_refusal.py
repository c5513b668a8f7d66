"""Explain in one line why the Hub does not show a repo, and how to get access."""

from __future__ import annotations

from typing import Final

_TOKEN: Final = "give a token (HF_TOKEN, or `hf auth login`)"
_UNAUTHORIZED: Final = 401
# Errors of huggingface_hub by name, so that reading a local release does not load it; the first match counts.
_SAID: Final = {
    "GatedRepoError": f"readers have to be let in: ask on its page at the Hub, then {_TOKEN} of that account",
    "RepositoryNotFoundError": f"there is no such repo, or it is private: then {_TOKEN} that may read it",
}


def refusal(error: BaseException) -> str | None:
    """Return why the Hub does not show a repo, with a remedy; None for any other error.

    The client's file system raises FileNotFoundError, caused by the informative error.
    """
    names = _names(error)
    said = next((said for name, said in _SAID.items() if name in names), None)
    status = getattr(getattr(error, "response", None), "status_code", None)
    if said is None and status == _UNAUTHORIZED:
        return f"the token is missing or not accepted: {_TOKEN} that may do this"
    return said


def _names(error: BaseException) -> set[str]:
    kinds = [*type(error).__mro__, *type(error.__cause__).__mro__]
    return {kind.__name__ for kind in kinds if kind.__module__.startswith("huggingface_hub.")}
