"""Every column that a run can write has a meaning, and no meaning is of a column that nothing writes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

import fatescore as fs
from fatescore._data_dictionary import data_dictionary, describe, is_open
from fatescore.errors import InputError
from fatescore.tables import (
    ADJUSTED_DIFFERENCES,
    CONFOUNDING,
    CONTRASTS,
    CONTRIBUTIONS,
    COVERAGE,
    DUPLICATES,
    EMBEDDING,
    FINGERPRINT,
    META,
    META_ROBUSTNESS,
    META_SPECIFICATION,
    METHOD_SCORES,
    QC,
    QC_PCA,
    SCOREBOARD,
    SPECIFICATION,
)
from fatescore.tables import columns as col

SET, GENE, FIELD = "set:notch", "RUNX2", "characteristics: age"


@pytest.fixture(scope="module")
def written() -> dict[str, list[str]]:
    """Return the columns of every table, as the code that writes them has them."""
    limits = fs.pp.QcLimits(min_genes=20, min_stromal_cells=5)
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=60, n_genes=400, seed=0)
    bulk = fs.simulate.bulk(n_donors=6, n_genes=400, seed=0)
    array = fs.pp.normalise(bulk, assay="bulk", scale="counts")
    del array.layers[col.COUNTS]
    array.uns[col.UNS]["scale"] = "log2"
    kinds = {"single_cell": cells, "bulk": bulk, "array": array}
    found = {
        assay: fs.pp.qc(adata, assay=assay, organism="human", limits=limits)  # type: ignore[arg-type]
        for assay, adata in kinds.items()
    }
    of_cells = fs.tl.observation_scores(found["single_cell"].adata, organism="human")
    pseudobulk = fs.pp.pseudobulk(found["single_cell"].adata)
    samples = [
        fs.tl.sample_scores(
            pseudobulk, organism="human", unit="pseudobulk", cells=found["single_cell"].adata, cell_scores=of_cells
        ),
        fs.tl.sample_scores(found["bulk"].adata, organism="human", unit="sample"),
    ]
    return {
        "scores.parquet": list(of_cells),
        "sample_scores.tsv": [column for one in samples for column in one.scores],
        "gene_contributions.tsv": [*col.IDENTITY, GENE],
        "method_scores.tsv": list(METHOD_SCORES.names),
        "cell_method_scores.parquet": list(METHOD_SCORES.names),
        "coverage.tsv": list(COVERAGE.names),
        "embedding.parquet": list(EMBEDDING.names),
        "sample_fields.tsv": [*col.IDENTITY, "sex_expressed", FIELD],
        "qc.tsv": list(QC.names),
        "qc_metrics.tsv": [
            col.DATASET, col.SAMPLE, *(column for one in found.values() for column in one.metrics)
        ],
        "qc_components.tsv": [col.DATASET, *found["bulk"].components],
        "qc_pca.tsv": list(QC_PCA.names),
        "qc_cells.parquet": list(found["single_cell"].cells),
        "contrasts.tsv": list(CONTRASTS.names),
        "specification.tsv": list(SPECIFICATION.names),
        "confounding.tsv": list(CONFOUNDING.names),
        "contributions.tsv": list(CONTRIBUTIONS.names),
        "explained.tsv": list(ADJUSTED_DIFFERENCES.names),
        "meta.tsv": list(META.names),
        "meta_specification.tsv": list(META_SPECIFICATION.names),
        "meta_robustness.tsv": list(META_ROBUSTNESS.names),
        "scoreboard.tsv": list(SCOREBOARD.names),
        "copies.tsv": list(DUPLICATES.names),
        "fingerprint.parquet": [*FINGERPRINT.names, GENE],
    }  # fmt: skip


def names_of(table: str, columns: Iterable[str]) -> set[str]:
    return {describe(table, str(column))["column"] for column in columns}


def test_every_column_has_a_meaning_and_no_meaning_is_stale(written: dict[str, list[str]]) -> None:
    dictionary = data_dictionary()
    assert set(dictionary["table"]) == set(written)
    for table, rows in dictionary.groupby("table"):
        assert names_of(str(table), written[str(table)]) == set(rows["column"]), table


def test_an_entry_is_whole_and_stands_once() -> None:
    dictionary = data_dictionary()
    assert not dictionary.duplicated(["table", "column"]).any()
    assert set(dictionary["type"]) == {"text", "number", "whole number", "true or false"}
    assert dictionary["description"].str.match(r"[\w|].{10}").all()
    assert not dictionary["description"].str.contains(r"[—]|\.\Z|\A\s|\s\Z").any()
    assert (dictionary.loc[dictionary["type"] == "text", "unit"] == "").all()


def test_an_open_name_stands_for_what_it_leaves_open() -> None:
    assert describe("sample_scores.tsv", SET)["column"] == "set:<gene set>"
    assert describe("qc_metrics.tsv", "fraction_muscle")["column"] == "fraction_<cell type>"
    assert describe("qc_metrics.tsv", "fraction_doublet")["column"] == "fraction_doublet"
    assert is_open("<field>")
    assert not is_open("a < b")
    for table, column in (("sample_scores.tsv", "set:"), ("sample_scores.tsv", "fate_bais"), ("nothing.tsv", "x")):
        with pytest.raises(InputError):
            describe(table, column)
    with pytest.raises(InputError, match='did you mean "fate_bias"'):
        describe("sample_scores.tsv", "fate_bais")
