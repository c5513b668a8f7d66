"""Options of runners, without Beam."""

from __future__ import annotations

import socket

import pytest

from pmcmine.config import MineConfig, load_config
from pmcmine.errors import PmcmineError
from pmcmine.run.runner_options import argument_named_in, check_known, check_runner, runner_flags
from pmcmine.run.shares import fetch_keys


def config(**keys: object) -> MineConfig:
    return load_config({"vocab": "none", **keys})


def test_a_runner_that_is_none_is_told_with_the_nearest() -> None:
    with pytest.raises(PmcmineError, match="did you mean 'spark'"):
        check_runner(config(runner="sparc"))


def test_an_option_that_is_none_is_told_with_the_nearest() -> None:
    check_known(["--region=x", "x", "--zone", "--not"], {"--region", "--zone", "--not"})
    with pytest.raises(
        PmcmineError, match="--regoin: neither pmcmine nor Beam has this option; did you mean '--region'"
    ):
        check_known(["--regoin=x"], {"--region", "--zone"})


def test_flags_of_runners() -> None:
    assert "--direct_num_workers=3" in runner_flags(config(workers=3))
    assert "--environment_type=LOOPBACK" in runner_flags(config(runner="prism"))
    assert "--environment_type=LOOPBACK" not in runner_flags(
        config(runner="prism", beam=("--environment_type=DOCKER",))
    )


def test_spark_is_given_its_server_and_pool() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        flags = runner_flags(config(runner="spark", spark_job_server=address))
        assert {f"--job_endpoint={address}", "--environment_type=EXTERNAL"} <= set(flags)
    with pytest.raises(PmcmineError, match="no Beam job server at"):
        runner_flags(config(runner="spark", spark_job_server=address))


def test_the_argument_of_a_message() -> None:
    assert argument_named_in("x: error: argument --num_workers: invalid int value") == "--num_workers"
    assert argument_named_in("") == "an option"


def test_shares_of_the_request_budget() -> None:
    assert fetch_keys(config(workers=3), True, 10) == 3
    assert fetch_keys(config(workers=3), True, 2) == 2
    assert fetch_keys(config(workers=3), False, 10) == 10
    assert fetch_keys(config(fetch_keys=5), True, 10) == 5
