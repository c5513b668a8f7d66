"""Train CLIP with open_clip's own program on a release's shards, as they are: local, or streamed from the Hub.

    pip install '.[recipes]'  # in a clone
    python docs/recipes/train_open_clip.py release --group commercial -- --model ViT-B-32 --batch-size 256 --epochs 32

The shards and `--train-num-samples` come from `release.json`; everything after `--` goes to `open_clip_train.main`. The
same command goes on from the last checkpoint (`--resume latest`) after a kill.
"""

from __future__ import annotations

import argparse
import functools
import inspect
import json
import shlex
import sys
from pathlib import Path

import fsspec
import open_clip

MODELS = Path(__file__).parent / "models"


def shards_of(release: str, group: str, split: str) -> tuple[list[str], int]:
    """Addresses of a release's shards as `webdataset` takes them, and the number of samples.

    Args:
        release: release folder, or ORG/NAME on the Hub.
        group: licence group.
        split: train, validation or test.
    """
    local = Path(release).is_dir()
    root = str(Path(release).resolve()) if local else f"hf://datasets/{release}"
    with fsspec.open(f"{root}/release.json", "rb") as stream:
        files = json.load(stream)["files"]
    chosen = [f for f in files if f["name"].startswith(f"shards/{group}/{split}/") and f["name"].endswith(".tar")]
    if not chosen:
        sys.exit(f"{release}: no shards of {group}/{split}")
    # On the Hub the folder of shards is the repo.
    names = [f["name"] if local else f["name"].removeprefix("shards/") for f in chosen]
    return [f"{root}/{name}" for name in names], sum(f["rows"] for f in chosen)


def without_end_markers() -> None:
    """Make open_clip work with current versions of webdataset.

    open_clip asks for 0.2.86 or earlier; it mistakes the markers that later versions put between shards for files.
    """
    from open_clip_train import data

    if "eof_value" in inspect.signature(data.tar_file_expander).parameters:
        data.tar_file_expander = functools.partial(data.tar_file_expander, eof_value=None)


def main() -> None:
    """Parse the command line, say what is run, and run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("release", help="release folder, or ORG/NAME on the Hub")
    parser.add_argument("--group", default="commercial")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="-- and options of open_clip_train.main")
    args = parser.parse_args()
    urls, n = shards_of(args.release, args.group, "train")
    command = ["--dataset-type", "webdataset", "--train-data", "::".join(urls), "--train-num-samples", str(n)]
    command += ["--resume", "latest"] if "--resume" not in args.rest else []
    command += [a for a in args.rest if a != "--"]
    print(f"python -m open_clip_train.main {shlex.join(command)}", flush=True)
    open_clip.add_model_config(MODELS)
    without_end_markers()
    from open_clip_train.main import main as train

    train(command)


if __name__ == "__main__":
    main()
