"""Images to fingerprints that survive re-encoding, resizing and borders, and the check of two of them.

A picture is seen in up to three ways: whole, without plain margins, and cut to where nearly all of its ink is (what is
plain depends on specks, what most of the ink is does not). Each view gives 256 bits of its low frequencies (the DCT
hash of Zauner 2010, at 16 × 16), by which candidates are found, and a grey miniature, which the check compares: first
as it is, then aligned. Candidates agree in one of `TABLES` samples of the bits (bit sampling, Indyk and Motwani 1998);
what differs in more than `FAR` bits is not compared.

A sample must tell apart as many pictures as there are: with 20 bits, a bucket of all of PMC would hold hundreds that
have nothing in common. Of real figures and copies of them, 99 % of the true pairs differ in 12 bits or fewer of 256,
all that any sample finds in 40 or fewer, and 99 % of other pairs in more than 90.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pmcmine.images.opencv import opencv
from pmcmine.images.pyramid import reduced_by

SIDE: Final = 96  # pixels of the miniature
BITS: Final = 256
TABLES: Final = 16
NEAR: Final = 0.955  # similarity from which two pictures are near duplicates
SAMPLE: Final = 32  # bits of a table: enough for hundreds of millions of views
FAR: Final = 56  # bits in which near duplicates do not differ
_FREQUENCIES: Final = 16
_BORDER: Final = 24  # grey levels that a plain line may vary by
_LEAST: Final = 16  # pixels of a side; smaller pictures have no fingerprint
_INK: Final = 0.01  # share of the ink that the tightest view leaves out at each side
_PROPORTION: Final = 1.15
_SHIFT: Final = 0.08  # of a side that an edge may lie elsewhere
_RIM: Final = 4  # pixels of the miniature that are not compared, for one view may be cut a little more
_SURE: Final = 0.97  # similarity without alignment that needs none
_ALIGNED: Final = 4  # pairs of views, the most alike, that are aligned
_HOPELESS: Final = 0.05  # similarity below which aligning is not tried
Reduce = Callable[[int], NDArray[np.uint8]]  # grey levels of an image by the whole number that its sides are divided by
_HEAD: Final = struct.Struct("<f32s")


@dataclass(frozen=True, slots=True)
class View:
    """One way to see a picture.

    Attributes:
        proportion: width by height.
        bits: `BITS` bits, packed.
        miniature: grey levels, `SIDE` × `SIDE` uint8.
    """

    proportion: float
    bits: bytes
    miniature: Any


def pack(views: Sequence[View]) -> bytes:
    """Serialise views."""
    return zlib.compress(b"".join(_HEAD.pack(v.proportion, v.bits) + v.miniature.tobytes() for v in views), level=1)


def unpack(data: bytes) -> list[View]:
    """Load views from the bytes of `pack`."""
    raw = zlib.decompress(data)
    step = _HEAD.size + SIDE * SIDE
    found = []
    for at in range(0, len(raw), step):
        proportion, bits = _HEAD.unpack_from(raw, at)
        pixels = np.frombuffer(raw, np.uint8, SIDE * SIDE, at + _HEAD.size).reshape(SIDE, SIDE)
        found.append(View(proportion, bits, pixels))
    return found


def _cosines(frequencies: Sequence[int], side: int) -> NDArray[np.float64]:
    """Return what lines of pixels are multiplied by for their frequencies (DCT-II): frequencies × side."""
    k, at = np.array(frequencies)[:, None], np.arange(side)[None, :]
    return np.cos(np.pi * k * (2 * at + 1) / (2 * side))


_COSINES: Final = _cosines(range(_FREQUENCIES), SIDE).astype(np.float32)
# Of the differences between the two halves of a line of 32, of those of its folded half, and of the half of that.
_FOLDED: Final = tuple(_cosines(k, n)[:, : n // 2] for k, n in (((1, 3, 5, 7), 32), ((1, 3), 16), ((1,), 8)))


def lowest_frequencies(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 8 lowest frequencies (DCT-II, not scaled) along the first axis: 32 × n to 8 × n.

    Lines are folded, so that frequencies that symmetry cancels are zero, not noise whose sign depends on the machine.
    """
    out = np.empty((8, lines.shape[1]))
    for level, cosines in enumerate(_FOLDED):
        half = len(lines) // 2
        first, second = lines[:half], lines[: half - 1 : -1]
        out[1 << level :: 2 << level] = cosines @ (first - second)
        lines = first + second
    out[0] = lines.sum(0)
    return out


@cache
def _samples(size: int) -> Any:
    """Choose the bits of each table: low frequencies, which are most robust, more often. Fixed."""
    rng = np.random.Generator(np.random.PCG64(20_101))
    u, v = np.divmod(np.arange(BITS), _FREQUENCIES)
    weight = 1.0 / (4.0 + u + v)
    weight[0] = 0  # the mean level, which is always above the median
    return np.stack([rng.choice(BITS, size, replace=False, p=weight / weight.sum()) for _ in range(TABLES)])


def _is_plain(line: Any) -> bool:
    """Check whether a line has one grey level, but for its ends and specks."""
    level = int(line[len(line) // 2])
    high, low = min(level + _BORDER, 255), max(level - _BORDER, 0)
    # Levels below `low` wrap around to high ones.
    return int(np.count_nonzero((line - np.uint8(low)) > high - low)) <= max(3, len(line) // 80)


def _without_border(grey: Any) -> Any:
    """Trim outer lines of a single grey level until none is left.

    A frame around a white margin goes as well, and the mixed line between them that scaling makes.
    """
    for _ in range(8):
        before = grey.shape
        for _ in range(4):  # each side, by turning
            lines = len(grey)
            first = next((i for i in range(lines) if not _is_plain(grey[i])), lines)
            if lines - first < _LEAST:
                return grey
            grey = np.rot90(grey[first:])
        if grey.shape == before:
            break
    return grey


def _ink_box(grey: Any) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom between which nearly all ink is, in parts of pixels."""
    paper = int(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))
    cv2 = opencv()
    _, ink = cv2.threshold(cv2.absdiff(grey, (float(paper),)), _BORDER, 255, cv2.THRESH_TOZERO)
    box = []
    for axis in (0, 1):
        sums = np.cumsum(cv2.reduce(ink, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel(), dtype=np.float64)
        if sums[-1] <= 0:
            return (0.0, 0.0, float(grey.shape[1]), float(grey.shape[0]))
        low, high = np.interp((_INK, 1 - _INK), sums / sums[-1], np.arange(1, len(sums) + 1))
        box.append((max(float(low) - 1, 0.0), float(high)))
    return (box[0][0], box[1][0], box[0][1], box[1][1])


def views(grey: Image.Image, shrunk: Reduce | None = None) -> list[View]:
    """Compute the views of a grey (mode L) picture; none for a blank one.

    Args:
        grey: the picture.
        shrunk: returns it reduced by a whole number, if the caller keeps what it makes.
    """
    factor = max(grey.size) // (4 * SIDE)
    if factor > 1:
        whole = shrunk(factor) if shrunk is not None else reduced_by(grey, factor)
        grey = Image.fromarray(whole)
    else:
        whole = np.asarray(grey)
    plain = np.ascontiguousarray(_without_border(whole))
    box = _ink_box(plain)
    inner = Image.fromarray(plain)
    found = [_view(grey, (0.0, 0.0, float(whole.shape[1]), float(whole.shape[0])))]
    if plain.shape != whole.shape:
        found.append(_view(inner, (0.0, 0.0, float(plain.shape[1]), float(plain.shape[0]))))
    if (box[2] - box[0]) < plain.shape[1] - 2 or (box[3] - box[1]) < plain.shape[0] - 2:
        found.append(_view(inner, box))
    return [v for v in found if v is not None]


def low_frequencies(miniatures: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the 16 × 16 low frequencies (DCT-II, not scaled) of one miniature, or of several."""
    return (_COSINES @ miniatures @ _COSINES.T).astype(np.float32, copy=False)


def _view(image: Image.Image, box: tuple[float, float, float, float]) -> View | None:
    width, height = box[2] - box[0], box[3] - box[1]
    if min(width, height) < _LEAST:
        return None
    small = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box))
    if float(opencv().meanStdDev(small)[1].item()) < 1.0:
        return None
    frequencies = low_frequencies(small.astype(np.float32)).ravel()
    middle = (BITS - 1) // 2
    bits = frequencies > np.partition(frequencies[1:], middle)[middle]
    return View(width / height, np.packbits(bits).tobytes(), small)


def tables(seen: Sequence[View], sample: int = SAMPLE) -> list[int]:
    """Compute the look-up keys of a picture: `TABLES` numbers per view, the table in the bits above the sample.

    Args:
        seen: views.
        sample: bits of a table; fewer find more that is less alike.
    """
    if not seen:
        return []
    bits = np.unpackbits(np.frombuffer(b"".join(view.bits for view in seen), np.uint8)).reshape(-1, BITS)
    return sorted(set(keys_of(bits, sample).ravel().tolist()))


def keys_of(bits: NDArray[np.uint8], sample: int = SAMPLE) -> NDArray[np.int64]:
    """Compute the look-up keys of hashes: hashes × `BITS`, each 0 or 1, to hashes × `TABLES`."""
    chosen = _samples(sample)
    keys = [(bits[:, chosen[t]].astype(np.int64) << np.arange(sample)).sum(1) | (t << sample) for t in range(TABLES)]
    return np.stack(keys, 1)


def similarity(a: Sequence[View], b: Sequence[View]) -> float:
    """Compute the similarity of two pictures, 0 to 1: that of their two most similar views.

    It is the correlation of grey levels or of fine structure, whichever is less; `NEAR` and above is a near duplicate.
    """
    if min((differing(x.bits, y.bits) for x in a for y in b), default=BITS) > FAR:
        return 0.0
    pairs = [(x, y) for x in a for y in b if 1 / _PROPORTION < x.proportion / y.proportion < _PROPORTION]
    scored = sorted(((_alike(x.miniature, y.miniature), n) for n, (x, y) in enumerate(pairs)), reverse=True)
    best = scored[0][0] if scored else 0.0
    for found, n in scored[:_ALIGNED]:
        if best >= _SURE or found < _HOPELESS:
            break
        best = max(best, _aligned(pairs[n][0].miniature, pairs[n][1].miniature))
    return round(min(best, 1.0), 4)


def differing(x: bytes, y: bytes) -> int:
    """Return bits in which two packed hashes differ."""
    return (int.from_bytes(x) ^ int.from_bytes(y)).bit_count()


def _correlation(x: Any, y: Any) -> float:
    x, y = x - x.mean(), y - y.mean()
    return float((x * y).sum() / max(float(np.sqrt((x * x).sum() * (y * y).sum())), 1e-6))


def _alike(x: Any, y: Any) -> float:
    cv2 = opencv()
    inner = slice(_RIM, SIDE - _RIM)
    p, q = x.astype(np.float32), y.astype(np.float32)
    level = _correlation(p[inner, inner], q[inner, inner])
    if level < 0.5:
        return max(level, 0.0)
    p, q = p - cv2.GaussianBlur(p, (0, 0), 2.5), q - cv2.GaussianBlur(q, (0, 0), 2.5)
    return max(min(level, _correlation(p[inner, inner], q[inner, inner])), 0.0)


def _aligned(x: Any, y: Any) -> float:
    """Compute the similarity after an affine alignment (Evangelidis and Psarakis 2008), coarse then fine."""
    cv2 = opencv()
    warp: Any = np.eye(2, 3, dtype=np.float32)
    half = SIDE // 2
    small: list[Any] = [cv2.resize(p, (half, half), interpolation=cv2.INTER_AREA) for p in (x, y)]
    try:
        _, warp = cv2.findTransformECC(
            small[0], small[1], warp, cv2.MOTION_AFFINE, (3, 40, 1e-4), np.full((half, half), 255, np.uint8), 5
        )
        warp[:, 2] *= 2
        _, warp = cv2.findTransformECC(
            x, y, warp, cv2.MOTION_AFFINE, (3, 30, 1e-4), np.full((SIDE, SIDE), 255, np.uint8), 3
        )
    except cv2.error:
        return 0.0  # it does not converge if the pictures differ too much
    corners = np.array([[0, SIDE, 0, SIDE], [0, 0, SIDE, SIDE], [1, 1, 1, 1]], np.float32)
    if float(np.abs(warp @ corners - corners[:2]).max()) > _SHIFT * SIDE:
        return 0.0
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return _alike(x, cv2.warpAffine(y, warp, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE))
