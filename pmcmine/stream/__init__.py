"""Read a release sample by sample. Light: needs neither Beam nor any model library, and no schema but the release's.

for sample in open("release", where="kind = 'figure' AND year >= 2020"):
    sample["key"], sample["jpg"], sample["txt"], sample["json"]

The order is a pure function of seed and epoch. Samples that follow each other in a shard are read in chunks; chunks are
shuffled over all shards and dealt to the shares in turn, and a share mixes the samples of a window of its chunks. A
position is the number of samples that each share has had: it resumes in the same world with the same sequence, in
another world with the same set. An iteration that reaches the end of its epoch is followed by the next epoch.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.dataset as pads

from pmcmine.errors import PmcmineError
from pmcmine.io.safe_names import check_names
from pmcmine.release.conditions import check_values, choose, explain, known_values, time_limit
from pmcmine.release.hierarchy import prepare
from pmcmine.stream.captions import composer_for, enriched_caption
from pmcmine.stream.document_rows import concept_files, concept_names
from pmcmine.stream.documents import Documents, documents
from pmcmine.stream.locate import (
    SANDBOX,
    SPLITS,
    address,
    check_options,
    listed_files,
    locate,
    reading_tables,
    unreachable,
)
from pmcmine.stream.ordering import order
from pmcmine.stream.ranges import SamplePlace, ranges_of
from pmcmine.stream.samples import Samples
from pmcmine.stream.tokens import counter

_MOST_SAMPLE: Final = 1 << 30  # bytes of a sample


def torch_dataset(samples: Samples) -> Any:
    """Make a torch `IterableDataset` of samples, whose workers share them.

    Epochs follow each other as with `Samples`, with workers or without, persistent or not. The state with workers is
    that of torchdata's `StatefulDataLoader`; `Samples.state_dict` is an error then.

    Raises:
        ModuleNotFoundError: without torch.
    """
    from pmcmine.stream.torch import TorchSamples

    return TorchSamples(samples)


def _figure_rows(
    tables: str,
    files: Sequence[str],
    fs: Any,
    split: str,
    where: str | None,
    seconds: float,
    hierarchy: tuple[Any, Any],
) -> list[tuple[str, int, int]]:
    """Return shard, offset and size of the chosen samples of a split, in the order of the shards."""
    of_split = [f for f in files if f.rsplit("/", 1)[-1].startswith(f"{split}-")]
    # A condition is checked even if the split is empty.
    paths = [f"{tables}/{f.removeprefix('tables/')}" for f in of_split or files[:1]]
    if not paths:
        return []
    figures = pads.dataset(paths, filesystem=pa.fs.PyFileSystem(pa.fs.FSSpecHandler(fs)), format="parquet")
    query = "SELECT shard, sample_offset, sample_size FROM figures WHERE shard IS NOT NULL"
    with duckdb.connect(config=SANDBOX) as connection:
        if where:
            check_values(connection, where, known_values(figures.schema), f"where={where!r}")
        connection.register("figures", figures)
        said = f"where={where!r}" if where else f"{tables}: listing its figures"
        try:
            with time_limit(connection, seconds, said):
                if where:
                    query += f" AND ({prepare(connection, where, 'figures', *hierarchy)}\n)"
                ordered = f"{query} ORDER BY shard, sample_offset"
                rows: list[tuple[str, int, int]] = connection.execute(ordered).fetchall()
        except duckdb.Error as error:
            raise PmcmineError(f"{said}: {explain(error, where or '')}") from None
    if not of_split:
        return []
    for shard, offset, size in rows:
        # A negative offset would count from the end of the file.
        if type(offset) is not int or type(size) is not int or offset < 0 or not 0 < size <= _MOST_SAMPLE:
            raise PmcmineError(
                f"{tables}: has no valid range in {shard!r} ({offset!r}, {size!r}); is the copy complete?"
            )
    return rows


def _check_columns(columns: Sequence[str], shards: str, fs: Any) -> None:
    """Raise PmcmineError for a key that the JSON of the release's samples does not have."""
    path = f"{shards}/schema.json"
    try:
        known = [str(field["name"]) for field in json.loads(fs.cat_file(path))["json"]]
    except FileNotFoundError:
        return  # shards that were copied without it
    except (ValueError, LookupError, TypeError, RecursionError):
        raise PmcmineError(f"{path}: is damaged; is the copy complete?") from None
    except Exception as error:  # noqa: BLE001
        raise unreachable(path, error) from None
    for name in columns:
        if name not in known:
            raise PmcmineError(f"columns: no key {name!r} in the JSON of a sample; {choose(name, known)}")


def open(
    release: str | PathLike[str],
    *,
    split: str = "train",
    where: str | None = None,
    columns: Sequence[str] | None = None,
    caption: str = "full",
    tokens: int | None = None,
    tokenizer: Any = None,
    seed: int | None = None,
    rank: int = 0,
    world_size: int = 1,
    on_error: str = "raise",
    check: bool | None = None,
    where_seconds: float = 600.0,
) -> Samples:
    """Open a release: a folder, any fsspec URL of one, or ORG/NAME on the Hub. Its listing is read once.

    Args:
        release: where it is.
        split: train, validation or test.
        where: SQL condition over the columns of `figures`; only the samples that it chooses are read.
        columns: keys of the JSON to keep; all if not given.
        caption: what `txt` is: full, title or panels, each with `+mentions` for the sentences that name the figure
            (`+mentions` alone is full+mentions); or enriched: the caption with its abbreviations spelled out, then the
            sentences that mention the figure and the title of its section, without repetition.
        tokens: most tokens of an enriched caption, such as 77, 256 or 512, those at start and end included; it is cut
            at the end of a sentence. No limit if not given.
        tokenizer: counts them: a tokenizer of transformers, tokenizers, tiktoken or open_clip, or a function from a
            text to its ids. If not given, they are estimated: two, and one for each digit, sign, and five letters of
            a word or fewer.
        seed: shuffles the order of samples; None keeps the order of the shards, which is random already and
            reads whole shards in long runs.
        rank: which share to read, from 0.
        world_size: number of shares. Shares are disjoint and together hold each sample once.
        on_error: raise, or warn: a range that can't be read, after retries, is left out with a warning that names it.
        check: check the bytes of each image. On by default if the release is not on a local disk: that costs
            little beside the network. Headers, keys and captions are always checked.
        where_seconds: time limit of the condition.

    Raises:
        PmcmineError: without a release, or for a split, column, value of an enumeration or condition that it does not
            have; the message holds the nearest name.
    """
    check_options(split, where, seed, rank, world_size, on_error, where_seconds)
    compose = composer_for(caption, columns, tokens, tokenizer)
    release = address(release)
    fs, shards, tables, path = locate(release)
    listed = listed_files(path, fs, release)
    if compose.columns:
        _check_columns(compose.columns, shards, fs)
    files = [name for name in listed if name.startswith("tables/figures/")]
    local = Path(shards).parent if "file" in fs.protocol else None
    check_names([*files, *concept_names(listed, where)], local, "file")
    with reading_tables(release, "a table of figures"):
        concepts = concept_files(tables, listed, fs, where)
        rows = _figure_rows(tables, files, fs, split, where, where_seconds, concepts)
    if not rows:
        chosen = f"split={split!r}" + (f", where={where!r}" if where else "")
        warnings.warn(f"{release}: {chosen} match no sample", stacklevel=2)
    check_names({f"shards/{row[0]}" for row in rows}, local, "shard")
    ranges = ranges_of(fs, shards)
    check = local is None if check is None else check
    return Samples(ranges, [SamplePlace(*row) for row in rows], seed, rank, world_size, compose, on_error, check)


__all__ = [
    "SPLITS", "Documents", "Samples", "counter", "documents", "enriched_caption", "open", "order", "torch_dataset",
]  # fmt: skip
