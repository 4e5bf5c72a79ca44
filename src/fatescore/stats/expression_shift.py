"""Do the conditions differ in far more genes than chance? A kit or batch moves thousands, a disease seldom does.

In a comparison of a few donors about 5 % of all genes are below p = 0.05 if nothing differs, but genes go together, so
that the share varies widely between studies. Its values with the labels of the donors exchanged show how widely.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from fatescore.errors import InputError
from fatescore.stats import permutation
from fatescore.stats._labels import labels
from fatescore.tables import CONFOUNDING, Note
from fatescore.tables.codes import FieldVerdict, NoteCode, Test
from fatescore.typing import BoolArray, FloatArray

ALPHA = 0.05
ALL_GENES = "all genes"
QUANTILE = 0.975
MAX_ARRANGEMENTS = 2_000
DRAWS = 999
MIN_DONORS = 3
_CHUNK = 4_000_000  # arrangements x genes held at once


@dataclass(frozen=True)
class ExpressionShift:
    """How many genes differ.

    Attributes
    ----------
    share
        Share of genes with p < 0.05 (two-sided t test), 0 to 1.
    expected
        Mean of that share over the arrangements of the labels.
    high
        Its 97.5 % quantile over them.
    p_value
        Share of arrangements in which at least as many genes differ; of drawn ones ``(b + 1) / (m + 1)``.
    n_genes
        Genes tested.
    test, n_arrangements, seed
        As in :class:`fatescore.stats.permutation.PermutationResult`; without a test ``not_tested``, 0 and ``None``.
    reason
        Note of why nothing was tested, if so.
    """

    share: float
    expected: float
    high: float
    p_value: float
    n_genes: int
    test: Test = Test.NOT_TESTED
    n_arrangements: int = 0
    seed: int | None = None
    reason: Note | None = None


def expression_shift(
    values: npt.ArrayLike,
    is_case: npt.ArrayLike,
    donors: Sequence[str] | None = None,
    *,
    seed: int = 0,
) -> ExpressionShift:
    """Compare the share of genes that differ with that under exchanged labels.

    Parameters
    ----------
    values
        (samples x genes) on a log scale. Genes that do not vary or have a missing value are left out.
    is_case
        (samples,) which samples belong to the case.
    donors
        (samples,) names of donors: samples of a donor within a condition are averaged first. By default every sample is
        a donor. Where every donor is in both arms, the differences are tested and their signs flipped.
    seed
        Seed of the permutations, used only where they are too many to enumerate.

    Returns
    -------
    Share, expectation, 97.5 % quantile and p value; NaN with fewer than three donors in an arm, or where donors are in
    both arms but not all of them.

    Raises
    ------
    InputError
        Lengths that do not fit.

    Notes
    -----
    Student's t test (pooled variance): its threshold is the same for every gene and arrangement, so that all are one
    matrix product.

    Examples
    --------
    >>> values = np.random.default_rng(0).normal(size=(8, 500))
    >>> values[:4, :250] += 5
    >>> found = expression_shift(values, [True] * 4 + [False] * 4)
    >>> found.share > 0.5, round(found.p_value, 3), str(found.test), found.n_arrangements
    (True, 0.029, 'exact_permutation', 70)
    """
    x, case = np.asarray(values, dtype=np.float64), _as_flags(is_case)
    if x.ndim != 2 or len(case) != len(x) or (donors is not None and len(donors) != len(x)):
        raise InputError(f"values of shape {x.shape} with {len(case)} labels", expected="samples x genes, a label each")
    names = np.arange(len(x)).astype(str) if donors is None else np.array(labels(donors), dtype=str)
    x, case, names = _donor_rows(x[:, np.isfinite(x).all(axis=0)], case, names)
    # A difference of rounding is no variation.
    x = x[:, np.ptp(x, axis=0) > 1e-9 * np.maximum(1.0, np.abs(x).max(axis=0, initial=0.0))]
    n_case, n_control = int(case.sum()), int((~case).sum())
    shared = set(names[case]) & set(names[~case])
    if min(n_case, n_control) < MIN_DONORS:
        return _not_tested(Note(NoteCode.FEW_DONORS, {"case": n_case, "control": n_control}), x.shape[1])
    if not x.shape[1]:
        return _not_tested(Note(NoteCode.NO_VARIATION), 0)
    if shared and len(shared) < max(n_case, n_control):
        return _not_tested(Note(NoteCode.PARTIALLY_PAIRED, {"donors": len(shared)}), x.shape[1])
    if shared:
        found, exact = _paired(x[case] - x[~case], seed)
        test = Test.EXACT_SIGN_FLIP if exact else Test.MONTE_CARLO_SIGN_FLIP
    else:
        found, exact = _unpaired(x, case, seed)
        test = Test.EXACT_PERMUTATION if exact else Test.MONTE_CARLO_PERMUTATION
    share, others = float(found[0]), found[1:]
    extreme, m = int(np.count_nonzero(others >= share - 1e-12)), len(others)
    return ExpressionShift(
        share=share, expected=float(others.mean()), high=float(np.quantile(others, QUANTILE)),
        p_value=max(extreme, 1) / m if exact else (extreme + 1) / (m + 1), n_genes=x.shape[1],
        test=test, n_arrangements=m, seed=None if exact else seed,
    )  # fmt: skip


def add_evidence(audit: pd.DataFrame, shift: ExpressionShift, *, dataset: str = "", contrast: str = "") -> pd.DataFrame:
    """Add the share of genes that differ to an audit, before the clean fields; what was not tested adds nothing.

    Parameters
    ----------
    audit
        Rows of :func:`fatescore.stats.confounding`.
    shift
        Of the same two conditions.
    dataset, contrast
        Labels.

    Returns
    -------
    The audit with a row ``all genes`` of verdict ``evidence``, which counts neither for nor against a contrast:
    ``statistic`` is the share (0 to 1), the values are notes. :func:`fatescore.stats.audit_summary` is the same with
    and without it.

    Examples
    --------
    >>> shift = ExpressionShift(share=0.41, expected=0.06, high=0.33, p_value=0.008, n_genes=18211)
    >>> found = add_evidence(CONFOUNDING.frame(), shift)
    >>> found[["field", "verdict", "case_values"]].to_numpy().tolist()
    [['all genes', 'evidence', 'genes_differ:share=0.41,genes=18211,alpha=0.05']]
    """
    if math.isnan(shift.share):
        return audit
    differ = Note(NoteCode.GENES_DIFFER, {"share": shift.share, "genes": shift.n_genes, "alpha": ALPHA})
    expected = Note(NoteCode.GENES_EXPECTED, {"share": shift.expected, "quantile": QUANTILE, "high": shift.high})
    row = (
        dataset, contrast, ALL_GENES, str(FieldVerdict.EVIDENCE), str(differ), str(expected), math.nan, shift.share,
        shift.p_value, "",
    )  # fmt: skip
    clean = audit["verdict"] == FieldVerdict.CLEAN
    parts = [part for part in (audit[~clean], CONFOUNDING.frame([row]), audit[clean]) if len(part)]
    return pd.concat(parts, ignore_index=True)


def _as_flags(is_case: npt.ArrayLike) -> BoolArray:
    flags = np.asarray(is_case, dtype=object)
    if pd.isna(flags).any() or not set(flags.ravel()) <= {0, 1}:
        raise InputError("is_case holds something else than True and False", fix="give condition == case")
    return flags.astype(bool)


def _not_tested(reason: Note, n_genes: int) -> ExpressionShift:
    return ExpressionShift(math.nan, math.nan, math.nan, math.nan, n_genes, reason=reason)


def _donor_rows(
    x: FloatArray, case: BoolArray, names: npt.NDArray[np.str_]
) -> tuple[FloatArray, BoolArray, npt.NDArray[np.str_]]:
    """Average the samples of each donor within each condition."""
    pairs = sorted(set(zip(case.tolist(), names.tolist(), strict=True)))
    rows = [x[(case == side) & (names == name)].mean(axis=0) for side, name in pairs]
    sides, labels = np.array([side for side, _ in pairs], dtype=bool), np.array([name for _, name in pairs], dtype=str)
    return np.array(rows).reshape(len(rows), x.shape[1]), sides, labels


def _unpaired(x: FloatArray, case: BoolArray, seed: int) -> tuple[FloatArray, bool]:
    """Return the share of genes that differ, as observed and then for every arrangement of the labels."""
    n, k = len(x), int(case.sum())
    index, exact = permutation.arrangements(n, k, max_arrangements=MAX_ARRANGEMENTS, draws=DRAWS, seed=seed)
    member = np.zeros((len(index), n))
    np.put_along_axis(member, index, 1.0, axis=1)
    centred = x - x.mean(axis=0)
    # Centred genes sum to zero: the sum over the case gives both means, and n/(k(n-k)) of its square lies between them.
    limit = np.sqrt((centred**2).sum(axis=0) * _critical_share(n - 2) * k * (n - k) / n)
    return _shares(np.concatenate([case[None].astype(np.float64), member]), centred, limit), exact


def _paired(differences: FloatArray, seed: int) -> tuple[FloatArray, bool]:
    n = len(differences)
    signs, exact = permutation.sign_flips(n, max_arrangements=MAX_ARRANGEMENTS, draws=DRAWS, seed=seed)
    limit = np.sqrt((differences**2).sum(axis=0) * _critical_share(n - 1) * n)
    return _shares(np.concatenate([np.ones((1, n)), signs]), differences, limit), exact


def _critical_share(df: int) -> float:
    """Return the share of a gene's sum of squares beyond which its t test has p < ALPHA: t2 / (t2 + df)."""
    t2 = float(stats.t.isf(ALPHA / 2, df)) ** 2
    return t2 / (t2 + df)


def _shares(weights: FloatArray, x: FloatArray, limit: FloatArray) -> FloatArray:
    """Return per row of weights the share of genes whose weighted sum over the donors is beyond its limit."""
    step = max(1, _CHUNK // x.shape[1])
    starts = range(0, len(weights), step)
    return np.concatenate([(np.abs(weights[i : i + step] @ x) > limit).mean(axis=1) for i in starts])
