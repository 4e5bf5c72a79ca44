"""Set up a run: from inspected data and a sample sheet to the settings and tables that the workflow takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore._schema import schema
from fatescore.errors import InputError, few, nearest
from fatescore.geo import DEFAULT_BASE_URL
from fatescore.geo.accession_files import Manifest
from fatescore.ingest import conditions
from fatescore.ingest.conditions import Sides
from fatescore.ingest.inspection import UNKNOWN, Inspection
from fatescore.ingest.matrix import numbered
from fatescore.ingest.sample_sheet import USE, Sheet
from fatescore.ingest.scale import check_scale
from fatescore.steps.project import Project
from fatescore.tables import columns as col

_DECLARED = ("organism", "assay", "scale", "population")


def draft(inspected: Inspection) -> Project:
    """Return the project of one data set as far as its files tell; ``?`` stands for what they do not."""
    levels = inspected.samples[col.CONDITION].unique()
    name = inspected.dataset["dataset"]
    contrasts = [_contrast(one, one.kind, [name], across=False) for one in conditions.contrasts(levels)]
    datasets, settings = _datasets([inspected], {})
    return Project(datasets, inspected.samples, contrasts, settings)


def propose(
    inspected: Sequence[Inspection],
    sheet: Sheet | None = None,
    *,
    declared: Mapping[str, str] | None = None,
    case: str = "",
    control: str = "",
    kind: str = "",
) -> Project:
    """Return a project that can run, or refuse, naming what only its owner can say.

    Parameters
    ----------
    inspected
        The data sets.
    sheet
        Their samples; without one conditions and donors are those that fields or names show.
    declared
        ``organism``, ``assay``, ``scale`` or ``population`` of all, where it is not what the files seem to hold.
    case, control, kind
        Of the contrast, where the words of the conditions do not tell.

    Raises
    ------
    InputError
        Naming what is not clear and the option that settles it.
    """
    names = [one.dataset["dataset"] for one in inspected]
    if len(set(names)) < len(names):
        raise InputError(f"two data sets would be called {numbered(names)[-1]}", fix="rename one of the folders")
    if len(inspected) > 1 and all(len(one.raw.sample_names) == 1 for one in inspected):
        raise InputError(
            f"{len(inspected)} sources hold one sample each: {few(names)}",
            expected="the samples of a data set together", fix="give the folder that holds them all",
        )  # fmt: skip
    datasets, settings = _datasets(inspected, declared or {})
    for row, one in zip(datasets.to_dict("records"), inspected, strict=True):
        _check_cells(one)
        _check_declared({str(key): str(value) for key, value in row.items()}, one.reasons)
        check_scale(one.raw, row["scale"], row["assay"])
        if sheet is None:
            _check_drafted(one)
    samples = pd.concat([one.samples for one in inspected]) if sheet is None else sheet.table
    samples = samples.fillna("").reset_index(drop=True)
    notes = [] if sheet is None else list(sheet.notes)
    contrasts = _contrasts(samples, names, notes, case=case, control=control, kind=kind)
    return Project(datasets, samples, contrasts, settings, notes)


# --- data sets ------------------------------------------------------------------------------------------------------


def _datasets(inspected: Sequence[Inspection], declared: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the table of data sets, and the settings with which fetched files are found where they are."""
    rows = []
    settings: dict[str, Any] = {}
    for one in inspected:
        row = {**one.dataset, **{key: value for key, value in declared.items() if value}}
        if row["source"] == "geo":
            base = Manifest.read(one.place, row["accession"], DEFAULT_BASE_URL).base_url
            found = {"resources": str(one.place.absolute().parents[1])}
            found |= {} if base == DEFAULT_BASE_URL else {"geo_base_url": base}
            settings = settings or found
            if found != settings:  # fetched to another folder, or from another mirror
                row |= {"source": "local", "path": str(one.place)}
        if row["path"]:
            row["path"] = str(Path(row["path"]).absolute())
        rows.append(row)
    table = pd.DataFrame(rows)
    optional = [name for name in ("accession", "path", "file", "sample_key") if (table[name] == "").all()]
    return table.drop(columns=optional), settings


def _check_cells(one: Inspection) -> None:
    """Refuse cells of which nothing says the sample."""
    raw = one.raw
    if raw.barcodes or one.dataset["assay"] != "single_cell":
        return
    obs = pd.DataFrame() if raw.obs is None else raw.obs
    columns = [str(name) for name in obs if 1 < obs[name].nunique() < len(obs)]
    raise InputError(
        f"{one.place}: nothing says which of the {len(raw.columns):,} cells are of one sample ({raw.columns[0]}, ...)",
        expected="a column that names the sample of each cell" if columns else "names of cells such as CT1_BARCODE",
        fix=f"say which with --sample-key: one of {few(columns, 12)}" if columns else "name the cells so",
    )


def _check_declared(row: Mapping[str, str], reasons: Mapping[str, str]) -> None:
    for name in _DECLARED:
        if row[name] == UNKNOWN:
            choices = [choice for choice in schema("datasets")["properties"][name]["enum"] if choice]
            raise InputError(
                f"{row['dataset']}: the {name} is not clear ({reasons[name]})", expected=f"one of {', '.join(choices)}",
                fix=f"say which with --{name}",
            )  # fmt: skip


def _check_drafted(one: Inspection) -> None:
    """Refuse samples of which nothing shows the condition or the donor."""
    for role, reason in ((col.CONDITION, "condition"), (col.DONOR, "donors")):
        if (one.samples[role] == UNKNOWN).any():
            raise InputError(
                f"{one.dataset['dataset']}: the {role} of the samples is not clear ({one.reasons[reason]})",
                expected="a sample sheet with the columns sample, donor and condition, and a row for each of "
                f"{few(list(one.samples[col.SAMPLE]), 12)}",
                fix="give it with --samples sheet.csv",
            )


# --- contrasts ------------------------------------------------------------------------------------------------------


def _contrasts(
    samples: pd.DataFrame, names: list[str], notes: list[str], *, case: str, control: str, kind: str
) -> list[dict[str, Any]]:
    """Return the contrasts, each in the data sets that have both conditions; ``notes`` receives what was assumed."""
    used = samples[samples[USE].str.casefold() != "no"] if USE in samples else samples
    conditions_of = used.groupby(col.DATASET)[col.CONDITION].agg(set)
    contrasts = []
    for one in _sides(list(used[col.CONDITION].unique()), case, control):
        notes += _check_shared_donors(used, one)
        within = [name for name in names if {one.case, one.control} <= conditions_of.get(name, set())]
        if not within:
            notes.append(
                f"no data set has both {one.case} and {one.control}: compared across, where all else differs, too"
            )
        contrasts.append(_contrast(one, kind or one.kind, within or names, across=not within))
    ids = numbered([one["id"] for one in contrasts])
    return [one | {"id": name} for one, name in zip(contrasts, ids, strict=True)]


def _sides(levels: list[str], case: str, control: str) -> list[Sides]:
    """Return what is compared: as asked for, else as the words of the conditions tell."""
    if len(levels) < 2:
        raise InputError(f"every sample has the condition {levels[0]}", expected="two conditions at least to compare")
    for role, asked in (("case", case), ("control", control)):
        if asked and asked not in levels:
            raise InputError(f'--{role} "{asked}" is the condition of no sample', fix=nearest(asked, levels))
    if case or control:
        others = [level for level in levels if level not in (case, control)]
        if not (case and control) and len(others) > 1:
            raise InputError("only one of --case and --control is given", fix=f"add the other: one of {few(others)}")
        case, control = case or others[0], control or others[0]
        if case == control:
            raise InputError(f'--case and --control are both "{case}"', expected="two conditions")
        told = conditions.sides([case, control])
        return [Sides(case, control, told.kind if told is not None and told.case == case else "other")]
    found = conditions.contrasts(levels)
    if not found:
        raise InputError(
            f"the conditions are {few(levels, 12)}, and their words do not tell case and control",
            fix=f'say which, such as --case "{levels[-1]}" --control "{levels[0]}"',
        )
    return found


def _contrast(one: Sides, kind: str, datasets: list[str], *, across: bool) -> dict[str, Any]:
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", one.case).strip("._-").casefold() or "contrast"
    contrast = {"id": name, "kind": kind, "case": one.case, "control": one.control, "datasets": datasets}
    return contrast | ({"across": True} if across else {})


def _check_shared_donors(samples: pd.DataFrame, one: Sides) -> list[str]:
    """Tell of donors on both sides, which are compared as pairs; refuse those that are numbered within each side."""
    sides = [samples[samples[col.CONDITION] == level] for level in (one.case, one.control)]
    shared = sorted(set(sides[0][col.DONOR]) & set(sides[1][col.DONOR]))
    if not shared:
        return []
    both = pd.concat(sides)
    both = both[both[col.DONOR].isin(shared)]
    varies = both.groupby(col.DONOR).nunique().gt(1).any()
    if varies.get("sex", False) or all(re.fullmatch(r"\d{1,2}", donor) for donor in shared):
        why = "two sexes" if varies.get("sex", False) else "are numbers only"
        raise InputError(
            f"the donors {few(shared)} have both {one.case} and {one.control}, and {why}",
            expected="one name for each person or animal",
            fix=f"write {one.case}_{shared[0]} and {one.control}_{shared[0]} for two, P{shared[0]} for one of one sex",
        )
    aged = ", although their ages differ" if varies.get("age", False) else ""
    return [f"the donors {few(shared)} have both {one.case} and {one.control}: compared as pairs{aged}"]
