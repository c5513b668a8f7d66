"""Which filter makes the better training set: the same small CLIP over several curated lists, judged on held figures.

    python docs/recipes/compare_filters.py release --out runs --seeds 3
    python docs/recipes/compare_filters.py release --out runs --model ViT-B-32 --batch 1024 --steps 20000   # one GPU

As DataComp has it (Gadre et al. 2023): the pool, the model, the steps, the samples seen and the seeds are fixed, and
only the filter differs. A filter is a recipe of `pmcmine curate`; those of `curation/` run if none is named. A filter
that keeps fewer figures repeats them more often, so each is also compared with as many figures drawn by lot. All are
judged on the figures of the condition `--held`, none of whose articles is trained on: zero-shot retrieval of the own
caption, and zero-shot classification into the kinds of images of the release. Prints a table, the best filter first;
with --json one object on the last line.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from compare_captions import difference, held_pairs, ranks_of, recall
from train_streaming import Recipe as Training
from train_streaming import arguments, build, recipe_of, train

from pmcmine import stream
from pmcmine.curate.choose import curate
from pmcmine.curate.recipe import Recipe, read_recipe
from pmcmine.errors import PmcmineError
from pmcmine.release.lists import write_list

HERE = Path(__file__).parent / "curation"
LEAST = 5  # held figures of a kind that is judged
PROMPTS = ("a figure showing {}", "{}", "an example of {} from a medical article")
NAMES = {"ct": "a CT scan", "mri": "an MRI scan", "xray": "an X-ray", "nuclear": "a PET or SPECT scan"}


def chosen_list(release: Path, name: str, recipe: Recipe, out: Path) -> Path:
    """Write the list of a filter; returns its path."""
    path = out / f"{name}.parquet"
    found = curate(release, recipe, name)
    with path.open("wb") as file:
        write_list(file, found.ids, {"recipe": recipe.text, "figures": len(found.ids)})
    return path


def filters(args: argparse.Namespace) -> Iterator[tuple[str, Path, int]]:
    """Write the list of each filter and of its control; yields name, list and number of figures in train."""
    paths = args.filters or sorted(HERE.glob("*.toml"), key=lambda p: (p.stem != "everything", p.stem))
    release = Path(args.release)
    for path in paths:
        recipe = read_recipe(path)
        pool = f"split = 'train' AND NOT ({args.held})"
        recipe = replace(recipe, where=f"({recipe.where}) AND {pool}" if recipe.where else pool)
        chosen = chosen_list(release, path.stem, recipe, args.out)
        n = len(stream.open(args.release, list=chosen))
        if n < args.batch:
            print(f"{path.stem}: keeps {n} figures, fewer than a batch; left out", file=sys.stderr)
            continue
        yield path.stem, chosen, n
        if path.stem != "everything":
            by_lot = Recipe(f"{n} figures of the pool, drawn by lot", seed=1, where=pool, size=n)
            yield f"{path.stem}, by lot", chosen_list(release, f"{path.stem}-by-lot", by_lot, args.out), n


def kinds_of(samples: Sequence[dict[str, Any]]) -> tuple[list[str], list[int | None]]:
    """Return the kinds that are judged, and of each held figure the number of its kind; None if it has none or two."""
    of = [k[0] if len(k := s["json"]["image_kinds"] or ()) == 1 else None for s in samples]
    judged = sorted(k for k, n in Counter(of).items() if k is not None and n >= LEAST)
    return judged, [judged.index(k) if k in judged else None for k in of]


def zero_shot(model: Any, tokenizer: Any, images: Any, kinds: list[str], of: list[int | None]) -> list[float]:
    """Return the share of right answers for each kind; the text of a kind is the mean of some prompts."""
    names = [NAMES.get(kind, kind.replace("_", " ")) for kind in kinds]
    with torch.no_grad():
        texts = torch.stack([
            model.encode_text(tokenizer([p.format(name) for p in PROMPTS]), normalize=True).mean(0) for name in names
        ])  # fmt: skip
        said = (images @ torch.nn.functional.normalize(texts, dim=-1).T).argmax(1).tolist()
    right = [Counter[bool]() for _ in kinds]
    for answer, kind in zip(said, of, strict=True):
        if kind is not None:
            right[kind][answer == kind] += 1
    return [r[True] / r.total() for r in right]


@dataclass(frozen=True)
class Held:
    """What all are judged on: the held figures, the kinds that are judged, and the number of each figure's kind."""

    samples: list[dict[str, Any]]
    kinds: list[str]
    of: list[int | None]


def held_figures(args: argparse.Namespace) -> Held:
    """Read the held figures."""
    each = (s for split in stream.SPLITS for s in stream.open(args.release, split=split, where=args.held))
    samples = list(islice(each, args.most))
    if not samples:
        raise SystemExit(f"--held {args.held}: no figure is held out")
    return Held(samples, *kinds_of(samples))


def keep(path: Path, found: dict[str, Any]) -> None:
    """Write what was found, whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(found))
    part.replace(path)


def judge(
    release: str, now: Training, out: Path, held: Held, pictures: dict[Any, Any]
) -> tuple[dict[str, Any], list[float]]:
    """Train one seed and judge it, or read what it found before; returns the ranks, and the accuracy over each kind."""
    said = [asdict(now) | {"chosen": hashlib.sha256(Path(str(now.chosen)).read_bytes()).hexdigest()},
            [s["key"] for s in held.samples], held.kinds, held.of]  # fmt: skip
    of = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    kept = out / "judged.json"
    found = json.loads(kept.read_bytes()) if kept.exists() else {"of": of}
    if found["of"] != of:
        (out / "checkpoint.pt").unlink(missing_ok=True)  # of another list or of other steps
    if found["of"] != of or "ranks" not in found:
        out.mkdir(parents=True, exist_ok=True)
        keep(kept, {"of": of})
        model = train(release, now, out, say=False)
        images, texts, _ = held_pairs(model, now, held.samples, pictures)
        accuracies = zero_shot(model, build(now)[3], images, held.kinds, held.of) if held.kinds else []
        ranks = {side: r.tolist() for side, r in ranks_of(images, texts).items()}
        found = {"of": of, "ranks": ranks, "kinds": dict(zip(held.kinds, accuracies, strict=True))}
        keep(kept, found)
    return {side: torch.tensor(r) for side, r in found["ranks"].items()}, list(found["kinds"].values())


def run(args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Train and judge all filters and their controls."""
    args.out.mkdir(parents=True, exist_ok=True)
    base = recipe_of(args)
    held = held_figures(args)
    articles = [s["json"]["pmcid"] for s in held.samples]
    pictures: dict[Any, Any] = {}
    ranks: dict[str, dict[str, Any]] = {}
    found: dict[str, dict[str, Any]] = {}
    for name, chosen, n in list(filters(args)):  # all lists first, so that a mistake in a recipe costs no training
        each, accuracies = [], []
        for seed in range(base.seed, base.seed + args.seeds):
            now = replace(base, seed=seed, chosen=str(chosen))
            ranked, right = judge(args.release, now, args.out / f"{chosen.stem}-{seed}", held, pictures)
            each.append(ranked)
            accuracies.append(right)
        ranks[name] = {side: torch.stack([r[side] for r in each]) for side in each[0]}
        row: dict[str, Any] = {"figures": n, "held": len(held.samples), **recall(ranks[name])}
        if held.kinds:
            means = [sum(a) / len(a) for a in accuracies]
            row |= {"kinds": round(sum(means) / len(means), 4), "kinds_of_seeds": [round(m, 4) for m in means]}
        row["beyond_everything"] = difference(ranks[name], next(iter(ranks.values())), articles)
        control = name.removesuffix(", by lot")
        if control != name:
            found[control]["beyond_lot"] = difference(ranks[control], ranks[name], articles)
        found[name] = row
        print(json.dumps({name: row}), file=sys.stderr, flush=True)
    if len(found) < 1:
        raise SystemExit("no filter keeps a batch of figures")
    return found


def show(found: dict[str, dict[str, Any]]) -> None:
    """Print the table, the best first; controls stand in the column `beyond lot`."""
    chance = 10 / next(iter(found.values()))["held"]
    print(f"chance of recall at 10: {chance:.3f}")
    print("| filter | figures | recall at 10 | kinds | beyond everything | beyond lot |")
    print("|---|---:|---:|---:|---|---|")
    rows = [(name, row) for name, row in found.items() if not name.endswith(", by lot")]
    for name, row in sorted(rows, key=lambda r: -r[1]["beyond_everything"][0]):
        mean = (row["image_to_text_r10"] + row["text_to_image_r10"]) / 2
        gains = [row.get(k) for k in ("beyond_everything", "beyond_lot")]
        said = [f"{g[0]:.3f} ({g[1]:.3f} to {g[2]:.3f})" if g and any(g) else "–" for g in gains]
        print(f"| {name} | {row['figures']} | {mean:.3f} | {row.get('kinds', '–')} | {said[0]} | {said[1]} |")


def main() -> None:
    """Train each filter, judge it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments(parser)
    parser.add_argument("--filters", nargs="+", type=Path, help="recipes of `pmcmine curate`; default: curation/*.toml")
    parser.add_argument("--held", default="md5(pmcid) < '4'", help="SQL condition of the figures that are held out")
    parser.add_argument("--seeds", type=int, default=3, help="trainings of each filter, from --seed on")
    parser.add_argument("--most", type=int, default=5000, help="held figures that are judged")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    warnings.filterwarnings("ignore", "(?s).*match no sample")  # a split without a held figure
    try:
        found = run(args)
    except PmcmineError as error:
        raise SystemExit(f"compare_filters: {error}") from None
    show(found)
    if args.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
