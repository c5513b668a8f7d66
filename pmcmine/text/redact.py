"""Remove passwords and tokens from every text that is written or shown.

Two ways go together. `redact` knows what credentials look like: user names and passwords in addresses, values of
queries, `password=…`, the tokens of well-known services. `learn` remembers the credentials of this run by their value,
so that an error of a library that repeats one without its address is clean as well.
"""

from __future__ import annotations

import os
import re
import threading
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

MASK: Final = "***"
_LEAST: Final = 4  # characters of a value that is searched for; a shorter one is part of too many words
_MOST: Final = 1 << 16  # characters of an address
_DEPTH: Final = 4  # addresses inside of an address
# Query values that select what to read but grant no access.
_HARMLESS: Final = frozenset({"alt", "format", "list-type", "prefix", "region", "version", "versionid"})
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}://[^\s'\"<>`]+")
# `user:password@` before a host; a password may hold `/` and `@` although it must not, then the last `@` counts.
_LOOSE_USER: Final = re.compile(r"[^/?#@:]*:(?!\d{1,5}(?:[/?#]|$))[^\s]*@")
_USER: Final = re.compile(r"[^/?#]*@")
_NO_SCHEME: Final = re.compile(r"(?:(?<=//)|(?<![\w.%+/-]))[\w.%+-]{1,256}:[^\s/:@'\"<>*]{1,256}@(?=[\w\[.-])")
_NAME: Final = (
    r"[\w.-]{0,64}?(?:password|passwd|passphrase|pwd|secret|token|credential|signature|authorization|api[_-]?key"
    r"|access[_-]?key|account[_-]?key|private[_-]?key|shared[_-]?key|\bkey\b|\bpass\b|\bsig\b|\bsas\b|\bauth\b|\bpw\b)[\w.-]{0,64}"
)
_PAIR: Final = re.compile(rf"(?i)(?<![\w.-])({_NAME}=)(\"[^\"]*\"|'[^']*'|[^\s,;&\"'<>()\[\]{{}}]+)")
_QUOTED: Final = re.compile(rf"(?i)([\"']{_NAME}[\"']\s*:\s*)(\"[^\"]*\"|'[^']*')")
_SCHEME_OF_AUTH: Final = re.compile(r"(?i)\b(bearer|basic)\s+(?=[\w.~+/=-]*[\d._~+/=-])[\w.~+/=-]{8,}")
_TOKEN: Final = re.compile(
    r"\b(?:hf_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|sk-[\w-]{20,}|xox[abeprs]-[\w-]{10,}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)"
)
_ENVIRONMENT: Final = re.compile(
    r"(?i).*(?:password|passwd|passphrase|secret|token|credential|api_?key|access_key|account_key|(?:label|write|judge)_key|_sas)$"
)
_learnt: set[str] = set()
_lock = threading.Lock()
_pattern: re.Pattern[str] | None = None


def _query(text: str, found: set[str]) -> str:
    pairs = []
    for pair in re.split(r"([&;])", text):
        name, equals, value = pair.partition("=")
        if pair in ("&", ";", "") or (equals and (not value or name.lower() in _HARMLESS)):
            pairs.append(pair)
            continue
        found.add(value if equals else name)
        pairs.append(f"{name}={MASK}" if equals else MASK)
    return "".join(pairs)


def _url(text: str, found: set[str], depth: int = 0) -> str:
    scheme, rest = text[:_MOST].split("://", 1)
    if depth > _DEPTH:
        return f"{scheme}://{MASK}"
    user = _LOOSE_USER.match(rest) or _USER.match(rest)
    if user is not None:
        said = user[0][:-1]
        found.add(said)
        found.add(said.partition(":")[2])
        found.add(b64encode(unquote(said).encode("utf-8", "replace")).decode())
        rest = f"{MASK}@{rest[user.end() :]}"
    rest, hash_sign, fragment = rest.partition("#")
    rest, sign, query = rest.partition("?")
    tail = ""
    if sign:
        tail += "?" + _query(query, found)
    if hash_sign:
        if fragment:
            found.add(fragment)
        tail += f"#{MASK}" if fragment else "#"
    if "://" in rest:  # chained, such as `simplecache::https://…`
        rest = _URL.sub(lambda m: _url(m[0], found, depth + 1), rest)
    return f"{scheme}://{rest}{tail}"


def _masked(found: set[str], group: int) -> Any:
    def mask(match: re.Match[str]) -> str:
        value = match[group].strip("\"'")
        found.add(value)
        found.update(value.split(":", 1) if group == 0 else ())
        return MASK if group == 0 else f"{match[1]}{MASK}"

    return mask


def _structural(text: str, found: set[str]) -> str:
    if "://" in text:
        text = _URL.sub(lambda m: _url(m[0], found), text)
    if "@" in text:
        text = _NO_SCHEME.sub(lambda m: _no_scheme(m[0], found), text)
    if "=" in text:
        text = _PAIR.sub(lambda m: m[0] if m[2].startswith(MASK) else _masked(found, 2)(m), text)
    if ":" in text:
        text = _QUOTED.sub(_masked(found, 2), text)
    text = _SCHEME_OF_AUTH.sub(lambda m: f"{m[1]} {MASK}", text)
    return _TOKEN.sub(_masked(found, 0), text)


def _no_scheme(text: str, found: set[str]) -> str:
    found.add(text[:-1])
    found.add(text[:-1].partition(":")[2])
    return f"{MASK}@"


def redact(text: str) -> str:
    """Mask credentials in a text by what they look like: in addresses, queries, `name=value`, and known tokens."""
    return _structural(text, set())


def redact_all(value: Any) -> Any:
    """Mask credentials in all texts of a JSON value."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {k: redact_all(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [redact_all(v) for v in value]
    return value


def is_masked(value: Any) -> bool:
    """Tell whether credentials were taken out of a value."""
    if isinstance(value, list | tuple):
        return any(map(is_masked, value))
    return isinstance(value, str) and MASK in value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _texts(inner)


def learn(values: Any) -> None:
    """Remember the credentials in some texts, so that `hide` finds them wherever they are repeated.

    Args:
        values: a text, or a JSON value that holds texts.
    """
    found: set[str] = set()
    for text in _texts(values):
        _structural(text, found)
    remember(found)


def learn_environment(environment: Mapping[str, str] | None = None) -> None:
    """Remember the values of variables whose name says that they are secret, and credentials of proxies."""
    variables = os.environ if environment is None else environment
    remember(value for name, value in variables.items() if _ENVIRONMENT.fullmatch(name) and len(value) >= 8)
    learn([value for name, value in variables.items() if name.lower().endswith("_proxy")])


def remember(values: Iterable[str]) -> None:
    """Remember values as they are, each of them a credential; those under 4 characters are left out."""
    global _pattern
    known: set[str] = set()
    for value in values:
        known |= {v for v in (value, unquote(value), quote(value, safe=""), quote(value)) if len(v) >= _LEAST}
    with _lock:
        if known <= _learnt:
            return
        _learnt.update(known - {MASK})
        longest = sorted(_learnt, key=lambda v: (-len(v), v))
        _pattern = re.compile("|".join(map(re.escape, longest)))


def hide(text: str) -> str:
    """Mask credentials in a text that is written or shown: by what they look like, and those that were learnt."""
    text = redact(text)
    return text if _pattern is None else _pattern.sub(MASK, text)


def option(text: str) -> str:
    """Return an option of Beam with its value masked, unless that is a number, or the option is one without secrets."""
    if option_secret(text) is None:
        return redact(text)
    named = _OPTION.match(text)
    return f"{named[0]}{MASK}" if named else MASK


def option_secret(text: str) -> str | None:
    """Return what `option` masks, if anything."""
    named = _OPTION.match(text)
    if named is None:
        return None if re.fullmatch(r"--?[\w-]+", text) else text
    value = text[named.end() :]
    plain = re.fullmatch(r"\d{1,12}|true|false", value.lower()) or named[0][:-1] in _PLAIN_OPTIONS
    return None if plain else value


_OPTION: Final = re.compile(r"--?[\w-]+=")
_PLAIN_OPTIONS: Final = frozenset(
    {"--autoscaling_algorithm", "--direct_running_mode", "--environment_type", "--machine_type", "--region",
     "--runner", "--worker_machine_type", "--worker_zone"}
)  # fmt: skip
