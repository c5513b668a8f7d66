"""A secret in every option of the configuration: it reaches no file, no line of output, no log."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

from pmcmine.cli import main
from pmcmine.config import MineConfig, load_config
from pmcmine.demo import BucketServer, write_bucket
from pmcmine.demo.corpus import many_articles
from pmcmine.errors import PmcmineError
from pmcmine.io.sealed import without_trailer
from pmcmine.text.redact import MASK
from tests.helpers import release_json
from tests.test_cli import call

LIGHT = ["--set=classify=false", "--set=image_kinds=false", "--set=languages=false", "--set=privacy=false",
         "--set=near_duplicates=false", "--set=panels=false", "--max-reject-share=1"]  # fmt: skip


def _secret(key: str) -> str:
    return f"s3cr3t-{key.replace('_', '-')}-Zq9"


def _in(key: str) -> str:
    """An address with a secret of its own in each place."""
    said = _secret(key)
    return f"https://u:{said}@127.0.0.1:9/{key}?sig={said}&version=1#{said}"


def _everything(folder: Path) -> bytes:
    """All bytes of a folder, and what is in files that are packed."""
    found = []
    for path in folder.rglob("*"):
        found.append(str(path.relative_to(folder)).encode())
        if not path.is_file():
            continue
        data = path.read_bytes()
        found.append(data)
        if path.suffix == ".gz":
            found.append(gzip.decompress(data))
        if path.suffix in (".parquet", ".arrow") and data[-20:-12] == b"pmcmine\n":  # a file of the work folder
            data = bytes(without_trailer(data, str(path)))
        if path.suffix == ".parquet":
            file = pq.ParquetFile(io.BytesIO(data))
            found += [repr(file.read().to_pydict()).encode(), repr(file.schema_arrow.metadata).encode()]
        elif path.suffix == ".arrow":
            with ipc.open_file(io.BytesIO(data)) as reader:
                found.append(repr(reader.read_all().to_pydict()).encode())
    return b"\0".join(found)


def _is_text(key: str) -> bool:
    return "str" in str(MineConfig.model_fields[key].annotation)


def test_every_option_is_masked_where_it_is_written_or_shown() -> None:
    texts = [k for k in MineConfig.model_fields if _is_text(k)]
    assert len(texts) > 15
    values: dict[str, Any] = {
        k: (_in(k),) if "tuple" in str(MineConfig.model_fields[k].annotation) else _in(k) for k in texts
    }
    values["beam"] = (f"--project={_secret('beam')}", _in("beam"), f"--x={_in('beam')}")
    config = MineConfig.model_construct(**values)
    said = json.dumps([config.content(), config.run()]) + repr(config) + str(config)
    for key in texts:
        assert _secret(key) not in said, key


@pytest.mark.parametrize("key", list(MineConfig.model_fields))
def test_a_bad_value_is_not_repeated(key: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By flag, environment and file; a password that slipped into another option among them."""
    bare = _secret(key)
    toml = tmp_path / "c.toml"
    for given in (bare, _in(key)):
        toml.write_text(f'{key} = "{given}"\n')
        for flags, file, variable in (({key: given}, None, None), ({}, str(toml), None), ({}, None, given)):
            with monkeypatch.context() as patched:
                if variable is not None:
                    patched.setenv(f"PMCMINE_MINE_{key.upper()}", variable)
                try:
                    config = load_config(flags, file)
                except PmcmineError as error:
                    if key in ("vocab", "text_model") and given is bare:
                        continue  # a path that is not there is named
                    assert bare not in str(error)
                    assert len(str(error).splitlines()) == 1
                else:
                    if given is not bare:
                        assert bare not in json.dumps([config.content(), config.run()]) + repr(config)


@pytest.mark.parametrize("args", [
    ["--source", _in("source")],
    ["--source", f"s3://k:{_secret('source')}@bucket/x"],
    ["--source", f"/nowhere/password={_secret('source')}/x"],
    ["--source", f"nosuch://u:{_secret('source')}@h/x"],
    ["--out", f"nosuch://u:{_secret('out')}@h/x", "--source", "."],
    ["--vocab", _in("vocab")],
    ["--vocab", f"/nowhere/token={_secret('vocab')}.vocab"],
    ["--metrics", f"/etc/hostname/token={_secret('metrics')}", "--source", "."],
    ["--runner", _secret("runner"), "--source", "."],
    ["--source-kind", _secret("kind"), "--source", "."],
    ["--groups", _secret("groups")],
    ["--contact", _secret("contact") + "\u00e9"],
    ["--contact", "x", "--set", f"contact={_secret('contact')}\n"],
    ["--pmcid", _secret("pmcid")],
    ["--limit", f"-1{_secret('limit')}"],
    ["--set", _secret("set")],
    ["--set", f"timeout={_secret('timeout')}"],
    ["--set", f"spark_job_server=u:{_secret('spark')}@127.0.0.1:9", "--runner", "spark", "--source", "."],
    [f"--beam=--direct_num_workers={_secret('beam')}", "--source", "."],
    [f"--beam=--no_such={_secret('beam')}", "--source", "."],
    ["--decontaminate", f"/nowhere/secret={_secret('sets')}", "--source", "."],
    ["--endpoint", _in("endpoint"), "--publish-to", "a/b", "--source", "."],
])  # fmt: skip
def test_error_lines_hold_none(args: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    base = ["mine", "--set=first_contact_seconds=0.3", *LIGHT]
    if "--out" not in args:
        base += ["--out", str(tmp_path / "out")]
    code, out, err = call(capsys, *base, *args)
    assert code == 2 and "s3cr3t" not in out + err
    assert len([line for line in err.splitlines() if "contacting" not in line]) == 1, err
    assert not (tmp_path / "out").exists()


def test_a_run_with_secrets(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The run uses them; what it writes and says has none; it resumes, and an update asks for them again."""
    write_bucket(tmp_path / "bucket", many_articles(4))
    monkeypatch.setenv("HF_TOKEN", "hf-s3cr3t-Zq9")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "aws-s3cr3t-Zq9")
    asked: list[str] = []

    class Server(BucketServer):
        def fault(self, path: str) -> str | None:
            asked.append(path)
            return super().fault(path)

    out = tmp_path / "password=s3cr3t-out" / "out"
    with Server(tmp_path / "bucket") as server:
        at = server.url.removeprefix("http://")
        source = f"http://user:s3cr3t-source@{at}"
        args = ["mine", "--source", source, "--out", str(out), "--vocab", "none", "--keep-work", *LIGHT,
                "--contact", "https://me:s3cr3t-contact@example.org", "--beam=--job_name=s3cr3t-beam",
                "--metrics", str(tmp_path / "m.txt?token=s3cr3t-metrics"),
                "--set=spark_job_server=u:s3cr3t-spark@h:1"]  # fmt: skip
        code, said, err = call(capsys, *args)
        assert code == 0 and asked, err
        code, again, err_again = call(capsys, *args[:2], source.replace("s3cr3t-source", "s3cr3t-rotated"), *args[3:])
        assert code == 0 and "already complete" in again, err_again
        code, _, refused = call(capsys, "update", str(out), "-q")
        assert code == 2 and "--source" in refused and refused.count("\n") == 1
        code, _, other = call(capsys, *args[:2], f"http://user:s3cr3t-x@{at}other/", *args[3:])
        assert code == 2 and "another configuration" in other
        told = said + err + again + err_again + refused + other + caplog.text
        assert "s3cr3t" not in told
        assert b"s3cr3t" not in _everything(out)
        assert release_json(out)["config"]["source"] == f"http://{MASK}@{at}"
        assert "s3cr3t" not in (tmp_path / "m.txt?token=s3cr3t-metrics").read_text()


def test_a_defect_prints_a_traceback_without_secrets(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*args: object, **kwargs: object) -> None:
        raise RuntimeError(f"https://u:{'s3cr3t'}@host/")

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("pmcmine.cli.app", defect)
    with pytest.raises(RuntimeError) as caught:
        main([])
    sys.excepthook(RuntimeError, caught.value, caught.tb)
    said = capsys.readouterr().err
    assert said.startswith("Traceback") and said.endswith(f"RuntimeError: https://{MASK}@host/\n")
