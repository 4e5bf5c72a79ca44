"""Columns of the sample table that patterns of a data set read from GEO's sample fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from fatescore.errors import InputError, few, nearest
from fatescore.ingest.links import link
from fatescore.ingest.matrix import Raw
from fatescore.ingest.samples import check_filled
from fatescore.tables import columns as col

Patterns = Mapping[str, Mapping[str, Any]]
_PREFIX = "characteristics: "


def read_fields(fields: pd.DataFrame, patterns: Patterns, dataset: str) -> pd.DataFrame:
    r"""Read columns such as condition, donor and age from the sample fields of a series.

    Parameters
    ----------
    fields
        Samples x fields, indexed by accession, as in :attr:`fatescore.geo.SeriesMatrix.samples`.
    patterns
        Column to pattern. ``field`` is the name of a field (for characteristics, the key alone will do) or a list of
        such names, of which the first that fits counts. ``match`` is a regular expression: its first group,
        or all that it matches, is the value. ``values`` maps each value to a regular expression, of which exactly one
        must match. With neither the field is the value. ``otherwise`` is the value of a sample that nothing
        matches. Upper and lower case are the same.
    dataset
        For messages.

    Returns
    -------
    One row per sample, one text column per pattern.

    Raises
    ------
    InputError
        Naming the samples that nothing matches, or that several values match, with what their fields say.

    Examples
    --------
    >>> fields = pd.DataFrame({"title": ["MSC-old (#5)", "MSC-op (#7)"]}, index=["GSM1", "GSM2"])
    >>> patterns = {"donor": {"field": "title", "match": r"#(\d+)"},
    ...     "condition": {"field": "title", "values": {"control": "old", "osteoporosis": r"\bop\b"}}}
    >>> read_fields(fields, patterns, "GSE1").to_numpy().tolist()
    [['5', 'control'], ['7', 'osteoporosis']]
    """
    columns = {}
    for column, pattern in patterns.items():
        texts = _texts(fields, pattern["field"], column, dataset)
        columns[column] = [
            _value(list(row), pattern, f'sample {name} of "{dataset}", column {column}')
            for name, row in zip(fields.index, texts.itertuples(index=False), strict=True)
        ]
    return pd.DataFrame(columns, index=fields.index, dtype=object)


def complete(raw: Raw, table: pd.DataFrame, patterns: Patterns, dataset: str) -> pd.DataFrame:
    """Return the sample table with what patterns read: a row for every sample of the data.

    What the table has of a sample stands; patterns fill what is blank. A sample without fields is refused.
    """
    links = link(raw, table)
    bare = [name for name, accession in links.accessions.items() if not accession]
    if raw.fields is None or bare:
        raise InputError(
            f'patterns cannot name samples of "{dataset}" that have no sample fields: {few(bare) or "all"}',
            expected="names by which GEO's fields know a sample: accession, title, library name, SRA or file",
            fix=f"list these samples in the sample table: {col.NAME_IN_DATA}, and the accession as sample"
            if raw.fields is not None else "list these samples in the sample table instead",
        )  # fmt: skip
    made = read_fields(raw.fields.loc[list(links.accessions.values())], patterns, dataset).astype(object)
    made.index = pd.Index(list(links.accessions), dtype=object)
    once = pd.Series(links.accessions).duplicated(keep=False)
    made.insert(0, col.SAMPLE, [name if once[name] else accession for name, accession in links.accessions.items()])
    made[col.NAME_IN_DATA], made[col.GEO_ACCESSION] = made.index, list(links.accessions.values())
    for name, sample in links.samples.items():
        row = table[table[col.SAMPLE] == sample].iloc[0]
        for column, value in row[row != ""].items():
            made.loc[name, column] = value
    raw.notes += links.notes
    lost = [sample for sample in table[col.SAMPLE] if sample not in set(made[col.SAMPLE])]
    extra = table[table[col.SAMPLE].isin(lost)]  # named by nobody: matching refuses them
    whole = pd.concat([made, extra]).fillna("").reset_index(drop=True)
    check_filled(whole, (col.DONOR, col.CONDITION), dataset)
    return whole


def _texts(fields: pd.DataFrame, wanted: str | list[str], column: str, dataset: str) -> pd.DataFrame:
    """Return samples x fields, in the order wanted."""
    names = [wanted] if isinstance(wanted, str) else wanted
    known = {str(name).casefold(): name for name in fields.columns}
    found: list[pd.Series[str]] = []
    for name in names:
        column_name = known.get(name.casefold(), known.get(f"{_PREFIX}{name}".casefold()))
        if name == fields.index.name:
            found.append(pd.Series(fields.index, index=fields.index))
        elif column_name is not None:
            found.append(fields[column_name])
    if not found:
        raise InputError(
            f'no sample of "{dataset}" has the field {" or ".join(names)}, which column {column} is read from',
            expected=f"one of: {few([str(name) for name in fields.columns], 12)}",
            fix=nearest(names[0], [str(name) for name in fields.columns]),
        )
    texts: pd.DataFrame = pd.concat(found, axis=1).fillna("").astype(str)
    return pd.DataFrame({place: texts.iloc[:, place].str.strip() for place in range(texts.shape[1])})


def _value(texts: list[str], pattern: Mapping[str, Any], where: str) -> str:
    for text in texts:
        fits = _fits(text, pattern)
        if len(fits) > 1:
            raise InputError(
                f'{where}: "{text}" could be {" and ".join(fits)}', expected="one of them", fix="correct the pattern"
            )
        if fits:
            return fits[0]
    if "otherwise" in pattern:
        return str(pattern["otherwise"])
    quoted = " and ".join(f'"{text}"' for text in texts)
    raise InputError(
        f"{where}: {quoted} does not fit",
        expected=f"one of {few(list(pattern['values']))}" if "values" in pattern else pattern.get("match", "a value"),
        fix="correct the pattern, or give the sample a row in the sample table",
    )


def _fits(text: str, pattern: Mapping[str, Any]) -> list[str]:
    if "values" in pattern:
        return [str(value) for value, regex in pattern["values"].items() if re.search(regex, text, re.IGNORECASE)]
    if "match" not in pattern:
        return [text] if text else []
    hit = re.search(pattern["match"], text, re.IGNORECASE)
    found = "" if hit is None else (hit[1] if hit.re.groups else hit[0]) or ""
    return [found] if found else []
