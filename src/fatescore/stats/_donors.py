"""Donors as the unit: samples of a donor within a condition are averaged, and cells are refused."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.stats import _fields
from fatescore.stats._labels import is_nameless, labels, with_labels
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode
from fatescore.tables.notes import Note
from fatescore.typing import FloatArray, Label


@dataclass(frozen=True)
class Arms:
    """Values of one measure, a donor each; in the same donor order on both sides when ``paired``."""

    case: FloatArray
    control: FloatArray
    paired: bool
    shared: int
    missing: tuple[Note, ...]


def donor_means(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Average the samples of each donor within each condition.

    Parameters
    ----------
    table
        One row per sample with ``sample``, ``donor`` and ``condition``, perhaps ``dataset``.
    columns
        Numeric columns to average; missing values are left out.

    Returns
    -------
    One row per data set, donor and condition, sorted, with those columns.

    Raises
    ------
    InputError
        A sample occurs twice (cells are not replicates), has no donor, a column is missing or holds text.

    Examples
    --------
    >>> table = pd.DataFrame({"sample": ["a", "b"], "donor": "D1", "condition": "well", "x": [1.0, 3.0]})
    >>> donor_means(table, ["x"])["x"].tolist()
    [2.0]
    """
    for column in (col.SAMPLE, col.DONOR, col.CONDITION, *columns):
        if column not in table.columns:
            raise InputError(f'the table has no column "{column}"', fix=nearest(str(column), map(str, table.columns)))
    table = with_labels(table)
    keys = [col.DATASET] if col.DATASET in table.columns else []
    repeated = table.loc[table.duplicated([*keys, col.SAMPLE]), col.SAMPLE]
    if len(repeated):
        raise InputError(
            f'sample "{repeated.iloc[0]}" has several rows: cells are not replicates',
            expected="one row per sample",
            fix="make pseudobulks or give sample_scores.tsv",
        )
    nameless = table.loc[table[col.DONOR].map(is_nameless).astype(bool)]
    if len(nameless):
        sample, donor = nameless[[col.SAMPLE, col.DONOR]].iloc[0]
        known = f' but "{donor}"' if donor else ""
        raise InputError(f'sample "{sample}" has no donor{known}', fix="name its donor in the sample table")
    keys += [col.DONOR, col.CONDITION]
    numbers = table[list(columns)].apply(finite_numbers)
    means: pd.DataFrame = pd.concat([table[keys], numbers], axis=1).groupby(keys, sort=True).mean().reset_index()
    return means


def donor_fields(fields: pd.DataFrame, columns: Sequence[str], *, names: Collection[str] = ()) -> pd.DataFrame:
    """Return fields of every donor and condition: numbers averaged, text where all samples of the donor agree.

    Those of ``columns`` that are in ``names`` (batches) are text, whatever they look like.

    Examples
    --------
    >>> fields = pd.DataFrame({"donor": ["D", "D"], "condition": "well", "age": ["70", "72"], "kit": ["A", "B"]})
    >>> donor_fields(fields, ["age", "kit"]).to_numpy().tolist()
    [[71.0, None]]
    """
    for name in columns:
        if name not in fields:
            raise InputError(
                f'the sample fields have no column "{name}" to adjust for', fix=nearest(name, map(str, fields.columns))
            )
    fields = with_labels(fields)
    keys = [key for key in (col.DATASET, col.DONOR, col.CONDITION) if key in fields]
    found = fields[keys].copy()
    for name in columns:
        read = _fields.read_field(pd.Series(labels(fields[name])) if name in names else fields[name])
        found[name] = read.texts if read.numbers is None or name in names else read.numbers.array
    grouped = found.groupby(keys, sort=True)

    def one(values: pd.Series) -> object:
        if pd.api.types.is_numeric_dtype(values):
            return values.mean()
        return values.iloc[0] if len(set(values)) == 1 else None

    return pd.DataFrame({name: grouped[name].agg(one) for name in columns})


def finite_numbers(column: pd.Series) -> pd.Series[float]:
    """Return a column of whatever type as numbers; text and infinite values are refused."""
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    wrong = column[column.notna() & ~np.isfinite(numbers)]
    if len(wrong):
        raise InputError(f'column "{column.name}" holds "{wrong.iloc[0]}"', expected="finite numbers, or nothing")
    return numbers


def split(donors: pd.DataFrame, measure: str, case: str, control: str) -> Arms:
    """Return the values of a measure in both arms; donors without a value are left out and counted."""
    keys = [key for key in (col.DATASET, col.DONOR) if key in donors.columns]
    sides = [donors.loc[donors[col.CONDITION] == arm].set_index(keys)[measure] for arm in (case, control)]
    shared = sides[0].index.intersection(sides[1].index)
    paired = len(shared) > 0 and len(shared) == len(sides[0]) == len(sides[1])
    missing = []
    for arm, side in zip((case, control), sides, strict=True):
        absent = int(side.isna().sum())
        if absent:
            missing.append(Note(NoteCode.MISSING_VALUES, {"condition": arm, "donors": absent}))
    if paired:  # a pair without one of its values is no pair
        whole = pd.concat(sides, axis=1, keys=["case", "control"]).dropna()
        sides = [whole["case"], whole["control"]]
    values = [side.dropna().to_numpy(dtype=float) for side in sides]
    return Arms(values[0], values[1], paired, len(shared), tuple(missing))


def averaged(table: pd.DataFrame, donors: pd.DataFrame, conditions: Collection[str]) -> list[Note]:
    """Note how many samples were averaged within how many donors, if any were."""
    samples, units = (sum(name in conditions for name in labels(rows[col.CONDITION])) for rows in (table, donors))
    return [Note(NoteCode.SAMPLES_AVERAGED, {"samples": samples, "donors": units})] if samples > units else []


def unlabelled(table: pd.DataFrame) -> list[Note]:
    """Note how many samples are left out because they have no condition."""
    samples = labels(table[col.CONDITION]).count("")
    return [Note(NoteCode.NO_CONDITION, {"samples": samples})] if samples else []


def check_conditions(found: pd.Series[str], wanted: Collection[str], known: Collection[Label], name: str) -> None:
    """Refuse a condition that no sample has."""
    present = sorted({*found.dropna().unique(), *labels(known)})
    for condition in wanted:
        if condition not in present:
            where = f' of contrast "{name}"' if name else ""
            raise InputError(
                f'condition "{condition}"{where} is not in the table',
                expected=f"one of {', '.join(present)}",
                fix=nearest(condition, present),
            )
