"""Donors of one condition against donors of another: one row per measure.

The donor is the unit. Samples of one donor within a condition are averaged first; cells are refused, because
cells of one donor are not replicates. Formulas and their sources are in :mod:`fatescore.stats.effect` and
:mod:`fatescore.stats.permutation`. A difference of the index is also divided among its genes.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.stats import effect, fdr, permutation
from fatescore.stats._donors import Arms, averaged, check_conditions, donor_means, finite_numbers, split, unlabelled
from fatescore.stats._labels import label
from fatescore.stats.confounding import Audit, audit_cells
from fatescore.stats.models import adjustment
from fatescore.stats.moderated import NO_SPREAD, moderated_p, spread
from fatescore.tables import CONTRASTS, CONTRIBUTIONS, Note, join_notes
from fatescore.tables import columns as col
from fatescore.tables.codes import Agreement, ContrastKind, NoteCode, Test, Unit
from fatescore.typing import Label

SIGNS = ("+", "-", "")
MIN_DONORS = 3
ALPHA = 0.05
_NAN = math.nan


def contrast(
    table: pd.DataFrame,
    *,
    case: Label,
    control: Label,
    measures: Sequence[str],
    dataset: str = "",
    contrast: str = "",
    kind: str = "other",
    expected: str = "",
    audit: Audit | None = None,
    known_conditions: Collection[Label] = (),
    fields: pd.DataFrame | None = None,
    covariates: Sequence[str] = (),
    block: str = "",
    seed: int = 0,
) -> pd.DataFrame:
    """Compare the donors of two conditions in every measure.

    Parameters
    ----------
    table
        One row per sample (or pseudobulk) with ``sample``, ``donor``, ``condition``, the measures and, where
        several data sets are compared, ``dataset`` (a donor is then known by data set and name).
    case, control
        The two conditions; a difference is case minus control.
    measures
        Columns to compare, in the order of the result. Missing values leave that donor out of that measure.
    dataset, contrast, kind, expected, audit
        Labels: names, kind (``disease``, ``known_fate``, ``other``), the sign of ``fate_bias`` that is expected
        (``+``, ``-`` or empty) and what :func:`fatescore.stats.audit_summary` returns.
    known_conditions
        Conditions that exist although no sample of them is left in ``table``: such an arm has no donors.
    fields, covariates, block
        The sample fields (one row per sample with ``sample``, ``donor``, ``condition``), those of them to hold constant
        (age, sex, passage), and one whose values share something (a culture batch) for a mixed model with
        a random intercept. Where some donors, not all, are in both arms the donor is the block.
    seed
        Seed of the permutations, used only where they are too many to enumerate.

    Returns
    -------
    One row per measure with the columns ``CONTRASTS.names``. Fewer than three donors in an arm are
    described, not tested: means, difference, range and (from two donors on) AUROC only. ``p_moderated`` lets the
    measures lend each other their variance (:mod:`fatescore.stats.moderated`); ``power`` is that of the design for
    a true g of 1; ``adjusted``, its interval and ``p_adjusted`` are from the model that ``adjusted_for`` names.
    ``note``, ``p_method`` and ``adjusted_for`` hold notes (:mod:`fatescore.tables.notes`).

    Raises
    ------
    InputError
        Cells instead of samples, an unknown condition or measure, a sample without donor.

    Examples
    --------
    >>> table = pd.DataFrame({"sample": list("abcdef"), "donor": list("abcdef"),
    ...     "condition": ["sick"] * 3 + ["well"] * 3, "fate_bias": [1.0, 2.0, 3.0, 5.0, 6.0, 7.0]})
    >>> result = contrast(table, case="sick", control="well", measures=["fate_bias"], expected="-")
    >>> result[["difference", "p_value", "p_smallest", "agreement"]].to_numpy().tolist()
    [[-4.0, 0.1, 0.1, 'not_significant']]
    """
    check_labels(kind, expected)
    case, control = label(case), label(control)
    if case == control:
        raise InputError(f'case and control are both "{case}"', fix="name two conditions")
    donors = donor_means(table, measures)
    check_conditions(donors[col.CONDITION], (case, control), known_conditions, contrast)
    labels = {"dataset": dataset, "contrast": contrast, "kind": kind, "case": case, "control": control}
    labels |= {"unit": str(Unit.DONOR), "expected": expected, "adjusted_for": ""} | audit_cells(audit)
    within = [*averaged(table, donors, (case, control)), *unlabelled(table)]
    model = adjustment(donors, fields, case=case, control=control, covariates=covariates, block=block)
    rows, spreads = [], []
    for measure in measures:
        arms = split(donors, measure, case, control)
        row: dict[str, Any] = dict.fromkeys(CONTRASTS.names, _NAN) | labels | {"measure": measure}
        notes = _describe(row, arms)
        if not notes:
            notes = _test(row, arms, seed)
        spreads.append(spread(arms) if math.isfinite(row["p_value"]) else NO_SPREAD)
        row |= model(measure)
        row["agreement"] = agreement(row) if measure == col.FATE_BIAS and expected else ""
        if row["agreement"] == Agreement.NOT_SIGNIFICANT and row["p_smallest"] > ALPHA:
            notes.append(Note(NoteCode.ALPHA_UNREACHABLE, {"alpha": ALPHA}))
        row["note"] = join_notes([*notes, *within, *arms.missing])
        rows.append(row)
    result = CONTRASTS.frame(rows)
    if len(result):
        variance, df, scale = np.transpose(spreads)
        result["p_moderated"] = moderated_p(result["difference"].astype(float), variance, df, scale)
    result["padj"] = fdr.bh(result["p_value"].astype(float)) if len(result) else []
    return result


def contributions(
    table: pd.DataFrame,
    *,
    case: Label,
    control: Label,
    arms: Mapping[str, str] | None = None,
    factors: pd.DataFrame | None = None,
    dataset: str = "",
    contrast: str = "",
) -> pd.DataFrame:
    """Say how much each gene contributes to the difference of ``fate_bias``.

    Parameters
    ----------
    table
        One row per sample: ``dataset sample donor condition``, then one column per gene of the index, which sum to
        the sample's ``fate_bias``. A sample without any value is left out; a gene without value adds nothing.
    arms
        Gene to ``osteogenic`` or ``adipogenic``; a gene that is not in it gets an empty arm.
    factors
        From :func:`fatescore.gene_sets.leave_one_out_factors`, gene left out x gene.
    case, control, dataset, contrast
        As in :func:`contrast`.

    Returns
    -------
    One row per gene, ``CONTRIBUTIONS.names``, largest absolute contribution first. The contributions sum
    to the difference of ``fate_bias`` between the means of the donors; ``difference_without`` is what that difference
    is when the index does not have this gene (NaN without ``factors``, or where its arm would be empty).

    Examples
    --------
    >>> table = pd.DataFrame({"sample": ["a", "b"], "donor": ["a", "b"], "condition": ["sick", "well"],
    ...     "RUNX2": [0.5, 1.0], "PPARG": [-0.2, -0.1]})
    >>> contributions(table, case="sick", control="well")["contribution"].round(3).tolist()
    [-0.5, -0.1]
    """
    case, control = label(case), label(control)
    identity = {*col.IDENTITY, col.OBS_NAME}
    genes = [str(column) for column in table.columns if column not in identity]
    parts_of = table[genes].apply(finite_numbers)
    scored = parts_of.notna().any(axis=1)
    filled = parts_of.fillna(0.0).where(scored)
    donors = donor_means(pd.concat([table.drop(columns=genes), filled], axis=1), genes)
    sides = [split(donors, gene, case, control) for gene in genes]
    if not genes or not len(sides[0].case) or not len(sides[0].control):
        return pd.DataFrame(columns=list(CONTRIBUTIONS.names))
    parts = pd.Series([float(arm.case.mean() - arm.control.mean()) for arm in sides], index=genes)
    result = pd.DataFrame(
        {
            "dataset": dataset,
            "contrast": contrast,
            "gene": genes,
            "arm": [(arms or {}).get(gene, "") for gene in genes],
            "contribution": parts.to_numpy(),
            "difference_without": _without(parts, factors).to_numpy(),
        }
    )
    order = result["contribution"].abs().sort_values(ascending=False, kind="stable").index
    return result.loc[order, list(CONTRIBUTIONS.names)].reset_index(drop=True)


def _describe(row: dict[str, Any], arms: Arms) -> list[Note]:
    """Fill in what needs no assumption; return why nothing more can be done, if so."""
    a, b = arms.case, arms.control
    row["n_case"], row["n_control"] = len(a), len(b)
    row["p_smallest"] = permutation.smallest_p_paired(len(a)) if arms.paired else permutation.smallest_p(len(a), len(b))
    row["p_method"] = str(Test.NOT_TESTED)
    row["power"] = effect.power(len(a), len(b), paired=arms.paired)
    row["mean_case"] = float(a.mean()) if len(a) else _NAN
    row["mean_control"] = float(b.mean()) if len(b) else _NAN
    if len(a) and len(b):
        row["difference"] = row["mean_case"] - row["mean_control"]
        row["loo_low"], row["loo_high"] = (
            effect.leave_one_out(a - b, [0.0]) if arms.paired else effect.leave_one_out(a, b)
        )
        if min(len(a), len(b)) > 1:  # of one donor against one it is 0 or 1 by construction
            row["auroc"] = effect.auroc(a, b)
    if min(len(a), len(b)) < MIN_DONORS:
        return [Note(NoteCode.FEW_DONORS, {"case": len(a), "control": len(b)})]
    if arms.shared and not arms.paired:
        row["p_smallest"] = row["power"] = _NAN  # neither rearranging labels nor flipping signs is valid here
        return [Note(NoteCode.PARTIALLY_PAIRED, {"donors": arms.shared})]
    return []


def _test(row: dict[str, Any], arms: Arms, seed: int) -> list[Note]:
    a, b = arms.case, arms.control
    notes = []
    if arms.paired:
        interval, standard = effect.paired_t(a, b), effect.hedges_g_paired(a, b)
        outcome = permutation.sign_flip_test(a - b, seed=seed)
        notes.append(Note(NoteCode.PAIRED))
    else:
        interval, standard = effect.welch(a, b), effect.hedges_g(a, b)
        outcome = permutation.permutation_test(a, b, seed=seed)
        row["p_welch"] = interval.p_value
    row["difference_low"], row["difference_high"] = interval.low, interval.high
    row["g"], row["g_low"], row["g_high"] = standard.g, standard.low, standard.high
    row["g_var"] = standard.variance
    row["p_value"], row["p_method"] = outcome.p_value, str(outcome.note)
    row["p_smallest"] = outcome.p_smallest
    if math.isnan(standard.g):
        notes.append(Note(NoteCode.NO_VARIATION))
    return notes


def agreement(row: Mapping[str, Any]) -> str:
    """Return how a row of ``fate_bias`` agrees with the expected sign, a value of :class:`Agreement`."""
    if math.isnan(row["p_value"]):
        return str(Agreement.NOT_TESTED)
    if row["p_value"] >= ALPHA or row["difference"] == 0:
        return str(Agreement.NOT_SIGNIFICANT)
    return str(Agreement.AGREES if (row["difference"] > 0) == (row["expected"] == "+") else Agreement.OPPOSITE)


def check_labels(kind: str, expected: str, kinds: Sequence[str] = tuple(ContrastKind)) -> None:
    """Refuse a kind or an expected sign that is not known."""
    if kind not in kinds:
        raise InputError(f'contrast of kind "{kind}"', fix=nearest(kind, kinds))
    if expected not in SIGNS:
        raise InputError(f'expected sign "{expected}"', expected='"+", "-" or nothing')


def _without(parts: pd.Series[float], factors: pd.DataFrame | None) -> pd.Series[float]:
    """Return the difference that is left without each gene."""
    if factors is None:
        return pd.Series(np.nan, index=parts.index)
    known = parts.reindex(factors.columns, fill_value=0.0)
    left = pd.Series(factors.to_numpy() @ known.to_numpy(), index=factors.index)
    return left.reindex(parts.index)
