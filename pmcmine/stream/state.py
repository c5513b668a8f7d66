"""Save, check and resume the position of a reader, also with a different number of ranks."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from pmcmine.errors import PmcmineError

FORMAT: Final = 3  # of `state_dict`
_EARLIER: Final = (1, 2)  # accepted for a single share: share sizes were uneven then; 1 has no `before`
MOST_SHARES: Final = 1 << 20
_MOST_EPOCH: Final = 1 << 53
_MOST_WORLDS: Final = 1_000
SEED_BITS: Final = 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_OTHER: Final = "this state is of another release, condition, split, columns or caption"


Before = tuple[tuple[int, int | tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class Position:
    """Positions of all ranks in an epoch.

    Attributes:
        epoch: the epoch.
        shares: number of shares.
        done: samples that each share has read.
        before: for each earlier world that read the epoch: its number of shares, and the samples that each share had
            read (one number if all are equal).
    """

    epoch: int
    shares: int
    done: int = 0
    before: Before = ()

    def among(self, shares: int) -> Position:
        """Return the same position in a world with `shares` shares, which split the remaining samples."""
        if shares == self.shares:
            return self
        before = (*self.before, (self.shares, self.done)) if self.done else self.before
        return Position(self.epoch, shares, 0, before)


def image_holds(data: bytes, digest: str) -> bool:
    """Check whether an image is the published one.

    Args:
        data: the image.
        digest: SHA-256 of the file that it was made from. A PNG may have been made from another format; it is then
            checked
            by the CRC-32 of its chunks (ISO/IEC 15948, 5.3).
    """
    if sha256(data).hexdigest() == digest:
        return True
    if not data.startswith(_PNG):
        return False
    at = len(_PNG)
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4])
        if zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4]):
            return False
        if data[at + 4 : at + 8] == b"IEND":
            return end + 4 == len(data)
        at = end + 4
    return False


def parse(state: object, samples: int, of: str) -> tuple[int | None, Position]:
    """Return the seed and the position of a state.

    Args:
        state: from `state_dict`, perhaps read from a file.
        samples: number of samples of the reader that loads it.
        of: fingerprint of that reader.

    Raises:
        PmcmineError: one line, if the state belongs to something else, or is damaged.
    """
    if not isinstance(state, Mapping):
        raise PmcmineError(f"a state is a dict from state_dict(), not {type(state).__name__}")
    if "_snapshot" in state or "_iterator_finished" in state:
        raise PmcmineError("this is the state of a StatefulDataLoader; give it to the loader's load_state_dict()")
    known = state.get("format")
    if known not in (FORMAT, *_EARLIER) or state.get("samples") != samples:
        raise PmcmineError(_OTHER)
    if state.get("of", of if known in _EARLIER else None) != of:
        raise PmcmineError(_OTHER)
    seed, epoch, shares, done = (state.get(k) for k in ("seed", "epoch", "shares", "done"))
    if seed is not None and (type(seed) is not int or seed.bit_length() > SEED_BITS):
        raise _damaged("seed", seed)
    whole = _whole("epoch", epoch, _MOST_EPOCH), _whole("shares", shares, MOST_SHARES, 1), _whole("done", done, samples)
    before = _before(state.get("before", ()), samples)
    if known in _EARLIER and any(n != 1 for n in (whole[1], *(n for n, _ in before))):
        raise PmcmineError(
            "this state is from an earlier version, which distributed samples differently; call set_epoch()"
        )
    if whole[2] > -(-left_of(samples, before) // whole[1]):
        raise _damaged("done", done)
    return seed, Position(*whole, before)


def merge(states: Sequence[Any], samples: int, of: str) -> tuple[int | None, Position]:
    """Merge the states of all shares of a world, in the order of their ranks, into a seed and a position.

    Raises:
        PmcmineError: as `parse`; if they are not of one world; or if one share is in the next epoch already.
    """
    parsed = [parse(state, samples, of) for state in states]
    if not parsed:
        raise PmcmineError("no state was given")
    if len(states) > MOST_SHARES:
        raise PmcmineError(f"{len(states)} states are too many")
    seeds, positions = {seed for seed, _ in parsed}, [position for _, position in parsed]
    first = min(positions, key=lambda p: p.epoch)
    ended = [p for p in positions if p.epoch != first.epoch]
    if any(p.epoch != first.epoch + 1 or p.done or p.before for p in ended):
        raise PmcmineError("these states are from different epochs; all ranks must be in the same epoch")
    same = {(p.shares, p.before) for p in positions if p.epoch == first.epoch}
    if len(seeds) != 1 or len(same) != 1 or len(positions) != first.shares:
        raise PmcmineError(
            f"these {len(positions)} states do not belong together: one for each of {first.shares} shares is needed"
        )
    sizes = sizes_of(left_of(samples, first.before), first.shares)
    done = tuple(p.done if p.epoch == first.epoch else size for p, size in zip(positions, sizes, strict=True))
    if any(n > size for n, size in zip(done, sizes, strict=True)):
        raise PmcmineError(
            "these states are not in the order of their ranks, or damaged: a share has read more than it contains"
        )
    return seeds.pop(), Position(first.epoch, 0, 0, (*first.before, (first.shares, done)))


def sizes_of(n: int, shares: int) -> list[int]:
    """Return the number of samples of each share: no two differ by more than one."""
    return [n // shares + (share < n % shares) for share in range(shares)]


def left_of(samples: int, before: Before) -> int:
    """Return the number of samples left by earlier worlds.

    Raises:
        PmcmineError: if one of their shares has read more than it had.
    """
    left = samples
    for shares, done in before:
        if isinstance(done, tuple):
            sizes = sizes_of(left, shares)
            if any(size < n < samples for n, size in zip(done, sizes, strict=True)):  # `samples` stands for all
                raise _damaged("before", before)
            left -= sum(map(min, done, sizes))
        else:
            if done > -(-left // shares):
                raise _damaged("before", before)
            left -= min(left, done * shares)
    return left


def _before(value: Any, samples: int) -> Before:
    if not isinstance(value, list | tuple) or len(value) > _MOST_WORLDS:
        raise _damaged("before", value)
    found: list[tuple[int, int | tuple[int, ...]]] = []
    in_all = 0
    for pair in value:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise _damaged("before", value)
        shares = _whole("before", pair[0], MOST_SHARES, 1)
        in_all += shares
        if in_all > MOST_SHARES:  # each share of each world is dealt again
            raise _damaged("before", value)
        if isinstance(pair[1], list | tuple):
            if len(pair[1]) != shares:
                raise _damaged("before", value)
            found.append((shares, tuple(_whole("before", n, samples) for n in pair[1])))
        else:
            found.append((shares, _whole("before", pair[1], samples)))
    return tuple(found)


def _whole(name: str, value: Any, most: int, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= most:
        raise _damaged(name, value)
    return value


def _damaged(name: str, value: object) -> PmcmineError:
    return PmcmineError(f"this state is damaged: {name} is {shown(value)}")


def check_seed(saved: int | None, seed: int | None) -> None:
    """Check that a state has the seed of its reader: another seed means another order of samples.

    Raises:
        PmcmineError: one line that says how to open the stream.
    """
    if saved != seed:
        raise PmcmineError(
            f"this state was saved with seed={shown(saved)}, this stream was opened with seed={shown(seed)}: "
            f"open it with seed={shown(saved)}, or call set_epoch() to begin anew"
        )


def shown(value: object) -> str:
    """Return the beginning of a value's representation, on one line."""
    try:
        return " ".join(repr(value)[:60].split())
    except (ValueError, RecursionError):  # a number of many digits
        return f"of type {type(value).__name__}"
