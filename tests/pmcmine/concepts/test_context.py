"""Negation of marked words: [what is asked about] in a sentence, and whether it is negated."""

from __future__ import annotations

import re
import time

import pytest

from pmcmine.concepts import context
from pmcmine.concepts.context import Context, assess
from pmcmine.concepts.strict import Care
from pmcmine.concepts.triggers import Found, find_triggers


def contexts(sentence: str, care: Care = Care.CLINICAL) -> list[Context]:
    """Return the context of each marked span of a sentence."""
    text, spans = "", []
    for part in re.split(r"(\[[^\]]*\])", sentence):
        if part.startswith("["):
            spans.append((len(text), len(text) + len(part) - 2))
            part = part[1:-1]
        text += part
    return assess(text, spans, [care] * len(spans))


def negated(sentence: str, care: Care = Care.CLINICAL) -> list[bool]:
    """Return for each marked span of a sentence whether it is negated."""
    return [c.negated for c in contexts(sentence, care)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Both twins were negative for [measles].",
        "Sera have been negative for [measles].",
        "Serology was negative for [measles] in May.",
        "The rash was not [measles].",
        "[Measles] was ruled out.",
        "[Vomiting]: no",
        "[Vomiting] (last week): none",
        "[Vomiting] (no).",
        "Travellers without [measles].",
        "No [measles] was seen.",
        "Households of non-[measles] patients.",
        "She showed no signs of [measles], [mumps] or [rubella].",
        "She never had [measles].",
        "He had no rash on the arms, [cough] or [fever].",
        "The disappearance of the [rash] was quick.",
        "There was [no rash].",
    ],
)
def test_negated(sentence: str) -> None:
    found = negated(sentence)
    assert found == [True] * len(found)


@pytest.mark.parametrize(
    "sentence",
    [
        "They were not negative for [measles].",
        "Non-invasive scans of [gliomas].",
        "Non‑invasive scans of [gliomas].",
        "Scans of non-small cell [carcinoma] and [glioma].",
        "A non small cell [carcinoma].",
        "Twin no. 2 with [measles].",
        "Grant no. MX117, for research on [measles].",
        "Sample No 4 with [measles].",
        "[Measles] was not ruled out.",
        "[Measles] has not been excluded.",
        "We could not rule out [measles].",
        "The test does not exclude [measles].",
        "Fits are not uncommon in [measles].",
        "It isn't unusual for [measles] to spread.",
        "It was not only [measles] that spread.",
        "A PR negative [carcinoma] of the breast.",
        "A CD30-negative [lymphoma].",
        "An oestrogen receptor negative [carcinoma].",
        "EBV negative [lymphomas] with [fever].",
        "Vomiting: no. [Cough]: yes.",
        "[Nitric oxide] (NO) was measured.",
        "NO production in the [lung] grew.",
        "No fever was seen before [measles].",
        "There was no rash and her scan showed [measles].",
        "There was no rash and [fever] was noted.",
        "No rash or cough, and [fever].",
        "No rash, a [cough] and fever.",
        "There was no difference in [pain].",
        "The score was not related to [pain].",
        "There was no worsening of the [rash].",
        "Twins (without fever) with [measles].",
        "Twins with or without [measles].",
        "A lack of sleep, [fatigue] and pain.",
        "The [pain] had negative effects.",
        "The [wound] was closed by a tension free flap.",
        "Rest did not fully resolve her [fatigue].",
    ],
)
def test_not_negated(sentence: str) -> None:
    assert not any(negated(sentence))


def test_a_possibility_that_is_not_excluded_is_uncertain() -> None:
    (found,) = assess("Measles was not ruled out.", [(0, 7)])
    assert found.uncertain and not found.negated


@pytest.mark.parametrize(
    "sentence",
    [
        "No [fibrosis] was seen.",
        "There is no evidence of [fibrosis] or [oedema].",
        "Mice without [diabetes].",
        "Non-[tumour] tissue.",
        "Rats did not develop [tumours].",
        "[Fibrosis] was not observed.",
        "No symptoms suggestive of [arthritis].",
        "Lysates of non-[tumour] cells.",
        "Weights by class, non-[obese] vs. obese.",
    ],
)
def test_negated_in_captions(sentence: str) -> None:
    found = negated(sentence, Care.CAPTION)
    assert found == [True] * len(found)


@pytest.mark.parametrize(
    "sentence",
    [
        "No [tumour] cells were stained.",
        "Cells without [diabetes] medication.",
        "0, no symptoms; 1, slight [oedema].",
        "No roots, and [necrosis].",
        "It may cause [cancer], as previously described, versus [cancer].",
        "The natural history of [cancer].",
        "Mothers were fed; [obesity] followed.",
        "The size of the [tumour] was not different.",
        "[Disease]-free survival.",
        "A 4-year history of [pain] after a 30-min history of [nausea].",
        "Factors of non-[Hodgkin's lymphoma], of which some are known.",
        "The lack of [tumour]- and patient-matched controls.",
        "No associations of coffee with heart disease, with the possible exception of [hypertension].",
    ],
)
def test_captions_flag_no_design(sentence: str) -> None:
    assert all(c == Context() for c in contexts(sentence, Care.CAPTION))


def test_captions_keep_what_is_said_of_a_finding() -> None:
    (past, possible, family) = contexts(
        "A history of [stroke], lesions suggestive of [glioma] and a family history of [cancer].", Care.CAPTION
    )
    assert past == Context(historical=True) and possible == Context(uncertain=True)
    assert family == Context(historical=family.historical, experiencer="family")


def test_who_has_a_finding_and_what_is_not_suspected() -> None:
    for care in (Care.CLINICAL, Care.CAPTION):
        (family,) = contexts("A familial history of [anaemia].", care)
        (after,) = contexts("Age and [cancer] in first-degree relatives.", care)
        assert (family.experiencer, family.historical, after.experiencer) == ("family", False, "family")
        assert contexts("Without suspicion of [glioma].", care) == [Context(negated=True)]


def test_what_is_denied_of_something_else_is_not_denied_of_its_object() -> None:
    assert negated("It did not show an association between the drug and [hypotension].") == [False]
    assert negated("Follow-up was not long enough for benign [tumours].") == [False]
    assert negated("Elimination of its side effects such as [rash].") == [True]


def test_case_reports_deny_freely_and_suppose_with_care() -> None:
    assert negated("The patient denied [fever], [chills] and [cough].", Care.CASE) == [True] * 3
    assert contexts("Zinc may prevent [rash], as in previous studies of [pain].", Care.CASE) == [Context()] * 2


def test_things_are_absent_or_they_are_there() -> None:
    assert negated("Absence of the [gallbladder].", Care.THING) == [True]
    assert negated("The [gallbladder] was not seen.", Care.THING) == [True]
    assert negated("No [gallbladder] or spleen.", Care.THING) == [True]
    assert negated("Mice without [teeth] or hair.", Care.THING) == [True]
    for there in (
        "No metastasis in the [liver].",
        "No [liver] metastasis.",
        "Cells of the [liver] were not seen.",
        "No [neurons] were stained.",
        "Possible [liver] lesion.",
        "No [liver] or lung metastasis.",
        "No [milk] or meat-derived proteins.",
        "No mature [gonads].",
        "Swollen [neurons] were not seen.",
    ):
        assert contexts(there, Care.THING) == [Context()], there


def test_hostile_sentences_take_time_in_proportion_to_their_length() -> None:
    for unit in ("no. ", "negative ", "non-", "X ", ": no ", "not ", "A-", "(no", "no ( ", "or a, and ", "no of "):
        text = "fever" + unit * (10_000 // len(unit))
        spans = [(n, n + 2) for n in range(0, len(text) - 2, 400)]
        start = time.process_time()
        assess(text, [(0, 5)])
        assess(text, spans, [Care.CAPTION] * len(spans))
        assert time.process_time() - start < 2, unit


def test_a_sentence_is_read_again_for_few_of_its_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []

    def counted(sentence: str) -> list[Found]:
        reads.append(len(sentence))
        return find_triggers(sentence)

    monkeypatch.setattr(context, "find_triggers", counted)
    text = "no change in vision; " * 600  # "change" is a part of a trigger
    spans = [m.span() for m in re.finditer("change in vision", text)]
    found = context.assess_sentence(text, spans, [Care.CAPTION] * len(spans))
    assert len(found) == len(spans) and found[0].negated
    assert len(reads) <= 11


@pytest.mark.parametrize(
    ("caption", "negated"),
    [
        ("Blood transfusion: No", True),
        ("Blood transfusion: no.", True),
        ("Blood transfusion: no, dose: 5 mg, n = 4", False),
    ],
)
def test_in_captions_an_answer_must_stand_alone(caption: str, negated: bool) -> None:
    (found,) = assess(caption, [(0, len("Blood transfusion"))], [Care.CAPTION])
    assert found.negated is negated
