"""The `clusters` table: one row for each member of a cluster of near duplicates."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from schemas.record import Table, col
from schemas.values import GROUPS, SPLITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One member of one cluster. A figure may be in two: one of images, one of captions."""

    row_id: str = col("Id of the row: kind and member.", unit="<kind>/<member_id>")
    cluster_id: str = col("Id of the cluster: kind and representative.", unit="<kind>/<id>")
    kind: str = col("Kind of the members: image, caption or paragraph.", values=("image", "caption", "paragraph"))
    member_id: str = col("Id of the figure or paragraph.")
    pmcid: str = col("PMC id of the member.", unit="PMC<digits>")
    size: int = col("Number of members of the cluster.", arrow=pa.int32())
    representative: bool = col(
        "True for the representative: widest licence, then most pixels (longest text), then earliest date, then "
        "lowest id."
    )
    similarity: float = col(
        "Similarity to the most similar member. Images: the lower of the correlations of grey levels and of fine "
        "structure. Texts: Jaccard index of word 5-grams. 1 for equal bytes or 5-grams.",
        unit="0 to 1",
    )
    relation: str = col(
        "Relation to the representative: itself, same_article, graphical_abstract, correction, preprint or "
        "other_article."
    )
    leaks_into: str | None = col(
        "For a member in train: test or validation, if the cluster has members there.",
        null="no members there, or not in train",
    )
    license_group: str = col("Licence group: commercial, noncommercial or other.", values=GROUPS)
    split: str = col("train, validation or test.", default="", values=SPLITS)


CLUSTERS = Table("clusters", Cluster, "One member of a cluster of near duplicates.", "row_id", row_group=5_000)
