"""Train a language model on paragraphs of educational quality, with transformers.

    pmcmine subset release --view high-quality-commercial --out paragraphs.parquet
    python docs/recipes/finetune_text.py paragraphs.parquet --model Qwen/Qwen3-0.6B-Base --out model --steps 2000

`--model tiny` makes a small GPT-2 and its tokenizer from the paragraphs themselves, for trials without a network. Rows
of validation and test are held out; prints perplexity on them before and after.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch


def tiny(texts: list[str], vocabulary: int = 2000, length: int = 256) -> tuple[Any, Any]:
    """Build a GPT-2 of about a million weights and train a byte-level BPE tokenizer on the texts."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    learnt = ByteLevelBPETokenizer()
    learnt.train_from_iterator(texts, vocab_size=vocabulary, special_tokens=["<|end|>"], show_progress=False)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=learnt._tokenizer, eos_token="<|end|>")
    config = GPT2Config(vocab_size=len(tokenizer), n_positions=length, n_embd=96, n_layer=3, n_head=3,
                        bos_token_id=0, eos_token_id=0)  # fmt: skip
    return GPT2LMHeadModel(config), tokenizer


def blocks(texts: list[str], tokenizer: Any, length: int) -> Any:
    """Token ids of all texts one after the other, cut into rows: (n, length)."""
    ids: list[int] = []
    for text in texts:
        ids += [*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id]
    n = len(ids) // length
    if n == 0:
        raise SystemExit(f"{len(ids)} tokens are less than one block of {length}; give more paragraphs")
    return torch.tensor(ids[: n * length]).view(n, length)


def perplexity(model: Any, rows: Any, batch: int) -> float:
    """Perplexity on rows of token ids."""
    model.eval()
    with torch.no_grad():
        losses = [model(input_ids=part, labels=part).loss.item() * len(part) for part in rows.split(batch)]
    return math.exp(sum(losses) / len(rows))


def main() -> None:
    """Train, save the model, and print the losses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Parquet of `pmcmine subset`")
    parser.add_argument("--model", required=True, help="model of the Hub, a folder, or tiny")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=256, help="tokens of a block")
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(args.seed)
    rows = pq.read_table(args.data, columns=["text", "split"]).to_pylist()
    texts = [r["text"] for r in rows if r["split"] == "train"]
    held = [r["text"] for r in rows if r["split"] != "train"]
    if not held:
        texts, held = texts[: -len(texts) // 10], texts[-len(texts) // 10 :]
    if args.model == "tiny":
        model, tokenizer = tiny(texts, length=args.length)
    else:
        model, tokenizer = (c.from_pretrained(args.model) for c in (AutoModelForCausalLM, AutoTokenizer))
    data, judged = blocks(texts, tokenizer, args.length), blocks(held, tokenizer, args.length)
    before = perplexity(model, judged, args.batch)
    optimiser = torch.optim.AdamW(model.parameters(), lr=args.rate)
    order = torch.Generator().manual_seed(args.seed)
    losses = []
    model.train()
    for step in range(args.steps):
        part = data[torch.randint(len(data), (args.batch,), generator=order)]
        loss = model(input_ids=part, labels=part).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(loss.item())
        if (step + 1) % 50 == 0:
            print(f"step {step + 1}: loss {sum(losses[-50:]) / 50:.3f}", flush=True)
    model.save_pretrained(args.out)
    tokenizer.save_pretrained(args.out)
    after = perplexity(model, judged, args.batch)
    found = {"paragraphs": len(texts), "held": len(held), "first_loss": round(losses[0], 4),
             "last_loss": round(losses[-1], 4), "perplexity_before": round(before, 2),
             "perplexity_after": round(after, 2)}  # fmt: skip
    print(json.dumps(found))


if __name__ == "__main__":
    main()
