"""What text a figure is best trained with: the same recipe over several compositions, judged by zero-shot retrieval.

    python docs/recipes/compare_captions.py release --out runs --steps 20000 --model ViT-B-32 --batch 256

As DataComp has it (Gadre et al. 2023, section 3.2), model, steps, samples seen and seed are fixed and only the data
differ: here the text. All arms are judged on the same pairs of a held split, with the caption as it stands. Prints a
table, and with --json one object on the last line.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from itertools import islice
from typing import Any

import torch
from train_streaming import arguments, build, image_of, recipe_of, train

from pmcmine import stream

ARMS = ("full", "title", "panels", "full+mentions", "enriched@77", "enriched@256")  # with tokens of the context
RANKS = (1, 5, 10)


def encode(model: Any, recipe: Any, samples: Any, most: int) -> tuple[Any, Any]:
    """Embed images and texts of a split as unit vectors, (n, embedding) each."""
    _, _, transform, tokenizer = build(recipe)
    images, texts = [], []
    model.eval()
    with torch.no_grad():
        for sample in islice(samples, most):
            images.append(model.encode_image(transform(image_of(sample))[None], normalize=True))
            texts.append(model.encode_text(tokenizer([sample["txt"]]), normalize=True))
    return torch.cat(images), torch.cat(texts)


def recall(images: Any, texts: Any) -> dict[str, float]:
    """Recall at 1, 5 and 10 of the own text among all texts, and of the own image among all images."""
    similarity = images @ texts.T
    found = {}
    for name, table in (("image_to_text", similarity), ("text_to_image", similarity.T)):
        rank = (table > table.diagonal()[:, None]).sum(1)
        found |= {f"{name}_r{k}": round((rank < k).float().mean().item(), 4) for k in RANKS}
    return found


def main() -> None:
    """Train each arm, judge it, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments(parser)
    parser.add_argument("--split", default="test", help="the held split")
    parser.add_argument("--arms", nargs="+", default=ARMS)
    parser.add_argument("--most", type=int, default=5000, help="pairs of the held split that are judged")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    for arm in args.arms:
        caption, _, tokens = arm.partition("@")
        recipe = replace(recipe_of(args), caption=caption, **({"tokens": int(tokens)} if tokens else {}))
        out = args.out / arm.replace("+", "-").replace("@", "-")
        model = train(args.release, recipe, out, say=False)
        held = stream.open(args.release, split=args.split, where=recipe.where)
        images, texts = encode(model, recipe, held, args.most)
        found[arm] = {"pairs": len(images), **recall(images, texts)}
        losses = [json.loads(line)["loss"] for line in (out / "log.jsonl").open()]
        found[arm] |= {"first_loss": losses[0], "last_loss": losses[-1]}
    names = list(next(iter(found.values())))
    print("| text | " + " | ".join(names) + " |")
    print("|---|" + "---:|" * len(names))
    for arm, values in found.items():
        print(f"| {arm} | " + " | ".join(str(values[n]) for n in names) + " |")
    if args.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
