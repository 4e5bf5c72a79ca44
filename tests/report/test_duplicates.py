"""Sentences on samples that occur twice."""

from __future__ import annotations

import pandas as pd

from fatescore.report.duplicates import duplicate_sentences
from fatescore.tables import DUPLICATES


def pairs(*rows: tuple[str, str, str, str, str, str]) -> pd.DataFrame:
    names = ["dataset_a", "sample_a", "dataset_b", "sample_b", "kind", "declared"]
    return pd.DataFrame(rows, columns=names).reindex(columns=list(DUPLICATES.names))


def test_one_sentence_for_a_pair_of_data_sets() -> None:
    table = pairs(
        ("A", "a1", "B", "b1", "identical", "no"), ("A", "a2", "B", "b2", "identical", "no"),
        ("A", "a2", "B", "b3", "identical", "no"), ("A", "a1", "C", "c1", "near-identical", "no"),
    )  # fmt: skip
    assert duplicate_sentences(table, declared=False) == [
        "2 samples of A are identical to samples of B; declare overlap_group so that their donors are counted once",
        "1 sample of A is near-identical to a sample of C; declare overlap_group so that their donors are counted once",
    ]
    assert duplicate_sentences(table, declared=True) == []


def test_both_kinds_in_one_sentence() -> None:
    table = pairs(
        ("A", "a1", "B", "b1", "identical", "yes"), ("A", "a1", "B", "b2", "near-identical", "yes"),
        ("A", "a2", "B", "b2", "near-identical", "yes"), ("A", "a3", "B", "b3", "near-identical", "yes"),
    )  # fmt: skip
    assert duplicate_sentences(table, declared=True) == [
        "Of the samples of A, 1 is identical and 2 are near-identical to samples of B; "
        "declared: overlap_group is the same, so that one of these data sets is pooled"
    ]


def test_within_a_data_set() -> None:
    table = pairs(("A", "a1", "A", "a2", "identical", "no"), ("A", "a3", "A", "a4", "identical", "yes"))
    first = "1 sample of A is identical to another sample of A; "
    assert duplicate_sentences(table, declared=False) == [f"{first}leave duplicates out (use = no in the sample table)"]
    assert duplicate_sentences(table, declared=True) == [f"{first}declared: each pair is of one donor"]


def test_nothing_to_say() -> None:
    assert duplicate_sentences(pd.DataFrame(), declared=False) == []
    assert duplicate_sentences(pairs(), declared=True) == []
