"""The command line and its configuration: one line for each mistake, exit codes, dry runs."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pmcmine.cli import main
from pmcmine.config import MineConfig, load_config
from pmcmine.demo import BucketServer, demo_articles, write_bucket
from pmcmine.errors import PmcmineError
from tests.helpers import NO_MODELS, flags_of, release_json, rows, tree

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def call(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as done:
        main(list(args))
    captured = capsys.readouterr()
    return int(done.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize(("args", "said"), [
    (["mine", "--pmcid", "31452104"], "'31452104' looks like a PMID"),
    (["mine", "--pmcid", "PMC1,10.1371/journal.pone.0000217"], "is a DOI"),
    (["mine", "--pmcid", "PMC1;PMC2"], "is not a PMCID"),
    (["mine", "--pmcid", "PMC12.2"], "names a version"),
    (["mine", "--source", "/nowhere"], "no such folder"),
    (["mine", "--source", "pmcmien"], "no such folder; did you mean 'pmcmine'?"),
    (["mine", "--groups", "free"], "choose from commercial, noncommercial, other"),
    (["mine", "--set", "shrad_bytes=1"], "did you mean 'shard_bytes'"),
    (["mine", "--set", "shard_bytes"], "give NAME=VALUE"),
    (["mine", "--limit", "0"], "configuration key 'limit'"),
    (["mine", "--config", "/no/such.toml"], "no such configuration file"),
    (["mine", "--source", ".", "--runner", "direkt"], "did you mean 'direct'"),
    (["mine", "--source", ".", "--beam=--direct_num_worker=2"], "--direct_num_workers"),
    (["mine", "--source", ".", "--runner", "spark"], "--job_endpoint"),
    (["mine", "--source", ".", "--source-kind", "ftp"], "choose from bucket, bulk, folder, packages"),
    (["mien"], "mien"),
    (["mine", "--nonsense"], "--nonsense"),
])  # fmt: skip
def test_mistakes_end_with_one_line(capsys: pytest.CaptureFixture[str], args: list[str], said: str) -> None:
    code, out, err = call(capsys, *args)
    assert code == 2 and said in err
    assert len(err.strip().splitlines()) == 1 and err.startswith("pmcmine: ")
    assert not out


def test_flags_over_file_over_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('seed = 2\nlimit = 20\ngroups = ["commercial"]\n')
    monkeypatch.setenv("PMCMINE_MINE_SEED", "1")
    monkeypatch.setenv("PMCMINE_MINE_LIMIT", "10")
    monkeypatch.setenv("PMCMINE_MINE_WORKERS", "3")
    config = load_config({"seed": 3}, str(file))
    assert (config.seed, config.limit, config.workers, config.groups) == (3, 20, 3, ("commercial",))
    file.write_text("sede = 2\n")
    with pytest.raises(PmcmineError, match="unknown key 'sede'; did you mean 'seed'"):
        load_config({}, str(file))
    monkeypatch.setenv("PMCMINE_MINE_SEDE", "1")
    with pytest.raises(PmcmineError, match="environment variable PMCMINE_MINE_SEDE"):
        load_config({})


def test_every_key_is_of_the_content_or_of_the_run() -> None:
    config = load_config({})
    later = {"parquet_images", "document_figures", "exclude_sha256"}  # stated if they are set: older releases lack them
    assert set(config.content()) | set(config.run()) | later == set(MineConfig.model_fields)
    assert not set(config.content()) & set(config.run())


def test_a_dry_run_counts_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], demo_bucket: Path, tmp_path: Path
) -> None:
    before = tree(demo_bucket, ".")
    code, out, _ = call(
        capsys, "mine", "--source", str(demo_bucket), "--out", str(tmp_path / "out"), "--dry-run", "--json"
    )
    plan = json.loads(out)
    assert code == 0 and plan["snapshot"]["n_versions"] == len(demo_articles()) and plan["kind"] == "folder"
    assert not (tmp_path / "out").exists() and tree(demo_bucket, ".") == before


def test_a_dry_run_for_slurm_shows_what_jobs_ask_for(
    capsys: pytest.CaptureFixture[str], demo_bucket: Path, tmp_path: Path
) -> None:
    args = ["mine", "--source", str(demo_bucket), "--out", str(tmp_path / "out"), "--dry-run", "--runner", "slurm"]
    code, out, _ = call(capsys, *args, "--slurm-partition", "long", "--slurm-time", "2-12", "--slurm-memory", "8g",
                        "--slurm-finish-options=--mem=64G")  # fmt: skip
    assert code == 0 and "{" not in out
    assert "partition long, account of the site, time 2-12, memory 8g, CPUs 1" in out and "--mem=64G" in out
    assert f"{len({a.pmcid for a in demo_articles()})} PMCIDs" in out and not (tmp_path / "out").exists()


def test_plans_are_described_where_the_source_does_not_answer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    args = ["mine", "--source", "http://127.0.0.1:9/", "--out", str(tmp_path / "out"), "--dry-run", "--limit", "1000",
            "--set=first_contact_seconds=0.3", "--vocab", "none"]  # fmt: skip
    code, out, err = call(capsys, *args, "--runner", "slurm", "--set=block_articles=100")
    assert code == 0 and "not counted" in out and "at most 10 tasks, all at once" in out and "127.0.0.1:9" in err
    assert "divided among the tasks; each task mines at most 1 of its blocks at once" in out
    assert not (tmp_path / "out").exists()
    code, out, err = call(capsys, *args)
    assert code == 0 and "not counted" in out and "127.0.0.1:9" in err
    assert "mine: blocks of about 200 PMCIDs, at most 1 at once" in out and "jobs" not in out
    code, out, err = call(capsys, *args, "--json")
    assert code == 0 and json.loads(out)["snapshot"] is None
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("flag", "value"),
    [("--slurm-time", "12 hours"), ("--slurm-time", "12:00:00:00"), ("--slurm-time", "soon"), ("--slurm-memory", "8 GB"),
     ("--slurm-memory", "8GB"), ("--slurm-memory", "much"), ("--slurm-memory", "-1G")],
)  # fmt: skip
def test_times_and_memory_that_sbatch_refuses_are_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, flag: str, value: str
) -> None:
    code, out, err = call(capsys, "mine", "--source", ".", "--out", str(tmp_path / "out"), f"{flag}={value}")
    assert code == 2 and not out and len(err.strip().splitlines()) == 1
    assert flag[2:].replace("-", "_") in err.replace("-", "_") and value in err


def test_exit_codes_and_summary(capsys: pytest.CaptureFixture[str], demo_bucket: Path, tmp_path: Path) -> None:
    args = ["mine", "--source", str(demo_bucket), "--out", str(tmp_path / "out"), "-q"]
    code, out, err = call(capsys, *args, "--max-reject-share", "0.01")
    assert code == 1 and "rejected because of faults" in err
    assert "commercial/train" in out and "report.html\nnext " in out
    code, out, _ = call(capsys, *args)
    assert code == 0 and "nothing to do" in out


def test_a_pmcid_file_and_a_limit(capsys: pytest.CaptureFixture[str], demo_bucket: Path, tmp_path: Path) -> None:
    listed = tmp_path / "ids.txt"
    listed.write_text("# mine these\nPMC9000001\nPMC9000002  # and this\n\n")
    args = ["mine", "--source", str(demo_bucket), "--pmcid", str(listed), "--out", str(tmp_path / "out"), "-q"]
    assert call(capsys, *args)[0] == 0
    assert release_json(tmp_path / "out")["snapshot"]["n_pmcids"] == 2
    args = [
        "mine",
        "--source",
        str(demo_bucket),
        "--limit",
        "5",
        "--out",
        str(tmp_path / "five"),
        "-q",
        "--max-reject-share",
        "1",
        *flags_of(NO_MODELS),
    ]
    assert call(capsys, *args)[0] == 0
    assert release_json(tmp_path / "five")["snapshot"]["n_pmcids"] == 5


def test_the_demo_in_a_world_of_loopback_only(tmp_path: Path) -> None:
    """In a network namespace of its own, where nothing but loopback exists."""
    inside = ["ip", "link", "set", "lo", "up", "&&", sys.executable, "-m", "pmcmine", "demo", "--articles", "1"]
    shell = " ".join(inside)
    probe = subprocess.run(["unshare", "--net", "--map-root-user", "true"], capture_output=True)
    if shutil.which("ip") is None or probe.returncode:
        pytest.skip("this machine allows no network namespace of one's own")
    done = subprocess.run(
        ["unshare", "--net", "--map-root-user", "sh", "-c", shell],
        cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pmcmine-demo" / "report.html").is_file()


def test_the_readme_names_files_that_exist() -> None:
    root = Path(__file__).parent.parent
    for link in [part.split(")")[0] for part in README.split("](")[1:]]:
        assert link.startswith("https://") or (root / link).is_file(), link


def test_generated_docs_are_up_to_date() -> None:
    import runpy

    docs = Path(__file__).parent.parent / "docs"
    made = runpy.run_path(str(docs / "generate.py"), run_name="docs")
    for page, content in made["PAGES"].items():
        text = content()
        assert (docs / page).read_text("utf-8") == text, f"docs/{page}: run python docs/generate.py"
        assert " at 0x" not in text and "## None" not in text, f"docs/{page} shows an object of the program"


def test_a_server_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    write_bucket(tmp_path, demo_articles(1)[:1])
    with BucketServer(tmp_path) as server:
        url = server.url
    code, _, err = call(capsys, "mine", "--source", url, "--out", str(tmp_path / "out"), "--set", "retries=0", "-q")
    assert (
        code == 2
        and "refuses the connection" in err
        and "nothing was mined" in err
        and len(err.strip().splitlines()) == 1
    )


def test_stats_count_and_answer(demo_release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "stats", str(demo_release), "--by", "license_group", "--json")
    found = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and {r["license_group"] for r in found} == {"commercial", "noncommercial"}
    counted = sum(release_json(demo_release)["counts"]["samples"].values())
    assert sum(r["pairs"] for r in found) == counted
    code, out, _ = call(capsys, "stats", str(demo_release), "--sql", "SELECT count(*) AS n FROM articles")
    assert code == 0 and out.split() == ["n", str(len(rows(demo_release, "articles")))]
    code, out, _ = call(capsys, "stats", str(demo_release), "--by", "image_kinds", "--where", "license = 'CC-BY'")
    assert code == 0 and out.startswith("image_kinds") and len(out.splitlines()) > 2
    _, _, err = call(capsys, "stats", str(demo_release), "--where", "concept_below('HP:0000707')")
    assert "concept_below: the release has no" in err  # it was mined without a vocabulary
    _, _, err = call(capsys, "stats", str(demo_release), "--sql", "FROM figures WHERE concept_below('HP:0000707')")
    assert "in a condition (--where, where) alone" in err
    for bad in (("--where", "nothing = 1"), ("--by", "colour")):
        code, _, err = call(capsys, "stats", str(demo_release), *bad)
        assert code == 2 and err.count("\n") == 1


@pytest.mark.parametrize(("text", "said"), [
    ("[mine]\nseed = 1\n", "unknown key 'mine'"),
    ("imagekinds = false\n", "did you mean 'image_kinds'"),
    ("seed = [1]\n", "'seed'"),
    ("seed = \"one\"\n", "'seed'"),
    ("classify = \"perhaps\"\n", "'classify'"),
    ("groups = \"commercial\"\n", "'groups'"),
    ("groups = [1]\n", "'groups.0'"),
    ("limit = 1.5\n", "'limit'"),
    ("decontaminate_action = \"remove\"\n", "'decontaminate_action'"),
    ("beam = {x = 1}\n", "'beam'"),
    ("vocab = 3\n", "'vocab'"),
    ("seed = 1\nseed = 2\n", "not readable as TOML"),
    ("seed: 1\n", "not readable as TOML"),
])  # fmt: skip
def test_a_configuration_file_that_can_not_be_honoured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "c.toml"
    file.write_text(text)
    code, out, err = call(
        capsys, "mine", "--config", str(file), "--source", str(tmp_path), "--out", str(tmp_path / "o")
    )
    assert (code, out, err.count("\n")) == (2, "", 1) and said in err


def test_an_environment_that_can_not_be_honoured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value, said in (
        ("GROUPS", "commercial", "JSON"), ("SEED", "one", "'seed'"), ("PANELS", "perhaps", "'panels'"),
    ):  # fmt: skip
        monkeypatch.setenv(f"PMCMINE_MINE_{name}", value)
        code, _, err = call(capsys, "mine", "--source", str(tmp_path), "--out", str(tmp_path / "o"))
        assert code == 2 and err.count("\n") == 1 and said in err
        monkeypatch.delenv(f"PMCMINE_MINE_{name}")


def test_an_output_that_can_not_be_written(
    demo_release: Path, demo_bucket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("a file")
    (tmp_path / "hp.obo").write_text("format-version: 1.2\n\n[Term]\nid: HP:0000001\nname: All\n")
    release, obo, source = str(demo_release), str(tmp_path / "hp.obo"), str(demo_bucket)
    for below in (tmp_path / "file", Path("/proc/none")):
        for args in (
            ["subset", release, "--out", f"{below}/x.parquet"],
            ["export", release, "--format", "attribution", "--out", f"{below}/x"],
            ["vocab", "build", obo, "--out", f"{below}/x.vocab"],
            ["mine", "--source", source, "--out", f"{below}/x", "-q"],
        ):
            code, out, err = call(capsys, *args)
            assert (code, out) == (2, "") and err.count("\n") == 1 and str(below) in err, args
    code, _, err = call(capsys, "subset", release, "--out", str(tmp_path))
    assert code == 2 and "is a folder" in err


def test_a_full_disk_says_how_to_go_on(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def arrow_full(*args: object, **options: object) -> None:
        raise OSError("[Errno 28] Error writing bytes to file. Detail: [errno 28] No space left on device")

    out = tmp_path / "x.parquet"
    for failing in (full, arrow_full):
        monkeypatch.setattr("pyarrow.parquet.write_table", failing)
        code, _, err = call(capsys, "subset", str(demo_release), "--out", str(out))
        assert code == 2 and "free some space, then run the same command again" in err and err.count("\n") == 1
        assert not list(tmp_path.iterdir())
    monkeypatch.undo()
    assert call(capsys, "subset", str(demo_release), "--out", str(out))[0] == 0
    monkeypatch.setattr("pmcmine.exports.attribution.Attribution.export", full)
    folder = tmp_path / "export"
    args = ["export", str(demo_release), "--format", "attribution", "--out", str(folder)]
    code, _, err = call(capsys, *args)
    assert code == 2 and "free some space" in err and not folder.exists()
    monkeypatch.undo()
    assert call(capsys, *args)[0] == 0


def test_a_disk_that_fills_up_under_a_run(
    demo_bucket: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once its packs are written: not even the error's own file has a place then."""
    args = [
        "mine",
        "--source",
        str(demo_bucket),
        "--out",
        str(tmp_path / "o"),
        "--vocab",
        "none",
        "-q",
        "--max-reject-share",
        "1",
    ]
    args += [
        f"--set={k}=false" for k in ("classify", "image_kinds", "languages", "privacy", "panels", "near_duplicates")
    ]
    fsync = os.fsync

    def full(descriptor: int) -> None:
        name = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        if ".arrow" in name or "/error-" in name or "/packs/" in name:
            raise OSError(errno.ENOSPC, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = call(capsys, *args)
    assert code == 2 and err.count("\n") == 1 and "No space left on device" in err
    assert "free some space, then run the same command again" in err
    monkeypatch.undo()
    assert call(capsys, *args)[0] == 0


def test_conditions_of_tables_are_checked(
    demo_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release, out = str(demo_release), ["--out", str(tmp_path / "x.parquet")]
    for args, said in (
        (["stats", release, "--where", "license = 'CC BY'"], "Did you mean 'CC-BY'"),
        (["stats", release, "--where", "licence = 'CC-BY'"], "no column 'licence'; did you mean 'license'?"),
        (["stats", release, "--sql", "SELECT * FROM figure"], "no table 'figure'; did you mean 'figures'?"),
        (["stats", release, "--sql", "SELECT * FROM pg_gridz"], "no table 'pg_gridz'\n"),
        (["export", release, "--format", "llava", "--out", str(tmp_path / "new")], "`pmcmine write` makes them"),
        (["stats", release, "--by", "licence"], "did you mean 'license'"),
        (["subset", release, *out, "--where", "kind = 'CT'"], "image_kinds has 'ct'"),
        (["subset", release, *out, "--table", "paragraphs", "--where", "type = 'case'"], "type is never 'case'"),
        (["subset", release, *out, "--where", "yaer > 1"], "no column 'yaer'; did you mean 'year'?"),
        (["subset", release, *out, "--table", "paragraph"], "did you mean 'paragraphs'"),
        (["subset", release, *out, "--view", "radiologie"], "did you mean 'radiology'"),
        (["export", release, "--format", "biomedicae", "--out", str(tmp_path / "e")], "did you mean 'biomedica'"),
    ):
        code, _, err = call(capsys, *args)
        assert code == 2 and said in err and err.count("\n") == 1, args


def test_figures_without_a_kind_are_counted(demo_release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without = sum(1 for f in rows(demo_release, "figures") if not f["image_kinds"])
    _, out, _ = call(capsys, "stats", str(demo_release), "--by", "image_kinds", "--json")
    counted = {r["image_kinds"]: r["figures"] for r in map(json.loads, out.splitlines())}
    assert without > 0 and counted[None] == without


@pytest.mark.parametrize(
    "text",
    ["x = " + "9" * 6_000, "x = " + "[" * 100_000, "\n" * 1_100_000, "x = \0"],
    ids=["number", "nesting", "length", "NUL"],
)
def test_a_configuration_that_python_cannot_hold_is_one_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(PmcmineError, match=r"TOML|more than 1048576 bytes"):
        load_config({}, str(file))


def test_a_configuration_may_come_through_a_pipe(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.write(write, b"seed = 3\r\n")
    os.close(write)
    assert load_config({}, f"/dev/fd/{read}").seed == 3
    os.close(read)
