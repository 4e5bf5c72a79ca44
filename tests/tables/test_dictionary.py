"""Every column that a run can write is declared once, with a label and a meaning."""

from __future__ import annotations

import re
from collections import defaultdict
from enum import StrEnum

import pytest

import fatescore as fs
from fatescore import tables
from fatescore.tables import (
    GENE_CONTRIBUTIONS,
    QC_CELLS,
    QC_COMPONENTS,
    QC_METRICS,
    SAMPLE_SCORES,
    SCORES,
    TABLES,
    Kind,
    Table,
    codes,
)
from fatescore.tables import columns as col
from fatescore.tables.dictionary import data_dictionary

NUMBERS = (Kind.NUMBER, Kind.WHOLE)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_labels_and_meanings_of_a_table_are_whole_and_its_own(table: Table) -> None:
    for entries in (
        list(map(str, table.columns)),
        *([getattr(c, of) for c in table.columns] for of in ("label", "meaning")),
    ):
        assert len(set(entries)) == len(entries)
    for column in table.columns:
        assert re.match(r"[\w|].{10}", column.meaning), column
        assert not re.search(r"[—]|\.\Z|\A\s|\s\Z", column.meaning), column
        assert column.kind in NUMBERS or not column.unit, column
    assert set(table.required) <= set(table.names)
    assert table.meaning


def test_a_column_has_one_label_in_all_tables() -> None:
    labels = defaultdict(set)
    for table in TABLES:
        for column in table.columns:
            labels[str(column)].add(column.label)
    assert {name: found for name, found in labels.items() if len(found) > 1} == {}


def test_tables_have_names_of_their_own_and_are_exported() -> None:
    assert len({table.file for table in TABLES}) == len(TABLES)
    assert {value for value in vars(tables).values() if isinstance(value, Table)} == set(TABLES)


def test_the_dictionary_has_a_row_per_column() -> None:
    dictionary = data_dictionary()
    assert len(dictionary) == sum(len(table.columns) for table in TABLES)
    assert not dictionary.duplicated(["table", "column"]).any()
    assert set(dictionary["type"]) == set(Kind)
    assert dictionary["description"].ne("").all()


def test_codes_are_short_and_none_stands_twice() -> None:
    enums = [value for value in vars(codes).values() if isinstance(value, type) and issubclass(value, StrEnum)]
    assert len(enums) > 10
    for enum in enums:
        if enum is not StrEnum:
            assert len(set(enum)) == len(enum.__members__)
            assert all(re.fullmatch(r"[a-z0-9_ -]+", code) for code in enum), enum


def test_scores_have_declared_columns_only() -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=30, n_genes=300, seed=0)
    cells.obs = cells.obs.assign(total_counts=cells.X.sum(axis=1), n_genes_by_counts=100, cell_type="stromal")
    of_cells = fs.tl.observation_scores(cells, organism="human")
    found = fs.tl.sample_scores(
        fs.pp.pseudobulk(cells), organism="human", unit="pseudobulk", cells=cells, cell_scores=of_cells
    )
    for table, frame in (
        (SCORES, of_cells), (SAMPLE_SCORES, found.scores), (GENE_CONTRIBUTIONS, found.contributions),
    ):  # fmt: skip
        table.check(frame, "x")
        assert [name for name in frame if table.column(str(name)) is None] == []
    assert {str(SAMPLE_SCORES.column(name)) for name in found.scores} == set(map(str, SAMPLE_SCORES.columns))


def test_quality_has_declared_columns_only() -> None:
    limits = fs.pp.QcLimits(min_genes=20, min_stromal_cells=5)
    bulk = fs.simulate.bulk(n_donors=6, n_genes=400, seed=0)
    array = fs.pp.normalise(bulk, assay="bulk", scale="counts")
    del array.layers[col.COUNTS]
    array.uns[col.UNS]["scale"] = "log2"
    kinds = {"single_cell": fs.simulate.single_cell(n_donors=2, cells_per_donor=60, n_genes=400, seed=0)}
    kinds |= {"bulk": bulk, "array": array}
    found = {
        assay: fs.pp.qc(adata, assay=assay, organism="human", limits=limits)  # type: ignore[arg-type]
        for assay, adata in kinds.items()
    }
    written = {str(QC_METRICS.column(str(name))) for one in found.values() for name in one.metrics}
    assert written | {"dataset", "sample"} == set(map(str, QC_METRICS.columns))
    assert {str(QC_COMPONENTS.column(str(name))) for name in found["bulk"].components} <= set(QC_COMPONENTS.names)
    assert {str(QC_CELLS.column(str(name))) for name in found["single_cell"].cells} == set(QC_CELLS.names)
