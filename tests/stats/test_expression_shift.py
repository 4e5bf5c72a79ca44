from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from fatescore.errors import InputError
from fatescore.stats import add_evidence, audit_summary, expression_shift
from fatescore.tables import CONFOUNDING, Note, parse_notes
from fatescore.tables.codes import AuditVerdict, NoteCode, Test


def naive(x: np.ndarray, k: int) -> np.ndarray:
    """Every arrangement and every gene by scipy's t test; the observed one (first k donors) stands first."""
    chosen = list(itertools.combinations(range(len(x)), k))
    masks = [np.isin(np.arange(len(x)), one) for one in chosen]
    return np.array([(stats.ttest_ind(x[m], x[~m]).pvalue < 0.05).mean() for m in masks])


@settings(deadline=None, max_examples=25)
@given(st.integers(3, 4), st.integers(3, 5), st.floats(0, 4), st.integers(0, 10_000))
def test_equals_a_loop_over_scipy(k: int, n_control: int, effect: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(5, 1, (k + n_control, 40)) * rng.lognormal(0, 1, 40)
    x[:k, :15] += effect
    found = expression_shift(x, np.arange(len(x)) < k)
    every = naive(x, k)
    assert found.share == every[0]
    assert found.expected == pytest.approx(every.mean())
    assert found.high == pytest.approx(np.quantile(every, 0.975))
    assert found.p_value == pytest.approx((every >= every[0]).mean())
    assert found.n_genes == 40


@settings(deadline=None, max_examples=20)
@given(st.integers(3, 6), st.floats(0, 3), st.integers(0, 10_000))
def test_pairs_equal_a_loop_over_scipy(n: int, effect: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = np.concatenate([rng.normal(effect, 1, (n, 30)), rng.normal(0, 1, (n, 30))])
    donors = [f"d{i}" for i in range(n)]
    order = rng.permutation(2 * n)  # rows in any order
    found = expression_shift(x[order], (np.arange(2 * n) < n)[order], np.array(donors * 2)[order])
    signs = np.array(list(itertools.product([1, -1], repeat=n)))
    every = np.array([(stats.ttest_1samp(s[:, None] * (x[:n] - x[n:]), 0).pvalue < 0.05).mean() for s in signs])
    assert found.share == every[0]
    assert found.p_value == pytest.approx((every >= every[0]).mean())
    assert (found.test, found.n_arrangements) == (Test.EXACT_SIGN_FLIP, 2**n)


def test_samples_of_a_donor_are_averaged_and_constant_genes_left_out() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(8, 60))
    x[:4] += 1
    noise = rng.normal(size=x.shape)
    doubled = np.concatenate([x + noise, x - noise])
    gap = np.where(np.arange(16) == 3, np.nan, rng.normal(size=16))
    wide = np.column_stack([gap, doubled, np.full(16, 7.1), np.zeros(16)])
    case, donors = np.arange(8) < 4, [f"d{i}" for i in range(8)]
    plain = expression_shift(x, case)
    found = expression_shift(wide, np.tile(case, 2), donors * 2)
    assert (found.n_genes, found.share, found.p_value) == (60, plain.share, plain.p_value)


def test_a_batch_moves_many_genes_and_nothing_moves_few() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(9, 5000))
    batch = noise.copy()
    batch[:5] += rng.normal(0, 2, 5000)
    case = np.arange(9) < 5
    quiet, loud = expression_shift(noise, case), expression_shift(batch, case)
    assert loud.p_value == pytest.approx(1 / 126)
    assert loud.share > 0.3 > loud.high
    assert quiet.share == pytest.approx(0.05, abs=0.02)


def test_p_is_uniform_when_nothing_differs_although_genes_go_together() -> None:
    rng = np.random.default_rng(5)
    p_values = []
    for _ in range(400):
        shared = rng.normal(size=(8, 3)) @ rng.normal(size=(3, 200))
        p_values.append(expression_shift(shared + rng.normal(size=(8, 200)), np.arange(8) < 4).p_value)
    for level in (2 / 70, 0.1, 0.5):
        rate = np.mean(np.array(p_values) <= level + 1e-12)
        assert stats.binom.cdf(rate * 400, 400, level) < 0.9999
    assert np.mean(p_values) == pytest.approx(0.5, abs=0.06)


def test_many_donors_are_drawn_with_a_seed() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20, 100))
    case = np.arange(20) < 10
    found = expression_shift(x, case, seed=4)
    assert (found.test, found.n_arrangements, found.seed) == (Test.MONTE_CARLO_PERMUTATION, 999, 4)
    assert expression_shift(x, case, seed=4) == found
    x[:10] += 1.5
    assert expression_shift(x, case).p_value == 1 / 1000
    # 14 pairs have 16,384 flips
    pairs = expression_shift(
        rng.normal(size=(28, 100)) + np.repeat([2, 0], 14)[:, None], np.arange(28) < 14, list(range(14)) * 2
    )
    assert (pairs.test, pairs.n_arrangements) == (Test.MONTE_CARLO_SIGN_FLIP, 999)
    assert pairs.p_value <= 2 / 1000


@settings(deadline=None, max_examples=20)
@given(st.floats(-50, 50), st.floats(0.1, 10), st.integers(0, 1000))
def test_shift_scale_and_swap_change_nothing(shift: float, scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, case = rng.normal(size=(7, 50)), np.arange(7) < 3
    found = expression_shift(x, case)
    for other in (expression_shift(x * scale + shift, case), expression_shift(x, ~case)):
        assert (other.share, other.p_value) == (found.share, pytest.approx(found.p_value))


def test_what_cannot_be_tested_has_a_reason() -> None:
    x = np.random.default_rng(0).normal(size=(7, 10))
    few = expression_shift(x[:5], [True, True, False, False, False])
    assert np.isnan(few.share)
    assert (few.test, few.reason) == (Test.NOT_TESTED, Note(NoteCode.FEW_DONORS, {"case": 2, "control": 3}))
    mixed = expression_shift(x, [True] * 3 + [False] * 4, ["a", "b", "c", "a", "d", "e", "f"])
    assert mixed.reason == Note(NoteCode.PARTIALLY_PAIRED, {"donors": 1})
    assert expression_shift(np.ones((6, 4)), [True] * 3 + [False] * 3).reason == Note(NoteCode.NO_VARIATION)


def test_the_row_of_the_audit_stands_before_the_clean_ones_and_changes_no_verdict() -> None:
    audit = pd.DataFrame(
        {"field": ["kit", "title", "sex"], "verdict": ["partial_separation", "condition_label", "clean"]}
    ).reindex(columns=CONFOUNDING.names)
    x = np.random.default_rng(0).normal(size=(8, 1234)) + np.repeat([2, 0], 4)[:, None] * (np.arange(1234) < 400)
    shift = expression_shift(x, np.arange(8) < 4)
    found = add_evidence(audit, shift, dataset="A", contrast="op")
    assert found["field"].tolist() == ["kit", "title", "all genes", "sex"]
    assert audit_summary(found) == audit_summary(audit) == (AuditVerdict.PARTIALLY_CONFOUNDED, ("kit",))
    row = found.iloc[2]
    assert (row["verdict"], row["dataset"], row["contrast"]) == ("evidence", "A", "op")
    differ, chance = (parse_notes(row[column])[0] for column in ("case_values", "control_values"))
    assert (differ.code, chance.code) == (NoteCode.GENES_DIFFER, NoteCode.GENES_EXPECTED)
    assert [differ.number(key) for key in ("share", "genes", "alpha")] == pytest.approx([shift.share, 1234, 0.05])
    assert [chance.number(key) for key in ("share", "quantile", "high")] == pytest.approx(
        [shift.expected, 0.975, shift.high]
    )
    assert (row["statistic"], row["p_value"]) == (shift.share, shift.p_value)
    nothing = expression_shift(x[:5], np.arange(5) < 4)
    assert add_evidence(audit, nothing) is audit


@pytest.mark.realdata
@pytest.mark.filterwarnings("ignore:Precision loss")  # of scipy, for genes that are constant in both arms
def test_a_kit_shows_in_all_genes_of_gse35958(real_data: Path) -> None:
    # titles: the first four arrays are controls, the other five osteoporosis, labelled with another kit
    x = pd.read_csv(real_data / "gse35958/expression_log2.tsv.gz", sep="\t", index_col=0).to_numpy(dtype=float).T
    found = expression_shift(x, np.arange(9) >= 4)
    every = naive(x, 4)
    assert found.share == every[0]
    assert found.p_value == pytest.approx((every >= every[0]).mean()) == 1 / 126
    assert found.high == pytest.approx(np.quantile(every, 0.975))
    assert found.share > 4 * found.expected


def test_mistakes_are_named() -> None:
    with pytest.raises(InputError, match="samples x genes, a label each"):
        expression_shift(np.ones((6, 2)), [True] * 5)
