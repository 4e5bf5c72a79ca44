"""Which name in the data, and which sample of GEO, every row of the sample table is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from fatescore.errors import InputError, few, nearest
from fatescore.ingest.geo_names import (
    NO_ACCESSION,
    Accessions,
    accession_in,
    accessions_of,
    around_accession,
    texts_of,
)
from fatescore.ingest.matrix import Raw
from fatescore.ingest.spelling import join
from fatescore.tables import columns as col


@dataclass(frozen=True)
class Links:
    """``samples``: name in the data to the sample of the table; ``accessions``: name in the data to GSM, or ``""``."""

    samples: dict[str, str]
    accessions: dict[str, str]
    notes: list[str]


@dataclass(frozen=True)
class _Row:
    """What the sample table says of a sample."""

    name: str
    accession: str
    used: bool


def link(raw: Raw, table: pd.DataFrame) -> Links:
    """Find the name in the data, and the GSM accession, of every row of the sample table.

    What a row says of either, in ``name_in_data`` and ``geo_accession``, stands. Else a sample is what the data or any
    of GEO's fields call it, in any spelling that is of one sample only. What could be two is refused.
    """
    found = accessions_of(raw)
    rows = _rows(table, raw.fields)
    notes: list[str] = []
    names = _names(raw, rows, found, notes)
    accessions, settled = dict(found.of), set()
    for sample, name in names.items():
        stated = rows[sample].accession
        _check_contradiction(sample, name, stated, raw)
        if stated:
            accessions[name] = "" if stated == NO_ACCESSION else stated
            if found.of[name] not in ("", stated):
                notes.append(f"{name} is {stated}, as samples.tsv says, though its name is that of {found.of[name]}")
        if stated or not rows[sample].used:
            settled.add(name)
    undecided = [name for name in found.ambiguous if name not in settled]
    if undecided:
        raise found.refuse(undecided[0])
    return Links({name: sample for sample, name in names.items()}, accessions, [*found.notes, *notes])


def _rows(table: pd.DataFrame, fields: pd.DataFrame | None) -> dict[str, _Row]:
    """Return what is said of each sample; one that is called by its accession has said it."""
    rows = {}
    known = set() if fields is None else set(map(str, fields.index))
    columns = table.reindex(columns=[col.SAMPLE, col.NAME_IN_DATA, col.GEO_ACCESSION, "use"]).fillna("").astype(str)
    for sample, name, stated, use in columns.itertuples(index=False):
        accession = "" if fields is None else stated or (sample if sample in known else "")
        if accession and accession not in known | {NO_ACCESSION}:
            raise InputError(
                f'{col.GEO_ACCESSION} of sample "{sample}" is "{accession}", which is no sample of the series',
                expected=f"one of {few(sorted(known), 12)}, or {NO_ACCESSION}",
                fix=nearest(accession, sorted(known)),
            )
        rows[sample] = _Row(name, accession, use.casefold() != "no")
    return rows


def _names(raw: Raw, rows: dict[str, _Row], found: Accessions, notes: list[str]) -> dict[str, str]:
    """Return the name in the data of every sample that has one; ``notes`` receives what is spelled differently."""
    names = {sample: row.name for sample, row in rows.items() if row.name}
    _check_names(names, raw)
    texts = {} if raw.fields is None else texts_of(raw.fields)
    given = set(names.values())
    free = {
        name: [name, *around_accession(name), *filter(None, [found.of[name]]), *texts.get(found.of[name], {})]
        for name in raw.sample_names if name not in given
    }  # fmt: skip
    joined = join([sample for sample in rows if sample not in names], free)
    for sample, hits in joined.ambiguous.items():
        could = {name for _, name in hits}
        rivals = [other for other, own in joined.ambiguous.items() if could & {name for _, name in own}]
        raise InputError(
            f"{few(rivals)} of the sample table could be {few(sorted(could))} in the data",
            expected="names that are of one sample each, however they are spelled",
            fix=f'give "{sample}" its name in the data in a column {col.NAME_IN_DATA}',
        )
    names.update({sample: name for sample, (_, name) in joined.found.items()})
    spelled = [f"{sample} is {name}" for sample, (text, name) in joined.found.items() if text != sample]
    if spelled:
        notes.append(f"samples whose names are spelled differently in the data: {few(spelled, 12)}")
    given = set(names.values())
    by_accession = {found.of[name]: name for name in free if name not in given}
    for sample, row in rows.items():
        if sample not in names and row.accession and row.accession in by_accession:
            names[sample] = by_accession.pop(row.accession)
    return names


def _check_names(names: dict[str, str], raw: Raw) -> None:
    known, count = dict.fromkeys(raw.sample_names), Counter(names.values())
    for sample, name in names.items():
        if name not in known:
            raise InputError(
                f'{col.NAME_IN_DATA} of sample "{sample}" is "{name}", which is no name in the data',
                expected=f"one of {few(list(known), 12)}",
                fix=nearest(name, known),
            )
        if count[name] > 1:
            twice = few([other for other, own in names.items() if own == name])
            raise InputError(f"samples {twice} have the same {col.NAME_IN_DATA}, {name}", expected="one each")


def _check_contradiction(sample: str, name: str, stated: str, raw: Raw) -> None:
    inside = "" if raw.fields is None else accession_in(name, raw.fields)
    if stated and inside and stated != inside:
        raise InputError(
            f'sample "{sample}" is {name} in the data and {stated} in the sample table',
            expected="one accession",
            fix=f"correct {col.GEO_ACCESSION} or {col.NAME_IN_DATA}",
        )
