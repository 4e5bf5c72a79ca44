"""A sample sheet as its owner wrote it, each row joined to its sample of the data: rows of the sample table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from fatescore.errors import InputError, few, nearest
from fatescore.ingest import conditions
from fatescore.ingest.inspection import UNKNOWN, Inspection
from fatescore.ingest.links import link
from fatescore.ingest.sample_files import owner_of
from fatescore.tables import columns as col
from fatescore.tables.io import read_sheet
from fatescore.typing import StrPath

USE, FILE = "use", "file"
EXPECTED = "a sheet with a row per sample: its name, its donor, its condition"
# Usual names of columns, in small letters without blanks and marks; the first that is there counts.
_USUAL = {
    col.NAME_IN_DATA: ("nameindata",),
    col.SAMPLE: (
        "sample", "sampleid", "samplename", "sampletitle", "library", "libraryid", "libraryname", "name", "title", "id",
        "gsm", "geoaccession", "accession", "样本", "样本编号", "样品",
    ),
    FILE: ("file", "filename", "path", "folder"),
    col.DONOR: (
        "donor", "donorid", "patient", "patientid", "subject", "subjectid", "individual", "individualid", "participant",
        "participantid", "animal", "animalid", "mouse", "mouseid", "rat", "ratid", "person", "供体", "患者", "患者编号",
    ),
    col.CONDITION: (
        "condition", "group", "disease", "diseasestate", "diseasestatus", "diagnosis", "status", "treatment",
        "phenotype", "genotype", "arm", "分组", "组别", "诊断",
    ),
    col.GEO_ACCESSION: ("geoaccession", "gsm"),
    USE: ("use",), col.DATASET: ("dataset",),
    "age": ("age", "ageyears", "年龄"), "sex": ("sex", "gender", "性别"),
}  # fmt: skip


@dataclass(frozen=True)
class Sheet:
    """``table``: rows of samples.tsv. ``roles``: column there -> column of the sheet. ``notes``: what was assumed."""

    table: pd.DataFrame
    roles: dict[str, str]
    notes: list[str]


def join_sheet(path: StrPath, inspected: Sequence[Inspection], *, condition: str = "", donor: str = "") -> Sheet:
    """Read a sample sheet, and join each row to its sample of the data.

    Parameters
    ----------
    path
        The sheet: CSV, TSV, or an Excel workbook.
    inspected
        The data sets. Of several, a column ``dataset`` or the names of the samples tell a row's.
    condition, donor
        Columns of the sheet; by default those of a usual name.

    Raises
    ------
    InputError
        When a row or a sample has no partner, or several; when a column is not there, or several could be meant.
    """
    table = read_sheet(path, EXPECTED)
    if table.empty:
        raise InputError(f"{path} has no rows", expected=EXPECTED)
    roles = {role: found[0] for role in (USE, col.DATASET, "age", "sex") if (found := _usual(table, role))}
    table, notes = _own_rows(table, roles, [one.dataset["dataset"] for one in inspected])
    key, places = _key(table, roles, inspected, str(path))
    rows = table.loc[list(places)]
    names = [name for name in _usual(table, col.SAMPLE) if rows[name].is_unique and (rows[name] != "").all()]
    roles[col.SAMPLE] = next(iter(names), key)
    used = rows[_is_used(rows, roles)]
    roles[col.CONDITION] = _choose(used, col.CONDITION, condition, str(path), roles) or _by_words(used, str(path))
    by_name = _choose(used, col.DONOR, donor, str(path), roles)
    roles[col.DONOR] = by_name or roles[col.SAMPLE]
    _check_filled(used, roles, str(path))
    notes += [] if by_name else ["no column of the sheet names donors: every sample is taken as one"]
    return Sheet(_rows(rows, places, roles), roles, notes)


def _usual(table: pd.DataFrame, role: str) -> list[str]:
    """Return the columns whose name is a usual one for a role, in the order of those names."""
    plain = {
        re.sub(r"[\W_]+", "", str(name).casefold().removeprefix("characteristics")): name for name in table.columns
    }
    return [str(plain[name]) for name in _USUAL[role] if name in plain]


def _own_rows(table: pd.DataFrame, roles: dict[str, str], datasets: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """Leave out rows of other data sets; a column ``dataset`` that has none of ours is not about them."""
    if col.DATASET not in roles:
        return table, []
    own = table[roles[col.DATASET]].isin(datasets)
    if not own.any():
        del roles[col.DATASET]
        return table, []
    return table[own], [] if own.all() else [f"{(~own).sum()} rows of other data sets are left out"]


def _is_used(table: pd.DataFrame, roles: Mapping[str, str]) -> pd.Series[bool]:
    if USE not in roles:
        return pd.Series(True, index=table.index)
    return table[roles[USE]].str.casefold() != "no"


# --- which row is which sample --------------------------------------------------------------------------------

_Places = dict[int, tuple[str, str]]  # row of the sheet -> data set, name of the sample in the data


def _key(table: pd.DataFrame, roles: dict[str, str], inspected: Sequence[Inspection], path: str) -> tuple[str, _Places]:
    """Return the column that names every sample of the data, and the sample of each row."""
    usual = [name for role in (col.NAME_IN_DATA, col.SAMPLE, FILE) for name in _usual(table, role)]
    tried: dict[str, _Places] = {}
    refused: InputError | None = None
    for column in [*usual, *(str(name) for name in table.columns if name not in usual)]:
        try:
            tried[column] = _places(table, column, roles, inspected)
        except InputError as error:
            refused = refused or (error if column in usual else None)
            continue
        if not any(_partners(table, tried[column], roles, inspected)):
            return column, tried[column]
    column = max(tried, key=lambda one: len(tried[one]), default="")
    if refused is not None and (not column or column not in usual):
        raise refused
    absent, free = _partners(table, tried[column], roles, inspected)
    if not tried[column]:
        raise InputError(
            f"{path}: no column names the samples of the data ({few(list(map(str, table.columns)), 12)})",
            expected=f"names in the data: {few(free, 12)}",
            fix=f'write these in a column "{col.NAME_IN_DATA}"',
        )
    if absent:
        values = [str(value) for value in table.loc[absent, column]]
        raise InputError(
            f'{path}, column "{column}": not in the data, or several samples there: {few(values)}',
            expected=f"names in the data: {few(free, 12) or 'those of the other rows'}",
            fix=f'write the names in the data in a column "{col.NAME_IN_DATA}"' if free else "remove these rows",
        )
    raise InputError(
        f'{path}, column "{column}": no row for {few(free, 12)} of the data', expected="a row per sample",
        fix='add a row for each, with "no" in a column "use" to leave it out',
    )  # fmt: skip


def _partners(
    table: pd.DataFrame, places: _Places, roles: Mapping[str, str], inspected: Sequence[Inspection]
) -> tuple[list[int], list[str]]:
    """Return the used rows and the samples of the data that have no partner."""
    absent = [int(row) for row in table.index[_is_used(table, roles)] if row not in places]
    placed = set(places.values())
    every = [(one.dataset["dataset"], name) for one in inspected for name in one.raw.sample_names]
    return absent, [name for dataset, name in every if (dataset, name) not in placed]


def _places(table: pd.DataFrame, column: str, roles: Mapping[str, str], inspected: Sequence[Inspection]) -> _Places:
    places: _Places = {}
    for one in inspected:
        dataset = one.dataset["dataset"]
        own = table[table[roles[col.DATASET]] == dataset] if col.DATASET in roles else table
        values = own[column][own[column] != ""]
        twice = values[values.duplicated()]
        if len(twice):
            raise InputError(f'"{twice.iloc[0]}" stands twice in column "{column}"', expected="a row per sample")
        stated = pd.DataFrame({col.SAMPLE: values})
        for accession in [name for name in _usual(table, col.GEO_ACCESSION) if name != column]:
            stated[col.GEO_ACCESSION] = own.loc[values.index, accession]
        names = {text: name for name, text in link(one.raw, stated).samples.items()}
        taken: set[str] = set()
        for row, text in values.items():
            name = names.get(text) or owner_of(text, one.files)
            if not name:
                continue
            if name in taken:
                raise InputError(
                    f'several rows of column "{column}" are the sample {name}', expected="a row per sample"
                )
            if row in places:
                raise InputError(
                    f'"{text}" is a sample of {places[row][0]} and of {dataset}', expected="a row per sample",
                    fix='say which in a column "dataset"',
                )  # fmt: skip
            places[int(str(row))] = (dataset, name)
            taken.add(name)
    return places


# --- which column is what ---------------------------------------------------------------------------------------


def _choose(table: pd.DataFrame, role: str, asked: str, path: str, roles: Mapping[str, str]) -> str:
    """Return the column that was asked for, or the only one of a usual name; an empty text where there is none."""
    if asked:
        if asked in table:
            return asked
        raise InputError(f'{path} has no column "{asked}"', fix=nearest(asked, [str(name) for name in table.columns]))
    found = [name for name in _usual(table, role) if name != roles[col.SAMPLE]]
    if found and re.sub(r"\W", "", found[0].casefold()) == role:
        return found[0]
    if role == col.CONDITION:  # what does not differ compares nothing
        found = [name for name in found if len(set(table[name])) > 1]
    groupings = {tuple(pd.factorize(table[name])[0]): name for name in reversed(found)}
    if len(groupings) > 1:
        raise InputError(
            f"{path}: several columns could be the {role}: {few(list(reversed(groupings.values())))}",
            expected="one", fix=f'say which, such as --{role} "{found[0]}"',
        )  # fmt: skip
    return next(iter(groupings.values()), "")


def _by_words(table: pd.DataFrame, path: str) -> str:
    """Return the only column whose values tell case and control."""
    telling = [str(name) for name in table.columns if (table[name] != "").all() and conditions.contrasts(table[name])]
    if len(telling) == 1:
        return telling[0]
    columns = telling or [str(name) for name in table.columns]
    raise InputError(
        f"{path}: no column with two values or more is called condition, group, diagnosis or the like",
        expected="a column with the condition of each sample",
        fix=f"say which with --condition: one of {few(columns, 12)}",
    )


def _check_filled(table: pd.DataFrame, roles: Mapping[str, str], path: str) -> None:
    for role in (col.DONOR, col.CONDITION):
        values = table[roles[role]]
        blank = values.index[values.isin(["", UNKNOWN])]
        if len(blank):
            sample = table.loc[blank[0], roles[col.SAMPLE]]
            raise InputError(
                f'{path}, row {blank[0]}: sample "{sample}" has no {role} (column "{roles[role]}")',
                expected="a value for every sample", fix='fill it in, or write "no" in a column "use"',
            )  # fmt: skip
    levels: dict[str, str] = {}
    for level in table[roles[col.CONDITION]].unique():
        other = levels.setdefault(re.sub(r"[\W_]+", " ", level.casefold()).strip() or level, level)
        if other != level:
            raise InputError(f'{path}: "{other}" and "{level}" differ in spelling only', fix="write one of them")


def _rows(table: pd.DataFrame, places: _Places, roles: Mapping[str, str]) -> pd.DataFrame:
    """Return rows of the sample table; further columns keep their names."""
    rows = pd.DataFrame({"dataset": [places[row][0] for row in table.index]}, index=table.index)
    names = pd.Series([places[row][1] for row in table.index], index=table.index, dtype=object)
    table = table.assign(**dict.fromkeys(_usual(table, FILE), names))  # a path is no name for a sample
    for role in (col.SAMPLE, col.DONOR, col.CONDITION, USE):
        if role in roles:
            rows[str(role)] = table[roles[role]].str.casefold() if role == USE else table[roles[role]]
    if (names != rows[col.SAMPLE]).any():
        rows[col.NAME_IN_DATA] = names.where(names != rows[col.SAMPLE], "")
    accession = [name for name in _usual(table, col.GEO_ACCESSION) if name != roles[col.SAMPLE]]
    if accession:
        rows[col.GEO_ACCESSION] = table[accession[0]]
    for role in ("age", "sex"):
        if role in roles:
            rows[role] = table[roles[role]]
    used = {*roles.values(), *accession, *_usual(table, col.NAME_IN_DATA), *_usual(table, FILE)}
    taken = {str(name).casefold() for name in rows.columns}
    for name in table.columns:
        if name not in used:
            rows[f"{name} (sheet)" if str(name).casefold() in taken else str(name)] = table[name]
    return rows.reset_index(drop=True)
