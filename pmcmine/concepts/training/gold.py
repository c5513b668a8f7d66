"""Read annotated texts: JSON lines, PubTator, tables of MedMentions and CRAFT, MED1250, ConText, E3C."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pmcmine.errors import GoldError

_MAX_BYTES = 1 << 30
_PUBTATOR = re.compile(r"^(\w+)\|t\|")


@dataclass(frozen=True, slots=True)
class GoldMention:
    """One annotation.

    Attributes:
        spans: (start, end) in code points; several if it is discontinuous.
        id: as the annotators wrote it; several ids are joined as they joined them.
        type: class of the mention, such as Disease or the name of the ontology.
    """

    spans: tuple[tuple[int, int], ...]
    id: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """A text with its annotated mentions."""

    id: str
    text: str
    mentions: tuple[GoldMention, ...]
    part: str = ""


@dataclass(frozen=True, slots=True)
class GoldPairs:
    """A text and the (short form, long form) pairs that it defines."""

    id: str
    text: str
    pairs: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class GoldContext:
    """A sentence or document, with spans and whether each is negated.

    Attributes:
        id: number of the sentence, or name of the document.
        text: the text that offsets refer to.
        spans: (start, end) in code points.
        negated: whether each span is negated.
    """

    id: str
    text: str
    spans: tuple[tuple[int, int], ...]
    negated: tuple[bool, ...]


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """Read a text file, decompressing gzip.

    Raises:
        GoldError: if it is missing, damaged, too large or not in the encoding.
    """
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(data)) as stream:
                data = stream.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise GoldError(f"{path}: no such file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise GoldError(f"{path}: truncated or damaged ({error})") from None
    if len(data) > _MAX_BYTES:
        raise GoldError(f"{path}: more than {_MAX_BYTES >> 30} GB")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise GoldError(f"{path}: not {encoding} ({error.reason} at byte {error.start})") from None


def _lines(path: Path, encoding: str = "utf-8") -> list[str]:
    # str.splitlines would also split at separators inside texts
    return [line.rstrip("\r") for line in read_text(path, encoding).split("\n")]


def _either(folder: Path, name: str) -> Path | None:
    for candidate in (folder / name, folder / f"{name}.gz"):
        if candidate.is_file():
            return candidate
    return None


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise GoldError(f"{path}: no such file or folder")
    return sorted(p for p in path.iterdir() if p.is_file() and p.name not in ("README.md", "LICENSE", "LICENSE.txt"))


def read_linking(path: Path) -> list[GoldDocument]:
    """Read documents with annotated concepts: CRAFT, MedMentions' tables, JSON lines, PubTator files.

    Raises:
        GoldError: if there is nothing of these kinds, or it is damaged.
    """
    if path.is_dir():
        craft = _either(path, "concepts.tsv")
        if craft is not None:
            return _craft(path, craft)
        bio = _either(path, "cui.tsv")
        if bio is not None:
            return _bio(bio, _either(path, "semtype.tsv"))
    elif path.name.removesuffix(".gz").endswith("cui.tsv"):
        return _bio(path, _either(path.parent, path.name.removesuffix(".gz").replace("cui", "semtype")))
    elif path.name.removesuffix(".gz") == "concepts.tsv":
        return _craft(path.parent, path)
    documents = [d for file in _files(path) for d in (_json_lines(file) if _is_json_lines(file) else _pubtator(file))]
    if not documents:
        raise GoldError(f"{path}: no annotations in a known format (JSON lines, PubTator, cui.tsv, concepts.tsv)")
    return documents


def _is_json_lines(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(".jsonl")


def _json_lines(path: Path) -> Iterator[GoldDocument]:
    """Yield documents of `id`, `text`, `mentions` (`start`, `end`, `id`, perhaps `type`), perhaps `part`."""
    for number, line in enumerate(_lines(path), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text = row["text"]
            mentions = tuple(
                GoldMention(((int(m["start"]), int(m["end"])),), str(m["id"]), str(m.get("type") or ""))
                for m in row["mentions"]
            )
            document = GoldDocument(str(row["id"]), text, mentions, str(row.get("part") or ""))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise GoldError(f"{path}, line {number}: no document with id, text and mentions") from None
        if not isinstance(text, str) or not all(0 <= a < b <= len(text) for m in mentions for a, b in m.spans):
            raise GoldError(f"{path}, line {number}: a mention is outside the text")
        yield document


def _pubtator(path: Path) -> Iterator[GoldDocument]:
    document: GoldDocument | None = None
    mentions: list[GoldMention] = []
    for number, line in enumerate(_lines(path), 1):
        title = _PUBTATOR.match(line)
        if title:
            if document is not None:
                yield replace(document, mentions=tuple(mentions))
            document, mentions = GoldDocument(title[1], line[title.end() :], ()), []
        elif document is not None and line.startswith(f"{document.id}|a|"):
            abstract = line[len(document.id) + 3 :]
            document = replace(document, text=f"{document.text} {abstract}")
        elif "\t" in line:
            fields = line.split("\t")
            if document is None or (len(fields) > 3 and not fields[1].isdigit()):
                if document is None:
                    raise GoldError(f"{path}, line {number}: an annotation comes before any title")
                continue
            if len(fields) < 6:
                continue  # relations
            start, end = int(fields[1]), int(fields[2])
            if end > len(document.text) or start >= end:
                raise GoldError(f"{path}, line {number}: {start} to {end} is outside the text")
            mentions.append(GoldMention(((start, end),), fields[5].strip(), fields[4]))
    if document is not None:
        yield replace(document, mentions=tuple(mentions))


def _bio_rows(path: Path) -> Iterator[list[tuple[str, str]]]:
    rows: list[tuple[str, str]] = []
    for line in _lines(path):
        word, _, tag = line.partition("\t")
        if word:
            rows.append((word, tag))
        elif rows:
            yield rows
            rows = []
    if rows:
        yield rows


def _bio(path: Path, types: Path | None) -> list[GoldDocument]:
    """Read sentences, as the tables state no documents; tokens are joined by one space."""
    kinds = list(_bio_rows(types)) if types is not None else []
    documents = []
    for n, rows in enumerate(_bio_rows(path)):
        text, places = "", []
        for word, _ in rows:
            places.append((len(text), len(text) + len(word)))
            text += word + " "
        mentions = []
        first: int | None = None
        for i in range(len(rows) + 1):
            tag = rows[i][1] if i < len(rows) else "O"
            if first is not None and not tag.startswith("I-"):
                kind = kinds[n][first][1][2:] if n < len(kinds) and first < len(kinds[n]) else ""
                mentions.append(GoldMention(((places[first][0], places[i - 1][1]),), rows[first][1][2:], kind))
                first = None
            if tag.startswith("B-") or (tag.startswith("I-") and first is None):
                first = i
        documents.append(GoldDocument(str(n), text.rstrip(), tuple(mentions)))
    if not documents:
        raise GoldError(f"{path}: empty")
    return documents


def _craft(folder: Path, table: Path) -> list[GoldDocument]:
    mentions: dict[str, list[GoldMention]] = {}
    parts: dict[str, str] = {}
    reader = csv.DictReader(io.StringIO(read_text(table)), delimiter="\t", quoting=csv.QUOTE_NONE)
    needed = {"doc", "ontology", "spans", "id"}
    if not needed <= set(reader.fieldnames or ()):
        raise GoldError(f"{table}: columns {', '.join(sorted(needed))} are needed")
    for row in reader:
        try:
            spans = tuple((int(a), int(b)) for a, b in (s.split(",") for s in row["spans"].split(";")))
        except ValueError:
            raise GoldError(f"{table}: {row['spans']!r} is not a list of spans") from None
        mentions.setdefault(row["doc"], []).append(GoldMention(spans, row["id"], row["ontology"]))
        parts[row["doc"]] = row.get("part") or ""
    documents = []
    for doc, found in sorted(mentions.items()):
        path = _either(folder / "txt", f"{doc}.txt")
        if path is None:
            raise GoldError(f"{folder}: txt/{doc}.txt is missing")
        documents.append(GoldDocument(doc, read_text(path), tuple(found), parts[doc]))
    return documents


def read_abbreviations(path: Path) -> list[GoldPairs]:
    """Read MED1250 files: an id, title and abstract, then lines of two blanks and `SHORT|long`; // is a comment.

    Raises:
        GoldError: if no document is found.
    """
    out = []
    for file in _files(path):
        number = ""
        lines: list[str] = []
        pairs: set[tuple[str, str]] = set()
        for line in [*_lines(file, "cp1252"), "0000"]:
            if re.fullmatch(r"\d{4,}\s*", line):
                if number:
                    out.append(GoldPairs(number, "\n\n".join(lines), frozenset(pairs)))
                number, lines, pairs = line.strip(), [], set()
            elif line.startswith("  ") and "|" in line:
                short, _, long = line.strip().partition("|")
                pairs.add((short.strip(), long.strip()))
            elif line.strip() and not line.startswith("//"):
                lines.append(line)
    if not out:
        raise GoldError(f"{path}: contains no document in MED1250's format")
    return out


def read_negation(path: Path) -> list[GoldContext]:
    """Read the ConText sheet (tab-separated: condition, sentence, `negation_status`), or E3C's documents (JSON lines).

    In the sheet, the condition is in capitals in the sentence; if the sentence is truncated before its end, the span is
    the part that remains. In E3C, the spans are the clinical entities with an event.

    Raises:
        GoldError: if the columns are missing.
    """
    out: list[GoldContext] = []
    for file in _files(path):
        if _is_json_lines(file):
            out += _at_entities(file)
            continue
        reader = csv.reader(io.StringIO(read_text(file, "cp1252")), delimiter="\t", quoting=csv.QUOTE_NONE)
        header = [h.lower() for h in next(reader, [])]
        column = {
            name: next((i for i, h in enumerate(header) if h.startswith(name)), -1)
            for name in ("condition", "sentence", "negation")
        }
        if -1 in column.values():
            raise GoldError(f"{file}: columns Condition, Sentence and negation_status are needed")
        for n, row in enumerate(reader, 2):
            if len(row) <= max(column.values()):
                continue
            condition, sentence = row[column["condition"]].strip(), row[column["sentence"]]
            words = r"\s+".join(re.escape(w) for w in condition.split())
            match = re.search(words.upper(), sentence) or re.search(words, sentence, re.IGNORECASE)
            span = match.span() if match else _capitals(sentence)
            negated = row[column["negation"]].strip().lower() == "negated"
            out.append(GoldContext(str(n), sentence, (span,), (negated,)))
    if not out:
        raise GoldError(f"{path}: contains no annotated sentence")
    return out


def _at_entities(file: Path) -> list[GoldContext]:
    """Read documents with `id`, `text`, `entities` and `events`, one JSON object per line.

    The spans are the entities with an event, negated if one of these events is.
    """
    out = []
    for n, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            events = [(int(e["start"]), int(e["end"]), bool(e["negated"])) for e in row["events"]]
            found: dict[tuple[int, int], bool] = {}
            for entity in row["entities"]:
                start, end = int(entity["start"]), int(entity["end"])
                at = [negated for first, last, negated in events if first < end and last > start]
                if at:
                    found[start, end] = any(at)
            out.append(GoldContext(str(row["id"]), str(row["text"]), tuple(found), tuple(found.values())))
        except (ValueError, TypeError, KeyError):
            raise GoldError(f"{file}, line {n}: no document with id, text, entities and events") from None
    return out


def _capitals(sentence: str) -> tuple[int, int]:
    """Find the last run of capitals in a sentence, or its end."""
    runs = list(re.finditer(r"[A-Z][A-Z]+(?:[\s\W]+[A-Z]+)*", sentence))
    return runs[-1].span() if runs else (len(sentence), len(sentence))


def of_types(documents: Iterable[GoldDocument], keep: Callable[[GoldMention], bool]) -> list[GoldDocument]:
    """Keep only annotations of the given types."""
    return [replace(d, mentions=tuple(m for m in d.mentions if keep(m))) for d in documents]
