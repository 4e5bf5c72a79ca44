"""Whether a matrix is on the scale that its owner declares, sample by sample; detection only checks."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError, few, nearest
from fatescore.ingest.equal_sums import RowSums
from fatescore.ingest.matrix import Raw
from fatescore.typing import SCALES, Assay, Matrix, Scale

_LOG2_MAX = 30.0  # 2**30 is beyond any scanner and any library
_MOST = 2.0**53  # beyond it floats skip whole numbers: no machine counts or measures that much
_WHOLE = 1e-6
_HARDLY_WHOLE = 0.1  # salmon and RSEM leave far more of their expected counts whole


def check_scale(raw: Raw, scale: Scale, assay: Assay | None = None) -> list[str]:
    """Compare every sample with the declared scale; return notes worth telling, such as fractional counts.

    ``counts``: never negative, and whole, or fractional like RSEM's and salmon's expected counts; ``tpm``: never
    negative, a sample sums to at most a million (5 % over is accepted); ``linear``: intensities that reach 50;
    ``intensity`` (arrays only): the same before any normalisation, never negative or missing; ``log2``: between -30
    and 30 and not all whole. Counts that sum to the same in all samples or cells are refused as scaled, or noted
    where the sums are exactly the same. A sample that contradicts the declaration is refused, with both readings; so
    is an assay that does not have the scale (without one, any has).
    """
    if scale not in SCALES:
        raise InputError(f'scale "{scale}" is not known', expected=", ".join(SCALES), fix=nearest(str(scale), SCALES))
    if scale == "intensity" and assay not in (None, "array"):
        raise InputError(
            f'scale "intensity" is declared for assay {assay}', expected="raw intensities of arrays",
            fix="set scale to counts, tpm or log2, as the values are",
        )  # fmt: skip
    found, sums = _summaries(raw)
    problems = {name: problem for name, one in found.items() if (problem := one.contradiction(scale))}
    if problems:
        raise _contradicted(scale, found, problems, sums)
    most = max((1 - one.whole for one in found.values()), default=0.0)
    if scale != "counts":
        return []
    if most > 0:
        return [f"expected counts: up to {most:.1%} of a sample's non-zero values are not whole, kept as they are"]
    alike = sums.alike()
    if alike is not None and alike.scaled:
        fits = _fits("tpm", found, sums)
        raise InputError(
            f"these are no counts: {alike.text}",
            expected="values on the scale counts",
            fix=("set scale to tpm, which is treated as CPM is, or " if fits else "")
            + "choose the file with raw counts",
        )
    return [] if alike is None else [alike.text]


def _contradicted(scale: Scale, found: dict[str, _ValueSummary], problems: dict[str, str], sums: RowSums) -> InputError:
    name, problem = next(iter(problems.items()))
    one = found[name]
    likely: Scale = "tpm" if one.whole == 1 and one.sums_to_million else one.likely_scale()
    other = f", the values read as {likely}" if likely != scale and not one.contradiction(likely) else ""
    numbers = "" if one.empty else f" ({one.text})"
    fix = "choose another file"
    if other and _fits(likely, found, sums):  # never advise what would be refused
        fix = f"set scale to {likely}, or choose another file"
    elif len(problems) < len(found):
        fix = f"leave out {few(list(problems))} (use: no), or choose another file"
    return InputError(
        f"{name} has {problem}{numbers}: the data set declares {scale}{other}",
        expected=f"values on the scale {scale}", fix=fix,
    )  # fmt: skip


def _fits(scale: Scale, found: dict[str, _ValueSummary], sums: RowSums) -> bool:
    """Tell whether every sample could be declared so."""
    if any(one.contradiction(scale) for one in found.values()):
        return False
    alike = sums.alike() if scale == "counts" else None
    return alike is None or not alike.scaled


def check_values(matrix: Matrix, ids: list[str], names: list[str], source: object, *, counts: bool = False) -> None:
    """Refuse values that no scale has, and what counts never are, naming gene and observation.

    Infinite values and those beyond 9e15 are on no scale. ``counts``, also those that nobody declared (whole numbers
    with some above 1), are never negative; sparse ones never missing.
    """
    stored = matrix.tocoo() if sp.issparse(matrix) else None
    values = np.asarray(matrix if stored is None else stored.data, dtype=float).ravel()
    finite = values[np.isfinite(values)]
    counted = counts or bool(finite.size and finite.max() > 1 and (finite == np.rint(finite)).all())
    for wrong, what in (
        (np.isinf(values), "infinite"),
        (np.abs(values) > _MOST, "beyond 9e15"),
        (values < 0 if counted else np.zeros(0, dtype=bool), "negative, among counts"),
        (np.isnan(values) if counts or stored is not None else np.zeros(0, dtype=bool), "missing"),
    ):
        if not wrong.any():
            continue
        first = int(np.flatnonzero(wrong)[0])
        row, gene = divmod(first, len(ids)) if stored is None else (int(stored.row[first]), int(stored.col[first]))
        raise InputError(
            f"{source}: {ids[gene]} is {what} in {names[row]} ({values[first]:.4g})",
            expected="counts of 0 and more" if what.startswith("negative") else "finite numbers",
            fix="leave that gene or observation out of the file, or write the file anew",
        )


def likely_scale(part: Matrix) -> tuple[Scale, str]:
    """Return the scale that the values of one sample look like, and why.

    Examples
    --------
    >>> import numpy as np
    >>> likely_scale(np.array([[0.0, 5, 1200]]))
    ('counts', 'values 0 to 1200, 100% whole, largest sum 1205')
    """
    summary = _ValueSummary()
    summary.add(part)
    return summary.likely_scale(), summary.text


def _summaries(raw: Raw) -> tuple[dict[str, _ValueSummary], RowSums]:
    """Return the summary of every sample and the sums of all observations, from one pass over them."""
    sums = RowSums(raw.each)
    found = {name: _ValueSummary() for name in raw.sample_names}
    columns = np.asarray(raw.columns, dtype=object)
    first = 0
    for block in raw.blocks:
        own = columns[first : first + block.shape[0]]
        first += block.shape[0]
        sums.add(block)
        for name in dict.fromkeys(own):
            found[name].add(block[np.flatnonzero(own == name)])
    return found, sums


class _ValueSummary:
    """Range, whole share and sum of the values of one sample, added part by part."""

    def __init__(self) -> None:
        self.gaps = 0
        self.infinite = False
        self.low, self.high, self.total = np.inf, -np.inf, 0.0
        self.empty = True
        self._n_present, self._n_whole, self._n_columns = 0, 0, 0

    def add(self, part: Matrix) -> None:
        """Take in some observations."""
        values = np.asarray(part.data if sp.issparse(part) else part, dtype=float).ravel()
        finite = values[np.isfinite(values)]
        self.gaps += values.size - finite.size
        self.infinite |= bool(np.isinf(values).any())
        zeros = sp.issparse(part) and part.nnz < part.shape[0] * part.shape[1]
        present = finite[finite != 0]
        self.low = float(min(self.low, finite.min(initial=np.inf), 0.0 if zeros else np.inf))
        self.high = float(max(self.high, finite.max(initial=-np.inf), 0.0 if zeros else -np.inf))
        self._n_present += present.size
        self._n_whole += int((np.abs(present - np.rint(present)) < _WHOLE).sum())
        rows = np.asarray(part.sum(axis=1)).ravel() if sp.issparse(part) else np.nansum(np.atleast_2d(part), axis=1)
        self.total = float(np.max(rows, initial=self.total))
        self.empty &= not (finite.size or zeros)
        self._n_columns = part.shape[-1]

    @property
    def whole(self) -> float:
        """The share of values that are whole, of those that are not 0."""
        return self._n_whole / self._n_present if self._n_present else 1.0

    @property
    def sums_to_million(self) -> bool:
        """Whether the largest sum is a million, also after rounding."""
        return abs(self.total - 1e6) <= self._n_columns / 2

    @property
    def text(self) -> str:
        """The numbers in words."""
        return f"values {self.low:.4g} to {self.high:.4g}, {self.whole:.0%} whole, largest sum {self.total:.4g}"

    def likely_scale(self) -> Scale:
        """Return what the values look like, whatever is declared."""
        if self.low < 0 and self.high > _LOG2_MAX:
            return "linear"
        if self.low >= 0 and self.whole == 1:
            return "counts"
        if self.high <= _LOG2_MAX:
            return "log2"
        if self.low >= 0 and abs(self.total / 1e6 - 1) < 0.02:
            return "tpm"
        return "linear"

    def contradiction(self, scale: Scale) -> str:
        """Return what contradicts ``scale``, or an empty text."""
        if self.empty:
            return "no values"
        if self.infinite:
            return "infinite values"
        if max(self.high, -self.low) > _MOST:
            return "values beyond 9e15"
        if scale == "log2":
            if self.high > _LOG2_MAX or self.low < -_LOG2_MAX:
                return "values beyond 30"
            return "whole numbers only" if self.whole == 1 and self.high > 1 else ""
        if scale == "linear" or (scale == "intensity" and self.low >= 0 and not self.gaps):
            return "no value above 50" if self.high < 50 else ""
        if self.low < 0:
            return "negative values"
        if self.gaps:
            return f"{self.gaps} missing values"
        if scale == "tpm":
            if self.total > 1.05e6:
                return "a sum above a million"
            if self.whole == 1 and self.high > 1 and not self.sums_to_million:
                return "whole numbers only"
            return "only small values" if self.high <= _LOG2_MAX else ""
        if self.whole < 0.9 and abs(self.total / 1e6 - 1) < 0.001:
            return "fractions that sum to a million"
        if self.whole < 0.5 and self.high <= _LOG2_MAX:
            return "only small values"
        return "hardly a whole number" if self.whole < _HARDLY_WHOLE else ""
