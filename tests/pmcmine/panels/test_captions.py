"""Captions to panels: ways of writing labels, what is no label, properties, and the labelled captions."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path
from string import ascii_uppercase
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pmcmine.errors import GoldError
from pmcmine.evaluation.gold_files import read_json_lines
from pmcmine.jats.captions import Caption, read_caption
from pmcmine.panels import assignment
from pmcmine.panels.captions import CaptionWeights, split_caption
from pmcmine.panels.evaluate_captions import evaluate_captions
from pmcmine.panels.labels import expand
from pmcmine.panels.marker_choice import SeriesWeights
from pmcmine.panels.mentions import letters_named, resolve
from tests.growth import growth
from tests.test_cli import call


def said(caption: str, bold: tuple[tuple[int, int], ...] = ()) -> dict[str, str]:
    return {p.label: " … ".join(caption[a:b] for a, b in p.spans) for p in split_caption(caption, bold).panels}


@pytest.mark.parametrize(
    ("caption", "panels"),
    [
        ("Growth. (A) Wild type. (B) The mutant. Scale bars, 5 µm.", {"A": "Wild type", "B": "The mutant"}),
        ("Growth of (a) wheat, (b) rice and (c) maize in 2019.", {"a": "wheat", "b": "rice", "c": "maize"}),
        ("A) Wild type. B) The mutant.", {"A": "Wild type", "B": "The mutant"}),
        ("Maps. A. Before treatment. B. After treatment.", {"A": "Before treatment", "B": "After treatment"}),
        ("Maps. A: Before treatment; B: After treatment.", {"A": "Before treatment", "B": "After treatment"}),
        ("Roots. a Overview of the root. b Hyphae on the root.", {"a": "Overview of the root", "b": "Hyphae on the root"}),
        ("Time on MDD (a) and ZP (b) of proteins.", {"a": "MDD", "b": "ZP"}),
        ("Levels. (A, C) Before. (B, D) After.", {"A": "Before", "B": "After", "C": "Before", "D": "After"}),
        ("Levels. (A–C) Blood. (D) Urine.", {"A": "Blood", "B": "Blood", "C": "Blood", "D": "Urine"}),
        ("Levels in blood (i) and urine (ii).", {"i": "blood", "ii": "urine"}),
        ("Leaves. (A1 and A2) Filaments. (B1, B2) Colonies.", {"A1": "Filaments", "A2": "Filaments", "B1": "Colonies", "B2": "Colonies"}),
        ("Plants alone (left) and with bacteria (right).", {"left": "Plants alone", "right": "with bacteria"}),
        ("Signals. [A] Control. [B] Treated.", {"A": "Control", "B": "Treated"}),
        ("The graph (A) shows parents. The graph (B) shows offspring.", {"A": "shows parents. The graph", "B": "shows offspring"}),
    ],
)  # fmt: skip
def test_labels_as_they_are_written(caption: str, panels: dict[str, str]) -> None:
    assert said(caption) == panels


@pytest.mark.parametrize(
    "caption",
    [
        "Abies alba (L.) Mill. and Picea abies (L.) H. Karst. in the study area.",
        "Weight (g) and height (cm) of the plants over time (d).",
        "Structures of erubescensoic acid (1), SPF-3059-26 (2) and penialidin D (3).",
        "Samples marked by different letters (a–d) differ significantly.",
        "Flow chart of the study, as was done before (1, 2).",
        "Genotypes AA, Aa and aa of the parents (A) are shown.",
        "Neutrophils (N), lymphocytes (L) and eosinophils (E) in blood.",
        "",
    ],
)
def test_what_is_no_label(caption: str) -> None:
    assert said(caption) == {}


def test_statistics_behind_the_last_panel_are_shared() -> None:
    caption = "Yield. (A) In spring. (B) In autumn. Error bars show the standard error. BS, bundle sheath."
    split = split_caption(caption)
    assert said(caption)["B"] == "In autumn"
    assert "Error bars" in " ".join(caption[a:b] for a, b in split.shared)


def test_bold_letters_need_no_brackets() -> None:
    caption = "Cells A of the mother B of the daughter"
    assert set(said(caption, ((6, 7), (22, 23)))) == {"A", "B"}


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="aAbBcC(),.;: –and12[]i", max_size=80))
def test_spans_lie_inside_of_any_text_and_do_not_depend_on_chance(text: str) -> None:
    first, again = split_caption(text), split_caption(text)
    assert first == again
    covered = [s for p in first.panels for s in p.spans] + list(first.shared)
    assert all(0 <= a < b <= len(text) for a, b in covered)
    assert len({p.label for p in first.panels}) == len(first.panels)


@pytest.mark.parametrize(
    "text",
    [
        "(A) " * 20_000,
        "A, " * 50_000,
        "(" * 100_000,
        "a b " * 50_000,
        "(A–Z) " * 10_000,
        "A-Z " * 25_000,
        "a - " * 25_000,
    ],
)
def test_long_captions_take_bounded_time(text: str) -> None:
    split_caption(text)


@pytest.mark.parametrize(
    ("written", "labels", "found"),
    [
        ("B", "ABC", "B"),
        ("A–C", "ABCD", "ABC"),
        ("A, C and D", "ABCD", "ACD"),
        ("a,b", "ABC", "AB"),
        ("A–2C", "ABCD", "ABC"),
        ("(B)", "AB", "B"),
        ("Z", "AB", ""),
        (None, "AB", ""),
    ],
)
def test_mentions_name_panels(written: str | None, labels: str, found: str) -> None:
    assert resolve(written, list(labels)) == tuple(found)


def test_a_letter_names_its_numbered_panels() -> None:
    assert resolve("B", ["A1", "A2", "B1", "B2"]) == ("B1", "B2")


def test_lists_and_ranges() -> None:
    assert expand("A, C–E and G") == ("A", "C", "D", "E", "G")
    assert expand("a1-a3") == ("a1", "a2", "a3")
    assert expand("C–A") == () and expand("word") == ()


def _read(caption: str) -> Caption:
    return read_caption(etree.fromstring(f"<fig><caption>{caption}</caption></fig>"))


@pytest.mark.parametrize(
    ("markup", "labels"),
    [
        ("<p>Sections of control <bold>a</bold>, <bold>b</bold> and <bold>c</bold> mutant</p>", "a b c"),
        ("<p><bold>a</bold>–<bold>c</bold> Wild type <bold>d</bold>  mutant</p>", "a b c d"),
        ("<title>Roots.</title><p><italic>a</italic> Wild type <italic>b</italic> mutant</p>", "a b"),
        ("<p>Number of <italic>B</italic>. <italic>p</italic> &lt; 0.05, <italic>n</italic> = 3</p>", ""),
        ("<p>Levels of <bold>VEGF</bold> in <bold>p53</bold> cells</p>", ""),
    ],
)
def test_labels_that_only_the_markup_shows(markup: str, labels: str) -> None:
    caption = _read(markup)
    assert caption.text is not None
    assert " ".join(p.label for p in split_caption(caption.text, caption.emphasis).panels) == labels


def test_emphasis_is_told_in_the_text_as_stored() -> None:
    caption = _read("<title>One  <bold> A </bold> two</title><p>three <bold>\n(B)</bold>four</p>")
    assert caption.text is not None
    assert [caption.text[a:b] for a, b in caption.emphasis] == ["A", "(B)"]


def whole(caption: str, label: str, bold: tuple[tuple[int, int], ...] = ()) -> str:
    split = split_caption(caption, bold)
    panel = next(p for p in split.panels if p.label == label)
    return " ".join(caption[a:b] for a, b in sorted({*panel.spans, *panel.also, *split.shared}))


def test_the_begin_of_a_sentence_belongs_to_the_panels_of_that_sentence() -> None:
    caption = "Bones of two seals. Skull of the first seal in (A) dorsal and (B) lateral view. Femur in (C) dorsal and (D) lateral view."
    assert "Skull of the first seal" in whole(caption, "A") and "Skull of the first seal" in whole(caption, "B")
    assert "Skull" not in whole(caption, "C") and "Femur in" in whole(caption, "D")
    assert all("Bones of two seals" in whole(caption, x) for x in "ABCD")


def test_sentences_that_name_panels_again_are_about_these_alone() -> None:
    caption = "Growth. (A) Length of roots. (B) Length of shoots. (C) Yield. In A and B, bars are means of ten plants."
    assert "ten plants" in whole(caption, "A") and "ten plants" in whole(caption, "B")
    assert "ten plants" not in whole(caption, "C")


def test_a_legend_behind_the_last_panel_is_about_all() -> None:
    caption = (
        "Growth. (A) Length of roots. (B) Length of shoots. Scale bars, 5 µm. Data are means ± SD of three experiments."
    )
    assert "three experiments" in whole(caption, "A") and "Scale bars" in whole(caption, "A")
    assert said(caption)["B"] == "Length of shoots"


def test_every_word_is_about_a_panel_or_about_all() -> None:
    caption = "Maps. (A) Rice in spring, (B) wheat and (C, D) maize. Bars, 1 km. (E) Yield. It rose. Sources as in (A)."
    split = split_caption(caption)
    told = {i for p in split.panels for a, b in (*p.spans, *p.also) for i in range(a, b)}
    told |= {i for a, b in split.shared for i in range(a, b)}
    for word in ("Maps", "Rice", "wheat", "maize", "Bars", "Yield", "It rose", "Sources"):
        assert caption.index(word) in told, word


@pytest.mark.parametrize(
    ("markup", "texts"),
    [
        ("<p><bold>A</bold> The map. <bold>B</bold> The fit.</p>", {"A": "The map", "B": "The fit"}),
        ("<title>Loss</title><p><bold>A.</bold> The map. <bold>B.</bold> The fit.</p>", {"A": "The map", "B": "The fit"}),
        ("<p><bold>(A)</bold> The map. <bold>(B)</bold> The fit.</p>", {"A": "The map", "B": "The fit"}),
        ("<p>(<bold>A</bold>–<bold>C</bold>) The map. <bold>D</bold>: The fit.</p>", {"A": "The map", "B": "The map", "C": "The map", "D": "The fit"}),
        ("<p><bold>A–C</bold> The map. <bold>D</bold> The fit.</p>", {"A": "The map", "B": "The map", "C": "The map", "D": "The fit"}),
        ("<p><bold>Figure 1. A</bold> The map. <bold>B</bold> The fit.</p>", {"A": "The map", "B": "The fit"}),
        ("<p>Fields of <bold>A</bold>, wheat; <bold>B</bold>, rice.</p>", {"A": "wheat", "B": "rice"}),
        (
            "<title>Loss.</title><p><list><list-item><label>A</label><p>The map.</p></list-item><list-item><label>B</label>"
            "<p>The fit.</p></list-item></list><p>Data information: means of 3.</p></p>",
            {"A": "The map", "B": "The fit"},
        ),
        (
            "<p><list><list-item><p><bold>A</bold></p><p>The map.</p></list-item><list-item><p><bold>B</bold></p>"
            "<p>The fit.</p></list-item></list></p>",
            {"A": "The map", "B": "The fit"},
        ),
    ],
)  # fmt: skip
def test_words_behind_labels_that_the_markup_shows(markup: str, texts: dict[str, str]) -> None:
    caption = _read(markup)
    assert caption.text is not None
    assert said(caption.text, caption.emphasis) == texts


@pytest.mark.real
def test_the_labelled_captions(real_data: Path) -> None:
    measures, _ = evaluate_captions(read_json_lines(real_data / "labels", "captions"))
    assert measures["exact_label_set"] > 0.93 and measures["mean_span_iou"] > 0.84
    assert measures["false_split_rate"] <= 0.02


def test_eval_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    caption = "(A) Wild type. (B) Mutant."
    panels = [{"label": "A", "start": 4, "end": 13}, {"label": "B", "start": 19, "end": 25}]
    (tmp_path / "captions.jsonl").write_text(json.dumps({"caption": caption, "panels": panels}) + "\n")
    code, out, _ = call(capsys, "eval", "captions", "--gold", str(tmp_path), "--json")
    found = json.loads(out.splitlines()[-1])
    assert code == 0 and found["exact_label_set"] == 1.0 and found["mean_span_iou"] == 1.0
    words = [{"label": "a", "text": "Wild type."}, {"label": "b", "text": "A mutant."}]
    with gzip.open(tmp_path / "others.jsonl.gz", "wt") as stream:
        stream.write(json.dumps({"caption": caption, "panels": words}) + "\n")
    (measures, _) = evaluate_captions(read_json_lines(tmp_path / "others.jsonl.gz", "captions"))
    assert measures["exact_label_set"] == measures["label_recall"] == 1.0 and measures["token_f1"] == 0.8333
    (tmp_path / "captions.jsonl").write_text('{"caption": "x"}\n')
    with pytest.raises(GoldError):
        evaluate_captions(read_json_lines(tmp_path, "captions"))


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("Targets of the factor by ChIP-seq. (A) Motifs. (B) Genes.", "A B"),
        ("Sketch of the mouse model (A) and of the assay (B).", "A B"),
        ("Bars marked by letters (A-D) differ.", ""),
        ("(A) and (B) Scans of the knee. (C) The implant.", "A B C"),
        ("(a)–(c) Scans of the knee. (d) The implant.", "a b c d"),
        ("A) and B) Scans of the knee. C) The implant.", "A B C"),
        ("Scans taken after 6 h (a), (b). (c) The implant.", "a b c"),
        ("(A) (B) Scans of the knee. (C) The implant.", "A B C"),
        ("A and B, Scans of the knee. C, The implant.", "A B C"),
        ("Knee. A, Scan of the knee. B, Plan.", "A B"),
        ("Wild type (a-f), mutant (g-i).", "a b c d e f g h i"),
        ("(a-i) Left. (a-ii) Right. (b-i) Left. (b-ii) Right.", "a-i a-ii b-i b-ii"),
        ("(A1) Left. (A2) Right. (B) Both.", "A1 A2 B"),
        ("Growth with A) n = 3, B) n = 5 and C) n = 7 plants.", "A B C"),
        ("Survey of two plots A: Map of plots. B: Yields.", "A B"),
        ("Survey of two plots A. Map of plots. B. Yields.", "A B"),
        ("Beetle one. a. Head. b. Wing. Beetle two Linnaeus c. Head. d. Wing.", "a b c d"),
        ("Drug use. Group A: given early. Group B: given late.", ""),
        ("Loads of vitamin C. B. subtilis was added.", ""),
        ("(A–C) Rest. (A′–C′) Motion.", "A A′ B B′ C C′"),
        ("(A–A″) Rest. (B–B″) Motion.", "A A′ A″ B B′ B″"),
        ("Staining of the liver.A, Healthy tissue. B, Diseased tissue.", "A B"),
        ("Stained (A, in red, 200x), weak (B, 200x) or not (C).", "A B C"),
        ("Levels of A, iron, B, zinc, C, copper and D, tin in blood.", "A B C D"),
        ("Views of the molar; a, from above; b, from below.", "a b"),
        ("Loss of the kinase slows migration A Immunoblot. B, C Wounds after 24 h. D Scheme.", "A B C D"),
        ("The samples differ; those of the same letter (A to E) do not.", ""),
        ("Expression. A, qPCR of leaves. B, qPCR of roots. C-D, G1 in leaves. E-F, G1 in roots.", "A B C D E F"),
        ("Screens of two loci. A, Both tracks are shown. B, A screen shows the genome.", "A B"),
        ("The wall is of smooth muscle (H&E; ×100; A,B). The ducts are narrow (H&E; ×200; C,D).", "A B C D"),
        ("Correlation (Left) and agreement (Right) of both methods.", "left right"),
        ("Beetle, female. Allotype 2A Body, dorsal 2B Body, ventral 2C Head, anterior.", "A B C"),
        ("Fig. 2A. The map. Fig. 2B. The fit.", "A B"),
        ("The map, drawn as in Fig. 2A and Fig. 2B.", ""),
        ("Genes of chromosomes 2A, 2B and 2D in wheat.", ""),
        ("Knee. (I) Axial view. (II) Coronal view. (III) Sagittal view.", "I II III"),
        ("Genes fall into four clusters (I, II, III and IV).", ""),
        (
            "Cells kept without the drug (b) or with 9 to 1 mg of it (c–f). Cells alone (a). Growth by dye (A) and by plating (B).",
            "A B",
        ),
        ("Scans. A. Liver at rest. B., dot plot of loads. C., dot plot of counts.", "A B C"),
        ("Seedlings. (a) Root. (b) Stem. C. Leaf. (d) Bud.", "a b c d"),
        ("A 40-year-old man with a cough. A. The scan. B. The plan.", "A B"),
        ("Left and right knee. (A) Scan of bone (left) and skin (right). (B) Sketch of both.", "A B"),
    ],
)
def test_labels_in_other_ways_of_writing(caption: str, labels: str) -> None:
    panels = split_caption(caption).panels
    assert [p.label for p in panels] == labels.split()
    assert all(end > start for p in panels for start, end in p.spans)


def test_labels_named_again_together_keep_their_own_words() -> None:
    caption = "(A) Counts of ants. (B) Counts of bees. (A) and (B) show the same plots, in the order of their size."
    panels = split_caption(caption).panels
    assert [caption[a:b] for p in panels for a, b in p.spans] == ["Counts of ants", "Counts of bees"]


@pytest.mark.parametrize(
    ("caption", "texts"),
    [
        (
            "Ribs. (A)–(C) Seen from the left, (A) first, (B) second, (C) third.",
            {"A": {"Seen from the left", "first"}, "C": {"Seen from the left", "third"}},
        ),
        (
            "A–C, Whole embryos of the mutant. A, Lateral view. B, C, Dorsal views.",
            {
                "A": {"Whole embryos of the mutant", "Lateral view"},
                "B": {"Whole embryos of the mutant", "Dorsal views"},
            },
        ),
        (
            "Growth of the mutant. (A). Roots in soil. (B). Shoots in soil.",
            {"A": {"Roots in soil"}, "B": {"Shoots in soil"}},
        ),
        (
            "(a) Views of a chamber (c) of the pump. (b) The outlet. (c) The wheel.",
            {"b": {"The outlet"}, "c": {"The wheel"}},
        ),
    ],
)
def test_words_of_labels_that_stand_twice(caption: str, texts: dict[str, set[str]]) -> None:
    panels = {p.label: {caption[a:b] for a, b in (*p.spans, *p.also)} for p in split_caption(caption).panels}
    assert {k: panels[k] for k in texts} == texts


def test_what_the_article_names_decides_unclear_captions() -> None:
    caption = "Spectra of the zeolite after loading. Magnified regions of the spectrum are shown (B) and (C)."
    assert not split_caption(caption).panels
    assert [p.label for p in split_caption(caption, named=letters_named(["B", "A,C", None])).panels] == ["A", "B", "C"]
    steps = "Comparison of probing of clones on wheat (i), barley (ii), and oat (iii). (Values are means.)"
    assert split_caption(steps).panels and not split_caption(steps, named=letters_named([None, None])).panels
    assert letters_named([]) is None and letters_named(["2A–2C, e"]) == {"A", "B", "C", "E"}
    assert split_caption(caption, named=letters_named([])) == split_caption(caption)


@pytest.mark.parametrize(
    "unit", [" A: X", "a) ", "4, B) ", "(A), (B) ", "A, B and ", "(a–", "(A) (B) ", "2A B ", "[(", "(A) x. In A, y. "]
)
def test_captions_of_nothing_but_labels_take_little_time(unit: str) -> None:
    start = time.process_time()
    split_caption(unit * (20_000 // len(unit)))
    assert time.process_time() - start < 2


@pytest.mark.parametrize("before", range(19_996, 20_004))
def test_emphasis_may_cross_the_end_of_what_is_read(before: int) -> None:
    head = "Growth. (A) Roots. (B) Shoots. "
    text = head + "x" * (before - len(head) - 1) + " C. Leaves of the plant. D. Rest."
    spans = [(before + a, before + b) for a in range(-3, 4) for b in range(a + 1, 9)]
    for bold in (*[[s] for s in spans], spans):
        split = split_caption(text, bold)
        assert [p.label for p in split.panels][:2] == ["A", "B"]
        assert all(0 <= a < b <= len(text) for p in split.panels for a, b in (*p.spans, *p.also))


_PLACES = st.integers(-30, 60) | st.sampled_from((-(10**9), 19_999, 20_000, 20_001, 10**9))


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(
        ("cellsA. restB. moveC. end", "Rates. A: x, B: y", "", "A", "(A) x (B) y", " " * 19_990 + "x A. y B. z C. d")
    ),
    st.lists(st.tuples(_PLACES, _PLACES), max_size=6),
)
def test_spans_of_emphasis_count_as_far_as_they_are_in_the_text(text: str, bold: list[tuple[int, int]]) -> None:
    split = split_caption(text, bold)
    inside = [(max(a, 0), min(b, len(text), 20_000)) for a, b in bold if a < b]
    assert split == split_caption(text, [(a, b) for a, b in inside if a < b])
    assert all(0 <= a < b <= len(text) for p in split.panels for a, b in (*p.spans, *p.also))
    assert all(0 <= a < b <= len(text) for a, b in split.shared)


def _many_words(n: int) -> str:
    """Write a caption of so many characters whose panel has many words, before many sentences that may be about it."""
    words = " ".join(f"w{chr(97 + k % 26)}{chr(97 + k // 26 % 26)}{chr(97 + k // 676)}" for k in range(n // 14))
    return f"(A) {words}. (B) Length of shoots. " + "It so. " * (n // 11)


def test_many_words_and_many_sentences_take_time_in_proportion_to_both() -> None:
    found = growth(split_caption, _many_words, first=4_000, last=4_000)
    assert found.is_linear and found.large < 0.5, found


def test_models_of_the_caller_are_built_once() -> None:
    series, pieces = ({"": 9.0}, {"behind cue data": (1.0,) * 5})
    weights = CaptionWeights.of(series, pieces)
    text = "Growth. A. Roots. B. Shoots. They rest. Data are means."
    with patch.object(SeriesWeights, "__init__", None), patch.object(assignment.PieceWeights, "__init__", None):
        found = [split_caption(text, weights=weights) for _ in range(2)]
    assert found[0] == found[1] and len(found[0].panels) == 2
    assert weights.series._sums and weights.pieces._sums  # kept for the captions that follow


def test_a_list_of_very_many_labels_takes_time_in_proportion_to_it() -> None:
    labels = [f"({letter}{n})" for letter in ascii_uppercase for n in range(1, 100)]
    found = growth(split_caption, lambda n: ", ".join(labels[: n // 7]), first=4_000, last=4_000)
    assert found.is_linear and found.large < 0.5, found


def test_long_words_are_not_kept() -> None:
    weights = assignment._weights()
    before = {g for g in weights._sums if g[0] in ("first", "two")}
    long = "X" + "x" * 3_000
    split_caption(f"Growth. (A) Roots. {long} {long[1:]}. (B) Shoots. {long} {long[1:]} rest.")
    kept = [v for g in weights._sums.keys() - before if g[0] in ("first", "two") for v in g]
    assert kept and max(map(len, kept)) < 40


def test_marks_of_significance_are_no_labels() -> None:
    caption = (
        "Liver of treated rats. (a) Glucose, (b) lactate, and (c) urea. Values are means. "
        "a P < 0.05 versus control; b P < 0.05 versus rats of the same age; c P < 0.01 versus both."
    )
    found = {p.label: [caption[a:b] for a, b in (*p.spans, *p.also)] for p in split_caption(caption).panels}
    assert found.keys() == {"a", "b", "c"} and found["b"][0] == "lactate"
    assert not any("versus" in words for words in found["a"])
    other = "Waves of the model at (a) p = 0.1 and (b) p = 0.5."
    assert [p.label for p in split_caption(other).panels] == ["a", "b"]


def test_a_label_behind_the_title_may_be_of_the_words_that_follow() -> None:
    caption = (
        "More receptor in tumours (A). Western blots of four cell lines. (B). Western blots of two lines. "
        "(C). Stained tissue of the breast. (D). Scores by stage."
    )
    split = split_caption(caption)
    words = {p.label: caption[slice(*p.spans[0])] for p in split.panels}
    assert words == {
        "A": "Western blots of four cell lines",
        "B": "Western blots of two lines",
        "C": "Stained tissue of the breast",
        "D": "Scores by stage",
    }
    assert any("More receptor" in caption[a:b] for a, b in split.shared)


def test_a_legend_of_arrows_and_bars_is_not_what_a_panel_shows() -> None:
    caption = (
        "Function in plants. (A–D) Place of the protein in root cells. A and C, bright field; B and D, stained. "
        "Arrows indicate both proteins in one place, which was seen in all cells. Scale bar for A–D, 5 μm. (E) Dwarf plants."
    )
    words = {p.label: caption[slice(*p.spans[0])] for p in split_caption(caption).panels}
    assert {words[x] for x in "ABCD"} == {"Place of the protein in root cells"} and words["E"] == "Dwarf plants"


@pytest.mark.parametrize(
    ("caption", "texts"),
    [
        (
            "Nodules in birds fed with oats. (A), Skin of the wing; (B), muscle; and (C), liver. Bars = 1 mm.",
            {"A": "Skin of the wing", "B": "muscle", "C": "liver"},
        ),
        ("Ripening of plums. (a and b), Peel and flesh. (c), Stones.", {"a": "Peel and flesh", "b": "Peel and flesh", "c": "Stones"}),
        ("Spores of Mucor sp. (A), Rhizopus sp. (B), and Absidia sp. (C).", {"A": "Mucor sp", "B": "Rhizopus sp", "C": "Absidia sp"}),
        ("Trees of 12 genes. (A), of 30 genes (B), and of 40 genes (C).", {"A": "12 genes", "B": "of 30 genes", "C": "of 40 genes"}),
    ],
)  # fmt: skip
def test_a_comma_behind_a_label_that_begins_an_item(caption: str, texts: dict[str, str]) -> None:
    assert said(caption) == texts


@pytest.mark.parametrize(
    ("caption", "bold", "labels"),
    [
        ("Weight of five organs. Groups that differ are marked by letters (p < 0.05; a–d).", (), []),
        ("Fits of the growth of a colony give a slope (b) and an intercept (c) by plot.", ("b", "c"), []),
        (
            "Uptake by Abies firma (L) in summer: nitrate (A), calcium (B), iron (C), zinc (D), copper (E), sulfate (F), "
            "sodium (G), boron (H), nickel (I), and lead (J).",
            (),
            list("ABCDEFGHIJ"),
        ),
        ("(A–D) Warm. (E–H) Cold. (I–K, M) Dry. (N, O) Wet leaves of one plant.", (), list("ABCDEFGHIJKMNO")),
    ],
)  # fmt: skip
def test_letters_that_are_no_labels_of_a_series(caption: str, bold: tuple[str, ...], labels: list[str]) -> None:
    spans = [(at, at + 1) for at in (caption.index(f"({x})") + 1 for x in bold)]
    assert [p.label for p in split_caption(caption, spans).panels] == labels


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Mutants. (A) Wild type; (B–E) examples of mutant leaves; (B) striped; (C, D) white; (E) yellow.",
            {"A": "Wild type", "B": "striped", "C": "white", "D": "white", "E": "yellow"},
        ),
        ("(a–c) Fruits after thirty days. (a) Intact. (b) Naked. (c) Bagged.", {"a": "Intact", "b": "Naked", "c": "Bagged"}),
        (  # the overview follows
            "Plants on straw (A), wheat (B) and barley (C). The outer parts of the roots (A–B) and inner ones (C) are shown.",
            {"A": "The outer parts of the roots", "B": "The outer parts of the roots"},
        ),
        ("(A, B) Cells that were grown on agar. (A) Control. (B) Scale bar, 5 µm.", {"A": "Control", "B": "Cells that were grown on agar"}),
    ],
)  # fmt: skip
def test_the_own_words_of_a_panel_are_those_behind_an_overview(text: str, words: dict[str, str]) -> None:
    found = {p.label: text[slice(*p.spans[0])] for p in split_caption(text).panels}
    assert words.items() <= found.items()
