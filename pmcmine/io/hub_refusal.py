"""What the Hub's client says if a repo may not be read, in one line that says what to do."""

from __future__ import annotations

from typing import Final

_TOKEN: Final = "give a token (HF_TOKEN, or `hf auth login`)"
_UNAUTHORIZED: Final = 401
# Errors of huggingface_hub by name, so that who reads a local release does not load it; the first that fits.
_SAID: Final = {
    "GatedRepoError": f"readers have to be let in: ask on its page at the Hub, then {_TOKEN} of that account",
    "RepositoryNotFoundError": f"there is no such repo, or it is private: then {_TOKEN} that may read it",
}


def refusal(error: BaseException) -> str | None:
    """Return why the Hub does not show a repo, and what to do; None for any other error.

    The client's file system raises FileNotFoundError, whose cause is the error that tells.
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
