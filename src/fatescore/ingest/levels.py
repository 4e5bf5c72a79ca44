"""Whether values are levels of expression at all: ratios and values centred per gene order no genes within a sample."""

from __future__ import annotations

import re

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest.matrix import Raw
from fatescore.typing import FloatArray, Matrix

_RATIO = re.compile(
    r"log\W{0,2}(2|10|e)?[ -]*(transformed|normali[sz]ed|intensity|expression|\W)*[ -]*ratio"
    r"|cy[35]\s*/\s*cy[35]|(test|sample|experiment\w*)\s*/\s*ref|m[ -]values",
    re.IGNORECASE,
)
_SAID_IN = ("value_definition", "data_processing", "description")
_RATIO_TYPICAL = 2.0  # half of the ratios are within 1/4 and 4; half of an array's intensities are far above
_LEAST_NEGATIVE = 0.05  # of the values, where the words alone say ratio
_CENTRED = 0.01  # of a gene's standard deviation: the mean after centring, rounded to a few digits
_MOST_GENES = 0.9
_LEAST_GENES = 20
_MEDIANS = 500  # observations; medians of more take long, and who centres cells takes the mean


def check_log_ratios(raw: Raw) -> None:
    """Refuse samples whose fields tell of two channels, or of ratios, and whose values are ratios."""
    ratios = {name: text for name in raw.sample_names if (text := _ratios(raw, name))}
    if not ratios:
        return
    first, text = next(iter(ratios.items()))
    raise InputError(
        f"{few(list(ratios))} are log ratios, no levels of expression: {first} has {text}",
        expected="values of one RNA, such as log2 intensities",
        fix="write the intensities of one channel, from the supplementary files, as a table of genes x samples and "
        "read it as a local data set, or leave these samples out (use: no)",
    )


def _ratios(raw: Raw, name: str) -> str:
    """Return the evidence that a sample's values are ratios, or an empty text."""
    if raw.fields is None or name not in raw.fields.index:
        return ""
    fields = raw.fields.loc[name]
    two = str(fields.get("channel_count", "")).strip() == "2"
    said = next((m[0] for key in _SAID_IN if (m := _RATIO.search(str(fields.get(key, ""))))), "")
    if not (two or said):
        return ""
    values = _finite(raw.matrix[raw.rows_of(name)])
    typical = float(np.median(np.abs(values))) if values.size else np.inf
    negative = float((values < 0).mean()) if values.size else 0.0
    if typical >= _RATIO_TYPICAL or not (two or negative >= _LEAST_NEGATIVE):
        return ""
    evidence = ["channel_count 2"] if two else []
    evidence += [f'"{said}" among its fields'] if said else []
    return (
        f"{' and '.join(evidence)}, and half of its values lie within {typical:.2g} of zero ({negative:.0%} negative)"
    )


def is_centred(matrix: Matrix) -> bool:
    """Tell whether nearly every gene has mean or median 0 over all observations."""
    return _share_centred(matrix) >= _MOST_GENES


def check_centred(matrix: Matrix, each: str = "sample") -> None:
    """Refuse values that are centred, see :func:`is_centred`; ``each`` observation is a sample or a cell."""
    share = _share_centred(matrix)
    if share >= _MOST_GENES:
        raise InputError(
            f"{share:.0%} of the genes have mean or median 0 over the {each}s: values "
            "centred per gene, such as z-scores, no levels of expression",
            expected="values as they were before centring",
            fix="choose another file, such as the counts or normalised values",
        )


def _share_centred(matrix: Matrix) -> float:
    n = matrix.shape[0]
    stored = matrix.data if sp.issparse(matrix) else matrix
    if n < 3 or not stored.size or not np.nanmin(stored) < 0:
        return 0.0
    if n <= _MEDIANS:
        values = np.asarray(matrix.todense() if sp.issparse(matrix) else matrix, dtype=float)
        values = values[:, np.isfinite(values).all(axis=0)]
        mean, deviation = values.mean(axis=0), values.std(axis=0)
        median = np.where((values == 0).mean(axis=0) <= 1 / 3, np.median(values, axis=0), np.inf)
    else:
        mean = np.asarray(matrix.mean(axis=0), dtype=float).ravel()
        squares = matrix.multiply(matrix) if sp.issparse(matrix) else np.square(matrix)
        deviation = np.sqrt(np.maximum(np.asarray(squares.mean(axis=0), dtype=float).ravel() - mean**2, 0))
        median = np.full(mean.shape, np.inf)
    varies = deviation > 0
    if varies.sum() < _LEAST_GENES:
        return 0.0
    near = np.minimum(np.abs(mean), np.abs(median)) <= _CENTRED * deviation
    return float(near[varies].mean())


def _finite(part: Matrix) -> FloatArray:
    values: FloatArray = np.asarray(part.todense() if sp.issparse(part) else part, dtype=float).ravel()
    return values[np.isfinite(values)]
