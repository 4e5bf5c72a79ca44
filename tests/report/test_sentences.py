"""Every code has a sentence with all of its values, in every language."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.i18n import language
from fatescore.pl.labels import CODES, audit_label, code_label
from fatescore.report.sentences import note_text, notes_text, reason_text, sentences_of_codes
from fatescore.tables import Note, codes, join_notes, parse_notes

ENUMERATIONS = [
    one for one in vars(codes).values() if isinstance(one, type) and issubclass(one, StrEnum) and one is not StrEnum
]
EVERY = [code for enumeration in ENUMERATIONS for code in enumeration]
CHINESE = re.compile("[\u4e00-\u9fff]")
FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
EVIL = "<b>{x} %s; a=b|c"


def example(sentence: str) -> dict[str, str]:
    """Return a value for every field of a sentence."""
    return {
        name: {"number": "1234", "whole": "1234.2", "percent": "0.25"}.get(form, "muscle")
        for name, form in FIELD.findall(sentence)
    }


@pytest.mark.parametrize("code", EVERY)
def test_every_code_has_a_sentence(code: StrEnum) -> None:
    assert code in sentences_of_codes() or code in CODES
    if code == codes.NoteCode.ERROR:
        return
    for sentence in sentences_of_codes().get(code, (CODES.get(code, ""),)):
        note = Note(code, example(sentence))
        english = note_text(note)
        with language("zh"):
            chinese = note_text(note)
        assert not re.search("[{}_]", english), english
        assert CHINESE.search(chinese), sentence
        numbers = [value for value in example(sentence).values() if value.startswith("1234")]
        assert english.count("1,234") == chinese.count("1,234") == len(numbers)


def test_no_sentence_is_of_an_unknown_code() -> None:
    assert set(sentences_of_codes()) <= set(map(str, EVERY))


@pytest.mark.parametrize(
    ("cell", "text", "chinese"),
    [
        ("confounded:dataset=A,fields=kit|sex", "A (completely confounded with kit, sex)", "A（与kit、性别完全混杂）"),
        ("exact_permutation:arrangements=126", "exact permutation, 126 arrangements", "精确置换检验，126 种排列"),
        ("cells_dropped:low_depth=12,doublet=1300", "cells dropped: low depth 12, doublet 1,300", None),
        ("low_depth", "low depth", "测序过浅"),
        ("many_dropped:share=0.625", "62.5 % of the cells dropped", None),
        ("pca_outlier:component=PC1,deviations=6.4", "outlier on PC1 (6 deviations)", None),
        ("random_effects:tau2=pm", "random effects (Paule-Mandel), Hartung-Knapp interval", None),
        (
            "linear_model:left_out=2",
            "linear model; donors without a value left out: 2",
            "线性模型；剔除无取值的供体 2 个",
        ),
        (
            "mixed_model:blocks=4,covariates=age,left_out=1",
            "linear mixed model with age, random intercept of 4 blocks; incomplete observations left out: 1",
            None,
        ),
        (
            "mixed_model:blocks=4,left_out=1",
            "linear mixed model, random intercept of 4 blocks; incomplete observations left out: 1",
            None,
        ),
        (
            "arm_too_small:arm=adipogenic,measured=0,size=2,needed=2,missing=PPARG|CEBPA",
            "0 of 2 adipogenic genes measured, 2 needed; missing PPARG, CEBPA",
            "2 个成脂基因中检测到 0 个，需要 2 个；缺少 PPARG、CEBPA",
        ),
        (
            "ortholog_loss:index=core,organisms=human|mouse,mouse=A|B",
            None,
            "指数 core 中仅见于一个物种的基因：小鼠 A、B",
        ),
        ("paired;arcsine_shares", None, None),
        ("of_another_version:x=1", "of_another_version", "of_another_version"),
        ("", "", ""),
    ],
)
def test_cells_in_words(cell: str, text: str | None, chinese: str | None) -> None:
    assert text is None or notes_text(cell) == text
    with language("zh"):
        assert chinese is None or notes_text(cell) == chinese


def test_notes_stand_one_after_the_other() -> None:
    both = notes_text("paired;no_interval")
    assert both == f"{notes_text('paired')}; {notes_text('no_interval')}"
    with language("zh"):
        assert "；" in notes_text("paired;no_interval")


def test_a_reason_names_the_sample_and_why() -> None:
    reason = "none_scorable:samples=6,sample=s1;low_depth:counts=1949,needed=200000"
    assert reason_text(reason) == "none of the 6 samples can be scored; s1: 1,949 counts, 200,000 needed"
    assert reason_text("low_depth;constant") == "low depth; all genes have the same value"
    assert reason_text(float("nan")) == ""


def test_a_note_without_its_values_is_no_crash() -> None:
    assert note_text(Note("alpha_unreachable")) == "alpha_unreachable"
    assert note_text(Note("few_donors", {"case": "2"})) == "described, not tested"
    assert note_text(Note("many_dropped", {"share": "most"})) == "most of the cells dropped"


@given(st.text(), st.lists(st.text(min_size=1), min_size=2, max_size=3))
def test_any_text_survives(message: str, names: list[str]) -> None:
    written = join_notes([Note("error", {"message": message}), Note("counted_already", {"datasets": names})])
    error, counted = map(note_text, parse_notes(written))
    assert error == message
    assert counted == f"{', '.join(names)} counted already"


def test_names_that_look_like_fields_are_names() -> None:
    note = Note("shared_donors", {"dataset": EVIL, "with": EVIL})
    assert note_text(parse_notes(str(note))[0]) == f"{EVIL} (donors shared with {EVIL})"
    assert audit_label("partially_confounded", [EVIL]) == f"partially confounded with {EVIL}"
    assert code_label(EVIL) == EVIL
