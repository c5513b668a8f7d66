"""A standalone Spark cluster on loopback with Beam's job server: a master, workers, and a pool of Python workers.

    python infra/spark/cluster.py up            # stays in the foreground, prints the address for `--runner spark`
    pmcmine mine --source … --out … --runner spark

Needs Java 11 or 17 and Maven (which resolves `pom.xml` once). On a cluster of machines start the same programs by
your own means: one pool of Python workers on each machine, at the same port. Imported by the tests.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
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
    """Find a free port on loopback."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


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
        self._java = ["java", *OPENS, "-cp", f"{home}/jars/*"]
        master, job, pool = free_port(), free_port(), free_port()
        self._master = f"spark://127.0.0.1:{master}"
        # A worker that hangs is missed after half a minute, one that is killed at once. On a busy machine, workers that
        # live give no sign for ten seconds.
        self._run("master", *self._java[:-2], "-Dspark.worker.timeout=30", *self._java[-2:],
                  "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(master),
                  "--webui-port", str(free_port()))  # fmt: skip
        self._wait("master", master)
        for n in range(self._workers):
            self.start_worker(n)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # it starts `python` by name
        self._run("pool", sys.executable, "-P", "-m", "pipelines.worker_pool", "--bind", "127.0.0.1",
                  f"--service_port={pool}", env={"PATH": path, "PYTHONSAFEPATH": "1"})  # fmt: skip
        self._wait("pool", pool)
        settings = {
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.executor.memory": "768m",
            "spark.executor.extraJavaOptions": " ".join(OPENS),
        }
        self._run("job-server", *self._java[:-2], *(f"-D{k}={v}" for k, v in settings.items()), *self._java[-2:],
                  "org.apache.beam.runners.spark.SparkJobServerDriver", "--spark-master-url", self._master,
                  "--job-port", str(job), "--artifact-port", "0", "--expansion-port", "0",
                  "--artifacts-dir", str(self.folder / "artifacts"))  # fmt: skip
        self._wait("job-server", job)
        self.job_endpoint, self.pool_endpoint = f"127.0.0.1:{job}", f"127.0.0.1:{pool}"

    def start_worker(self, n: int) -> None:
        """Start Spark worker `n`."""
        self._run(f"worker-{n}", *self._java, "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1",
                  "-c", str(self._cores), "-m", self._memory, "-d", str(self.folder / f"work-{n}"),
                  "--webui-port", str(free_port()), self._master)  # fmt: skip

    def _run(self, name: str, *command: str, env: dict[str, str] | None = None) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            command, env=self._env | (env or {}), stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            cwd=self.folder,
        )  # fmt: skip
        log.close()

    def _wait(self, name: str, port: int) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.processes[name].poll() is not None:
                raise RuntimeError(f"{name} ended as it started; see {self.folder / name}.log")
            with socket.socket() as s:
                s.settimeout(0.5)
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.2)
        raise RuntimeError(f"{name} does not listen after {START_SECONDS:.0f} s; see {self.folder / name}.log")

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
