"""How many checks of two images a large corpus needs: pictures drawn from the frequencies of real ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pmcmine.duplicates.members import CAP
from pmcmine.images import fingerprint as pictures

_SUFFIXES: Final = (".jpg", ".jpeg", ".png", ".gif", ".tif", ".tiff")
_TAILS: Final = (60, 75, 90, 100)  # bits that few pairs of different pictures are as near as
_PAIRS: Final = 2_000_000  # drawn to compare distances
_CHUNK: Final = 50_000
# Of real pictures that one is mixed from, and of the Dirichlet distribution of their shares: pictures that are drawn
# are more often alike than real ones of two sources, never less; with two of them they are so ten times as often.
_MIXED: Final = 3
_EVEN: Final = 2.0


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
    found = pictures.low_frequencies(small).reshape(len(views), -1)
    found[:, 0] = 0
    return found / np.linalg.norm(found, axis=1, keepdims=True)  # type: ignore[no-any-return]


def bits_of(found: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the hash of each row of frequencies, as `pmcmine.images.fingerprint` makes it."""
    middle = np.partition(found[:, 1:], (pictures.BITS - 1) // 2, axis=1)[:, [(pictures.BITS - 1) // 2]]
    return (found > middle).astype(np.uint8)


def drawn(real: NDArray[np.float32], n: int, r: np.random.Generator) -> NDArray[np.uint8]:
    """Draw hashes of pictures that no real one is: mixtures of the frequencies of real ones, or of their negatives."""
    chosen = r.integers(0, len(real), (_MIXED, n))
    shares = np.sqrt(r.dirichlet([_EVEN] * _MIXED, n)).astype(np.float32)
    shares *= (1 - 2 * r.integers(0, 2, (n, _MIXED))).astype(np.float32)
    return bits_of(np.stack([shares[:, [k]] * real[chosen[k]] for k in range(_MIXED)]).sum(0))


def _apart(packed: NDArray[np.uint64], a: Any, b: Any) -> NDArray[np.int64]:
    apart: NDArray[np.int64] = np.bitwise_count(packed[a] ^ packed[b]).sum(1, dtype=np.int64)
    return apart


def _shares(apart: NDArray[np.int64]) -> dict[str, float]:
    return {f"within {t} bits": float(f"{(apart <= t).mean():.2g}") for t in _TAILS}


def _drawn_pairs(packed: NDArray[np.uint64], r: np.random.Generator) -> dict[str, float]:
    a, b = r.integers(0, len(packed), (2, _PAIRS))
    return _shares(np.concatenate([_apart(packed, a[at : at + _CHUNK], b[at : at + _CHUNK])[
        a[at : at + _CHUNK] != b[at : at + _CHUNK]] for at in range(0, _PAIRS, _CHUNK)]))  # fmt: skip


def _real_pairs(packed: NDArray[np.uint64], source: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the bits in which all pairs of two sources differ."""
    found = [_apart(packed, np.flatnonzero(source[at + 1 :] != source[at]) + at + 1, [at]) for at in range(len(packed))]
    return np.concatenate(found)


def candidates(owner: NDArray[np.int64], bits: NDArray[np.uint8], sample: int = pictures.SAMPLE) -> NDArray[np.int64]:
    """Return the pairs of pictures that share a key, as the search for near duplicates compares them: pairs × 2."""
    every = []
    chunks = [pictures.keys_of(bits[at : at + _CHUNK], sample).T for at in range(0, len(bits), _CHUNK)]
    for keys in np.concatenate(chunks, axis=1) if chunks else []:
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


def _of_real(seen: list[list[pictures.View]], sources: list[str]) -> dict[str, Any]:
    """Count the candidates among pairs of real images of two sources, by what becomes of them."""
    source = np.unique(sources, return_inverse=True)[1]
    owner = np.repeat(np.arange(len(seen)), [len(v) for v in seen])
    bits = np.unpackbits(np.frombuffer(b"".join(v.bits for views in seen for v in views), np.uint8)).reshape(
        -1, pictures.BITS
    )
    pairs = [(a, b) for a, b in candidates(owner, bits).tolist() if source[a] != source[b]]
    far = sum(
        min(pictures.differing(x.bits, y.bits) for x in seen[a] for y in seen[b]) > pictures.FAR for a, b in pairs
    )
    near = sum(pictures.similarity(seen[a], seen[b]) >= pictures.NEAR for a, b in pairs)
    first = np.packbits(bits[np.searchsorted(owner, np.arange(len(seen)))], axis=1).view(np.uint64)
    apart = _real_pairs(first, source)
    return {"images": len(seen), "sources": int(source.max()) + 1, "pairs": len(apart), "candidates": len(pairs),
            "near_duplicates": near, "refused_by_bits": far, **_shares(apart)}  # fmt: skip


def image_checks(data: Path | None, rows: int = 10_000) -> dict[str, Any]:
    """Return the checks of an image: of real images, and of drawn ones at a hundredth, a tenth and all of `rows`."""
    if data is None:
        return {"fails": "needs real images: --data"}
    seen, sources = real_views(data)
    r = np.random.Generator(np.random.PCG64(7))
    found: dict[str, Any] = {"real": _of_real(seen, sources)}
    real = frequencies([views[0] for views in seen])
    for n in sorted({max(rows // 100, 100), max(rows // 10, 100), rows}):
        made = np.concatenate([drawn(real, min(_CHUNK, n - at), r) for at in range(0, n, _CHUNK)])
        checked = candidates(np.arange(n), made)
        packed = np.packbits(made, axis=1).view(np.uint64)
        far = int((_apart(packed, checked[:, 0], checked[:, 1]) > pictures.FAR).sum())
        found[str(n)] = {"candidates": len(checked), "checks_per_image": round(len(checked) / n, 4),
                         "refused_by_bits": far, **_drawn_pairs(packed, r)}  # fmt: skip
        print(f"{n:>9} {found[str(n)]}", file=sys.stderr, flush=True)
    return found
