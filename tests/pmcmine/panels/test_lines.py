"""Places for cuts of many parts of a figure at once."""

from __future__ import annotations

import random

import numpy as np

from pmcmine.panels.evidence import Evidence, Region


def figure() -> np.ndarray:
    """Draw noise, boxes, a band, and two pictures that touch."""
    rng = np.random.default_rng(5)
    grey = np.full((140, 190), 255, np.uint8)
    grey[8:60, 10:180] = rng.integers(0, 200, (52, 170))
    grey[75:130, 10:90] = 60
    grey[75:130, 90:180] = rng.integers(120, 220, (55, 90))
    return grey


def test_places_found_at_once_are_those_found_one_by_one() -> None:
    r = random.Random(1)
    together, alone = Evidence(figure()), Evidence(figure())
    for axis, side, across in ((0, 140, 190), (1, 190, 140)):
        pairs = [(c, r.randint(c + 9, across)) for c in (r.randint(0, across - 20) for _ in range(12))]
        together.prepare(axis, pairs)
        for c, d in pairs:
            region = (0, side, c, d) if axis == 0 else (c, d, 0, side)
            more = [r.randint(1, side - 1) for _ in range(9)]
            found, expected = (x.likely(region, axis, more, (5, side - 5), -10.0) for x in (together, alone))
            assert found and found == expected
            one, other = together.cuts(region, axis, more), alone.cuts(region, axis, more)
            assert np.array_equal(one.start, other.start)
            assert np.allclose(one.features, other.features)


def test_log_odds_are_those_of_the_features() -> None:
    from pmcmine.panels.lines import WEIGHTS

    evidence = Evidence(figure())
    region, more = (0, 140, 0, 190), [20, 30, 66, 100]
    cuts = evidence.cuts(region, 0, more)
    odds = cuts.features.astype(float) @ np.array(WEIGHTS[:-1]) + WEIGHTS[-1]
    found = evidence.likely(region, 0, more, (1, 139), -100.0)
    assert [line for line, _ in found] == ((cuts.start + cuts.end) // 2).tolist()
    assert np.allclose([x for _, x in found], odds, atol=1e-5)


def test_borders_of_many_regions_are_trimmed_as_those_of_one() -> None:
    r = random.Random(2)
    evidence = Evidence(figure())
    regions: list[Region] = []
    for _ in range(60):
        t, le = r.randint(0, 130), r.randint(0, 180)
        regions.append((t, r.randint(t + 1, 140), le, r.randint(le + 1, 190)))
    assert evidence.all_tight(np.array(regions)).tolist() == [list(evidence.tight(x)) for x in regions]
