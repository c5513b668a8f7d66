"""Extensions of other packages: what can't be honoured ends with one line that names the package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from pmcmine import config as configuration
from pmcmine.config import MineConfig, config_class, load_config
from pmcmine.errors import PluginError, PmcmineError
from pmcmine.exports import exporters
from pmcmine.miner import enrichers as running
from pmcmine.plugins import enrichers as declared
from pmcmine.plugins import load
from pmcmine.plugins.enricher import Column, EnricherFacts, Option
from pmcmine.pointers.withhold import withhold
from pmcmine.release.views import VIEWS, views
from pmcmine.sources import is_others, kinds, recognise
from pmcmine.vocabulary.formats import formats
from schemas.paragraph import Paragraph

N = Column("n", pa.int32(), "A number.", empty="never")
ON = Option("lab_on", bool, True, "turn it on")
Install = Callable[..., None]


class Own:
    """An enricher that is sound."""

    table = "paragraphs"
    columns: tuple[Any, ...] = (N,)
    switch = "lab_on"
    options: tuple[Any, ...] = (ON,)
    pixels = False

    def prepare(self, options: Any) -> None:
        """Do nothing."""

    def models(self, options: Any) -> list[Any]:
        """Have none."""
        return []

    def enrich(self, rows: Any, context: Any) -> Any:
        """Count letters."""
        return [{"n": len(r.text)} for r in rows]


def _forget() -> None:
    for cached in (load.plugins, declared.installed, config_class, running._columns):
        cached.cache_clear()


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install extensions beside those that are there: (name, target) or (name, target, package)."""
    real = load.entry_points

    def add(*found: Any, group: str = load.ENRICHERS) -> None:
        more = []
        for name, target, *package in found:
            dist = SimpleNamespace(name=(package or ["lab"])[0], version="1")
            give = target if callable(target) and not isinstance(target, type) else lambda t=target: t
            more.append(SimpleNamespace(name=name, value=f"{dist.name}:{name}", dist=dist, load=give))
        monkeypatch.setattr(load, "entry_points", lambda group_=group, **o: [
            *real(group=o["group"]), *(more if o["group"] == group_ else ())
        ])  # fmt: skip
        _forget()

    yield add
    monkeypatch.undo()
    _forget()


def _like(**members: Any) -> type:
    return type("Like", (Own,), members)


def _paragraph(text: str = "some text") -> Paragraph:
    return Paragraph(
        paragraph_id="PMC1.1/p[0]", article_id="PMC1.1", pmcid="PMC1", path="p[0]", ordinal=0, section_titles=(),
        section_kind="other", text=text, citations=(), figure_references=(), article_type=None, language=None,
        license="CC-BY", attribution="",
    )  # fmt: skip


def _column(**members: Any) -> type:
    return _like(columns=(Column(**{"name": "n", "type": pa.int32(), "meaning": "A number.", **members}),))


def _option(*options: Any, switch: str = "privacy") -> type:
    return _like(options=options, switch=switch)


@pytest.mark.parametrize(("target", "said"), [
    (_like(table="paragraph"), "no enricher can fill the table 'paragraph'; did you mean 'paragraphs'"),
    (_like(table="articles"), "choose from paragraphs, figures, panels"),
    (_like(columns=("n",)), "'n' in its columns is no Column"),
    (_column(name="quality"), "paragraphs has a column 'quality' already"),
    (_like(table="figures", columns=(Column("language", pa.string(), "X."),)), "the samples of figures"),
    (_column(name="N words"), "is not of the form"),
    (_column(meaning=""), "states no meaning"),
    (_column(type="int32"), "has the type 'int32'; choose text, a number"),
    (_column(type=pa.list_(pa.list_(pa.int8()))), "has the type"),
    (_column(type=pa.struct([("a", pa.int8())])), "has the type"),
    (_column(text=True), "state `empty`"),
    (_option(Option("seed", int, 1, "x")), "its option 'seed' is a key of pmcmine"),
    (_option(Option("Lab-On", bool, True, "x")), "is not of the form"),
    (_option(Option("lab_n", list, [], "x")), "choose bool, int, float or str"),
    (_option(Option("lab_n", int, "many", "x")), "the default of its option 'lab_n' is not of its type"),
    (_option("lab_n"), "in its options is no Option"),
    (_option(switch="privcy"), "is no on/off key of the configuration; did you mean 'privacy'"),
    (_option(Option("lab_n", int, 1, "x"), switch="lab_n"), "no on/off key"),
    (SimpleNamespace(table="figures", columns=()), "has no switch, options, pixels, prepare, models, enrich"),
])  # fmt: skip
def test_an_enricher_that_declares_what_can_not_be_honoured(install: Install, target: Any, said: str) -> None:
    install(("own", target))
    with pytest.raises(PluginError) as found:
        load_config({"vocab": "none"})
    message = str(found.value)
    assert message.startswith("enricher own of the package lab: ") and said in message and "\n" not in message


def test_two_packages_that_want_the_same(install: Install) -> None:
    install(("own", Own), ("own", Own, "other"))
    with pytest.raises(
        PluginError, match="enricher own of the package other: the package lab has one of the same name"
    ):
        config_class()
    install(("own", Own), ("second", Own, "other"))
    with pytest.raises(
        PluginError, match=r"package other: the column 'n' of paragraphs is filled by own of the package lab"
    ):
        config_class()
    install(("own", Own), ("second", _column(name="m"), "other"))
    with pytest.raises(PluginError, match=r"package other: its option 'lab_on' is one of own of the package lab"):
        config_class()


def test_code_that_fails_as_it_is_loaded(install: Install) -> None:
    def absent() -> None:
        raise ModuleNotFoundError("No module named 'lab'")

    def broken() -> None:
        raise RuntimeError("no licence key\nand more")

    for fails, said in ((absent, "No module named 'lab'"), (broken, "(no licence key)")):
        for group, use in ((load.ENRICHERS, config_class), (load.EXPORTERS, exporters), (load.SOURCES, kinds),
                           (load.VIEWS, views), (load.VOCABULARY_FORMATS, formats)):  # fmt: skip
            install(("own", fails), group=group)
            with pytest.raises(PluginError, match=r"own of the package lab: can't be loaded") as found:
                use()
            assert said in str(found.value) and "\n" not in str(found.value)


@pytest.mark.parametrize(("enrich", "said"), [
    (lambda s, rows, c: [], "returned 0 rows for 1"),
    (lambda s, rows, c: [{"m": 1}], "fills the column 'm', which it does not declare"),
    (lambda s, rows, c: [{"quality": 1.0}], "fills the column 'quality', which it does not declare"),
    (lambda s, rows, c: [{"n": "many"}], "a value of the column 'n' is not of its type, int32"),
    (lambda s, rows, c: [{"n": 1 << 40}], "a value of the column 'n' is not of its type, int32"),
    (lambda s, rows, c: [rows[0].nothing], "failed (AttributeError"),
])  # fmt: skip
def test_an_enricher_that_returns_what_it_does_not_declare(install: Install, enrich: Any, said: str) -> None:
    install(("own", _like(enrich=enrich)))
    config = config_class()(**PLAIN)
    with pytest.raises(PluginError, match="enricher own of the package lab") as found:
        running.enrich_paragraphs([_paragraph()], config)
    assert said in str(found.value)


PLAIN = {"classify": False, "languages": False, "privacy": False, "image_kinds": False}


def test_a_column_that_is_never_empty(install: Install) -> None:
    install(("own", _like(columns=(Column("n", pa.int32(), "A number."),), enrich=lambda s, rows, c: [{}])))
    with pytest.raises(PluginError, match="the column 'n' is empty in a row"):
        running.enrich_paragraphs([_paragraph()], config_class()(**PLAIN))


def test_a_switch_that_is_off_leaves_no_column(install: Install) -> None:
    install(("own", Own))
    on, off = (load_config({**PLAIN, "vocab": "none", "lab_on": value}) for value in ("true", "false"))
    assert on.content()["lab_on"] is True and "lab_on" not in off.content()
    assert running.tables(on)["paragraphs"].schema.names[-1] == "n"
    assert "n" not in running.tables(off)["paragraphs"].schema.names
    (row,) = running.enrich_paragraphs([_paragraph("four")], on)
    assert row.extra == {"n": 4}
    assert running.enrich_paragraphs([_paragraph()], off) == [_paragraph()]
    assert [e.package for e in running.stated(on)] == ["lab"] and not running.stated(off)


def test_pointers_leave_out_columns_that_repeat_text(install: Install) -> None:
    words = Column("words", pa.string(), "Words.", empty="none", text=True)
    install(("own", _like(columns=(N, words), enrich=lambda s, rows, c: [{"n": 1, "words": r.text} for r in rows])))
    config = config_class()(**PLAIN)
    (row,) = running.enrich_paragraphs([_paragraph()], config)
    assert row.extra == {"n": 1, "words": "some text"}
    assert withhold(row, running.extra_texts(config, "paragraphs")).extra == {"n": 1, "words": None}


def test_without_other_packages_nothing_changes() -> None:
    assert config_class() is MineConfig and configuration.MineConfig is MineConfig
    plain = running.tables(MineConfig())
    assert not any(table.extra for table in plain.values())
    assert {p.package for p in declared.installed()} == {load.OWN}
    filled = {(e.table, c) for e in running.stated(MineConfig()) for c in e.columns}
    assert {("figures", "caption_quality"), ("panels", "kinds"), ("paragraphs", "patients")} <= filled


def test_names_and_kinds(install: Install) -> None:
    install(("own", SimpleNamespace(name="other", meaning="", export=print)), group=load.EXPORTERS)
    with pytest.raises(PluginError, match="exporter own of the package lab: calls itself 'other'"):
        exporters()
    lab = SimpleNamespace(kind="lab", recognises=lambda a: a.text.startswith("http://lab/"), open=print)
    install(("lab", lab), group=load.SOURCES)
    assert is_others(MineConfig(source="http://lab/x")) and is_others(MineConfig(source_kind="lab"))
    assert not is_others(MineConfig(source="http://127.0.0.1/x")) and not is_others(MineConfig(source_kind="pdf"))
    assert recognise("http://lab/x") == "lab" and recognise("http://127.0.0.1/x") == "bucket"
    assert list(kinds())[-1] == "lab" and load.names(load.SOURCES)[-1] == "lab"
    assert "lab" not in load.names(VIEWS)


def test_an_update_needs_the_enrichers_of_its_release(install: Install) -> None:
    made = EnricherFacts("own", "lab", "0.9", columns=("n",))
    with pytest.raises(PluginError, match=r"made with the enricher own of the package lab, which is not installed"):
        declared.check_installed("release", [made], MineConfig())
    install(("own", Own))
    on, off = config_class()(lab_on=True), config_class()(lab_on=False)
    declared.check_installed("release", [made, EnricherFacts("text", "pmcmine")], on)
    declared.check_installed("release", (), off)
    with pytest.raises(PluginError, match="own of the package lab: would add columns that release lacks"):
        declared.check_installed("release", [], on)
    with pytest.raises(PluginError, match=r"the package lab 0\.9, whose columns were others"):
        declared.check_installed("release", [replace(made, columns=("m",))], on)


def test_options_come_from_file_and_environment(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(("own", _like(options=(ON, Option("lab_n", int, 3, "how many")))))
    file = tmp_path / "c.toml"
    file.write_text('lab_n = 4\nvocab = "none"\n')
    assert load_config({}, str(file)).content()["lab_n"] == 4
    assert load_config({"lab_n": "5"}, str(file)).content()["lab_n"] == 5
    monkeypatch.setenv("PMCMINE_MINE_LAB_N", "6")
    assert load_config({"vocab": "none"}).content()["lab_n"] == 6
    with pytest.raises(PmcmineError, match="configuration key 'lab_n'"):
        load_config({"lab_n": "many", "vocab": "none"})
    with pytest.raises(PmcmineError, match="did you mean 'lab_on'"):
        load_config({"lab_onn": "true"})


def test_an_installation_from_before_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "entry_points", lambda group: [])
    _forget()
    try:
        for use in (kinds, exporters, views, formats):
            with pytest.raises(PluginError, match="install pmcmine again"):
                use()
        with pytest.raises(PluginError, match="no classifier is registered: install pmcmine again"):
            running.prepare(MineConfig())
    finally:
        monkeypatch.undo()
        _forget()
