"""What text a figure is best trained with: the same recipe over several compositions, judged by zero-shot retrieval.

    python docs/recipes/compare_captions.py release --out runs --steps 20000 --model ViT-B-32 --batch 256

As DataComp has it (Gadre et al. 2023, section 3.2), model, steps, samples seen and seeds are fixed and only the data
differ: here the text (`caption_views.py` names the arms). All arms have a text encoder of the same length, that of the
largest budget, so that a step costs the same. All are judged on the same pairs, with the caption as it stands: those
of a held split, or, where that is small, those of the condition `--held`, which are not trained on. Prints a table, and
with --json one object on the last line.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from dataclasses import replace
from itertools import islice
from typing import Any

import torch
from caption_views import COMPOSED, Arm, View, panels_of, small
from train_streaming import arguments, build, recipe_of, train

from pmcmine import stream

ARMS = ("full", "abbreviation@256", "abbreviation+sentence@256", "enriched@77", "enriched@256", "panel@256")
RANKS = (1, 5, 10)
_RESAMPLES = 2000


def held_pairs(model: Any, recipe: Any, samples: Any, pictures: dict[Any, Any]) -> tuple[Any, Any, list[str]]:
    """Embed images and captions of held pairs as unit vectors, (n, embedding) each; and their articles."""
    _, _, transform, tokenizer = build(recipe)
    images, texts, articles = [], [], []
    model.eval()
    with torch.no_grad():
        for sample in samples:
            images.append(
                model.encode_image(transform(small(sample, None, side_of(model), pictures))[None], normalize=True)
            )
            texts.append(model.encode_text(tokenizer([sample["txt"]]), normalize=True))
            articles.append(sample["json"]["pmcid"])
    if not images:
        raise SystemExit("no pair is held out: give another --split or --held")
    return torch.cat(images), torch.cat(texts), articles


def side_of(model: Any) -> int:
    """Pixels of the shorter side of pictures that are kept for a model."""
    size = model.visual.image_size
    return 2 * int(size if isinstance(size, int) else min(size))


def ranks_of(images: Any, texts: Any) -> dict[str, Any]:
    """Rank of the own text among all texts, and of the own image among all images, from 0."""
    similarity = images @ texts.T
    tables = {"image_to_text": similarity, "text_to_image": similarity.T}
    return {name: (t > t.diagonal()[:, None]).sum(1) for name, t in tables.items()}


def recall(ranks: dict[str, Any]) -> dict[str, float]:
    """Recall at 1, 5 and 10; `ranks` may have a row a seed."""
    return {f"{n}_r{k}": round((r < k).float().mean().item(), 4) for n, r in ranks.items() for k in RANKS}


def difference(ranks: dict[str, Any], base: dict[str, Any], articles: list[str]) -> list[float]:
    """Recall at 10 beyond that of another arm, both directions and all seeds together, with a 95 % interval.

    The interval is a bootstrap over the articles of the held pairs; it does not hold the chance of the seeds.
    """
    most = max(RANKS)
    gain = sum((ranks[n] < most).float().mean(0) - (base[n] < most).float().mean(0) for n in ranks) / len(ranks)
    names = sorted(set(articles))
    of = torch.tensor([names.index(a) for a in articles])
    sums = torch.zeros(len(names)).index_add_(0, of, gain)
    sizes = torch.zeros(len(names)).index_add_(0, of, torch.ones(len(of)))
    drawn = torch.randint(len(names), (_RESAMPLES, len(names)), generator=torch.Generator().manual_seed(0))
    means = (sums[drawn].sum(1) / sizes[drawn].sum(1)).sort().values
    edges = (means[int(0.025 * _RESAMPLES)], means[int(0.975 * _RESAMPLES)])
    return [round(float(v), 4) for v in (gain.mean(), *edges)]


def run(args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Train and judge all arms."""
    arms = [Arm.of(name) for name in args.arms]
    recipe = recipe_of(args)
    context = args.tokens or max((a.tokens for a in arms), default=0)
    wanted = f"({recipe.where})" if recipe.where else "true"
    trained_on = f"{wanted} AND NOT ({args.held})" if args.held else recipe.where
    of_panels = panels_of(args.release) if any(a.base == "panel" for a in arms) else {}
    pictures: dict[Any, Any] = {}
    ranks: dict[str, dict[str, Any]] = {}
    found: dict[str, dict[str, Any]] = {}
    articles: list[str] = []
    for arm in arms:
        losses, each, view = [], [], None
        for seed in range(args.seeds):
            now = replace(recipe, caption=arm.name, tokens=context, where=trained_on, seed=recipe.seed + seed)
            fresh, _, _, tokenizer = build(now)
            count, side = stream.counter(tokenizer), side_of(fresh)
            view = View(arm, count, tokenizer.context_length, of_panels, side, pictures)
            out = args.out / f"{arm.name.replace('+', '-').replace('@', '-')}-{now.seed}"
            shown = None if arm.base in COMPOSED[1:] else view
            model = train(args.release, now, out, say=False, show=shown)
            splits = stream.SPLITS if args.held else (args.split,)
            where = f"{wanted} AND ({args.held})" if args.held else recipe.where
            held = (s for split in splits for s in stream.open(args.release, split=split, where=where))
            images, texts, articles = held_pairs(model, now, islice(held, args.most), pictures)
            each.append(ranks_of(images, texts))
            losses.append([json.loads(line)["loss"] for line in (out / "log.jsonl").open()])
        ranks[arm.name] = {name: torch.stack([r[name] for r in each]) for name in each[0]}
        found[arm.name] = {"pairs": len(articles), **recall(ranks[arm.name])}
        for name, at in (("first_loss", 0), ("last_loss", -1)):
            found[arm.name][name] = round(sum(of_seed[at] for of_seed in losses) / len(losses), 4)
        if view is not None and view.tokens:
            found[arm.name]["tokens"] = round(sum(view.tokens) / len(view.tokens), 1)
        found[arm.name]["beyond_first"] = difference(ranks[arm.name], ranks[arms[0].name], articles)
        print(json.dumps({arm.name: found[arm.name]}), file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Train each arm, judge it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments(parser)
    parser.add_argument("--split", default="test", help="the held split")
    parser.add_argument("--held", help="SQL condition of the pairs that are held out instead, such as md5(pmcid) < '4'")
    parser.add_argument("--arms", nargs="+", default=ARMS)
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each arm, from --seed on")
    parser.add_argument("--most", type=int, default=5000, help="held pairs that are judged")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    warnings.filterwarnings("ignore", "(?s).*match no sample")  # a split without a held pair
    found = run(args)
    names = list(next(iter(found.values())))
    print("| text | " + " | ".join(names) + " |")
    print("|---|" + "---:|" * len(names))
    for arm, values in found.items():
        print(f"| {arm} | " + " | ".join(str(values.get(n, "")) for n in names) + " |")
    if args.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
