"""Principal components of samples: outliers among the samples, and fields that explain a component."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import factorial, gammaln
from scipy.stats import median_abs_deviation

from fatescore.errors import InputError
from fatescore.stats._fields import read_field
from fatescore.stats.fdr import bh
from fatescore.tables import QC_COMPONENTS
from fatescore.tables import columns as col
from fatescore.tables.codes import QcFlag
from fatescore.tables.notes import Note, join_notes
from fatescore.typing import FloatArray

_MIN_SAMPLES = 5
_FEWEST = 3
_N_GENES, _N_MADS, _CARRIED = 1000, 10.0, 0.6
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Components:
    """Principal components of samples.

    Attributes
    ----------
    scores
        Samples x components (``PC1``, ``PC2``, ...), log2 units times the square root of genes.
    variance_ratio
        Share of the variance of each component, 0 to 1.
    outlier
        Notes per sample (``QcFlag.PCA_OUTLIER``), empty for most.
    """

    scores: pd.DataFrame
    variance_ratio: pd.Series[float]
    outlier: pd.Series[str]


def components(logs: FloatArray, samples: pd.Index, *, n_components: int = 5) -> Components:
    """Reduce log values of the 1,000 most variable genes to principal components and tell which samples are outliers.

    A sample is an outlier when, in one of the components, it is more than 10 robust deviations from the median
    of the samples and the component is carried by it (at least 60 % of the component's sum of squares is its own), and
    the component holds more than its even share of the variance. A lone sample among n carries (n - 1) / n; two
    samples far out together are a group, not outliers, and no component of theirs is carried by one.

    Parameters
    ----------
    logs
        Samples x genes, finite log2 values, as of :func:`fatescore.pp.bulk.log_values`.
    samples
        Names of the rows.
    n_components
        Components to return, at most one less than samples.

    Returns
    -------
    See :class:`Components`. Among fewer than five samples none is an outlier.

    Raises
    ------
    InputError
        With fewer than three samples, values that are not finite, or none that vary.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> logs = rng.normal(8, 1, (8, 300))
    >>> logs[2, :150] += 5
    >>> found = components(logs, pd.Index(list("abcdefgh")))
    >>> found.outlier[found.outlier != ""].index.tolist()
    ['c']
    """
    from sklearn.decomposition import PCA

    if len(logs) < _FEWEST:
        raise InputError(f"{len(logs)} samples", expected=f"at least {_FEWEST} for principal components")
    if not np.isfinite(logs).all():
        raise InputError("the values hold missing or infinite numbers", expected="finite log values")
    variance = logs.var(axis=0)
    chosen = np.sort(np.argsort(-variance, kind="stable")[: min(_N_GENES, int((variance > 0).sum()))])
    if not len(chosen):
        raise InputError("all samples have the same values", expected="genes that vary")
    k = min(n_components, len(logs) - 1, len(chosen))
    model = PCA(n_components=k, svd_solver="full")
    names = [f"PC{i + 1}" for i in range(k)]
    scores = pd.DataFrame(model.fit_transform(logs[:, chosen]), index=samples, columns=names)
    ratio = model.explained_variance_ratio_
    return Components(scores, pd.Series(ratio, index=names), _outliers(scores, ratio))


def batch_in_components(
    scores: pd.DataFrame, fields: pd.DataFrame, *, n_permutations: int = 5000, seed: int = 0
) -> pd.DataFrame:
    """Say which sample fields explain which principal component.

    Numbers and dates are fitted by a line, text by group means (one-way analysis of variance). With few samples R2 is
    large by chance, so that only ``adjusted_r2`` and the permutation p value should be read: the share of shuffled
    assignments, the real one included, with an R2 at least as large. A field is left out when it has one value, or
    when it is text and every value, or more than half as many values as samples, differ.

    Parameters
    ----------
    scores
        Samples x components.
    fields
        Samples x fields, with the same index; values as found in sample tables. Missing values leave a sample out.
    n_permutations, seed
        Number of random shuffles, and their seed.

    Returns
    -------
    One row per field and component, the smallest p value first: ``field``, ``kind`` (``number`` or ``text``),
    ``component``, ``n`` (samples), ``groups`` (number of values of a text), ``r2``, ``adjusted_r2`` (below zero when
    less than chance), ``p_value``, ``p_smallest`` (the smallest that so many samples, so grouped, can reach),
    ``padj`` (Benjamini-Hochberg over the table).

    Examples
    --------
    >>> scores = pd.DataFrame({"PC1": [-3.0, -2.9, -3.2, -3.1, 3.0, 3.1, 2.9, 3.2]})
    >>> fields = pd.DataFrame({"kit": list("AAAABBBB"), "id": range(8)})
    >>> row = batch_in_components(scores, fields[["kit"]]).iloc[0]
    >>> row["field"], row["component"], bool(row["p_value"] < 0.05)
    ('kit', 'PC1', True)
    """
    rows = []
    for place, name in enumerate(fields.columns):
        design = _design(fields[name].reindex(scores.index))
        if design is None:
            continue
        known, basis, kind, smallest = design
        rng = np.random.default_rng([seed, place])
        values = scores.to_numpy(dtype=np.float64)[known]
        n, df = basis.shape
        shuffled = np.array([rng.permutation(n) for _ in range(n_permutations)])
        for component, y in zip(scores.columns, values.T, strict=True):
            centred = y - y.mean()
            squares = float(centred @ centred)
            if squares <= 0:
                continue
            r2 = float(((centred @ basis) ** 2).sum()) / squares
            by_chance = ((centred[shuffled] @ basis) ** 2).sum(axis=1) / squares
            p = (1 + int((by_chance >= r2 - 1e-12).sum())) / (1 + n_permutations)
            adjusted = 1 - (1 - r2) * (n - 1) / (n - 1 - df)
            groups = df + 1 if kind == "text" else 0
            rows.append((str(name), kind, component, n, groups, r2, adjusted, max(p, smallest), smallest))
    table = pd.DataFrame(rows, columns=[name for name in QC_COMPONENTS.names if name not in (col.DATASET, "padj")])
    table["padj"] = bh(table["p_value"].to_numpy(dtype=np.float64)) if len(table) else []
    return table.sort_values(["p_value", "r2"], ascending=[True, False], kind="stable", ignore_index=True)


def _outliers(scores: pd.DataFrame, variance_ratio: FloatArray) -> pd.Series[str]:
    if len(scores) < _MIN_SAMPLES:
        return pd.Series("", index=scores.index, dtype=object)
    values = scores.to_numpy(dtype=np.float64)
    away = np.abs(values - np.median(values, axis=0))
    away /= np.maximum(median_abs_deviation(values, axis=0, scale="normal"), _TINY)
    carried = values**2 >= _CARRIED * (values**2).sum(axis=0)
    far = (away > _N_MADS) & carried & (variance_ratio > 1 / (len(scores) - 1))
    notes = [
        join_notes(
            Note(QcFlag.PCA_OUTLIER, {"component": name, "deviations": float(value)})
            for name, value, flagged in zip(scores.columns, *pair, strict=True)
            if flagged
        )
        for pair in zip(away, far, strict=True)
    ]
    return pd.Series(notes, index=scores.index, dtype=object)


def _design(field: pd.Series) -> tuple[NDArray[np.intp], FloatArray, str, float] | None:
    """Return known samples, an orthonormal basis of what the field can explain, its kind and the smallest p value."""
    read = read_field(field)
    numbers = read.numbers
    if numbers is not None and len(np.unique(numbers.array[np.isfinite(numbers.array)])) < 3:
        numbers = None  # two numbers are a category as two words are
    known = np.flatnonzero(read.texts.notna() if numbers is None else np.isfinite(numbers.array))
    if len(known) < 4:
        return None
    if numbers is not None:
        values = numbers.array[known]
        columns = values[:, None] - values.mean()
        arrangements = _arrangements(pd.Series(values)) / 2  # a line has no direction in R2: at best
        kind = "number"
    else:
        codes = read.texts.iloc[known]
        if codes.nunique() < 2 or codes.nunique() > len(known) / 2:
            return None
        columns = pd.get_dummies(codes).to_numpy(dtype=np.float64)[:, 1:]
        columns = columns - columns.mean(axis=0)
        sizes = codes.value_counts().value_counts()
        arrangements = _arrangements(codes) / float(factorial(sizes).prod())
        kind = "text"
    basis, _ = np.linalg.qr(columns)
    return known, np.asarray(basis), kind, float(min(1.0, 1 / max(arrangements, 1.0)))


def _arrangements(values: pd.Series) -> float:
    """Return in how many different ways the values can be dealt to the samples."""
    return float(np.exp(gammaln(len(values) + 1) - gammaln(values.value_counts() + 1).sum()))
