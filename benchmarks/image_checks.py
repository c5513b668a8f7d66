"""How many checks of two images a large corpus needs: pictures drawn from the frequencies of real ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pmcmine.duplicates.candidates import CAP
from pmcmine.images import fingerprint as pictures

_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff")
_TAILS: Final = (60, 75, 90)  # bits that few pairs of different pictures are as near as
_PAIRS: Final = 2_000_000  # drawn to compare distances
_CHUNK: Final = 100_000
_MIXED: Final = 1.0  # of the Beta distribution of the first picture's share


def real_views(data: Path) -> tuple[list[list[pictures.View]], list[str]]:
    """Return the views of all real images below a folder, and of what article or collection each is."""
    seen, sources = [], []
    for path in sorted(p for p in data.rglob("*") if p.suffix.lower() in _SUFFIXES):
        try:
            with Image.open(path) as image:
                views = pictures.views(image.convert("L"))
        except (OSError, ValueError, Image.DecompressionBombError):
            continue
        if views:
            seen.append(views)
            sources.append(path.parent.name if path.parent.name.startswith("PMC") else path.stem.split("__")[0])
    return seen, sources


def frequencies(views: list[pictures.View]) -> NDArray[np.float32]:
    """Return the low frequencies of views, each of length 1."""
    small = np.stack([v.miniature for v in views]).astype(np.float32)
    cosines = pictures._COSINES
    found = (cosines @ small @ cosines.T).reshape(len(views), -1)
    found[:, 0] = 0
    return found / np.linalg.norm(found, axis=1, keepdims=True)  # type: ignore[no-any-return]


def bits_of(found: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the hash of each row of frequencies, as `pmcmine.images.fingerprint` makes it."""
    middle = np.partition(found[:, 1:], (pictures.BITS - 1) // 2, axis=1)[:, [(pictures.BITS - 1) // 2]]
    return (found > middle).astype(np.uint8)


def drawn(real: NDArray[np.float32], n: int, r: np.random.Generator, mixed: float = _MIXED) -> NDArray[np.uint8]:
    """Draw hashes of pictures that no real one is: mixtures of the frequencies of two real ones."""
    a, b = r.integers(0, len(real), (2, n))
    share = r.beta(mixed, mixed, (n, 1)).astype(np.float32)
    signs = np.float32(1) - 2 * r.integers(0, 2, (n, 1)).astype(np.float32)  # the second one's negative, as often
    return bits_of(np.sqrt(share) * real[a] + signs * np.sqrt(1 - share) * real[b])


def tails(bits: NDArray[np.uint8], r: np.random.Generator, n: int = _PAIRS) -> list[float]:
    """Return the shares of random pairs that differ in at most so many bits as `_TAILS` says."""
    packed = np.packbits(bits, axis=1).view(np.uint64)
    counts = np.zeros(len(_TAILS))
    for _ in range(0, n, _CHUNK):
        a, b = r.integers(0, len(bits), (2, _CHUNK))
        apart = np.bitwise_count(packed[a] ^ packed[b]).sum(1)[a != b]
        counts += [(apart <= t).sum() for t in _TAILS]
    return [float(f"{c / n:.2g}") for c in counts]


def candidates(owner: NDArray[np.int64], bits: NDArray[np.uint8], sample: int = pictures.SAMPLE) -> NDArray[np.int64]:
    """Return the pairs of pictures that share a key, as the search for near duplicates compares them: pairs × 2."""
    every = []
    for table in range(pictures.TABLES):
        keys = np.concatenate([
            pictures.keys_of(bits[at : at + _CHUNK], sample)[:, table] for at in range(0, len(bits), _CHUNK)
        ])  # fmt: skip
        order = np.lexsort((owner, keys))
        keys, members = keys[order], owner[order]
        new = np.ones(len(keys), np.bool_)
        new[1:] = (keys[1:] != keys[:-1]) | (members[1:] != members[:-1])
        keys, members = keys[new], members[new]
        starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        sizes = np.diff(np.append(starts, len(keys)))
        for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            its = members[start : start + size]
            i, j = np.triu_indices(min(size, CAP), 1)
            every.append(np.stack([its[i], its[j]], 1))
            every.append(np.stack([np.full(max(size - CAP, 0), its[0]), its[CAP:]], 1))
    pairs = np.concatenate([np.zeros((0, 2), np.int64), *every])
    return np.unique(pairs, axis=0)


def image_checks(data: Path | None, rows: int = 10_000) -> dict[str, Any]:
    """Return the checks of an image for real images and for drawn ones, at a hundredth, a tenth and all of `rows`."""
    if data is None:
        return {"fails": "needs real images: --data"}
    seen, sources = real_views(data)
    r = np.random.Generator(np.random.PCG64(7))
    owner = np.repeat(np.arange(len(seen)), [len(v) for v in seen])
    real = frequencies([v for views in seen for v in views])
    bits, article = bits_of(real), np.unique(sources, return_inverse=True)[1]
    pairs = candidates(owner, bits)
    across = pairs[article[pairs[:, 0]] != article[pairs[:, 1]]]
    counts = np.bincount(article)
    n_across = (len(seen) ** 2 - int((counts**2).sum())) // 2
    found: dict[str, Any] = {
        "real": {"images": len(seen), "sources": len(counts), "pairs": len(pairs), "of_two_sources": len(across),
                 "of": n_across, "tails": tails(bits[np.searchsorted(owner, np.arange(len(seen)))], r)},
    }  # fmt: skip
    for n in sorted({max(rows // 100, 100), max(rows // 10, 100), rows}):
        made = np.concatenate([drawn(real, min(_CHUNK, n - at), r) for at in range(0, n, _CHUNK)])
        checked = candidates(np.arange(n), made)
        packed = np.packbits(made, axis=1).view(np.uint64)
        apart = np.bitwise_count(packed[checked[:, 0]] ^ packed[checked[:, 1]]).sum(1)
        found[str(n)] = {"pairs": len(checked), "checks_per_image": round(len(checked) / n, 4),
                         "pixels_compared_per_image": round(float((apart <= pictures._FAR).sum()) / n, 4),
                         "tails": tails(made, r)}  # fmt: skip
        print(f"{n:>9} {found[str(n)]}", file=sys.stderr, flush=True)
    return found
