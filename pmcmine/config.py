"""One typed configuration, from flags, a TOML file and the environment (`PMCMINE_MINE_<KEY>`)."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, ValidationError, create_model, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from pmcmine.errors import PmcmineError
from pmcmine.ids import bare_pmcid
from pmcmine.io.contact import SECONDS as FIRST_CONTACT
from pmcmine.io.folder import Folder
from pmcmine.plugins.enrichers import check_installed, enricher_switches, unused_options
from pmcmine.plugins.enrichers import options as enricher_options
from pmcmine.release.layout import ARTEFACT, load_release
from pmcmine.text.redact import MASK, is_masked, learn, option, option_secret, redact_all, remember
from pmcmine.vocabulary.locate import find_vocabulary, is_remote, local_copy
from pmcmine.vocabulary.vocabulary import Vocabulary

PMC_BUCKET = "https://pmc-oa-opendata.s3.amazonaws.com/"
GROUPS = ("commercial", "noncommercial", "other")
ENV_PREFIX = "PMCMINE_MINE_"
_MAX_BYTES = 1 << 20  # of a configuration file


class MineConfig(BaseSettings):
    """What `pmcmine mine` does. Keys of `RUN_ONLY` change how it runs, all others what it makes."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    source: str = Field(PMC_BUCKET, description="URL or path of the articles")
    source_kind: str | None = Field(None, description="bucket, folder, packages, bulk or pdf; recognised if not given")
    inventory: str | None = Field(None, description="date of the bucket inventory, YYYY-MM-DD; newest if not given")
    pmcid: tuple[str, ...] = Field((), description="only these PMCIDs")
    limit: int | None = Field(None, ge=1, description="at most so many PMCIDs, drawn by hash")
    vocab: str | None = Field(
        None, description="vocabulary that concepts are linked with, any fsspec URL; the open one where it is found"
    )
    vocab_sha256: str | None = Field(None, description="its hash; filled in when the run begins")
    concept_min_score: float = Field(0.4, ge=0, le=1, description="least probability of a link")
    concept_names: bool | None = Field(None, description="publish names of concepts; by the vocabulary's licence")
    classify: bool = Field(True, description="type, domain and quality of paragraphs")
    text_model: str | None = Field(
        None, description="model of `pmcmine train text` or folder of `train encoder`; the package's own if not given"
    )
    languages: bool = Field(True, description="language of paragraphs and captions")
    image_kinds: bool = Field(True, description="kinds of images")
    panels: bool = Field(True, description="panels of captions and their boxes")
    panel_shards: bool = Field(False, description="write panels as images of their own, `shards-panels`")
    near_duplicates: bool = Field(True, description="clusters of near duplicate images, captions and paragraphs")
    decontaminate: tuple[str, ...] = Field(
        (), description="benchmark sets: folders, tars, Parquet, text lists, or the artefact of an earlier run"
    )
    decontaminate_action: str = Field("flag", pattern="^(flag|drop)$", description="what is done to what they hold")
    decontaminate_sha256: str | None = Field(None, description="hash of the artefact; filled in when the run begins")
    privacy: bool = Field(True, description="flags of what may tell who a patient is")
    drop_privacy_flagged: bool = Field(False, description="reject what such a flag is set on, from a score of 0.5")
    link_paragraphs: bool = Field(False, description="link paragraphs too, not captions alone")
    seed: int = Field(0, description="seed of the shuffle over shards")
    small_splits: bool = Field(True, description="give each split an article in releases under 1,000 articles")
    groups: tuple[str, ...] = Field(("commercial", "noncommercial"), description="licence groups to publish")
    pointers: bool = Field(
        False, description="publish what is in none of these groups as pointers: ids, places and scores, no text"
    )
    manuscripts: bool = Field(True, description="take author manuscripts with an open licence")
    historical_ocr: bool = Field(False, description="take scanned articles with OCR text")
    require_caption: bool = Field(True, description="a sample needs a caption")
    max_xml_bytes: int = Field(64 << 20, ge=1)
    max_image_bytes: int = Field(64 << 20, ge=1)
    max_image_pixels: int = Field(100_000_000, ge=1)
    min_image_side: int = Field(32, ge=1, description="pixels")
    pdf_figures: bool = Field(False, description="take a figure from the article's PDF where it has more pixels there")
    max_article_seconds: float = Field(120, gt=0, description="seconds of the processor for one article")
    max_pdf_bytes: int = Field(256 << 20, ge=1)
    max_pdf_pages: int = Field(300, ge=1)
    max_pdf_seconds: int = Field(60, ge=1, description="seconds of the processor for one PDF")
    max_package_bytes: int = Field(2 << 30, ge=1, description="unpacked size of one package")
    shard_bytes: int = Field(1_000_000_000, ge=1, description="target size of a shard")
    table_bytes: int = Field(384 << 20, ge=1, description="target size of a table file, before compression")
    block_articles: int = Field(200, ge=1, description="PMCIDs of a block, the unit of commit and resumption")

    out: str = Field("release", description="release folder, any fsspec URL")
    runner: str = Field("direct", description="direct, prism, spark or dataflow")
    workers: int = Field(1, ge=1, description="worker processes of the direct runner")
    concurrency: int = Field(8, ge=1, description="articles fetched at once by a worker, for HTTP sources")
    contact: str | None = Field(
        None, pattern=r"^[\x21-\x7e ]{3,200}$", description="your e-mail address or URL, stated to the source's host"
    )
    requests_per_second: float = Field(200.0, gt=0, description="budget for one host, over all workers")
    fetch_keys: int | None = Field(None, ge=1, description="shares of the request budget; by the runner if not given")
    retries: int = Field(6, ge=0, description="tries after the first one")
    retry_seconds: float = Field(0.5, ge=0, description="first wait before a retry; doubles, with jitter")
    timeout: float = Field(60.0, gt=0, description="seconds without an answer")
    first_contact_seconds: float = Field(
        FIRST_CONTACT, gt=0, description="budget for the first answer of the source's host, and of the Hub"
    )
    max_reject_share: float = Field(
        0.1, ge=0, le=1, description="share of articles or figures lost to faults, above which exit is 1"
    )
    metrics: str | None = Field(
        None, description="where the run's metrics go besides metrics.json: a Prometheus text file, or an OTLP address"
    )
    keep_work: bool = Field(False, description="keep packs and row files after the release is whole")
    keep_state: bool = Field(True, description="keep what `pmcmine update` starts from, in `state/`")
    publish_to: str | None = Field(None, description="ORG/NAME on the Hub; each shard is sent as it becomes whole")
    publish_public: bool = Field(False, description="the repos of publish_to are public")
    publish_adopt: bool = Field(False, description="publish into repos that hold something else, too")
    endpoint: str | None = Field(None, description="address of the Hub, where it is one of your own")
    free_published: bool = Field(False, description="remove each shard from the disk once the Hub has it")
    demo: bool = Field(False, description="the release is a demo, which `pmcmine demo` may delete and make anew")
    spark_job_server: str = Field("localhost:8099", description="Beam's job server for Spark, HOST:PORT")
    spark_worker_pool: str = Field(
        "localhost:50000", description="pool of Python workers, as each Spark worker reaches it; HOST:PORT"
    )
    beam: tuple[str, ...] = Field((), description="options for Beam")

    RUN_ONLY: ClassVar[frozenset[str]] = frozenset(
        {"out", "vocab", "decontaminate", "runner", "workers", "concurrency", "contact", "requests_per_second",
         "fetch_keys", "retries", "retry_seconds", "timeout", "first_contact_seconds", "max_reject_share", "metrics",
         "keep_work", "keep_state", "publish_to", "publish_public",
         "publish_adopt", "endpoint", "free_published", "demo", "spark_job_server",
         "spark_worker_pool", "beam"}
    )  # fmt: skip

    # Texts among the keys of `RUN_ONLY` that a release states; any other text is masked, so that a new key is too.
    _STATED: ClassVar[frozenset[str]] = frozenset({"runner", "vocab", "decontaminate", "publish_to"})

    def model_post_init(self, context: Any, /) -> None:
        """Remember credentials, in each process that reads the configuration, so that nothing repeats them."""
        learn({k: v for k, v in self.__dict__.items() if isinstance(v, str | tuple)})
        remember([self.contact or "", *filter(None, map(option_secret, self.beam))])

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Show nothing that must not be told."""
        yield from (self.content() | self.run()).items()

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
        """Flags and the file come as one dict of their own; then the environment."""
        return init_settings, env_settings

    @property
    def mined_groups(self) -> frozenset[str]:
        """Licence groups whose articles are read: those that are published, and those of pointers."""
        return frozenset({*self.groups, *(GROUPS if self.pointers else ())})

    def content(self) -> dict[str, Any]:
        """Return the keys that decide what is made, as they are written and compared: without credentials."""
        unused = unused_options(self) if type(self) is not MineConfig else set()
        keys = self.model_dump(mode="json").items()
        return {k: redact_all(v) for k, v in keys if k not in self.RUN_ONLY and k not in unused}

    def run(self) -> dict[str, Any]:
        """Return the keys that decide how it is made, as they are written: most texts are masked."""
        return {k: self._told(k, v) for k, v in self.model_dump(mode="json").items() if k in self.RUN_ONLY}

    def _told(self, key: str, value: Any) -> Any:
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


def load_config(flags: dict[str, Any], file: str | None = None) -> MineConfig:
    """Merge flags over a TOML file over the environment over the defaults.

    Raises:
        PmcmineError: for unknown keys, bad values and an unreadable file, in one line.
    """
    values: dict[str, Any] = {}
    keys = config_class().model_fields
    if file is not None:
        try:
            with Path(file).open("rb") as stream:  # a pipe is welcome
                data = stream.read(_MAX_BYTES + 1)
            if len(data) > _MAX_BYTES:
                raise PmcmineError(f"{file}: more than {_MAX_BYTES} bytes, which no configuration has")
            values = tomllib.loads(data.decode("utf-8").replace("\r\n", "\n"))
        except FileNotFoundError:
            raise PmcmineError(f"{file}: no such configuration file") from None
        except (OSError, ValueError, RecursionError) as error:  # of syntax, UTF-8, endless numbers and lists
            raise PmcmineError(f"{file}: not readable as TOML ({error})") from None
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
    vocab = find_vocabulary(config.vocab)
    sha256 = Vocabulary(local_copy(vocab)).sha256 if vocab is not None else None
    if config.vocab_sha256 not in (None, sha256):
        raise PmcmineError(f"vocab_sha256: {vocab or 'no vocabulary'} has another hash; leave it out")
    config = config.model_copy(update={"vocab": vocab, "vocab_sha256": sha256})
    bad = set(config.groups) - {*GROUPS}
    if bad or not config.groups:
        what = f"{len(bad)} unknown" if config.groups else "none given"
        raise PmcmineError(f"groups: {what}; choose from {', '.join(GROUPS)}")
    return config


def _given(value: Any) -> str:
    """Return ` (given: …)` for a number; a text may be a password that slipped into another option."""
    text = str(value)
    is_number = isinstance(value, int | float | str) and re.fullmatch(r"[+-]?\d{1,20}(\.\d{1,20})?", text)
    return f" (given: {text})" if is_number or value is None or isinstance(value, bool) else ""


def update_config(out: str, flags: dict[str, Any]) -> MineConfig:
    """The configuration of a release, for its update: what decides what is made stays as it is, but for the source.

    Args:
        out: the release folder.
        flags: where source and vocabulary are now, and keys of `MineConfig.RUN_ONLY`.

    Raises:
        PmcmineError: where there is no release, or a key would change what is made.
    """
    release = load_release(Folder(out))
    content = {k: v for k, v in release["config"].items() if k in config_class().model_fields}
    content |= {name: False for name in enricher_switches() if name not in release["config"]}
    allowed = {*MineConfig.RUN_ONLY, "source", "inventory"}
    for name, value in flags.items():
        same = is_masked(content.get(name)) and redact_all(value) == content[name]
        if value is not None and name not in allowed and not same:
            raise PmcmineError(f"{name}: an update can't change what is made; mine anew for that")
    for name, value in content.items():
        if is_masked(value) and flags.get(name) is None:
            how = "--source" if name == "source" else f"--set {name}=…"
            raise PmcmineError(
                f"{out}: was made with credentials in its {name} ({value}), which are not kept; give it again as {how}"
            )
    values = content | {"inventory": None, "vocab": release["run"].get("vocab")}
    if content.get("decontaminate_sha256"):
        values["decontaminate"] = (f"{out.rstrip('/')}/{ARTEFACT}",)
    if values["vocab"] is None:
        values["vocab"] = "none"
    if flags.get("vocab") is None and is_remote(str(values["vocab"])):
        # What a folder says must not make this machine connect to anywhere.
        raise PmcmineError(f"{out}: was made with the vocabulary {values['vocab']}; give it as --vocab if you trust it")
    config = load_config(values | {k: v for k, v in flags.items() if v is not None} | {"out": out})
    check_installed(out, release.get("enrichers"), config)
    return config
