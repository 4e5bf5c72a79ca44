"""Which columns of a table of genes are its samples; whatever else it holds is left out with a note, or refused."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from fatescore.errors import InputError, few
from fatescore.ingest.column_kinds import could_be_either, is_annotation, is_statistic, split_kind
from fatescore.ingest.file_names import sample_names
from fatescore.typing import Scale

# The kinds of value that a scale asks for; without one the first that there is.
KINDS: dict[Scale | None, tuple[str, ...]] = {
    "counts": ("counts",), "tpm": ("tpm",), "linear": ("signal", "fpkm", "cpm", "normalised"), "intensity": ("signal",),
    "log2": ("normalised",), None: ("counts", "tpm", "signal"),
}  # fmt: skip
_SCALES = {"counts": "counts", "tpm": "tpm", "fpkm": "linear", "cpm": "linear", "signal": "linear"}  # as declared
_LONGEST = 4_096  # characters of a path
_ROWS = 50  # fewer do not show what a column is like
_MOST = 300  # more columns are cells, which differ from each other by far more
_SAMPLED = 4_000
_LIKE, _UNLIKE, _FIRM = 0.75, 0.2, 0.6  # rank correlations
_FITTED = 100  # columns; more take seconds
_LOGS = 30  # a table that stays below it may be logarithms


def select(
    numbers: pd.DataFrame, source: Path, scale: Scale | None, declared: frozenset[str], *, own_file: bool
) -> tuple[pd.DataFrame, list[str]]:
    """Return the columns of samples under the samples' names, and notes.

    Parameters
    ----------
    numbers
        Genes x columns of numbers.
    scale
        Chooses the kind of value where a table has several per sample.
    declared
        Names that the sample table gives: such a column is a sample whatever it is called.
    own_file
        Whether the table is the file of one sample, which names it.
    """
    names = [str(name) for name in numbers.columns]
    out = {name for name in names if name not in declared and (is_statistic(name) or is_annotation(name))}
    tests = any(map(is_statistic, out))
    settled = out | declared
    either = {name for name in names if name not in settled and could_be_either(name, beside_tests=tests)}
    sure = [name for name in names if name not in out and name not in either]
    if either and (sure or len(either) > 1):
        _check_doubtful(numbers, [name for name in names if name in either], sure, source)
        out |= either
    left = [name for name in names if name not in out]
    lost = list(dict.fromkeys(_plain(name) for name in names if name in out))
    if not left:
        raise InputError(
            f"{source} has no column of samples, only {few(lost)}", expected="a table of genes x samples",
            fix="choose another file",
        )  # fmt: skip
    notes = [f"columns left out because they are no samples: {few(lost, 12)}"] if lost else []
    samples = _one_kind(numbers[left], out, source, scale, declared, notes)
    if not own_file:
        samples = _without_paths(samples, declared, notes)
    values = numbers[list(samples)]
    _check_alike(values, source, declared)
    return values.set_axis(pd.Index(list(samples.values()), dtype=object), axis=1), notes


def is_kind(names: Collection[str]) -> bool:
    """Tell whether columns are kinds of value of one sample, as salmon and RSEM write them."""
    return len(names) > 0 and all(split_kind(name)[0] == "" for name in names)


def is_alignment(name: str) -> bool:
    """Tell whether a column is named by a file of alignments, as featureCounts does."""
    return len(name) < _LONGEST and name.lower().endswith((".bam", ".sam", ".cram"))


def scale_of(kind: str) -> str:
    """Return the scale that is declared to read a kind of value, an empty text where none is sure."""
    return _SCALES.get(kind, "")


def _plain(name: str) -> str:
    return name.split("\0")[0]


def _doubt(source: Path, names: list[str], why: str) -> InputError:
    return InputError(
        f"{source} has columns that may be no samples: {few(names, 12)} ({why})", expected="columns of samples",
        fix="give each a row in the sample table if it is a sample, else take it out of the file",
    )  # fmt: skip


def _check_doubtful(numbers: pd.DataFrame, either: list[str], sure: list[str], source: Path) -> None:
    """Refuse columns named like places of genes that look like samples."""
    if not sure:
        raise _doubt(source, either, "by name they describe genes, and the table has no other numbers")
    if len(numbers) < _ROWS or len(sure) > _MOST:
        return
    ranks = _ranks(numbers[[*sure, *either]])
    own = _agreement(ranks[sure], sure)
    usual = float(np.median(list(own.values()))) if len(sure) > 1 else 1.0
    alike = [name for name in either if _correlation(ranks[name], ranks[sure].mean(axis=1)) >= _LIKE * usual]
    if alike:
        raise _doubt(source, alike, "by name they describe genes, by their numbers they are samples")


def _one_kind(
    values: pd.DataFrame, out: set[str], source: Path, scale: Scale | None, declared: frozenset[str], notes: list[str]
) -> dict[str, str]:
    """Return the sample by column, of one kind of value where samples have several."""
    same = {str(name): str(name) for name in values.columns}
    blocks: dict[str, dict[str, str]] = {}
    for name in same:
        sample, kind = split_kind(name)
        blocks.setdefault(kind, {})[sample] = name
    stated = [block for block in blocks.values() if set(block.values()) <= set(declared)]
    if len(stated) == 1 < len(blocks):
        return {name: name for name in stated[0].values()}
    if is_kind(same) or any(name in declared for name in same):
        return same
    if len({sample for block in blocks.values() for sample in block}) == len(same):  # every sample has one column
        kind = next(iter(blocks))
        named = len(blocks) == 1 and kind and len(out) >= len(same)  # CT1.Signal beside CT1.Detection
        return {name: sample for sample, name in blocks[kind].items()} if named else same
    bare = blocks.pop("", None)
    if bare is not None:
        blocks["counts" if "counts" not in blocks and _whole(values[list(bare.values())]).all() else "unnamed"] = bare
    kind = _wanted(blocks, source, scale)
    notes.append(
        f"of {few([f'{other} ({few(list(block.values()), 2)})' for other, block in blocks.items()])} {kind} were read; "
        f"samples are called {few(list(blocks[kind]))}"
    )
    return {name: sample for sample, name in blocks[kind].items()}


def _wanted(blocks: dict[str, dict[str, str]], source: Path, scale: Scale | None) -> str:
    """Return the kind of value that the scale asks for, where every sample has it."""
    every = {sample for block in blocks.values() for sample in block}
    fitting = [kind for kind in KINDS[scale] if blocks.get(kind, {}).keys() == every]
    if len(fitting) == 1 or (fitting and scale is None):
        return fitting[0]
    scales = [scale_of(kind) for kind, block in blocks.items() if scale_of(kind) and block.keys() == every]
    set_scale = f"set scale to {' or '.join(dict.fromkeys(scales))}, or " if scales and scale not in scales else ""
    raise InputError(
        f"{source} has several kinds of value per sample: "
        + "; ".join(f"{kind} ({few(list(block.values()))})" for kind, block in blocks.items()),
        expected=f"one kind{f' on the scale {scale}' if scale else ''}, for the same samples",
        fix=f"{set_scale}list the columns to read in the sample table, or keep one kind in the file",
    )


def _without_paths(samples: dict[str, str], declared: frozenset[str], notes: list[str]) -> dict[str, str]:
    """Call samples that are named by files of alignments (featureCounts) by the file, without folders and endings."""
    paths = list(samples.values())
    short = sample_names(paths) if all(map(is_alignment, paths)) else []
    if not short or declared & samples.keys():
        return samples
    notes.append(f"columns are files of alignments; samples are called {few(short)}, such as {next(iter(samples))}")
    return dict(zip(samples, short, strict=True))


def _check_alike(values: pd.DataFrame, source: Path, declared: frozenset[str]) -> None:
    """Refuse single columns that clearly differ in kind from all others and might describe genes."""
    if len(values) < _ROWS or not 3 <= len(values.columns) <= _MOST:
        return
    high, low = values.max(), values.min()
    whole = _whole(values)
    # A wrong call is a refusal: tables of ratios have columns that do not agree, so values must be levels.
    names = [str(name) for name in values.columns]
    unlike = {name for name in names if whole.mean() >= 0.5 and not whole[name]}
    flags = (high > 0) & (high.median() > _LOGS) & ((high == low) | ((high == 1) & (low == 0) & whole))
    unlike |= {name for name in names if flags[name]}
    unlike |= {name for name in names if high.median() > _LOGS and (low < 0).mean() < 0.5 and low[name] < 0}
    if (low >= 0).all():
        agreement = _agreement(_ranks(values), names)
        if np.nanmedian([*agreement.values(), 0]) > _FIRM:
            unlike |= {name for name, rank in agreement.items() if rank < _UNLIKE}
    found = [name for name in names if name in unlike - declared]
    if found:
        raise _doubt(source, found, "their numbers are of another kind than those of the other columns")
    summed = [name for name in _summaries(values, whole) if name not in declared]
    if summed:
        raise _doubt(source, summed, "they are the sums or means of other columns")


def _summaries(values: pd.DataFrame, whole: pd.Series[bool]) -> list[str]:
    """Return the columns that are the sum or the mean of others, but for rounding."""
    names = [str(name) for name in values.columns]
    numbers = values.iloc[:: max(1, len(values) // _SAMPLED)].dropna().to_numpy(dtype=float)
    if len(names) > _FITTED or len(numbers) < _ROWS:
        return []
    found = []
    for place, name in enumerate(names):
        others = np.delete(numbers, place, axis=1)
        weights = np.linalg.lstsq(others.T @ others, others.T @ numbers[:, place], rcond=None)[0]
        parts = np.flatnonzero(weights > max(weights.max() / 2, 0))
        rounding = 0.51 if whole[name] else 0.0051
        if len(parts) > 1 and numbers[:, place].std() > 20 * rounding:
            total = others[:, parts].sum(axis=1)
            if any(np.abs(total / n - numbers[:, place]).max() <= rounding for n in (1, len(parts))):
                found.append(name)
    return found


def _whole(values: pd.DataFrame) -> pd.Series[bool]:
    return (values.fillna(0) == np.rint(values.fillna(0))).all() & (values.fillna(0) >= 0).all()


def _ranks(values: pd.DataFrame) -> pd.DataFrame:
    return values.iloc[:: max(1, len(values) // _SAMPLED)].dropna().rank()


def _agreement(ranks: pd.DataFrame, columns: list[str]) -> dict[str, float]:
    """Return for every column its rank correlation with the mean rank of the others."""
    total = ranks[columns].sum(axis=1)
    return {name: _correlation(ranks[name], total - ranks[name]) for name in columns}


def _correlation(a: pd.Series[float], b: pd.Series[float]) -> float:
    varied = len(a) and a.min() < a.max() and b.min() < b.max()
    return float(np.corrcoef(a, b)[0, 1]) if varied else float("nan")
