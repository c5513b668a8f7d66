"""Identities, and the keyed hashes that place articles in blocks, splits and shards.

All hashes are BLAKE2b (RFC 7693) with the purpose as key, so that the same id falls independently in
each of its places.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from hashlib import blake2b

from pmcmine.errors import PmcmineError
from pmcmine.text.bounds import IDENTIFIER

SPLITS = ("train", "validation", "test")
_SPLIT_CUTS = (0.98, 0.99)  # 98 % train, 1 % each for validation and test; a split never changes
_PMCID = re.compile(r"(?:PMC)?0*([1-9][0-9]{0,11})(?:\.([0-9]{1,4}))?", re.IGNORECASE)
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_SHOWN = 12  # longest wrong PMCID that a message repeats; a longer text may be a password


def keyed_hash(purpose: str, value: str) -> int:
    """Compute 64-bit hash of a value for one purpose (1 to 64 characters of ASCII)."""
    hashed = _keyed(purpose).copy()  # to take in the key takes longer than a short value
    hashed.update(value.encode())
    return int.from_bytes(hashed.digest(), "big")


@lru_cache(maxsize=64)
def _keyed(purpose: str) -> blake2b:
    return blake2b(key=purpose.encode()[:64], digest_size=8)


def unit_hash(purpose: str, value: str) -> float:
    """Scale the keyed hash to [0, 1)."""
    return (keyed_hash(purpose, value) >> 11) / (1 << 53)


def article_place(pmcid: str) -> float:
    """Place of a PMCID in [0, 1): blocks and table files are ranges of it."""
    return unit_hash("pmcmine/article-place", pmcid)


def natural_split(pmcid: str) -> str:
    """Compute the split of a PMCID from its hash alone."""
    h = unit_hash("pmcmine/split", pmcid)
    return SPLITS[sum(h >= cut for cut in _SPLIT_CUTS)]


def range_index(place: float, n: int) -> int:
    """Return which of n equal ranges of [0, 1) holds a place."""
    return min(int(place * n), n - 1)


def parse_pmcid(text: str) -> tuple[str, int | None]:
    """Read `PMC123`, `pmc123` or `PMC123.2` as (PMCID, version or None).

    Raises:
        PmcmineError: for DOIs, PMIDs (bare digits) and anything else, with the way out.
    """
    token = text.strip()
    match = _PMCID.fullmatch(token)
    if match and token[:3].upper() == "PMC":
        return f"PMC{match[1]}", int(match[2]) if match[2] else None
    if token.isdigit():
        raise PmcmineError(
            f"'{token}' looks like a PMID; give PMCIDs such as PMC{token} only if that is the PMC id "
            "(NCBI's ID converter turns PMIDs into PMCIDs)"
        )
    if token.startswith("10.") or "doi.org/" in token:
        raise PmcmineError(f"'{token[:80]}' is a DOI; give PMCIDs such as PMC10358625 (see NCBI's ID converter)")
    shown = f"'{token}'" if len(token) <= _SHOWN else f"an entry of {len(token)} characters"
    raise PmcmineError(f"{shown} is not a PMCID; PMCIDs look like PMC10358625")


def bare_pmcid(text: str) -> str:
    """Read a PMCID that names no version.

    Raises:
        PmcmineError: as `parse_pmcid`, and for a version, which the version policy chooses.
    """
    pmcid, version = parse_pmcid(text)
    if version is not None:
        raise PmcmineError(f"'{text.strip()}' names a version; give {pmcid}, and the published version is chosen")
    return pmcid


def article_id(pmcid: str, version: int) -> str:
    """Build `PMC<digits>.<version>`."""
    return f"{pmcid}.{version}"


def pmcid_number(pmcid: str) -> int:
    """Return the digits of a PMCID; rows are sorted by them."""
    return int(pmcid[3:])


def figure_names(xml_ids: Iterable[str | None], prefix: str = "f") -> list[str]:
    """Name the figures or tables of an article for use in ids, in document order.

    An XML id stands as it is; a figure without one, or whose id occurred before or is too long, is `f<ordinal>`, or
    another prefix and its ordinal.
    """
    seen: set[str] = set()
    names = []
    for ordinal, xml_id in enumerate(xml_ids):
        name = xml_id if xml_id and len(xml_id) <= IDENTIFIER and xml_id not in seen else f"{prefix}{ordinal}"
        while name in seen:
            name += "_"
        seen.add(name)
        names.append(name)
    return names


def sample_keys(pmcid: str, version: int, names: Iterable[str]) -> list[str]:
    """Return WebDataset keys of an article's figures: no dots, no characters that tar readers treat specially.

    If two names become the same key, the later one gets a short hash of its name; see `free_key`.
    """
    seen: set[str] = set()
    keys = []
    for name in names:
        safe = _UNSAFE.sub("_", name)[:64] or "f"
        key = f"{pmcid}-{version}-{safe}"
        if key in seen:
            key = free_key(key, f"{key}-{keyed_hash('pmcmine/key', name) >> 40:06x}", name, seen)
        seen.add(key)
        keys.append(key)
    return keys


def free_key(base: str, wanted: str, name: str, seen: Collection[str]) -> str:
    """Return the wanted key, or if it is taken one with 64 bits of hash that is not.

    Short hashes collide for whoever wants them to; a shard can't hold a key twice.

    Args:
        base: key without a hash; it is cut to leave room for one.
        wanted: key to take if it is free.
        name: what the key stands for, unique within the article.
        seen: keys that are taken.
    """
    key, n = wanted, 0
    while key in seen:
        key = f"{base[:70]}-{keyed_hash('pmcmine/key', f'{name}#{n}'):016x}"
        n += 1
    return key
