"""The two tables, row by row, as records."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore import catalogue
from fatescore._schema import schema, validate
from fatescore.config._records import Dataset, Sample
from fatescore.errors import ConfigError, nearest
from fatescore.tables.io import read_text_table

_SERIES = re.compile(r"GSE[1-9]\d{0,8}")
READABLE = ("donor", "condition")
_KNOWN_COLUMNS = ("dataset", "sample", *READABLE, "use")


def read_datasets(path: Path, known: Mapping[str, catalogue.Entry]) -> dict[str, Dataset]:
    """Read datasets.tsv; what a row leaves blank the catalogue fills, where the data set is one of its own."""
    table = _read_table(path, "datasets")
    datasets: dict[str, Dataset] = {}
    for row, given in _rows(table):
        cells = {key: value for key, value in given.items() if value != ""}
        entry = known.get(cells["dataset"])
        dataset = Dataset(**{**(entry.dataset if entry else {}), **cells})  # type: ignore[arg-type]
        if dataset.dataset in datasets:
            raise ConfigError(f'{path}, row {row}, column dataset: "{dataset.dataset}" stands twice')
        needed = "accession" if dataset.source == "geo" else "path"
        if not getattr(dataset, needed):
            raise ConfigError(
                f"{path}, row {row}, column {needed}: empty",
                expected=f"a value, because source is {dataset.source}",
            )
        if dataset.source == "geo" and not _SERIES.fullmatch(dataset.accession):
            raise ConfigError(
                f'{path}, row {row}, column accession: "{dataset.accession}" is not a GEO series',
                expected="GSE and a number, such as GSE35958",
                fix=f'did you mean "{dataset.accession.upper()}"?'
                if _SERIES.fullmatch(dataset.accession.upper())
                else "check the accession",
            )
        datasets[dataset.dataset] = dataset
    return datasets


def read_samples(path: Path, datasets: Mapping[str, Dataset]) -> tuple[Sample, ...]:
    table = _read_table(path, "samples")
    samples, seen = [], set()
    defaults = {k: v["default"] for k, v in schema("samples")["properties"].items() if "default" in v}
    for row, cells in _rows(table):
        # a further column stays where it is blank: every sample of a table has the same ones, in the table's order
        record: dict[str, Any] = {**defaults, **{k: value for k, value in cells.items() if value or k not in defaults}}
        known = {key: record.pop(key) for key in _KNOWN_COLUMNS if key in record}
        sample = Sample(**known, fields=record)
        if sample.dataset not in datasets:
            raise ConfigError(
                f'{path}, row {row}, column dataset: "{sample.dataset}" is not in the table of data sets',
                fix=nearest(sample.dataset, datasets),
            )
        if (sample.dataset, sample.sample) in seen:
            raise ConfigError(f'{path}, row {row}, column sample: "{sample.sample}" stands twice')
        seen.add((sample.dataset, sample.sample))
        for column in READABLE:
            if sample.use != "no" and not getattr(sample, column) and column not in datasets[sample.dataset].patterns:
                raise ConfigError(
                    f"{path}, row {row}, column {column}: empty",
                    expected=schema("samples")["properties"][column]["description"],
                )
        samples.append(sample)
    return tuple(samples)


def _read_table(path: Path, kind: str) -> pd.DataFrame:
    table = read_text_table(path, "a tab-separated table", fix=f'correct "{kind}" in config.yaml', kind=ConfigError)
    required = schema(kind)["required"]
    for column in required:
        if column not in table.columns:
            raise ConfigError(
                f'{path}: column "{column}" is missing (found {", ".join(table.columns)})',
                expected=f"the columns {', '.join(required)} separated by tabs",
            )
    if schema(kind)["additionalProperties"] is False:
        for column in table.columns:
            if column not in schema(kind)["properties"]:
                raise ConfigError(
                    f'{path}: column "{column}" is not known', fix=nearest(column, schema(kind)["properties"])
                )
    for row, record in _rows(table):
        given = {key: value for key, value in record.items() if value != "" or key in required}
        validate(given, kind, f"{path}, row {row}", table=True)
    if table.empty:
        raise ConfigError(f"{path} has no rows", expected="at least one")
    return table


def _rows(table: pd.DataFrame) -> Iterable[tuple[int, dict[str, str]]]:
    """Return the number of each row's line in the file, and its cells."""
    for row, record in zip(table.index, table.to_dict("records"), strict=True):
        yield int(row), {str(key): str(value) for key, value in record.items()}
