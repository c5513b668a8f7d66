"""Faults of servers and of the network."""

from __future__ import annotations

import time

from benchmarks.soak.world import World, mined_pmcids, same_rows
from pmcmine.demo import BucketServer, Faults


def passing_faults(world: World) -> None:
    """Make a fifth of the answers 503, 429, reset, truncated or corrupt: the release does not change."""
    source = world.source()
    world.mine(source, "clean")
    faults = Faults(0.2, ("503", "429", "reset", "truncated", "corrupt"), seed=world.rng.randrange(1000))
    with BucketServer(source, faults) as server:
        world.mine(server.url, "out", "--set=retries=10")
        assert sum(server.faults_given.values()) > 10
    # Their `source` differs, and nothing else.
    assert world.tree("out") == world.tree("clean") or same_rows(world, "out", "clean")


def lasting_faults(world: World) -> None:
    """403, 404, a login page and a body that never ends, for some files: rejects with a reason, the rest whole."""
    source = world.source()
    world.mine(source, "clean")
    for kind in ("403", "404", "garbage", "endless"):
        victim = world.rng.choice(sorted(p.name for p in source.iterdir() if p.name.startswith("PMC")))

        class One(BucketServer):
            """Fails for one article's files alone."""

            def fault(self, path: str, victim: str = victim, kind: str = kind) -> str | None:
                super().fault(path)
                return kind if f"{victim}/" in path and path.endswith(".xml") else None

        with One(source) as server:
            world.mine(server.url, kind, "--set=retries=1", "--set=timeout=0.3")
        lost = world.rejects(kind)
        assert victim.split(".")[0] in lost, (kind, lost)
        assert lost[victim.split(".")[0]] in ("fetch_failed", "xml_missing", "checksum_mismatch", "xml_malformed"), lost
        kept, clean = (mined_pmcids(world, x) for x in (kind, "clean"))
        assert kept == clean - {victim.split(".")[0]}


def no_such_host(world: World) -> None:
    """DNS fails: one line, exit 2, nothing half made."""
    said = world.mine("http://no-such-host.invalid/", "out", "-q", "--set=retries=1", code=2)
    assert said.count("\n") == 1 and said.startswith("pmcmine: "), said


def quiet_when_asked(world: World) -> None:
    """Check that all threads pause when a host asks for two seconds, and that the host learns who asks."""
    source = world.source()
    times: list[float] = []
    asked_at: list[float] = []

    class Strict(BucketServer):
        """Asks once for quiet, in the middle, and notes when requests come."""

        def fault(self, path: str) -> str | None:
            super().fault(path)
            times.append(time.monotonic())
            if len(times) == 20:
                asked_at.append(times[-1])
                return "429"
            return None

    with Strict(source, Faults(share=0.0, quiet=2)) as server:
        world.mine(server.url, "out", "--contact", "me@example.org", "--set=requests_per_second=100")
    assert asked_at and len(times) > 40, len(times)
    # What was on its way when the answer was given may still come.
    broken = [round(t - asked_at[0], 2) for t in times if 0.3 < t - asked_at[0] < 1.9]
    assert not broken, f"requests {broken} s after the host asked for quiet"
    assert all(a.endswith("(contact: me@example.org)") for a in server.agents), server.agents
