"""Commands that only submit or describe graphs."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from pipelines.lean import without
from pmcmine.commands.elsewhere import graphs_elsewhere
from pmcmine.config import load_config
from pmcmine.errors import PmcmineError


def test_what_is_submitted_or_described_loads_no_beam() -> None:
    code = (
        "import sys; from pmcmine.run import slurm, start; from pmcmine.config import load_config; "
        "from pmcmine.commands.elsewhere import graphs_elsewhere; "
        "graphs_elsewhere(load_config({'runner': 'slurm', 'source': 's', 'out': 'o'})); "
        "assert 'apache_beam' not in sys.modules"
    )
    subprocess.run([sys.executable, "-P", "-c", code], check=True)


def test_options_of_beam_are_checked_before_anything_is_submitted() -> None:
    config = load_config({"source": "s", "out": "o", "beam": ("--regoin=x",)})
    with pytest.raises(PmcmineError, match="--region"):
        graphs_elsewhere(config)


def test_without_beam_nothing_is_submitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    with pytest.raises(ModuleNotFoundError, match="apache_beam"):
        graphs_elsewhere(load_config({"source": "s", "out": "o"}))


def test_a_module_is_not_found_only_while_another_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with without("colorsys", "another"), pytest.raises(ModuleNotFoundError, match="colorsys"):
        import_module("colorsys")
    assert import_module("colorsys").__name__ == "colorsys"


def test_a_name_of_the_package_that_needs_more_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['pydantic'] = None; import pmcmine\n"
        "try: pmcmine.Release\n"
        "except ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stdout.startswith("pmcmine.Release needs more packages") and "pip install 'pmcmine[mine]'" in done.stdout
    )


def test_a_stream_from_the_hub_without_its_client_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['huggingface_hub'] = None\n"
        "from pmcmine import stream; from pmcmine.errors import PmcmineError\n"
        "try: stream.open('ORG/NAME')\n"
        "except PmcmineError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'pmcmine[hub]'" in done.stdout and done.stdout.count("\n") == 1
