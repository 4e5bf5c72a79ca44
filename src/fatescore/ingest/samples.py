"""The sample table: read, checked, and together with the data and GEO's fields one row per sample."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import pandas as pd

from fatescore.errors import InputError, few, nearest
from fatescore.ingest.links import link
from fatescore.ingest.matrix import Raw
from fatescore.tables import columns as col
from fatescore.tables.io import read_text_table
from fatescore.typing import StrPath

# Addresses of people are no experimental condition.
_PERSONAL = re.compile(r"^contact_(name|email|phone|fax|address|city|state|zip|country|web)")
_NEEDED = (col.SAMPLE, col.DONOR, col.CONDITION)


@dataclass(frozen=True)
class Matched:
    """``names``: data name -> sample, without those left out. ``fields``: one row per sample, in the table's order."""

    names: dict[str, str]
    fields: pd.DataFrame
    notes: list[str]


def read_samples(path: StrPath) -> pd.DataFrame:
    """Read a sample table, every value as text: an age of 80 and a passage of 02 stay as they are written.

    Raises
    ------
    InputError
        When it is not a tab-separated table.
    """
    return read_text_table(path, "a tab-separated sample table")


def select(samples: pd.DataFrame, dataset: str, *, readable: Collection[str] = ()) -> pd.DataFrame:
    """Return the rows of one data set as text, each sample once.

    ``readable`` columns are read from sample fields where they are blank; with any, no row is needed either.
    """
    table: pd.DataFrame = samples.astype("string").fillna("").astype(object)
    needed = [name for name in _NEEDED if name not in readable]
    if readable and table.empty:
        return pd.DataFrame(columns=list(_NEEDED), dtype=object)
    for name in needed:
        if name not in table:
            raise InputError(
                f'the sample table has no column "{name}"',
                expected=", ".join(_NEEDED),
                fix=nearest(name, table.columns),
            )
    if col.DATASET in table:
        table = table[table[col.DATASET] == dataset]
    if table.empty and not readable:
        raise InputError(
            f'the sample table has no row for the data set "{dataset}"',
            expected="one row per sample",
            fix=nearest(dataset, sorted(set(samples.get(col.DATASET, pd.Series(dtype=str)).astype(str)))),
        )
    table = table.apply(lambda column: column.str.strip()) if len(table) else table
    check_filled(table, needed, dataset)
    twice = table.loc[table[col.SAMPLE].duplicated(), col.SAMPLE]
    if len(twice):
        raise InputError(
            f'sample "{twice.iloc[0]}" is listed twice for the data set "{dataset}"', expected="one row each"
        )
    return table.drop(columns=col.DATASET, errors="ignore").rename(columns=safe_key).reset_index(drop=True)


def check_filled(table: pd.DataFrame, columns: Iterable[str], dataset: str) -> None:
    """Refuse samples that are used and lack a value, naming the first."""
    used = table.get("use", pd.Series("", index=table.index, dtype=object)).str.casefold() != "no"
    for name in columns:
        blank = table[used & (table.get(name, pd.Series("", index=table.index)) == "")]
        if len(blank):
            sample = blank[col.SAMPLE].iloc[0] or "(no name)"
            raise InputError(f'sample "{sample}" of data set "{dataset}" has no {name}', fix="fill in the sample table")


def names_in_data(table: pd.DataFrame) -> list[str]:
    """Return what the sample table says that the data call each sample: its own name unless it says another."""
    stated = table.get(col.NAME_IN_DATA, pd.Series("", index=table.index))
    return [str(name) or str(sample) for sample, name in zip(table[col.SAMPLE], stated, strict=True)]


def match_samples(raw: Raw, table: pd.DataFrame, dataset: str) -> Matched:
    """Match the rows of the sample table to the samples of the data, as :func:`link` does.

    A sample of either side without a partner is refused; one without GEO's sample fields is noted.
    """
    links = link(raw, table)
    _check_partners(raw, table, links.samples, dataset)
    left_out = set(table.loc[table.get("use", pd.Series("", index=table.index)).str.casefold() == "no", col.SAMPLE])
    notes = [f"left out by the sample table: {few(sorted(left_out))}"] if left_out else []
    names = {name: sample for name, sample in links.samples.items() if sample not in left_out}
    used = table[~table[col.SAMPLE].isin(left_out)].drop(columns="use", errors="ignore")
    if used.empty:
        raise InputError(f'every sample of the data set "{dataset}" is left out', expected="samples to use")
    places = {sample: name for name, sample in names.items()}
    bare = [name for name in names if not links.accessions[name]]
    if raw.fields is not None and bare:
        notes.append(
            f"no GEO sample was found for {few(bare, 12)}: their GEO fields are blank; "
            f"{col.GEO_ACCESSION} in samples.tsv names it"
        )
    if raw.fields is not None and not bare and not set(raw.sample_names) <= set(raw.fields.index):
        without = [str(one) for one in raw.fields.index if one not in links.accessions.values()]
        if without:
            notes.append(f"{len(without)} samples of the series have no values in the data: {few(without, 12)}")
    return Matched(names, _fields(raw, used, places, links.accessions, dataset), [*links.notes, *notes])


def _check_partners(raw: Raw, table: pd.DataFrame, pairs: dict[str, str], dataset: str) -> None:
    placed = set(pairs.values())
    absent = [sample for sample in table[col.SAMPLE] if sample not in placed]
    free = [name for name in raw.sample_names if name not in pairs]
    if absent:
        titles = [] if raw.fields is None else [str(title) for title in raw.fields.get("title", [])]
        alike = [name for name in (*raw.sample_names, *titles) if _digits(name) == _digits(absent[0])]
        raise InputError(
            f'the sample table names samples of "{dataset}" that are not in the data: {few(absent)}',
            expected=f"names in the data: {few(free or raw.sample_names, 12)}",
            fix=nearest(
                absent[0],
                alike,
                otherwise=f"give each its name in the data in a column {col.NAME_IN_DATA}",
            ),
        )
    if free:
        raise InputError(
            f'the data of "{dataset}" have samples that the sample table does not list: {few(free, 12)}',
            expected="one row per sample",
            fix='add each to the sample table, with "no" in a column "use" to leave it out',
        )


def _digits(name: str) -> list[str]:
    """Return the numbers in a name: another number is another sample, no slip of the pen."""
    return re.findall(r"\d+", name)


def _fields(raw: Raw, table: pd.DataFrame, names: dict[str, str], known: dict[str, str], dataset: str) -> pd.DataFrame:
    stated = () if raw.fields is None else (col.GEO_ACCESSION,)
    own = [name for name in table.columns if name not in (*col.IDENTITY, col.NAME_IN_DATA, *stated)]
    out = table[[*_NEEDED, *own]].copy()
    out.insert(0, col.DATASET, dataset)
    if raw.fields is not None:
        accessions = [known[names[sample]] for sample in out[col.SAMPLE]]
        geo = raw.fields.reindex(accessions).fillna("")
        if col.GEO_ACCESSION not in geo:
            geo.insert(0, col.GEO_ACCESSION, accessions)
        for name in geo.columns:
            key = safe_key(str(name))
            if key not in out and not _PERSONAL.match(key) and (geo[name] != "").any():
                out[key] = geo[name].to_numpy()
    for name, values in _constant(raw, out[col.SAMPLE], names).items():
        if name not in out:
            out[name] = values
    return out.reset_index(drop=True)


def _constant(raw: Raw, samples: pd.Series[str], names: dict[str, str]) -> dict[str, list[str]]:
    """Return the obs columns of an h5ad that have one value per sample."""
    if raw.obs is None:
        return {}
    groups = raw.obs.groupby(pd.Index(raw.columns), observed=True)
    constant: dict[str, list[str]] = {}
    for name in raw.obs.columns:
        if (groups[name].nunique(dropna=False) <= 1).all():  # noqa: PD101
            first = groups[name].first().astype(str)
            constant[safe_key(str(name))] = [first[names[sample]] for sample in samples]
    return constant


def safe_key(name: str) -> str:
    """Return a column name that an h5ad file can hold: a slash would start a group, ``_index`` is its own.

    Examples
    --------
    >>> safe_key("characteristics: genotype/variation")
    'characteristics: genotype_variation'
    """
    return "index" if name == "_index" else name.replace("/", "_")
