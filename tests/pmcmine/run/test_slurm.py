"""Scripts and arithmetic of `--runner slurm`, without SLURM."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pmcmine.commands.status import lines
from pmcmine.config import MineConfig, load_config
from pmcmine.errors import PmcmineError, ReleaseError
from pmcmine.io.folder import Folder
from pmcmine.io.lock import held, shared
from pmcmine.run.progress import Progress
from pmcmine.run.runner_options import in_node
from pmcmine.run.slurm import Jobs, job_config, split_config, submit_run
from pmcmine.run.slurm_scripts import array_size, finish_script, max_array_size, mine_script, share_of, shares
from pmcmine.run.slurm_site import check_site, file_system, other_hosts, parse_queue
from pmcmine.run.status import SlurmStatus, Status, rate_of
from tests.plain_graphs import PlainGraphs


def config(**keys: Any) -> MineConfig:
    return load_config({"vocab": "none", "runner": "slurm", **keys})


def test_tasks_share_all_blocks() -> None:
    for n_blocks in (1, 2, 7, 1000, 40_321):
        for most, site in ((1, 1001), (64, 1001), (5000, 1001), (5000, 3)):
            tasks = array_size(n_blocks, most, site)
            assert 1 <= tasks <= min(n_blocks, most, site)
            found = [list(share_of(task, tasks, range(n_blocks))) for task in range(tasks)]
            assert [b for share in found for b in share] == list(range(n_blocks))
            assert max(map(len, found)) - min(map(len, found)) <= 1 and all(found)
    with pytest.raises(PmcmineError, match="no array jobs"):
        array_size(3, 64, 0)


def test_the_request_budget_is_divided_by_the_processes_at_once() -> None:
    assert shares(config(), 10) == 10
    assert shares(config(slurm_at_once=4, slurm_cpus=2), 10) == 8
    assert shares(config(slurm_at_once=40), 10) == 10
    assert in_node(config(slurm_cpus=3)).workers == 3 and in_node(config()).runner == "direct"


def test_the_limit_of_the_site() -> None:
    assert max_array_size("A = 1\nMaxArraySize            = 1001\nMaxJobCount = 5\n") == 1001
    with pytest.raises(PmcmineError, match="states no MaxArraySize"):
        max_array_size("")


def test_scripts_are_shell_and_state_what_was_asked(tmp_path: Path) -> None:
    made = config(
        slurm_partition="cpu", slurm_account="p1", slurm_memory="8G", slurm_at_once=5, slurm_options=("--qos=long",),
        slurm_setup=("module load python/3.12",), slurm_python="apptainer exec 'a b.sif' python", slurm_warning=60,
        slurm_finish_options=("--mem=64G",),
    )  # fmt: skip
    mine = mine_script(made, "/data/it's 5%/r/_work", "/home/a b", 12)
    directives = [line.removeprefix("#SBATCH ") for line in mine.splitlines() if line.startswith("#SBATCH")]
    for option in ("--partition=cpu", "--account=p1", "--mem=8G", "--array=0-11%5", "--qos=long", "--requeue",
                   "--signal=B:USR1@60", "--time=12:00:00", "--chdir='/home/a b'"):  # fmt: skip
        assert option in directives
    assert "5%%" in next(d for d in directives if d.startswith("--output"))
    assert mine.index("module load") < mine.index("apptainer exec 'a b.sif' python -P -m pmcmine slurm-job mine")
    finish = finish_script(made, "/data/r/_work", "/home", "/data/r.slurm.log")
    assert finish.index("--mem=8G") < finish.index("--mem=64G") and "--array" not in finish
    for text in (mine, finish):
        assert subprocess.run(["bash", "-n"], input=text, text=True).returncode == 0
    assert "--array=0-2\n" in mine_script(config(), "/r/_work", "/", 3)
    with pytest.raises(PmcmineError, match="line break"):
        mine_script(config(slurm_setup=("a\nb",)), "/r/_work", "/", 3)
    with pytest.raises(PmcmineError, match="line break"):
        mine_script(config(slurm_python="python\ntouch x"), "/r/_work", "/", 3)
    assert "/r/@REQUEUES@/_work" in mine_script(config(), "/r/@REQUEUES@/_work", "/", 3)


@pytest.mark.parametrize(("count", "code", "said"), [("0", 1, "asked"), ("20", 1, "after 20 requeues")])
def test_a_warning_ends_the_work_and_requeues(tmp_path: Path, count: str, code: int, said: str) -> None:
    (tmp_path / "scontrol").write_text("#!/bin/sh\necho asked $*\n")
    (tmp_path / "work").write_text(
        "#!/bin/bash\ntrap 'exit 130' TERM\nsleep 0.5\nkill -USR1 $PPID\nwhile :; do sleep .1; done\n"
    )
    for name in ("scontrol", "work"):
        (tmp_path / name).chmod(0o755)
    text = finish_script(config(slurm_python=str(tmp_path / "work")), "/r/_work", "/", "/log")
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": count}
    done = subprocess.run(["bash", "-c", text], env=env, capture_output=True, text=True, timeout=20)
    assert done.returncode == code and said in done.stdout
    assert ("asked requeue 7" in done.stdout) == (count == "0")


def test_credentials_go_by_the_environment() -> None:
    made = config(source="https://user:s3cret@host/x?sig=abcdefgh", contact="me@example.org", slurm_account="p1")
    stated, secret = split_config(made)
    assert secret == {
        "PMCMINE_MINE_SOURCE": "https://user:s3cret@host/x?sig=abcdefgh",
        "PMCMINE_MINE_CONTACT": "me@example.org",
    }
    assert not {"source", "contact", "slurm_account"} & stated.keys() and stated["slurm_cpus"] == 1


def test_jobs_know_the_lists_that_the_run_began_with() -> None:
    begun = config(decontaminate=("set.txt",), exclude=("list.txt",), vocab="none")
    begun = begun.model_copy(update={"decontaminate_sha256": "a" * 64, "exclude_sha256": "b" * 64})
    stated, secret = split_config(begun)
    assert secret == {"PMCMINE_MINE_EXCLUDE": '["list.txt"]'}
    assert load_config(stated).content() == begun.content()


def test_clear_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PmcmineError, match="must be a folder that all nodes share"):
        job_config(str(tmp_path / "r" / "_work" / "slurm" / "config.json"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PmcmineError, match="no sbatch on PATH"):
        check_site(config())
    for name, text in (("sbatch", ""), ("scontrol", "echo scontrol: error: no controller >&2; exit 1")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    with pytest.raises(PmcmineError, match="scontrol failed: no controller"):
        check_site(config(out=str(tmp_path)))
    with pytest.raises(PmcmineError, match="not an address"):
        check_site(config(out="memory://r"))


@pytest.mark.parametrize(("options", "said"), [
    ({"slurm_setup": ("module load\npython",)}, "line break"),
    ({"slurm_partition": "gpuu"}, "invalid partition specified: gpuu"),
    ({"slurm_partition": "down"}, None),  # for now: the job waits
])  # fmt: skip
def test_values_are_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], said: str | None
) -> None:
    (tmp_path / "scontrol").write_text("#!/bin/sh\necho MaxArraySize = 100\n")
    (tmp_path / "sbatch").write_text(
        '#!/bin/sh\nread line\ncase "$*$(cat)" in\n'
        "*--test-only*=gpuu*) echo sbatch: error: invalid partition specified: gpuu >&2; exit 1;;\n"
        "*) echo allocation failure: Required partition not available >&2; exit 1;;\nesac\n"
    )
    for name in ("sbatch", "scontrol"):
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    out = tmp_path / "out"
    made = config(source=str(tmp_path), out=str(out), **options)
    with pytest.raises(PmcmineError, match=said or "no metadata"):
        submit_run(made, lambda config: PlainGraphs(), Progress(quiet=True))
    assert said is None or not out.exists()


def test_where_a_folder_is() -> None:
    mounts = "/dev/a / ext4 rw 0 0\ntmpfs /dev/shm tmpfs rw 0 0\nnas:/x /data\\040x nfs4 rw 0 0\n"
    assert file_system(Path("/dev/shm/r"), mounts) == "tmpfs"
    assert file_system(Path("/data x/r"), mounts) == "nfs4" and file_system(Path("/dev/shmr"), mounts) == "ext4"
    nodes = "NodeName=a NodeHostName=login.site State=IDLE\nNodeName=b NodeHostName=c1 State=IDLE\n"
    assert other_hosts(nodes, "login") == ["c1"]


def test_jobs_share_the_lock_that_a_run_holds_alone(tmp_path: Path) -> None:
    work = Folder(str(tmp_path))
    with shared(work, 0), shared(work, 0), pytest.raises(ReleaseError, match="another run is at work"), held(work):
        pass
    with held(work), pytest.raises(ReleaseError, match="another run is at work"), shared(work, 0):
        pass


def test_what_status_prints() -> None:
    assert parse_queue("5_1|RUNNING|None\n5_2|PENDING|Resources\n") == {"5_1": "running", "5_2": "pending (Resources)"}
    assert rate_of([(0.0, 50), (10.0, 20), (20.0, 20)], 40.0) == 1.0
    assert rate_of([(0.0, 50)], 1.0) == 0 and rate_of([(0.0, 5), (1.0, 5)], 10_000.0) == 0
    states = {"mine": Counter({"running": 2}), "finish": Counter({"pending (Dependency)": 1})}
    slurm = SlurmStatus(Jobs("6", "5"), states, {"task 3": "no network"})
    said = list(lines("r", Status("mine", 9, 3, 2, 1, 1800, 600, 0.5), slurm))
    assert said == [
        "release   r: not complete, at step mine",
        "blocks    3 of 9 done, 2 running, 1 interrupted, 3 to do",
        "articles  600 of 1,800 mined, 0.5 articles/s, 40 min left",
        "job       5 mine: 2 running",
        "job       6 finish: 1 pending (Dependency)",
        "failed    task 3: no network",
        "          the same command submits what is missing",
    ]
