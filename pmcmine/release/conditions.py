"""Check SQL conditions over a release's tables: suggest the nearest name, and reject values that a column never has.

A column with a closed set of values lists them in the release itself, in the metadata of its Parquet field.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

import duckdb
import pyarrow as pa

from pmcmine.errors import PmcmineError
from pmcmine.release.condition_text import check_length
from pmcmine.release.nearest import nearest

VALUES: Final = b"values"  # key of the field metadata, a JSON list
_COMPARISONS: Final = frozenset(
    {"COMPARE_EQUAL", "COMPARE_NOTEQUAL", "COMPARE_DISTINCT_FROM", "COMPARE_NOT_DISTINCT_FROM", "COMPARE_IN",
     "COMPARE_NOT_IN"}
)  # fmt: skip
_LIST_FUNCTIONS: Final = frozenset(
    {"list_contains", "list_has", "array_contains", "array_has", "contains", "list_position", "list_indexof",
     "array_position", "array_indexof", "list_has_any", "array_has_any", "list_has_all", "array_has_all", "&&", "@>",
     "<@"}
)  # fmt: skip
_KEEPS_VALUES: Final = frozenset(
    {"list_value", "list_extract", "list_element", "array_extract", "unnest", "trim", "any_value", "first", "min",
     "max", "list_distinct", "list_sort"}
)  # fmt: skip

# DuckDB's message for a list compared with a text.
_LIST_CAST: Final = re.compile(r"value '(.*?)' can't be cast to the destination type \w+\[\]")
_NO_TABLE: Final = re.compile(r'Table with name ([^\n]+?) does not exist!(?:\s+Did you mean "([^"\n]+)")?')
_OF_DUCKDB: Final = ("pg_", "duckdb_", "sqlite_", "information_schema")  # tables of every connection
_NO_COLUMN: Final = re.compile(r'Referenced column "(.*?)" not found[^\n]*\s*(?:Candidate bindings: ([^\n]*))?')
_TABLE_FUNCTIONS: Final = frozenset({"unnest"})
# These read or change something other than the tables, wait, or return a different value each time.
_OUTSIDE: Final = frozenset(
    {"getenv", "write_log", "nextval", "currval", "setseed", "current_setting", "getvariable", "pg_sleep", "sleep",
     "sleep_ms", "json_execute_serialized_sql", "query", "query_table", "read_text", "read_blob", "glob",
     "txid_current", "error", "set_config"}
)  # fmt: skip
# These make a large value from a small one, in memory that DuckDB does not count; an interrupt does not end them
# either.
_MULTIPLIES: Final = frozenset(
    {"repeat", "lpad", "rpad", "format", "printf", "bar", "range", "generate_series", "list_resize", "array_resize",
     "list_reduce", "array_reduce", "reduce"}
)  # fmt: skip
_TABLE: Final = re.compile(r"\w+")  # DuckDB takes other names for files or addresses
_HOLDS_TEXTS: Final = frozenset({"list_value", "array_value", "unnest"})


def explain(error: duckdb.Error | str, query: str = "") -> str:
    """Return a message of DuckDB on one line, with its suggested names, without the excerpt of the query.

    Args:
        error: the error, or its message.
        query: the query, for a hint about quotes.
    """
    cast = _LIST_CAST.search(str(error))
    if cast:
        compared = re.search(rf"([\w.\"]+)\s*(?:=|==|<>|!=|[Ii][Nn]\s*\()\s*'{re.escape(cast[1])}'", query)
        column = compared[1] if compared else "COLUMN"
        said = f"{column} is a list" if compared else f"a list is compared with the text {cast[1]!r}"
        return f"{said}; ask list_contains({column}, '{cast[1]}')"
    if "concept_below does not exist" in str(error):
        return "concept_below stands in a condition (--where, where) alone; in SQL, ask the table concepts"
    unknown = _NO_TABLE.search(str(error))
    if unknown:
        near = unknown[2] or ""
        hint = f"; did you mean {near!r}?" if near and not near.startswith(_OF_DUCKDB) else ""
        return f"there is no table {unknown[1]!r}{hint}"
    missing = _NO_COLUMN.search(str(error))
    if missing:
        quoted = f'"{missing[1]}"' in query
        hint = " (a text is in single quotes, as in license = 'CC-BY')" if quoted else ""
        return f"there is no column {missing[1]!r}{_candidates(missing[1], missing[2])}{hint}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    kept: list[str] = []
    for line in lines:
        if re.match(r"LINE \d+:", line):
            break
        kept.append(line)
    return " ".join(kept) or type(error).__name__


def _candidates(name: str, listed: str | None) -> str:
    """Suggest the nearest of DuckDB's candidates for a column, if one is near."""
    near = nearest(name, re.findall(r'"([^"]+)"', listed or ""))
    return f"; did you mean {near!r}?" if near else ""


def known_values(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Return the values of each column with a closed set of them; fields of a struct as `column.field`.

    Raises:
        PmcmineError: if a third party's release lists them in another form.
    """
    found: dict[str, tuple[str, ...]] = {}

    def look(fields: Sequence[pa.Field], prefix: str) -> None:
        for field in fields:
            name = f"{prefix}{field.name}"
            listed = (field.metadata or {}).get(VALUES)
            if listed is not None:
                found[name.casefold()] = _listed(listed, name)
            kind = field.type
            while pa.types.is_list(kind) or pa.types.is_large_list(kind):
                kind = kind.value_type
            if pa.types.is_struct(kind):
                look([kind.field(i) for i in range(kind.num_fields)], f"{name}.")

    look(list(schema), "")
    return found


def _listed(data: bytes, column: str) -> tuple[str, ...]:
    """Return the values that a release lists for a column.

    Raises:
        PmcmineError: if they are not a list of texts.
    """
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise PmcmineError(f"the values of the column {column} in the release are damaged; is the copy complete?")
    return tuple(values)


@contextmanager
def time_limit(connection: duckdb.DuckDBPyConnection, seconds: float, said: str) -> Iterator[None]:
    """Interrupt a connection's queries after some seconds.

    Args:
        connection: executes and fetches inside the block.
        seconds: the limit.
        said: prefix of the message.

    Raises:
        PmcmineError: one line, if the limit was reached, or is invalid.
    """
    if not 0 < seconds <= threading.TIMEOUT_MAX:
        raise PmcmineError(f"{said}: give a time limit above 0 seconds, and a finite one")
    done, passed = threading.Event(), threading.Event()

    def watch() -> None:
        if not done.wait(seconds):
            passed.set()
            connection.interrupt()
            while not done.wait(0.5):  # an interrupt between two steps of a query may be lost
                connection.interrupt()

    thread = threading.Thread(target=watch, name="time-limit", daemon=True)
    thread.start()
    try:
        yield
    except duckdb.InterruptException:
        if not passed.is_set():
            raise
        raise PmcmineError(f"{said}: took more than {seconds:g} seconds") from None
    finally:
        done.set()
        thread.join()


def _parse_condition(connection: duckdb.DuckDBPyConnection, where: str, said: str) -> dict[str, Any]:
    """Return the syntax tree of a condition, which is one expression.

    Raises:
        PmcmineError: for statements, clauses after the condition, table functions, and functions that read or change
            anything outside the tables.
    """
    query = f"SELECT 1 WHERE {where}\n"
    if "\0" in where:
        raise PmcmineError(f"{said}: contains a NUL character")
    try:
        statements = connection.extract_statements(query)
        if len(statements) != 1:
            raise PmcmineError(f"{said}: is not one condition, but {len(statements)} statements")
        rows = connection.execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [query]).fetchall()
        tree: dict[str, Any] = json.loads(rows[0][0])
    except TypeError:
        raise PmcmineError(f"{said}: can't be encoded as UTF-8") from None
    except RecursionError:  # also a RuntimeError
        raise PmcmineError(f"{said}: is nested too deeply") from None
    except (duckdb.Error, RuntimeError) as error:
        raise PmcmineError(f"{said}: {explain(str(error))}") from None
    except ValueError:
        raise PmcmineError(f"{said}: is nested too deeply") from None
    if tree.get("error"):
        raise PmcmineError(f"{said}: {explain('Parser Error: ' + tree.get('error_message', ''))}")
    (statement,) = tree["statements"]
    node = statement["node"]
    if (
        node.get("type") != "SELECT_NODE"
        or any(node.get(k) for k in ("modifiers", "group_expressions", "having", "qualify", "sample"))
        or (node.get("cte_map") or {}).get("map")
        or (node.get("from_table") or {}).get("type") != "EMPTY"
    ):
        raise PmcmineError(f"{said}: is not a single expression")
    for name in _refused(node):
        raise PmcmineError(f"{said}: {name} can't be used in a condition")
    return tree


def _refused(tree: Any) -> Iterator[str]:
    """Yield the forbidden constructs in a syntax tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
            continue
        if not isinstance(node, dict):
            continue
        kind, function = node.get("type"), str(node.get("function_name", "")).casefold()
        if kind == "TABLE_FUNCTION":
            called = str((node.get("function") or {}).get("function_name", "")).casefold()
            if called not in _TABLE_FUNCTIONS:
                yield f"the table function {called}"
        elif kind == "RECURSIVE_CTE_NODE":
            yield "WITH RECURSIVE"
        elif kind == "BASE_TABLE" and (node.get("catalog_name") or node.get("schema_name")):
            yield f"the table {node.get('schema_name')}.{node.get('table_name')}"
        elif kind == "BASE_TABLE" and not _TABLE.fullmatch(str(node.get("table_name"))):
            yield f"the table {node.get('table_name')!r}"
        elif node.get("class") == "PARAMETER":
            yield "a parameter"
        elif function in _OUTSIDE or function in _MULTIPLIES:
            yield f"the function {function}"
        waiting += node.values()


def check_values(
    connection: duckdb.DuckDBPyConnection, where: str, known: Mapping[str, Sequence[str]], said: str
) -> None:
    """Check the texts that a condition compares with columns of a closed set of values.

    Args:
        connection: parses the condition; nothing is executed.
        where: the condition, an SQL expression.
        known: values of columns, from `known_values`.
        said: prefix of the message.

    Raises:
        PmcmineError: if the condition is too long; for a value that the column never has, with the nearest one; if it
            is
            not a plain condition (statements, clauses, table functions, functions that reach beyond the tables or
            multiply a value).
    """
    check_length(where, said)
    tree = _parse_condition(connection, where, said)
    try:
        compared = list(_compared(tree, known))
    except RecursionError:
        raise PmcmineError(f"{said}: is nested too deeply") from None
    for column, value in compared:
        values = known[column]
        if value in values:
            continue
        near = nearest(value, values)
        other = next((c for c in known if c != column and value.casefold() in known[c]), None)
        hint = f" Did you mean {near!r}?" if near else f" But {other} has {value.casefold()!r}." if other else ""
        raise PmcmineError(f"{said}: {column} is never {value!r}.{hint} It is one of {', '.join(values)}")


def _compared(
    node: Any, known: Mapping[str, Sequence[str]], aliases: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[str, str]]:
    """Yield (column, text) for all comparisons of a syntax tree from `json_serialize_sql`.

    Args:
        node: node of the tree.
        known: values of columns.
        aliases: parameters of the enclosing lambdas, with the column whose elements they are.
    """
    if isinstance(node, list):
        for item in node:
            yield from _compared(item, known, aliases)
        return
    if not isinstance(node, dict) or node.get("class") == "CONSTANT":
        return
    operands = _operands(node)
    columns = {c for o in operands for c in _columns(o, known, aliases)}
    if len(columns) == 1:
        column = columns.pop()
        for operand in operands:
            yield from ((column, text) for text in _texts(operand))
    children = _children(node)
    if len(children) == 2 and isinstance(children[1], dict) and children[1].get("class") == "LAMBDA":
        of = next(_columns(children[0], known, aliases), None)
        if of is not None:
            aliases = {**aliases, **dict.fromkeys(_names(children[1].get("lhs")), of)}
    for item in node.values():
        yield from _compared(item, known, aliases)


def _names(node: Any) -> list[str]:
    """Return the names of a lambda's parameters."""
    if not isinstance(node, dict):
        return []
    if node.get("class") == "COLUMN_REF":
        return [_path(node)]
    return [name for child in _children(node) for name in _names(child)]


def _children(node: Mapping[str, Any]) -> list[Any]:
    """Return the operands of an operator or the arguments of a function, in the form of DuckDB 1 or 2."""
    found = list(node.get("children") or ())
    return found + [a.get("expression") for a in node.get("arguments") or () if isinstance(a, dict)]


def _operands(node: Mapping[str, Any]) -> list[Any]:
    """Return the operands of a node that compares values as a whole."""
    if node.get("type") in _COMPARISONS:
        return [node["left"], node.get("right")] if "left" in node else _children(node)
    if node.get("class") == "FUNCTION" and node.get("function_name") in _LIST_FUNCTIONS:
        return _children(node)
    if node.get("class") == "SUBQUERY" and node.get("subquery_type") == "ANY":
        inner = (node.get("subquery") or {}).get("node") or {}
        return [node.get("child"), *(inner.get("select_list") or ())]
    return []


def _columns(node: Any, known: Mapping[str, Sequence[str]], aliases: Mapping[str, str]) -> Iterator[str]:
    """Yield the columns with known values that an operand is, or is an element or a field of."""
    if not isinstance(node, dict):
        return
    whole = _path(node)
    if whole in aliases:
        yield aliases[whole]
        return
    path = whole.split(".")
    for at in range(len(path)):  # the column may be qualified by a table
        if ".".join(path[at:]) in known:
            yield ".".join(path[at:])
            return
    if node.get("type") == "ARRAY_EXTRACT" or node.get("function_name") in _KEEPS_VALUES:
        for child in _children(node):
            yield from _columns(child, known, aliases)


def _path(node: Any) -> str:
    """Return the name of a column, or `column.field` of a field of a struct or of an element of a list of structs."""
    if not isinstance(node, dict):
        return ""
    if node.get("class") == "COLUMN_REF":
        return ".".join(str(n).casefold() for n in node.get("column_names") or ())
    children = _children(node)
    if node.get("type") == "ARRAY_EXTRACT" and children:
        return _path(children[0])
    if node.get("type") == "STRUCT_EXTRACT" and len(children) == 2:
        return f"{_path(children[0])}.{''.join(_texts(children[1])).casefold()}"
    return ""


def _texts(node: Any) -> Iterator[str]:
    """Yield the constant texts that an operand consists of."""
    if not isinstance(node, dict):
        return
    if node.get("class") == "CONSTANT":
        literal, value = node.get("literal"), node.get("value")
        if isinstance(literal, dict) and literal.get("kind") == "STRING":
            yield str(literal["text"])
        elif isinstance(value, dict) and (value.get("type") or {}).get("id") == "VARCHAR" and not value.get("is_null"):
            yield str(value["value"])
    elif node.get("class") == "CAST":
        yield from _texts(node.get("child"))
    elif node.get("type") == "ARRAY_CONSTRUCTOR" or node.get("function_name") in _HOLDS_TEXTS:
        for child in _children(node):
            yield from _texts(child)
