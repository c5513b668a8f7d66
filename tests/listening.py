"""The addresses that a process and its children listen on, by Linux's /proc(5)."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LISTEN = "0A"


def descendants(pid: int) -> set[int]:
    """Return the process and all that come from it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue  # it has just ended
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = set(), [pid]
    while todo:
        at = todo.pop()
        found.add(at)
        todo.extend(c for c in children.get(at, []) if c not in found)
    return found


def _sockets(pid: int) -> Iterator[str]:
    try:
        files = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return  # it has just ended
    for file in files:
        with suppress(OSError):  # so has the descriptor
            link = str(file.readlink())
            if link.startswith("socket:["):
                yield link[8:-1]


def _runs(pid: int, program: Path) -> bool:
    with suppress(OSError):  # it has just ended
        return Path(f"/proc/{pid}/exe").samefile(program)
    return False


def listening(pid: int, but: Path | None = None) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Return the addresses of the sockets that the process and its descendants listen on, but for one program's."""
    processes = {p for p in descendants(pid) if but is None or not _runs(p, but)}
    inodes = {inode for process in processes for inode in _sockets(process)}
    found: set[ipaddress.IPv4Address | ipaddress.IPv6Address] = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN and fields[9] in inodes:
                words = bytes.fromhex(fields[1].rpartition(":")[0])
                packed = b"".join(words[i : i + 4][::-1] for i in range(0, len(words), 4))
                address = ipaddress.ip_address(packed)
                found.add(getattr(address, "ipv4_mapped", None) or address)
    return found


@contextmanager
def watched(*pids: int, but: Path | None = None) -> Iterator[set[ipaddress.IPv4Address | ipaddress.IPv6Address]]:
    """Gather, while it lasts, every address that the processes and their descendants listen on, but for one program's."""
    found: set[ipaddress.IPv4Address | ipaddress.IPv6Address] = set()
    done = threading.Event()

    def look() -> None:
        while True:
            for pid in pids:
                found.update(listening(pid, but))
            if done.wait(0.1):
                return

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()
