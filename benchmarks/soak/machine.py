"""Faults of the machine: kills, disks, permissions, memory, two runs at once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time

from benchmarks.soak.world import World, resident_pages


def killed_at_many_moments(world: World) -> None:
    """SIGTERM and SIGKILL at random moments, again and again: the release is the one that was never killed."""
    source = world.source()
    began = time.monotonic()
    world.mine(source, "clean")
    whole = time.monotonic() - began
    kills = 0
    for n in range(world.moments):
        process = world.start(source, "out", "-q")
        try:
            process.communicate(timeout=world.rng.uniform(0.3, 1.0) * whole)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL if n % 2 else signal.SIGTERM)
            process.communicate()
            kills += 1
        if (world.folder / "out" / "release.json").exists():
            assert world.tree("out") == world.tree("clean")
            shutil.rmtree(world.folder / "out")
    world.mine(source, "out")
    assert world.tree("out") == world.tree("clean")
    assert kills, "no run was caught"


def disk_full(world: World) -> None:
    """No file may grow past 100 kB: one line that says so; with room again, the same command ends well."""
    source = world.source()
    world.mine(source, "clean")
    said = world.mine(source, "out", "-q", code=2, FSIZE=100_000)
    assert "can't write" in said and said.count("\n") == 1, said
    world.mine(source, "out")
    assert world.tree("out") == world.tree("clean")


def permission_denied(world: World) -> None:
    """Use a folder that can't be created: one line, exit 2."""
    source = world.source()
    for out in ("/proc/pmcmine-out", "/dev/null/out"):
        process = world.start(source, out, "-q")
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 2 and said.count("\n") == 1 and "Traceback" not in said, said


def out_of_memory(world: World) -> None:
    """Kill the larger of two workers (SIGKILL), as the kernel does: the same command completes."""
    source = world.source()
    world.mine(source, "clean")
    process = world.start(source, "out", "-q", "--workers", "2")
    while not list((world.folder / "out" / "_work").glob("blocks/*/*/started-*")):
        assert process.poll() is None
        time.sleep(0.02)
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True)
    children = [int(p) for p in found.stdout.split()]
    os.kill(max(children, key=resident_pages), signal.SIGKILL)
    said, _ = process.communicate(timeout=300)
    assert process.returncode in (0, 2) and "Traceback" not in said, said
    world.mine(source, "out")
    assert world.tree("out") == world.tree("clean")


def two_at_once(world: World) -> None:
    """Start a second run in the same folder: it is refused, and the first completes."""
    source = world.source()
    first = world.start(source, "out", "-q")
    while not (world.folder / "out" / "_work" / "snapshot").exists():
        assert first.poll() is None
        time.sleep(0.02)
    first.send_signal(signal.SIGSTOP)  # so that it cannot be done before the second one looks
    try:
        said = world.mine(source, "out", "-q", code=2)
    finally:
        first.send_signal(signal.SIGCONT)
    assert "another run is at work" in said
    assert first.communicate(timeout=300) and first.returncode == 0
