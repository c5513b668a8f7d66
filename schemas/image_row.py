"""A row of `shards-parquet`: a sample with its image inside."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from schemas.record import arrow_schema, col

# How `datasets` and the Hub's viewer know that a struct of bytes and path is an image.
_FEATURES: Final = {b"huggingface": json.dumps({"info": {"features": {"image": {"_type": "Image"}}}}).encode()}
_FIRST: Final = ("image", "key", "caption")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """An image with the name of its file."""

    bytes: bytes = col("JPEG or PNG, as in the shard.", arrow=pa.binary())
    path: str = col("Name of a file for it: the key, and the ending of its true format.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRow:
    """The columns that the JSON of a sample does not have."""

    image: StoredImage | None = col(
        "The image.", null="image and metadata have more than 2,000,000 bytes: read it from the shard"
    )
    key: str = col("WebDataset key of the sample in its shard.")
    shard: str = col("Shard that holds the same sample, relative to `shards/`.")
    image_offset: int = col("First byte of the image in the shard.", unit="bytes")
    image_bytes: int = col("Size of the image.", unit="bytes")
    sample_offset: int = col("Offset of the sample's first tar header in the shard.", unit="bytes")
    sample_size: int = col("Size of the sample in the shard, headers and padding included.", unit="bytes")


def image_schema(sample: pa.Schema) -> pa.Schema:
    """Return the schema of `shards-parquet`: image, key, caption, the other fields of a sample, its place in a shard.

    Args:
        sample: schema of the samples' JSON, with the columns of enrichers.
    """
    own = {field.name: field for field in arrow_schema(ImageRow)}
    # A field of the image that is required would make the image itself required for some readers.
    image = own["image"].type
    own["image"] = own["image"].with_type(
        pa.struct([pa.field(image.field(i).name, image.field(i).type) for i in range(2)])
    )
    fields = {**{f.name: f for f in sample}, **own}
    rest = [name for name in fields if name not in _FIRST]
    return pa.schema([*(fields[name] for name in _FIRST), *(fields[name] for name in rest)], _FEATURES)
