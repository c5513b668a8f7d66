"""Conditions of others: one expression over the tables, in bounded time, and nothing else."""

from __future__ import annotations

import json
import time
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pmcmine import stream
from pmcmine.errors import PmcmineError
from pmcmine.release.conditions import VALUES, check_values, known_values, time_limit
from tests.test_cli import call
from tests.tiny_release import write_release

# Ends in a minute at the earliest; each step of it can be interrupted.
ENDLESS = "(SELECT sum(hash(a.caption || b.caption)) FROM figures a, figures b, figures c, figures d, figures e) > 0"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conditions") / "release"
    write_release(folder, 200)
    return folder


_CONNECTION = duckdb.connect()


def _check(where: str) -> None:
    check_values(_CONNECTION, where, {}, "where")


@pytest.mark.parametrize("where", [
    "year > 2000", "year > 2000 -- since then", "caption ILIKE '%; CALL enable_logging()%'", "list_contains(image_kinds, 'ct')",
    "year > (SELECT avg(year) FROM figures)", "regexp_matches(caption, '(a+)+$')", "year BETWEEN 2000 AND 2010 OR NOT true",
    "len(list_filter(image_kinds, lambda k: k = 'ct')) > 0", "EXISTS (SELECT 1 FROM unnest(image_kinds))", "format = 'JPEG'",
    " OR ".join(f"year = {y}" for y in range(300)), "caption = 'getenv(''HOME'')'", "\"range\" IS NULL",
])  # fmt: skip
def test_plain_expressions_are_conditions(where: str) -> None:
    _check(where)


@pytest.mark.parametrize("where", [
    "", " ", "--", "true; true", "CALL enable_logging()", "true; CALL enable_logging()", "true;CALL enable_logging('HTTP')",
    "true; DROP TABLE figures", "true; COPY figures TO '/tmp/x'", "true; ATTACH '/tmp/x'", "true; SET threads = 1",
    "true; INSTALL httpfs", "true; PRAGMA enable_profiling", "true) OR (true", "true UNION SELECT 1", "true LIMIT 1",
    "true ORDER BY 1", "true GROUP BY 1", "true HAVING true", "true QUALIFY true", "true USING SAMPLE 1", "true /*",
    "EXISTS (CALL enable_logging())", "EXISTS (PRAGMA version)", "EXISTS (INSERT INTO figures SELECT 1)",
])  # fmt: skip
def test_statements_and_clauses_are_none(where: str) -> None:
    with pytest.raises(PmcmineError, match=r"^where: ") as error:
        _check(where)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("where", [
    "EXISTS (FROM read_csv('/etc/passwd'))", "EXISTS (FROM read_text('/etc/passwd'))", "EXISTS (FROM glob('/*'))",
    "(SELECT content FROM read_blob('/etc/passwd')) = 'a'", "EXISTS (FROM '/etc/passwd')", "EXISTS (FROM \"/tmp/a.csv\")",
    "EXISTS (FROM 'https://example.org/a.parquet')", "EXISTS (FROM \"s3://a/b.json\")", "EXISTS (FROM parquet_scan('/x'))",
    "EXISTS (FROM read_json('x'))", "EXISTS (FROM sniff_csv('/etc/passwd'))", "EXISTS (FROM parquet_metadata('/x'))",
    "getenv('HOME') = 'a'", "\"GetEnv\"('HOME') = 'a'", "'HOME'.getenv() = 'a'", "system.main.getenv('HOME') = 'a'",
    "len(list_transform(['HOME'], lambda x: getenv(x))) > 0", "try(getenv('HOME')) IS NULL", "CASE WHEN getenv('A') = '' THEN true END",
    "write_log('a', disable_logging := true) IS NULL", "current_setting('threads') > 0", "EXISTS (FROM query('SELECT 1'))",
    "EXISTS (FROM query_table('figures'))", "json_execute_serialized_sql('x') IS NULL", "EXISTS (FROM duckdb_settings())",
    "EXISTS (FROM duckdb_secrets())", "EXISTS (FROM information_schema.tables)", "EXISTS (FROM pg_catalog.pg_class)",
    "EXISTS (FROM checkpoint())", "nextval('s') > 0", "$1 = 1", "? = 1", "year = $year", "sleep_ms(100000) IS NULL",
    "EXISTS (WITH t AS (FROM read_text('/etc/passwd')) FROM t)", "year IN (SELECT 1 FROM figures JOIN read_csv('x') ON true)",
])  # fmt: skip
def test_nothing_outside_of_the_tables_is_read(where: str) -> None:
    with pytest.raises(PmcmineError, match="can't be used in a condition") as error:
        _check(where)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("where", [
    "length(repeat(caption, 1000000000)) > 0", "length(lpad(caption, 2000000000, ' ')) > 0", "length(RPAD('', 2000000000, 'x')) > 0",
    "len(range(1000000000000)) > 0", "len(generate_series(1, 1000000000000)) > 0", "EXISTS (FROM range(1000000000000))",
    "length(printf('%1000000000d', 1)) > 0", "length(format('{:>1000000000}', 1)) > 0", "len(list_resize([1], 1000000000)) > 0",
    "len(list_reduce(['a', 'b', 'c'], lambda a, b: a || a)) > 0", "'x'.repeat(9999999999) = ''",
    "(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t) > 0",
])  # fmt: skip
def test_what_makes_much_of_little_is_refused(where: str) -> None:
    with pytest.raises(PmcmineError, match="can't be used in a condition"):
        _check(where)


@pytest.mark.parametrize("where", [
    "(" * 3000 + "1" + ")" * 3000, "NOT " * 900 + "true", "NOT " * 20_000 + "true", "[" * 900 + "]" * 900 + " IS NULL",
    "'\ud800' = caption", "year = 1\0",
])  # fmt: skip
def test_conditions_that_a_parser_stumbles_over_are_one_line(where: str) -> None:
    try:
        _check(where)
    except PmcmineError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000


def test_a_condition_is_shown_in_part_and_bounded(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """DuckDB parses a long list of ids for seconds that no time limit ends."""
    ids = ", ".join(f"'PMC{n}.1/f1'" for n in range(90_000))
    longer = f"yeer > 1 AND caption <> '{'x' * 5_000}'"
    for where, said in ((f"figure_id IN ({ids})", "Parquet file of their ids"), (longer, "did you mean 'year'")):
        began = time.process_time()
        with pytest.raises(PmcmineError, match=r"^where.*characters") as error:
            stream.open(str(release), where=where, where_seconds=0.5)
        assert said in str(error.value) and len(str(error.value)) < 500
        assert time.process_time() - began < 2
    with pytest.raises(PmcmineError, match=r"^where: has"):
        stream.documents(str(release), where=f"pmcid IN ({ids})")
    code, _, err = call(capsys, "stats", str(release), "--by", "year", "--where", "year > 1" + " " * 100_000)
    assert code == 2 and "100,008 characters" in err and len(err) < 400


def test_a_time_limit_ends_the_query_and_not_the_process(release: Path) -> None:
    began = time.monotonic()
    with pytest.raises(PmcmineError, match=r"took more than 0\.2 seconds") as error:
        stream.open(str(release), where=ENDLESS, where_seconds=0.2)
    assert "\n" not in str(error.value) and time.monotonic() - began < 5
    assert len(stream.open(str(release), where="year >= 2100")) == 100


def test_a_connection_is_of_use_after_its_limit(release: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE figures AS SELECT range AS n FROM range(3000)")
        with pytest.raises(PmcmineError, match=r"^said: took more than"), time_limit(connection, 0.1, "said"):
            connection.execute(
                "SELECT count(*) FROM figures a, figures b, figures c, figures d WHERE a.n + b.n = c.n * d.n"
            )
        with time_limit(connection, 60, "said"):
            assert connection.execute("SELECT count(*) FROM figures").fetchall() == [(3000,)]


@pytest.mark.parametrize("command", [
    ["stats", "--by", "year", "--where"], ["stats", "--sql"], ["subset", "--out", "OUT", "--where"],
])  # fmt: skip
def test_commands_have_a_time_limit(
    release: Path,
    command: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    query = f"SELECT count(*) FROM figures WHERE {ENDLESS}" if "--sql" in command else ENDLESS
    began = time.monotonic()
    code, _, err = call(capsys, command[0], str(release), *command[1:], query, "--seconds", "0.2")
    assert code == 2 and "took more than 0.2 seconds" in err and len(err.strip().splitlines()) == 1
    assert time.monotonic() - began < 5 and not list(tmp_path.iterdir())


@pytest.mark.parametrize("where", [
    "true; CALL enable_logging()", "EXISTS (FROM read_text('/etc/passwd'))", "EXISTS (FROM '/etc/passwd')", "true) OR (true",
    "length(repeat(caption, 1000000000)) > 0", "getenv('HOME') <> ''", "true LIMIT 1",
])  # fmt: skip
def test_commands_and_the_stream_refuse_the_same(
    release: Path, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.parquet"
    for command in (["stats", str(release), "--by", "year"], ["subset", str(release), "--out", str(out)]):
        code, _, err = call(capsys, *command, "--where", where)
        assert code == 2 and len(err.strip().splitlines()) == 1 and "--where" in err
    assert not out.exists()
    with pytest.raises(PmcmineError, match="where="):
        stream.open(str(release), where=where)


def test_a_query_sees_no_variables_of_the_process(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "stats", str(release), "--sql", "SELECT * FROM release_rows")
    assert code == 2 and "release_rows" in err
    for where in ("EXISTS (FROM files)", "EXISTS (FROM rows)"):  # names of variables around the call
        assert call(capsys, "stats", str(release), "--by", "year", "--where", where)[0] == 2


@pytest.mark.parametrize("listed", ["", "7", "{}", "[1]", "[[]]", "[" * 50_000, '"ct"', "null", "\\"])
def test_values_of_a_damaged_schema_are_one_line(listed: str) -> None:
    good = pa.schema([pa.field("a", pa.string(), metadata={VALUES: json.dumps(["x"])})])
    assert known_values(good) == {"a": ("x",)}
    with pytest.raises(PmcmineError, match="values of the column a "):
        known_values(pa.schema([pa.field("a", pa.string(), metadata={VALUES: listed.encode()})]))
