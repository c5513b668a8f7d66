"""One typed configuration, from flags, a TOML file and the environment (`PMCMINE_MINE_<KEY>`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, ClassVar

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, create_model, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from pmcmine.config_keys import SlurmConfig, parse_day, parse_size, read_toml
from pmcmine.config_keys import key as _key
from pmcmine.errors import DamagedError, PmcmineError
from pmcmine.ids import bare_pmcid
from pmcmine.io.contact import SECONDS as FIRST_CONTACT
from pmcmine.io.folder import Folder
from pmcmine.plugins.enrichers import check_installed, enricher_switches, unused_options
from pmcmine.plugins.enrichers import options as enricher_options
from pmcmine.release.layout import ARTEFACT, RELEASE, WAY_OUT
from pmcmine.release.record import load_release
from pmcmine.text.redact import MASK, is_masked, learn, option, option_secret, redact_all, remember
from pmcmine.vocabulary.locate import find_vocabulary, is_remote, local_copy
from pmcmine.vocabulary.vocabulary import Vocabulary

PMC_BUCKET = "https://pmc-oa-opendata.s3.amazonaws.com/"
GROUPS = ("commercial", "noncommercial", "other")
ENV_PREFIX = "PMCMINE_MINE_"
NOTHING_CHOSEN = "which articles? give --source, --pmcid or --limit, or mine all of PMC, some 8 million, with --all"


# Sections of the help and of docs/configuration.md, in the order of the work.
SECTIONS = ("Source", "Articles", "Concepts", "Classifiers", "Images", "Duplicates", "Release", "Run", "SLURM", "Hub")


class ReleaseConfig(BaseModel):
    """The keys that decide what is in a release. Two runs that agree in them make the same one."""

    source: str = _key(PMC_BUCKET, "Source", "URL or path of the articles", "DATA/pmc-bucket")
    source_kind: str | None = _key(
        None, "Source", "kind of the source: bucket, folder, packages, bulk or pdf; recognised if not given", "packages"
    )
    inventory: str | None = _key(
        None, "Source", "date of the bucket inventory, YYYY-MM-DD; the newest if not given", "2026-09-14"
    )
    pmcid: tuple[str, ...] = _key(
        (),
        "Source",
        "only these PMCIDs; the flag also takes the name of a file with one per line",
        "PMC10358625,PMC11292937",
    )
    limit: int | None = _key(None, "Source", "maximum number of PMCIDs, chosen by hash", "1000", ge=1)
    vocab_sha256: str | None = _key(None, "Concepts", "hash of the vocabulary; filled in when the run begins")
    concept_min_score: float = _key(0.4, "Concepts", "minimum probability of a link", "0.6", ge=0, le=1)
    concept_names: bool | None = _key(
        None, "Concepts", "publish the names of concepts; if not given, the vocabulary's licence decides"
    )
    classify: bool = _key(True, "Classifiers", "label the type, domain and quality of paragraphs")
    text_model: str | None = _key(
        None,
        "Classifiers",
        "model of `pmcmine train text` or folder of `train encoder`, for paragraphs; the package's own if not given",
        "text-model.npz",
    )
    languages: bool = _key(True, "Classifiers", "detect the language of paragraphs and captions")
    image_kinds: bool = _key(True, "Classifiers", "classify the kinds of images")
    image_embeddings: bool = _key(False, "Classifiers", "add embeddings of images to the table `figures`")
    image_embeddings_in_samples: bool = _key(
        False, "Classifiers", "also write embeddings of images to the JSON of samples, about 6 KB each"
    )
    panels: bool = _key(True, "Images", "find the panels of figures: their captions and boxes")
    panel_shards: bool = _key(False, "Images", "also write each panel as a separate image, in `shards-panels`")
    parquet_images: bool = _key(
        False, "Images", "also write the samples as Parquet with the image inside, in `shards-parquet`"
    )
    near_duplicates: bool = _key(True, "Duplicates", "find clusters of near-duplicate images, captions and paragraphs")
    decontaminate_action: str = _key(
        "flag", "Duplicates", "flag or drop items that a benchmark set contains", "drop", pattern="^(flag|drop)$"
    )
    decontaminate_sha256: str | None = _key(
        None, "Duplicates", "hash of the benchmark sets; filled in when the run begins"
    )
    exclude_sha256: str | None = _key(None, "Articles", "hash of the exclusion list; filled in when the run begins")
    privacy: bool = _key(True, "Classifiers", "flag what may identify patients")
    drop_privacy_flagged: bool = _key(False, "Classifiers", "reject items flagged with a score of at least 0.5")
    link_paragraphs: bool = _key(
        False, "Concepts", "link the concepts of all paragraphs, not only of captions and cases"
    )
    seed: int = _key(0, "Release", "seed of the shuffle over shards", "7")
    small_splits: bool = _key(True, "Release", "give each split an article in releases of fewer than 1,000 articles")
    groups: tuple[str, ...] = _key(
        ("commercial", "noncommercial"), "Articles", f"licence groups to publish: {', '.join(GROUPS)}", "commercial"
    )
    pointers: bool = _key(
        False, "Articles", "publish articles of all other groups as pointers: ids, locations and scores, no text"
    )
    manuscripts: bool = _key(True, "Articles", "include author manuscripts with an open licence")
    historical_ocr: bool = _key(False, "Articles", "include scanned articles with OCR text")
    document_figures: str = _key(
        "mention",
        "Articles",
        "place of figures and tables in documents: at their first mention, or where the XML has them (mention or xml)",
        "xml",
        pattern="^(mention|xml)$",
    )
    require_caption: bool = _key(True, "Images", "make samples only of figures with a caption")
    max_xml_bytes: int = _key(64 << 20, "Articles", "largest XML file that is read, bytes", ge=1)
    max_image_bytes: int = _key(64 << 20, "Images", "largest image file that is read, bytes", ge=1)
    max_image_pixels: int = _key(100_000_000, "Images", "largest image that is decoded, pixels", ge=1)
    min_image_side: int = _key(32, "Images", "minimum width and height of an image, pixels", "224", ge=1)
    pdf_figures: bool = _key(False, "Images", "take a figure from the article's PDF if it has more pixels there")
    max_article_seconds: float = _key(120, "Articles", "maximum CPU time for one article, seconds", "300", gt=0)
    max_pdf_bytes: int = _key(256 << 20, "Articles", "largest PDF that is read, bytes", ge=1)
    max_pdf_pages: int = _key(300, "Articles", "maximum number of pages of a PDF", ge=1)
    max_pdf_seconds: int = _key(60, "Articles", "maximum CPU time for one PDF, seconds", ge=1)
    max_package_bytes: int = _key(2 << 30, "Articles", "largest unpacked size of one package, bytes", ge=1)
    shard_bytes: int = _key(1_000_000_000, "Release", "target size of a shard, bytes", "500MB", ge=1)
    table_bytes: int = _key(384 << 20, "Release", "target size of a table file before compression, bytes", ge=1)
    block_articles: int = _key(200, "Release", "PMCIDs of a block, the unit of commit and resumption", "50", ge=1)


class RunConfig(SlurmConfig):
    """The keys that decide how a release is made. They may change from one start of a run to the next."""

    vocab: str | None = _key(
        None,
        "Concepts",
        "vocabulary that concepts are linked with, any fsspec URL, or none; the open one if it is installed",
        "umls.vocab",
    )
    decontaminate: tuple[str, ...] = _key(
        (),
        "Duplicates",
        "benchmark set to look for: folder, tar, Parquet, text list, or the artefact of an earlier run",
        "vqa_images/",
    )
    exclude: tuple[str, ...] = _key(
        (),
        "Articles",
        "file with PMCIDs, DOIs, figure ids and ORCID iDs of authors to leave out, one per line; updates keep to it",
        "takedowns.txt",
    )
    all: bool = _key(False, "Source", "mine all of PMC; needed if no source, PMCIDs or limit are given")
    out: str = _key("release", "Release", "release folder, any fsspec URL", "gs://bucket/release")
    runner: str = _key("direct", "Run", "where it runs: direct, prism, spark or dataflow (by Beam), or slurm", "spark")
    workers: int = _key(1, "Run", "worker processes of the direct runner", "8", ge=1)
    concurrency: int = _key(8, "Run", "articles that a worker downloads in parallel from HTTP sources", "16", ge=1)
    contact: str | None = _key(
        None,
        "Run",
        "your e-mail address or URL, stated to the source's host",
        "me@example.org",
        pattern=r"^[\x21-\x7e ]{3,200}$",
    )
    requests_per_second: float = _key(200.0, "Run", "request budget for one host, over all workers", "20", gt=0)
    fetch_keys: int | None = _key(
        None, "Run", "number of shares of the request budget; the runner decides if not given", ge=1
    )
    retries: int = _key(6, "Run", "retries after the first attempt", ge=0)
    retry_seconds: float = _key(0.5, "Run", "wait before the first retry, seconds; doubles, with jitter", ge=0)
    timeout: float = _key(60.0, "Run", "seconds without an answer after which a request is retried", gt=0)
    first_contact_seconds: float = _key(
        FIRST_CONTACT, "Run", "time for the first answer of the source's host, and of the Hub, seconds", gt=0
    )
    max_reject_share: float = _key(
        0.1, "Run", "share of articles or figures lost to faults, above which the exit code is 1", "0.02", ge=0, le=1
    )
    metrics: str | None = _key(
        None,
        "Run",
        "also write the run's metrics to a Prometheus text file or send them to an OTLP address",
        "http://localhost:4318",
    )
    keep_work: bool = _key(False, "Run", "keep packs and row files when the release is complete")
    keep_state: bool = _key(True, "Run", "keep what `pmcmine update` starts from, in `state/`")
    publish_to: str | None = _key(
        None, "Hub", "ORG/NAME on the Hub; each shard is uploaded when it is complete", "ORG/NAME"
    )
    publish_public: bool = _key(False, "Hub", "make the repos of publish_to public")
    publish_adopt: bool = _key(False, "Hub", "also publish into repos that contain other files")
    endpoint: str | None = _key(None, "Hub", "URL of your own Hub", "https://hub.example.org")
    free_published: bool = _key(False, "Hub", "delete each shard locally once it is on the Hub")
    demo: bool = _key(False, "Release", "the release is a demo, which `pmcmine demo` may replace")
    spark_job_server: str = _key("localhost:8099", "Run", "Beam's job server for Spark, HOST:PORT")
    spark_worker_pool: str = _key(
        "localhost:50000", "Run", "pool of Python workers as each Spark worker reaches it, HOST:PORT"
    )
    beam: tuple[str, ...] = _key((), "Run", "option for Beam; may be repeated", "--job_endpoint=localhost:8099")


class MineConfig(BaseSettings, RunConfig, ReleaseConfig):
    """Configuration of `pmcmine mine`: one typed object, which is sent to all workers."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    RUN_ONLY: ClassVar[frozenset[str]] = frozenset(RunConfig.model_fields)

    # Keys that releases made before did not have: they are stated if they are set, so that an update of such a release,
    # or its repo on the Hub, sees no other configuration.
    _LATER: ClassVar[frozenset[str]] = frozenset({"parquet_images", "document_figures", "exclude_sha256"})

    # Texts among the keys of `RUN_ONLY` that a release states; any other text is masked, so that a new key is too.
    _STATED: ClassVar[frozenset[str]] = frozenset({"runner", "vocab", "decontaminate", "publish_to"})

    def model_post_init(self, context: Any, /) -> None:
        """Remember credentials, in each process that reads the configuration, so that nothing repeats them."""
        learn({k: v for k, v in self.__dict__.items() if isinstance(v, str | tuple)})
        remember([self.contact or "", *filter(None, map(option_secret, self.beam))])

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Leave out values that may hold secrets."""
        yield from (self.content() | self.run()).items()

    @field_validator("*", mode="before")
    @classmethod
    def _plain_bytes(cls, value: Any, info: ValidationInfo) -> Any:
        """Read `1GB`, `500 MB` or `64MiB` where bytes are asked for, and the day of the inventory."""
        if info.field_name == "inventory":
            return parse_day(value)
        return parse_size(value) if str(info.field_name).endswith("_bytes") else value

    @field_validator("pmcid", mode="before")
    @classmethod
    def _one_spelling(cls, value: Any) -> Any:
        """Write each PMCID in one way, once; `--set` and TOML may give a single text."""
        tokens = value.replace(",", " ").split() if isinstance(value, str) else value
        if not isinstance(tokens, Sequence) or not all(isinstance(t, str) for t in tokens):
            return value
        return tuple(dict.fromkeys(bare_pmcid(t) for t in tokens))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read flags and file (one dict) first, then the environment."""
        return init_settings, env_settings

    @property
    def mined_groups(self) -> frozenset[str]:
        """Licence groups whose articles are read: those that are published, and those of pointers."""
        return frozenset({*self.groups, *(GROUPS if self.pointers else ())})

    @property
    def chooses(self) -> bool:
        """Return whether it selects articles: a source, PMCIDs, a limit, or all of PMC."""
        return self.all or bool(self.pmcid) or self.limit is not None or "source" in self.model_fields_set

    def content(self) -> dict[str, Any]:
        """Return the keys that decide what is made, as they are written and compared: without credentials."""
        unused = unused_options(self) if type(self) is not MineConfig else set()
        unused |= {k for k in self._LATER if getattr(self, k) == self.__class__.model_fields[k].default}
        keys = self.model_dump(mode="json").items()
        return {k: redact_all(v) for k, v in keys if k not in self.RUN_ONLY and k not in unused}

    def run(self) -> dict[str, Any]:
        """Return the keys that decide how it is made, as they are written: most texts are masked."""
        return {k: self._run_value(k, v) for k, v in self.model_dump(mode="json").items() if k in self.RUN_ONLY}

    def _run_value(self, key: str, value: Any) -> Any:
        if key == "beam":
            return [option(flag) for flag in value]
        if key in self._STATED or value == self.__class__.model_fields[key].default:
            return redact_all(value)
        if isinstance(value, list):
            return [MASK] * len(value)
        return MASK if isinstance(value, str) else value


@cache
def config_class() -> type[MineConfig]:
    """Return the configuration with the keys that enrichers add.

    Raises:
        PluginError: if an enricher declares what can't be honoured.
    """
    switches = [k for k, f in MineConfig.model_fields.items() if f.annotation is bool]
    more = enricher_options(MineConfig.model_fields, switches)
    if not more:
        return MineConfig
    added: dict[str, Any] = {o.name: (o.type, Field(o.default, description=o.meaning)) for o in more.values()}
    return create_model("MineConfig", __base__=MineConfig, __module__=__name__, **added)


def _unknown(name: str, where: str) -> PmcmineError:
    near = get_close_matches(name, config_class().model_fields, 1)
    return PmcmineError(f"{where}: unknown key '{name}'" + (f"; did you mean '{near[0]}'?" if near else ""))


def load_config(flags: dict[str, Any], file: str | None = None, *, updates: bool = False) -> MineConfig:
    """Merge flags over a TOML file over the environment over the defaults.

    Args:
        flags: values by key.
        file: a TOML file.
        updates: whether it is that of an update, which opens the vocabulary only if it links something.

    Raises:
        PmcmineError: for unknown keys, bad values and an unreadable file, in one line.
    """
    values: dict[str, Any] = {}
    keys = config_class().model_fields
    if file is not None:
        values = read_toml(file)
        for name in values:
            if name not in keys:
                raise _unknown(name, file)
    for name in os.environ:
        if name.startswith(ENV_PREFIX) and name.removeprefix(ENV_PREFIX).lower() not in keys:
            raise _unknown(name.removeprefix(ENV_PREFIX).lower(), f"environment variable {name}")
    for name in flags:
        if name not in keys:
            raise _unknown(name, "--set")
    values.update({k: v for k, v in flags.items() if v is not None})
    try:
        config = config_class()(**values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        name = ".".join(str(p) for p in first["loc"])
        raise PmcmineError(f"configuration key '{name}': {first['msg']}{_given(first['input'])}") from None
    except SettingsError as error:  # a list in the environment is JSON
        raise PmcmineError(f"environment: {str(error).splitlines()[0]}; a list is written as JSON") from None
    config = _with_vocabulary(config, updates)
    bad = set(config.groups) - {*GROUPS}
    if bad or not config.groups:
        what = f"{len(bad)} unknown" if config.groups else "none given"
        raise PmcmineError(f"groups: {what}; choose from {', '.join(GROUPS)}")
    return config


def _with_vocabulary(config: MineConfig, updates: bool) -> MineConfig:
    """Return a configuration with the path and the hash of its vocabulary; that of an update states the hash."""
    vocab = find_vocabulary(config.vocab)
    if updates and vocab is not None and config.vocab_sha256 is not None:
        return config.model_copy(update={"vocab": vocab})
    sha256 = Vocabulary(local_copy(vocab)).sha256 if vocab is not None else None
    if config.vocab_sha256 not in (None, sha256):
        raise PmcmineError(f"vocab_sha256: {vocab or 'no vocabulary'} has another hash; omit the key")
    return config.model_copy(update={"vocab": vocab, "vocab_sha256": sha256})


def _given(value: Any) -> str:
    """Return ` (given: …)` for a number; a text may be a password that slipped into another option."""
    text = str(value)
    is_number = isinstance(value, int | float | str) and re.fullmatch(r"[+-]?\d{1,20}(\.\d{1,20})?", text)
    return f" (given: {text})" if is_number or value is None or isinstance(value, bool) else ""


def update_config(out: str, flags: dict[str, Any]) -> MineConfig:
    """Load the configuration of a release for its update; only the source and run options may change.

    Args:
        out: the release folder.
        flags: where source and vocabulary are now, and keys of `MineConfig.RUN_ONLY`.

    Raises:
        PmcmineError: if there is no release, or a key would change what is made.
    """
    release = load_release(Folder(out))
    if not {"config", "run"} <= release.stated:
        raise DamagedError(f"{out}/{RELEASE}: is damaged (no config or no run); {WAY_OUT}")
    content = {k: v for k, v in release.config.items() if k in config_class().model_fields}
    content |= {name: False for name in enricher_switches() if name not in release.config}
    allowed = {*MineConfig.RUN_ONLY, "source", "inventory"}
    for name, value in flags.items():
        same = is_masked(content.get(name)) and redact_all(value) == content[name]
        if value is not None and name not in allowed and not same:
            raise PmcmineError(f"{name}: an update can't change the content of the release; mine a new one")
    for name, value in content.items():
        if is_masked(value) and flags.get(name) is None:
            how = "--source" if name == "source" else f"--set {name}=…"
            raise PmcmineError(
                f"{out}: was made with credentials in its {name} ({value}), which are not kept; give it again as {how}"
            )
    values = content | {"inventory": None, "vocab": release.run.vocab}
    if content.get("decontaminate_sha256"):
        values["decontaminate"] = (f"{out.rstrip('/')}/{ARTEFACT}",)
    if values["vocab"] is None:
        values["vocab"] = "none"
    if flags.get("vocab") is None and is_remote(str(values["vocab"])):
        # What a folder says must not make this machine connect to anywhere.
        raise PmcmineError(f"{out}: was made with the vocabulary {values['vocab']}; give it as --vocab if you trust it")
    config = load_config(values | {k: v for k, v in flags.items() if v is not None} | {"out": out}, updates=True)
    check_installed(out, release.enrichers, config)
    return config
