"""A standalone Spark cluster on loopback with Beam's job server: a master, workers, and a pool of Python workers.

    python infra/spark/cluster.py up            # stays in the foreground, prints the address for `--runner spark`
    pmcmine mine --source … --out … --runner spark

Needs Java 11 or 17 and Maven (which resolves `pom.xml` once). On a cluster of machines start the same programs by
your own means: one pool of Python workers on each machine, at the same port. Imported by the tests.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

HERE = Path(__file__).parent
# What Spark needs of Java 17 (spark-class of Spark 3.5 passes the same).
OPENS = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in (
        "java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util",
        "java.util.concurrent", "java.util.concurrent.atomic", "sun.nio.ch", "sun.nio.cs", "sun.security.action",
        "sun.util.calendar",
    )
]  # fmt: skip
START_SECONDS = 90.0
# Below those that Linux gives to outgoing connections (32768 and up): a JVM listens seconds after its port was chosen.
PORTS = range(20000, 32768)
# A free port may be taken by another process until the program that it is for listens on it.
START_ATTEMPTS = 3
LISTEN = "0A"  # the state in /proc/net/tcp


def class_path(pom: Path = HERE / "pom.xml", properties: tuple[str, ...] = ()) -> list[str]:
    """Jars of the pom, resolved by Maven and remembered beside its content.

    Args:
        pom: the pom.
        properties: overrides, such as `beam.version=2.77.0`.

    Raises:
        RuntimeError: where Maven is missing or can't resolve them, with its last lines.
    """
    mvn = shutil.which("mvn")
    if mvn is None:
        raise RuntimeError("no mvn on PATH; install Maven, or start a job server by other means")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "classpath"
        command = [mvn, "-q", "-B", "-f", str(pom), "dependency:build-classpath", f"-Dmdep.outputFile={out}"]
        done = subprocess.run([*command, *(f"-D{p}" for p in properties)], capture_output=True, text=True, check=False)
        if done.returncode or not out.exists():
            lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
            raise RuntimeError(f"Maven can't resolve {pom}: " + " / ".join(lines[-4:]))
        return out.read_text().strip().split(":")


def free_port() -> int:
    """Find a free port on loopback, of those that no outgoing connection gets.

    Raises:
        RuntimeError: where there is none.
    """
    for port in random.SystemRandom().sample(PORTS, 200):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError(f"no free port from {PORTS.start} to {PORTS.stop - 1}")


def listeners(port: int) -> set[int] | None:
    """Return the process groups that listen at `port`, or None where the system does not tell (no Linux)."""
    tables = []
    for name in ("tcp", "tcp6"):
        with suppress(OSError):  # without IPv6 there is one
            tables.append(Path("/proc/net", name).read_text())
    if not tables:
        return None
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[3] == LISTEN and int(row[1].rpartition(":")[2], 16) == port}
    groups = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended, or is another user's
            if any(str(fd.readlink()) in sockets for fd in (folder / "fd").iterdir()):
                groups.add(os.getpgid(int(folder.name)))
    return groups


class Cluster:
    """A context manager that starts everything and ends it.

    Attributes:
        job_endpoint: HOST:PORT of the job server.
        pool_endpoint: HOST:PORT of the pool of Python workers.
        processes: running processes by name: master, worker-0, …, pool, job-server.
    """

    def __init__(self, folder: Path, workers: int = 2, cores: int = 1, memory: str = "1G") -> None:
        self.folder = folder
        self._workers, self._cores, self._memory = workers, cores, memory
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.job_endpoint = self.pool_endpoint = ""

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
        jars = class_path()
        home = self.folder / "home"
        (home / "jars").mkdir(parents=True, exist_ok=True)
        for jar in jars:
            link = home / "jars" / Path(jar).name
            if not link.exists():
                link.symlink_to(jar)
        (home / "RELEASE").touch()
        java_home = os.environ.get("JAVA_HOME") or str(Path(shutil.which("java") or "java").resolve().parents[1])
        # Without these the executors end with "Cannot find any build directories".
        self._env = os.environ | {
            "SPARK_HOME": str(home), "SPARK_SCALA_VERSION": "2.12", "SPARK_LOCAL_IP": "127.0.0.1",
            "JAVA_HOME": java_home,
        }  # fmt: skip
        self._jars = f"{home}/jars/*"
        # A worker that hangs is missed after half a minute, one that is killed at once. On a busy machine, workers that
        # live give no sign for ten seconds. Without retries it would listen at the port beside one that is taken.
        master = self._listen(
            "master", "--port", *self._java("-Dspark.worker.timeout=30", "-Dspark.port.maxRetries=0"),
            "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--webui-port", "0",
        )  # fmt: skip
        self._master = f"spark://127.0.0.1:{master}"
        for n in range(self._workers):
            self.start_worker(n)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # it starts `python` by name
        pool = self._listen(
            "pool", "--service_port", sys.executable, "-P", "-m", "pipelines.worker_pool", "--bind", "127.0.0.1",
            env={"PATH": path, "PYTHONSAFEPATH": "1"},
        )  # fmt: skip
        settings = {
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.executor.memory": "768m",
            "spark.executor.extraJavaOptions": " ".join(OPENS),
        }
        job = self._listen(
            "job-server", "--job-port", *self._java(*(f"-D{k}={v}" for k, v in settings.items())),
            "org.apache.beam.runners.spark.SparkJobServerDriver", "--spark-master-url", self._master,
            "--artifact-port", "0", "--expansion-port", "0", "--artifacts-dir", str(self.folder / "artifacts"),
        )  # fmt: skip
        self.job_endpoint, self.pool_endpoint = f"127.0.0.1:{job}", f"127.0.0.1:{pool}"

    def _java(self, *options: str) -> list[str]:
        return ["java", *OPENS, *options, "-cp", self._jars]

    def start_worker(self, n: int) -> None:
        """Start Spark worker `n`."""
        self._run(f"worker-{n}", *self._java(), "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1",
                  "-c", str(self._cores), "-m", self._memory, "-d", str(self.folder / f"work-{n}"),
                  "--webui-port", "0", self._master)  # fmt: skip

    def _run(self, name: str, *command: str, env: dict[str, str] | None = None) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            command, env=self._env | (env or {}), stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            cwd=self.folder,
        )  # fmt: skip
        log.close()

    def _listen(self, name: str, option: str, *command: str, env: dict[str, str] | None = None) -> int:
        """Start a program that listens at the port that `option` names, and return that port.

        Raises:
            RuntimeError: where it ends, or does not listen in time, with the last lines of its log.
        """
        for attempt in range(START_ATTEMPTS):
            port = free_port()
            self._run(name, *command, option, str(port), env=env)
            if self._listens(name, port):
                return port
            print(f"cluster.py: {name} ended as it started (attempt {attempt + 1})", file=sys.stderr)
        raise RuntimeError(f"{name} ended as it started: {self._last_lines(name)}")

    def _listens(self, name: str, port: int) -> bool:
        """Wait until the process listens at `port`; False where it ends before.

        An answer alone may be another program's, which took the port first; the process ends once it finds that.
        """
        process = self.processes[name]
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if process.poll() is not None:
                return False
            with socket.socket() as s:
                s.settimeout(0.5)
                answers = s.connect_ex(("127.0.0.1", port)) == 0
            if answers and ((groups := listeners(port)) is None or process.pid in groups):
                return True
            time.sleep(0.2)
        raise RuntimeError(f"{name} does not listen after {START_SECONDS:.0f} s: {self._last_lines(name)}")

    def _last_lines(self, name: str) -> str:
        log = self.folder / f"{name}.log"
        lines = [line.strip() for line in log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
        return " / ".join(lines[-8:]) + f"; see {log}"

    def kill(self, name: str) -> None:
        """End a process and its children at once, as a machine that loses power does."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait()

    def stop(self) -> None:
        """End everything."""
        for process in reversed(self.processes.values()):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait()


def main() -> None:
    """`up`: start, print the options, wait for Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["up"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=1, help="of each worker")
    parser.add_argument("--memory", default="1G", help="of each worker")
    parser.add_argument("--dir", type=Path, help="folder of logs and scratch files")
    args = parser.parse_args()
    folder = args.dir or Path(tempfile.mkdtemp(prefix="pmcmine-spark-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with Cluster(folder, args.workers, args.cores, args.memory) as cluster:
            print(f"export PMCMINE_MINE_SPARK_JOB_SERVER={cluster.job_endpoint}")
            print(f"export PMCMINE_MINE_SPARK_WORKER_POOL={cluster.pool_endpoint}")
            print(f"# logs in {folder}; Ctrl-C ends it", flush=True)
            print(
                "# Beam's job server listens on every interface without a password, and its jobs run any code:",
                file=sys.stderr,
            )
            print("# keep other machines from its ports (infra/spark/README.md, What listens where)", file=sys.stderr)
            signal.pause()
    except KeyboardInterrupt:
        pass
    except RuntimeError as error:
        sys.exit(f"cluster.py: {error}")


if __name__ == "__main__":
    main()
