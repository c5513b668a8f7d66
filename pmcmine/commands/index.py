"""All commands: where each is, and what it does in a line. The help of pmcmine imports none of them."""

from __future__ import annotations

from typing import Final

from pmcmine.commands.declare import Late

# In the order of the work, by section of the help and of docs/cli.md.
SECTIONS: Final = {
    "Make a release": ("demo", "doctor", "plan", "download", "mine", "status", "update"),
    "Check and publish": ("verify", "publish"),
    "Use a release": ("browse", "search", "stats", "subset", "export", "rehydrate"),
    "Add to a release": ("score", "write", "index", "curate"),
    "Vocabularies and models": ("vocab", "link", "label", "train", "eval"),
}
_ROOM: Final = "pmcmine.commands"
# The line is the first paragraph of the command's help.
COMMANDS: Final = {
    "demo": Late(
        f"{_ROOM}.demo:demo", "Mine a small generated PMC, served on loopback. Needs no network and no account."
    ),
    "doctor": Late(
        f"{_ROOM}.doctor:doctor",
        "Check Python, extras, models, vocabulary, Hub token, disk, engines and network, and say what to do.",
    ),
    "plan": Late(
        f"{_ROOM}.plan:plan",
        "Estimate requests, bytes, core-hours, shuffle, shards, commits and cost, and the limits at ten times the size.",
    ),
    "download": Late(
        f"{_ROOM}.download:download",
        "Download what `mine` would read, to mine it where there is no network. The same command resumes.",
        f"{_ROOM}.options:DownloadCommand",
        {"no_args_is_help": True},
    ),
    "mine": Late(
        f"{_ROOM}.mine:mine",
        "Mine articles into a release folder: shards, tables, report. The same command resumes.",
        f"{_ROOM}.options:ConfigCommand",
        {"no_args_is_help": True},
    ),
    "status": Late(
        f"{_ROOM}.status:status",
        "Show how far a run is: blocks done and running, articles, rate, time left, and its jobs on SLURM.",
    ),
    "update": Late(
        f"{_ROOM}.update:update",
        "Update a release; reads only new, changed and removed articles. To resume, repeat the command.",
        f"{_ROOM}.options:UpdateCommand",
    ),
    "verify": Late(f"{_ROOM}.publish:verify", "Check every SHA-256 and count of a release, in a folder or on the Hub."),
    "publish": Late(
        f"{_ROOM}.publish:publish",
        "Upload a release to the Hugging Face Hub; new repos are private. To resume, repeat the command.",
    ),
    "browse": Late(
        f"{_ROOM}.browse:browse",
        "Search, filter and choose figures of a release on a local, read-only, offline page.",
    ),
    "stats": Late(
        f"{_ROOM}.stats:stats",
        "Count figures, pairs, caption words and pixels of a release, find concepts, or run an SQL query.",
    ),
    "subset": Late(
        f"{_ROOM}.subset:subset",
        "Write the rows of a view, of a condition or of a list to a Parquet file, or as a release of their own.",
        f"{_ROOM}.subset:ViewCommand",
    ),
    "export": Late(
        f"{_ROOM}.export:export",
        "Convert a release to another system's format, or write its attribution as TSV.",
        f"{_ROOM}.export:FormatCommand",
    ),
    "search": Late(
        f"{_ROOM}.search:search",
        "Search a release by words, concepts, meaning and by an image; the lists are fused by rank.",
    ),
    "score": Late(
        f"{_ROOM}.score:score",
        "Run a model over images, captions, panels or paragraphs of a release; conditions can then name its scores.",
        f"{_ROOM}.score:ScorerCommand",
    ),
    "write": Late(
        f"{_ROOM}.write:write",
        "Have a language model write captions, summaries, questions or instructions, each traceable to the article.",
        f"{_ROOM}.write:TaskCommand",
    ),
    "index": Late(
        f"{_ROOM}.search:index", "Build the index of a release: words, vectors of its scores, and names of concepts."
    ),
    "curate": Late(
        f"{_ROOM}.curate:curate",
        "Choose figures by filters, quantiles, near duplicates and quotas; write the list, with recipe and yield.",
    ),
    "rehydrate": Late(
        f"{_ROOM}.rehydrate:rehydrate",
        "Fill in the texts and images of a release's pointers from your copy of PMC; texts are checked by hash.",
    ),
    "vocab": Late(f"{_ROOM}.vocab:app", "Build, download and inspect vocabularies of concepts."),
    "link": Late(f"{_ROOM}.link:link", "Show the concepts in a text, with negation and other context."),
    "label": Late(
        f"{_ROOM}.label:label",
        "Label paragraphs of the commercial group with a large language model, or all of them with an encoder.",
    ),
    "train": Late(f"{_ROOM}.train:app", "Train models from annotated texts."),
    "eval": Late(f"{_ROOM}.eval:app", "Evaluate against annotated data."),
    "slurm-job": Late(f"{_ROOM}.slurm:slurm_job", "", more={"hidden": True}),
}
