"""The `clusters` table: one row for each member of a cluster of near duplicates."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col
from schemas.values import GROUPS, SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One member of one cluster. A figure may be in two: one of images, one of captions."""

    row_id: str = col("Kind and member.", unit="<kind>/<member_id>")
    cluster_id: str = col("Cluster: kind and representative.", unit="<kind>/<id>")
    kind: str = col("What is alike: image, caption or paragraph.", values=("image", "caption", "paragraph"))
    member_id: str = col("Figure or paragraph.")
    pmcid: str = col("PMC id of the member.", unit="PMC<digits>")
    size: int = col("Members of the cluster.", arrow=pa.int32())
    representative: bool = col(
        "True for the member that stands for all: widest licence, then most pixels (longest text), then earliest "
        "date, then lowest id."
    )
    similarity: float = col(
        "To the member most alike: of images the correlation of grey levels or fine structure, whichever is less, "
        "of texts the Jaccard index of their word 5-grams; 1 for the same bytes or 5-grams.",
        unit="0 to 1",
    )
    relation: str = col(
        "To the representative: itself, same_article, graphical_abstract, correction, preprint or other_article."
    )
    leaks_into: str | None = col(
        "For a train member: test or validation, where the cluster has members there.", null="none, or not in train"
    )
    license_group: str = col("commercial, noncommercial or other.", values=GROUPS)
    split: str = col("train, validation or test.", default="", values=SPLITS)


CLUSTERS = Table("clusters", Cluster, "One member of a cluster of near duplicates.", "row_id", row_group=5_000)
