"""A SLURM cluster on loopback: munge, a controller and nodes, all as the user who starts it, in one folder.

    python infra/slurm/cluster.py up                # stays in the foreground, prints what to export
    pmcmine mine --source … --out … --runner slurm

Needs SLURM's programs (Debian: `apt-get install slurm-wlm munge`). It is for trying and for the tests, which import it;
what other users of the machine could do with it is not looked at.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel")
START_SECONDS = 60.0
PORTS = range(20_000, 32_768)  # Linux gives those above to outgoing connections
SBIN = ("/usr/sbin", "/sbin")  # of root's programs, which is not on everybody's PATH
CONFIG = """\
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,batch_sched_delay=0,bf_interval=2
ReturnToService=2
SlurmdParameters=config_overrides
SlurmdTimeout=20
KillWait=5
MinJobAge=300
OverTimeLimit=0
MaxArraySize={max_array_size}
{nodes}
PartitionName=loopback Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> list[str]:
    """Return SLURM's programs that are not on PATH."""
    return [program for program in PROGRAMS if _which(program) is None]


def _which(program: str) -> str | None:
    return shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", ""), *SBIN)))


def free_ports(n: int) -> list[int]:
    """Find free ports on loopback, of those that no outgoing connection gets: SLURM listens on them seconds later.

    Raises:
        RuntimeError: where there are none.
    """
    sockets: list[socket.socket] = []
    try:
        for port in random.SystemRandom().sample(PORTS, 200):
            with suppress(OSError):
                sockets.append(socket.create_server(("127.0.0.1", port)))
            if len(sockets) == n:
                return [int(s.getsockname()[1]) for s in sockets]
    finally:
        for s in sockets:
            s.close()
    raise RuntimeError(f"no {n} free ports from {PORTS.start} to {PORTS.stop - 1}")


class Cluster:
    """A context manager that starts everything and ends it.

    Attributes:
        env: variables by which SLURM's commands reach the cluster.
        processes: running processes by name: munge, controller, node0, …
    """

    def __init__(self, folder: Path, nodes: int = 2, cpus: int = 1, max_array_size: int = 1001) -> None:
        self.folder = folder
        self.env = {"SLURM_CONF": str(folder / "slurm.conf")}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._nodes, self._cpus, self._max_array_size = nodes, cpus, max_array_size

    def __enter__(self) -> Cluster:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        if missing():
            raise RuntimeError(f"not on PATH: {', '.join(missing())}; on Debian: apt-get install slurm-wlm munge")
        munge = self.folder / "munge"
        for name in ("munge", "state", *(f"spool-node{n}" for n in range(self._nodes))):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o755)
        key = munge / "key"
        key.touch(mode=0o600)
        key.write_bytes(secrets.token_bytes(128))
        port, *ports = free_ports(1 + self._nodes)
        host, user = socket.gethostname().partition(".")[0], _user()
        nodes = "\n".join(
            f"NodeName=node{n} NodeHostname={host} NodeAddr=127.0.0.1 Port={p} CPUs={self._cpus} RealMemory=64000"
            for n, p in enumerate(ports)
        )
        (self.folder / "slurm.conf").write_text(
            CONFIG.format(host=host, port=port, user=user, folder=self.folder, max_array_size=self._max_array_size,
                          nodes=nodes)
        )  # fmt: skip
        self._run("munge", "munged", "--foreground", "--force", f"--socket={munge}/socket", f"--key-file={key}",
                  f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed")  # fmt: skip
        self._wait("munge", lambda: (munge / "socket").exists())
        self._run("controller", "slurmctld", "-D", "-i")
        self._wait("controller", lambda: self._shown("ping").find("is UP") >= 0)
        for n in range(self._nodes):
            self.start_node(n)
        self._wait("node0", lambda: self._shown("show", "nodes", "-o").count("State=IDLE ") == self._nodes)

    def start_node(self, n: int) -> None:
        """Start node `n`."""
        self._run(f"node{n}", "slurmd", "-D", "-N", f"node{n}")

    def kill_node(self, n: int) -> None:
        """End a node and what runs on it at once, as a machine that loses power does."""
        self.processes[f"node{n}"].kill()
        self.processes[f"node{n}"].wait()
        ours = {f"SLURMD_NODENAME=node{n}".encode(), f"SLURM_CONF={self.env['SLURM_CONF']}".encode()}
        pids = set()
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if ours <= set((path / "environ").read_bytes().split(b"\0")):
                    pids |= {int(path.name), *_step_daemon(path)}
            except OSError:
                continue  # it has just ended
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _shown(self, *arguments: str) -> str:
        return subprocess.run(
            ["scontrol", *arguments], env=os.environ | self.env, capture_output=True, text=True, check=False
        ).stdout

    def _run(self, name: str, program: str, *arguments: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [_which(program) or program, *arguments], env=os.environ | self.env, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True, cwd=self.folder,
            )  # fmt: skip

    def _wait(self, name: str, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.processes[name].poll() is not None:
                raise RuntimeError(f"{name} ended as it started; see {self.folder}/{name}.out")
            if ready():
                return
            time.sleep(0.2)
        raise RuntimeError(f"{name} is not ready after {START_SECONDS:.0f} s; see the logs in {self.folder}")

    def stop(self) -> None:
        """End everything, jobs first."""
        if "controller" in self.processes and self.processes["controller"].poll() is None:
            subprocess.run(
                ["scancel", "--signal=KILL", "--full", "--state=RUNNING", f"--user={_user()}"],
                env=os.environ | self.env, capture_output=True, check=False, timeout=30,
            )  # fmt: skip
        for process in reversed(self.processes.values()):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _step_daemon(process: Path) -> set[int]:
    """Return the parent of a process if that is the node's daemon for one job, as of a batch script."""
    parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
    is_daemon = Path(f"/proc/{parent}/comm").read_text().startswith("slurmstepd")
    return {parent} if is_daemon else set()


def _user() -> str:
    import pwd

    return pwd.getpwuid(os.getuid()).pw_name


def main() -> None:
    """`up`: start, print the variable, wait for Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["up"])
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--cpus", type=int, default=1, help="of each node")
    parser.add_argument("--dir", type=Path, help="folder of configuration, state and logs")
    args = parser.parse_args()
    folder = args.dir or Path(tempfile.mkdtemp(prefix="pmcmine-slurm-"))
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Cluster(folder.resolve(), args.nodes, args.cpus):
            print(f"export SLURM_CONF={folder.resolve()}/slurm.conf")
            print(f"# logs in {folder}; Ctrl-C ends it", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        pass
    except RuntimeError as error:
        sys.exit(f"cluster.py: {error}")


if __name__ == "__main__":
    main()
