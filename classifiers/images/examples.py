"""What kinds of images are learned from: real pictures whose licence allows it, figures, and generated pictures."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from classifiers.images import generate
from classifiers.images.embedding import NETWORK, WIDTH, embed
from classifiers.images.generate.atlas import read_atlas
from classifiers.images.generate.packages import package_pictures
from classifiers.images.generate.volumes import slices
from classifiers.images.kinds import KINDS, words
from classifiers.images.view import view
from pmcmine.errors import GoldError, PmcmineError
from pmcmine.evaluation.gold_files import read_sources
from pmcmine.io.safe_arrays import floats, read_arrays, read_header

LABELS: Final = Path(__file__).parent / "labels" / "figures.tsv"
LEARNED: Final = Path(__file__).parent / "models" / "learned.npz"
PICTURE, LOOKED_AT, WEAK = "picture", "looked at", "caption"
GENERATED, SLICE, PACKAGE, COMPOUND = "generated", "slice", "package", "compound"
_PER_KIND: Final = 60  # generated pictures of each kind
_COMPOUNDS: Final = 300
_SIZES: Final = ((256, 256), (256, 180), (256, 128), (180, 256), (256, 210))
_Given = tuple[NDArray[np.uint8], str, str]  # a view, its kind and its package
_ALIKE: Final = 2  # bits by which hashes of near duplicates differ at most


@dataclass(frozen=True)
class Examples:
    """Images with their kinds.

    Attributes:
        seen: embeddings, images × numbers.
        kinds: images × kinds, 0 or 1.
        said: words of captions, images × kinds; zeros where there is none.
        sources: where each is from: a repository or an article; images of one source are held out together.
        origins: how its kind is known: `PICTURE`, `LOOKED_AT`, `WEAK`, `GENERATED`, `SLICE`, `PACKAGE` or
            `COMPOUND`.
        terms: open or research.
    """

    seen: NDArray[np.float32]
    kinds: NDArray[np.float32]
    said: NDArray[np.float32]
    sources: NDArray[np.str_]
    origins: NDArray[np.str_]
    terms: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.seen)

    def where(self, chosen: NDArray[np.bool_]) -> Examples:
        """Return the chosen examples."""
        return Examples(**{name: value[chosen] for name, value in vars(self).items()})

    def also(self, *others: Examples) -> Examples:
        """Return these examples and others after them."""
        return Examples(**{name: np.concatenate([vars(e)[name] for e in (self, *others)]) for name in vars(self)})


def examples(
    views: Sequence[NDArray[np.uint8]], kinds: Sequence[Sequence[str]], captions: Sequence[str],
    sources: Sequence[str], origin: str, terms: Sequence[str],
) -> Examples:  # fmt: skip
    """Embed views and put them beside what is known of them."""
    return Examples(
        np.array([embed(v) for v in views], np.float32).reshape(len(views), WIDTH),
        np.array([[float(k in some) for k in KINDS] for some in kinds], np.float32).reshape(len(views), len(KINDS)),
        words(captions),
        np.array(sources, np.str_),
        np.full(len(views), origin, np.dtype("<U16")),
        np.array(terms, np.str_),
    )


def pictures(folder: Path) -> tuple[Examples, list[NDArray[np.uint8]]]:
    """Read single images of known kinds, with their views.

    Args:
        folder: has `SOURCES.tsv`, tab-separated with `file`, `kind`, `repository` and `terms` (open or research).

    Raises:
        GoldError: if the table or an image is missing, or a kind is unknown.
    """
    table = folder / "SOURCES.tsv"
    rows = [r for r in read_sources(folder, "file", "kind", "repository", "terms") if r["kind"] in KINDS]
    if not rows:
        raise GoldError(f"{table}: no image of a known kind; known are {', '.join(KINDS)}")
    views = []
    for row in rows:
        try:
            with Image.open(folder / row["file"]) as image:
                views.append(view(image))
        except (OSError, UnidentifiedImageError, KeyError) as error:
            raise GoldError(f"{table}: {row.get('file')}: {type(error).__name__}") from None
    found = examples(
        views, [[r["kind"]] for r in rows], [""] * len(rows), [r["repository"] for r in rows], PICTURE,
        [r["terms"] for r in rows],
    )  # fmt: skip
    return found, views


def read_labels(path: Path) -> dict[str, tuple[str, ...]]:
    """Read figure → kinds, from a table of `figure_id` and `kinds` (comma-separated), tab-separated.

    Raises:
        GoldError: if the file is missing or names an unknown kind.
    """
    files = sorted(path.glob("figures*.tsv")) if path.is_dir() else [path]
    out: dict[str, tuple[str, ...]] = {}
    for file in files:
        if not file.is_file():
            raise GoldError(f"{file}: no such file")
        lines = [s for s in file.read_text("utf-8").splitlines() if s.strip() and not s.startswith("#")]
        for row in csv.DictReader(io.StringIO("\n".join(lines)), delimiter="\t"):
            kinds = tuple(str(row.get("kinds") or "").split(","))
            unknown = [k for k in kinds if k not in KINDS]
            if unknown or not row.get("figure_id"):
                raise GoldError(f"{file}: unknown kind {unknown or row}; known are {', '.join(KINDS)}")
            out[str(row["figure_id"])] = kinds
    if not out:
        raise GoldError(f"{path}: no labelled figure in it (figures.tsv)")
    return out


def figures(release: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the figures of a release that have a sample, with the bytes of the image, by `figure_id`.

    Raises:
        PmcmineError: if it holds no figures.
    """
    files = sorted((release / "tables" / "figures").glob("*/*.parquet"))
    if not files:
        raise PmcmineError(f"{release}: no figures; is it a release of `pmcmine mine`?")
    columns = [
        "figure_id",
        "pmcid",
        "license_group",
        "caption",
        "label",
        "phash",
        "shard",
        "image_offset",
        "image_bytes",
    ]
    rows = [r for f in files for r in pq.read_table(f, columns=columns).to_pylist() if r["shard"]]
    for row in sorted(rows, key=lambda r: str(r["figure_id"])):
        with (release / "shards" / row["shard"]).open("rb") as stream:
            stream.seek(row["image_offset"])
            yield {**row, "image": stream.read(row["image_bytes"])}


def of_release(release: Path, labels: Mapping[str, Sequence[str]], weak: bool = False) -> Examples:
    """Collect the figures of a release whose kinds are known.

    Args:
        release: of `pmcmine mine`.
        labels: kinds of figures that were looked at.
        weak: also take figures that nobody looked at and whose caption names one kind alone; near duplicates (by
            their hashes) of figures before them are left out, and so are those that may not be used commercially.

    Raises:
        PmcmineError: if it holds none.
    """
    views, captions, kinds, sources, origins = [], [], [], [], []
    hashes: list[int] = []
    for row in figures(release):
        caption = f"{row['label'] or ''} {row['caption'] or ''}"
        given = labels.get(row["figure_id"])
        if given is None:
            said = words([caption])[0]
            if not weak or row["license_group"] != "commercial" or (said > 0).sum() != 1:
                continue
            code = int(row["phash"] or "0", 16)
            if any((code ^ h).bit_count() <= _ALIKE for h in hashes):
                continue
            hashes.append(code)
            given = (KINDS[int(said.argmax())],)
            origins.append(WEAK)
        else:
            origins.append(LOOKED_AT)
        with Image.open(io.BytesIO(row["image"])) as image:
            views.append(view(image))
        captions.append(caption)
        kinds.append(given)
        sources.append(str(row["pmcid"]))
    if not views:
        raise PmcmineError(f"{release}: no figure in it whose kind is known from a label or from its caption alone")
    found = examples(views, kinds, captions, sources, LOOKED_AT, ["open"] * len(views))
    return Examples(**{**vars(found), "origins": np.array(origins, np.dtype("<U16"))})


def labels_and_captions(
    release: Path | None, labels: Mapping[str, Sequence[str]], say: Callable[[str], None], weak: bool = True
) -> Examples:
    """Collect what a release teaches, saying how much; nothing without a release.

    Args:
        release: of `pmcmine mine`.
        labels: kinds of figures that were looked at.
        say: called with a line of progress.
        weak: also take figures whose caption names one kind alone.

    Raises:
        PmcmineError: if it holds no figure of a known kind.
    """
    if release is None:
        return examples([], [], [], [], LOOKED_AT, [])
    found = of_release(release, labels, weak)
    named = found.kinds[found.origins == WEAK].sum(0).astype(int)
    counts = ", ".join(f"{k} {n}" for k, n in zip(KINDS, named, strict=True) if n)
    say(f"{release}: {(found.origins == LOOKED_AT).sum()} labelled figures; by caption: {counts or 'none'}")
    return found


def generated(folder: Path | None = None, seed: int = 0) -> Examples:
    """Draw pictures of each kind; with a folder of packages (see `generate.volumes`), maps of real outlines, too.

    Raises:
        GoldError: if the outlines are missing or damaged.
    """
    views, kinds = _drawn(folder, seed)
    n = len(views)
    return examples(views, [[k] for k in kinds], [""] * n, ["drawn"] * n, GENERATED, ["open"] * n)


def _drawn(folder: Path | None, seed: int) -> tuple[list[NDArray[np.uint8]], list[str]]:
    painters = [*generate.PAINTERS.items(), *generate.MORE.items()]
    if folder is not None:
        painters.append(("map", read_atlas(folder).paint))
    views, kinds = [], []
    for i, (kind, painter) in enumerate(painters):
        r = random.Random(f"{seed} {kind}" if i < len(generate.PAINTERS) else f"{seed} {kind} more")
        for _ in range(_PER_KIND):
            image = painter(r, r.choice(_SIZES))
            views.append(view(_worn(image, r) if r.random() < 0.5 else image))
            kinds.append(kind)
    return views, kinds


def packaged(folder: Path | None, seed: int = 0) -> Examples:
    """Show slices of the real volumes and pictures of packages in a folder (see `generate`); none without a folder.

    Raises:
        GoldError: if a file is missing or damaged.
    """
    r = random.Random(f"{seed} slices")
    cut = [] if folder is None else list(_cut(folder, seed, r))
    shown = [] if folder is None else list(_shown(folder, seed, r))
    return _packaged(cut, SLICE).also(_packaged(shown, PACKAGE))


def unembedded(folder: Path, seed: int = 0) -> list[NDArray[np.uint8]]:
    """Return the views of what `generated` and `packaged` give, to choose an embedding by."""
    r = random.Random(f"{seed} slices")
    return [
        *_drawn(folder, seed)[0],
        *(v for v, _, _ in _cut(folder, seed, r)),
        *(v for v, _, _ in _shown(folder, seed, r)),
    ]


def _cut(folder: Path, seed: int, r: random.Random) -> Iterator[_Given]:
    for kind, source, image in slices(folder, seed):
        yield view(_worn(image.convert("RGB"), r) if r.random() < 0.5 else image), kind, source


def _shown(folder: Path, seed: int, r: random.Random) -> Iterator[_Given]:
    for p in package_pictures(folder, seed):
        yield view(_worn(p.image.convert("RGB"), r) if r.random() < 0.5 else p.image), p.kind, p.package


def _packaged(found: Sequence[_Given], origin: str) -> Examples:
    views, kinds, packages = zip(*found, strict=True) if found else ((), (), ())
    n = len(found)
    return examples(views, [[k] for k in kinds], [""] * n, packages, origin, ["open"] * n)


def compounds(views: Sequence[NDArray[np.uint8]], known: Examples, seed: int = 0) -> Examples:
    """Put two to six pictures of at most three kinds of one source into one, in rows, on white.

    Args:
        views: of single pictures.
        known: the same pictures, one kind each.
        seed: of the choice.
    """
    r = random.Random(seed)
    by_source: dict[str, list[int]] = {}
    for i, source in enumerate(known.sources.tolist()):
        by_source.setdefault(source, []).append(i)
    names = [s for s, own in by_source.items() if len(own) > 1]
    made, kinds, sources = [], [], []
    for _ in range(_COMPOUNDS):
        source = r.choice(names)
        chosen = [r.choice(by_source[source]) for _ in range(r.randint(2, 6))]
        made.append(_grid([views[i] for i in chosen], r))
        kinds.append([KINDS[int(known.kinds[i].argmax())] for i in chosen])
        sources.append(source)
    terms = ["open"] * len(made)
    return examples(made, kinds, [""] * len(made), sources, COMPOUND, terms)


def _grid(parts: Sequence[NDArray[np.uint8]], r: random.Random) -> NDArray[np.uint8]:
    columns = min(len(parts), r.choice([1, 2, 2, 3]))
    rows = -(-len(parts) // columns)
    w, h = r.choice(_SIZES)
    cell = (max(w // columns, 24), max(h // rows, 24))
    page = Image.new("RGB", (cell[0] * columns, cell[1] * rows), "white")
    gap = r.choice([0, 2, 6, 10])
    for i, part in enumerate(parts):
        image = Image.fromarray(part)
        image.thumbnail((cell[0] - gap, cell[1] - gap))
        page.paste(image, (i % columns * cell[0], i // columns * cell[1]))
    return np.asarray(page)


def _worn(image: Image.Image, r: random.Random) -> Image.Image:
    """Compress a picture as JPEG and change its size."""
    w, h = image.size
    scale = r.uniform(0.6, 1.5)
    resized = image.resize((max(int(w * scale), 16), max(int(h * scale), 16)), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    resized.save(out, "JPEG", quality=r.randint(40, 90))
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def dump(known: Examples) -> bytes:
    """Serialise examples as one `.npz`, embeddings as float16; the same examples give the same bytes."""
    names = {n: sorted(set(vars(known)[n].tolist())) for n in ("sources", "origins", "terms")}
    about = json.dumps({"network": NETWORK.sha256, **names}, sort_keys=True)
    arrays: dict[str, Any] = {
        "header": np.frombuffer(about.encode(), np.uint8),
        "seen": known.seen.astype(np.float16),
        "kinds": known.kinds.astype(np.uint8),
        "said": np.round(known.said * 3).astype(np.uint8),
    }
    for name, values in names.items():
        arrays[name] = np.array([values.index(v) for v in vars(known)[name].tolist()], np.uint16)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def parse(data: bytes, name: str) -> Examples:
    """Load the bytes of `dump`.

    Raises:
        PmcmineError: if they are no such examples.
    """
    try:
        arrays = read_arrays(data)
        header = read_header(arrays["header"])
        if header["network"] != NETWORK.sha256:
            raise PmcmineError(
                f"{name}: embeddings by another network: the one that looks at images has changed since they were "
                "made; run `pmcmine train image-kind` again with --images, or install pmcmine again"
            )
        seen = floats(arrays["seen"], (-1, WIDTH), "seen")
        kinds, said = (floats(arrays[n], (len(seen), len(KINDS)), n) for n in ("kinds", "said"))
        texts = {
            n: np.array(header[n], np.str_)[floats(arrays[n], (len(seen),), n).astype(int)]
            for n in ("sources", "origins", "terms")
        }
    except (ValueError, LookupError, TypeError) as error:
        raise PmcmineError(f"{name}: no examples of image kinds, or damaged ({error})") from None
    return Examples(seen, kinds, said / np.float32(3), **texts)
