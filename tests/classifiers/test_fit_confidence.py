"""Which network is asked where confidence is fitted."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from classifiers.panels.fit_confidence import asked, main
from pmcmine.errors import PmcmineError
from pmcmine.panels import networks
from pmcmine.panels.layout_view import LARGE

VIEW = np.zeros((2, LARGE, LARGE), np.float32)


def test_another_network_is_asked_and_the_own_one_again(tmp_path: Path) -> None:
    own, other = networks.UNLETTERED, tmp_path / "other.onnx"
    before = networks.read_unlettered_layout(VIEW)
    other.write_bytes(own.path.read_bytes())
    with asked(other):
        assert networks.UNLETTERED.path == other
        assert np.array_equal(networks.read_unlettered_layout(VIEW), before)
    other.write_bytes(b"no network")
    with pytest.raises(PmcmineError), asked(own.path):
        raise PmcmineError("stopped")
    assert own == networks.UNLETTERED
    with asked(None):
        assert own == networks.UNLETTERED


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["--labels", "b.jsonl"], "one of each a set"),
        (["--network", "n.onnx", "--network", "m.onnx", "--unread"], "one of each a set"),
        (["--network", "n.onnx"], "only with --unread"),
    ],
)
def test_options_that_do_not_fit_end_with_one_line(
    given: list[str], why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fit_confidence", "--labels", "a.jsonl", "--images", ".", *given])
    with pytest.raises(SystemExit):
        main()
    assert why in capsys.readouterr().err.splitlines()[-1]
