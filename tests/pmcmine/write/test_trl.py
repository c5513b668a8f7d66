"""trl's own trainer on an export of conversations, with a LLaVA of random weights: rows with and without an image."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.model_server import served
from tests.pmcmine.write.conftest import Write

_TRAIN = """
import sys
from datasets import Image, List, load_dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (CLIPImageProcessor, CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration,
                          LlavaProcessor, PreTrainedTokenizerFast)
from trl import SFTConfig, SFTTrainer

folder, out = sys.argv[1:]
rows = load_dataset("json", data_files=folder + "/train.jsonl", split="train", cache_dir=out + "/cache")
rows = rows.map(lambda row: {"images": [folder + "/" + image for image in row["images"]]}).cast_column("images", List(Image()))
alphabet = ["<unk>", "<pad>", "<s>", "</s>", "<image>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
pieces = Tokenizer(models.BPE({c: n for n, c in enumerate(alphabet)}, [], unk_token="<unk>"))
pieces.pre_tokenizer = pre_tokenizers.ByteLevel()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=pieces, unk_token="<unk>", pad_token="<pad>", bos_token="<s>",
                                    eos_token="</s>", extra_special_tokens={"image_token": "<image>"})
template = ("{% for m in messages %}{{ m['role'] }}: {% if m['content'] is string %}{{ m['content'] }}{% else %}"
            "{% for c in m['content'] %}{% if c['type'] == 'image' %}<image>{% else %}{{ c['text'] }}{% endif %}"
            "{% endfor %}{% endif %}</s>{% endfor %}")
tokenizer.chat_template = template
side = 32
processor = LlavaProcessor(
    CLIPImageProcessor(size={"shortest_edge": side}, crop_size={"height": side, "width": side}), tokenizer, patch_size=16,
    vision_feature_select_strategy="default", chat_template=template, num_additional_image_tokens=1)
small = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
model = LlavaForConditionalGeneration(LlavaConfig(
    vision_config=CLIPVisionConfig(**small, image_size=side, patch_size=16),
    text_config=LlamaConfig(**small, vocab_size=len(tokenizer), num_key_value_heads=2, max_position_embeddings=4096),
    image_token_id=tokenizer.convert_tokens_to_ids("<image>")))
trainer = SFTTrainer(
    model=model, train_dataset=rows, processing_class=processor,
    args=SFTConfig(output_dir=out, num_train_epochs=1, per_device_train_batch_size=4, max_length=None, use_cpu=True,
                   report_to=[], save_strategy="no"))
print("LOSS", trainer.train().training_loss)
"""


@pytest.mark.slow
def test_trl_trains_on_messages(release: Path, write: Write, tmp_path: Path) -> None:
    for needed in ("trl", "torch", "transformers", "datasets"):
        pytest.importorskip(needed)
    with served() as server:
        for task in ("vqa", "case-qa"):
            write(release, server, task, image_size=0, limit=8)
    command = [
        sys.executable,
        "-m",
        "pmcmine",
        "export",
        str(release),
        "--format",
        "messages",
        "--out",
        str(tmp_path / "chat"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    rows = [json.loads(line) for line in (tmp_path / "chat" / "train.jsonl").read_text().splitlines()]
    assert {bool(row["images"]) for row in rows} == {True, False}
    done = subprocess.run([sys.executable, "-c", _TRAIN, str(tmp_path / "chat"), str(tmp_path / "trained")],
                          env={**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert 0 < float(done.stdout.split("LOSS")[1]) < 20
