"""Balance the counts of a run: at each stage, rows in = rows out + rejects, by kind, from committed manifests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pmcmine.errors import SumsError
from pmcmine.rejects import FAULTS, Reason, parse_count_key
from pmcmine.release.facts import Sum
from pmcmine.work.manifest import Counted
from pmcmine.work.records import Clusters, ParquetRecord, ShardRecord, TableRecord
from schemas import TABLES


@dataclass(frozen=True)
class Tally:
    """All counts of a run."""

    counts: Counter[str]
    rejects: Counter[tuple[str, str, str]]
    staged_rows: Counter[str]
    sums: tuple[Sum, ...]

    def faults(self) -> dict[str, float]:
        """Compute the share of articles, and of figures, lost to faults of data or transport.

        Exclusions by rights and selection do not count.
        """

        def lost(*units: str) -> int:
            return sum(n for (_, u, reason), n in self.rejects.items() if u in units and Reason(reason) in FAULTS)

        return {
            "article": round(lost("version", "article") / max(self.counts["pmcids"], 1), 6),
            "figure": round(lost("figure") / max(self.staged_rows["figures"], 1), 6),
        }

    def check(self) -> None:
        """Raise SumsError that names the equations that do not hold."""
        broken = [s for s in self.sums if not s.holds]
        if broken:
            lines = "; ".join(
                f"{s.stage}/{s.unit}: {s.n_in} in, {s.n_out} out, {s.rejected} rejected ({s.meaning})" for s in broken
            )
            raise SumsError(f"the counts do not add up: {lines}")


def tally(
    mined: Iterable[Counted],
    n_versions: int,
    shard_records: Iterable[ShardRecord],
    table_records: Iterable[TableRecord],
    near: Clusters | None = None,
    tombstones: int = 0,
    parquet_records: Sequence[ParquetRecord] | None = None,
    panels_left_out: int = 0,
) -> Tally:
    """Sum the mined counts, and the records of shards and table files.

    Args:
        mined: counts of all committed blocks, and of the blocks that an update did not read.
        n_versions: article versions of the snapshot.
        shard_records: records of all shards.
        table_records: records of all table files.
        near: result of the near-duplicate search; None if there was none.
        tombstones: those that an update adds by itself.
        parquet_records: records of all files of `shards-parquet`; None if there are none.
        panels_left_out: panels of figures that are left out of train.
    """
    counts: Counter[str] = Counter()
    rejects: Counter[tuple[str, str, str]] = Counter()
    staged: Counter[str] = Counter({name: 0 for name in TABLES if name != "clusters"})
    for part in mined:
        counts.update(part.counts)
        for key, n in part.rejects.items():
            rejects[parse_count_key(key)] += n
        staged.update(part.rows)
    staged["tombstones"] += tombstones
    counts["panels_left_out"] = panels_left_out
    for held in near.blocks.values() if near is not None else ():
        staged["clusters"] += sum(s.rows for s in held.slices)
    mined_rejects = sum(rejects.values())
    written: Counter[str] = Counter()
    for record in table_records:
        written[record.table] += record.rows
        counts["figures_with_sample"] += record.samples or 0
    for shard in shard_records:
        counts["panel_shard_rows" if shard.name.startswith("shards-panels/") else "shard_rows"] += shard.rows
    leaks = written["rejects"] - mined_rejects
    if leaks:
        rejects["assemble", "figure", Reason.LEAKS_INTO_EVALUATION.value] = leaks

    sums = _sums(n_versions, counts, rejects, staged)
    if near is not None:
        for kind in ("image", "caption", "paragraph"):
            named, found = (near.counts.get(f"{what}_{kind}", 0) for what in ("nodes", "members"))
            sums.append(Sum("near", kind, named, found, 0, "near duplicates in pairs = members of clusters"))
    if parquet_records is not None:
        counts["parquet_rows"] = sum(r.rows for r in parquet_records)
        counts["parquet_images"] = sum(r.images for r in parquet_records)
        sums.append(Sum("assemble", "parquet_row", counts["shard_rows"], counts["parquet_rows"], 0,
                        "samples in shards = rows of shards-parquet"))  # fmt: skip
    for table in sorted(staged):
        extra = leaks if table == "rejects" else 0
        sums.append(Sum("assemble", table, staged[table] + extra, written[table], 0, "rows staged = rows of the table"))
    return Tally(counts, rejects, staged, tuple(sums))


def _sums(
    n_versions: int, counts: Counter[str], rejects: Counter[tuple[str, str, str]], staged: Counter[str]
) -> list[Sum]:
    """Return the equations of all stages, except for near duplicates and table files."""

    def rejected(unit: str, *stages: str) -> int:
        return sum(n for (s, u, _), n in rejects.items() if u == unit and s in stages)

    figures = staged["figures"]
    return [
        Sum("snapshot", "version", n_versions, counts["versions"], 0, "versions of the snapshot = versions read"),
        Sum("select", "version", counts["versions"], counts["selected"], rejected("version", "select"),
            "versions = selected + rejected"),
        Sum("extract", "article", counts["selected"], staged["articles"], rejected("article", "read", "extract"),
            "selected versions = articles + rejected"),
        Sum("extract", "figure", counts["found_figure"], figures, rejected("figure", "extract"),
            "figures of the XML = figure rows + rejected"),
        Sum("extract", "paragraph", counts["found_paragraph"], staged["paragraphs"], rejected("paragraph", "extract"),
            "paragraphs of the XML = rows + rejected"),
        Sum("extract", "mention", counts["found_mention"], staged["mentions"], rejected("mention", "extract"),
            "mentions and links to figures = rows + rejected"),
        Sum("extract", "sub_article", counts["found_sub_article"], 0, rejected("sub_article", "extract"),
            "sub-articles = rejected"),
        Sum("extract", "table", counts["found_table"], staged["article_tables"], rejected("table", "extract"),
            "tables of the XML = rows + rejected"),
        Sum("extract", "grid", counts["found_grid"], staged["grids"], rejected("grid", "extract"),
            "marked-up tables of the XML = grid rows + rejected"),
        Sum("extract", "table_mention", counts["found_table_mention"], staged["table_mentions"],
            rejected("table_mention", "extract"), "mentions and links to tables = rows + rejected"),
        Sum("document", "article", counts["document_articles"], staged["documents"], 0,
            "articles composed = documents"),
        Sum("document", "row", counts["document_parts"], counts["document_rows"], 0,
            "rows of paragraphs, figures and tables of these articles = rows that stand in documents once"),
        Sum("extract", "case_report", counts["found_case_report"], counts["case_reports"],
            rejected("case_report", "extract"), "case reports = those with patients + rejected"),
        Sum("extract", "case", counts["found_case"], staged["cases"], rejected("case", "extract"),
            "patients of case reports = rows + rejected"),
        Sum("image", "figure", figures, counts["samples"], rejected("figure", "image"),
            "figure rows = samples + rejected"),
        Sum("image", "graphic", counts["media"], counts["media_read"] + counts["media_withheld"],
            rejected("graphic", "image"), "image files = read, or of a rejected figure, + rejected"),
        Sum("assemble", "figure", counts["samples"], counts["shard_rows"], rejected("figure", "assemble"),
            "samples = samples in shards + left out"),
        Sum("assemble", "panel", counts["panel_samples"], counts["panel_shard_rows"], counts["panels_left_out"],
            "panels cropped = panels in shards + panels of figures left out"),
        Sum("assemble", "row", counts["shard_rows"], counts["figures_with_sample"], 0,
            "samples in shards = figure rows with a location"),
    ]  # fmt: skip
