"""Which gene of a data set a gene of a set is, by name or by current symbol, and never a wrong one."""

from __future__ import annotations

import pandas as pd
import pytest

from fatescore import gene_sets
from fatescore.errors import InputError
from fatescore.gene_sets.matching import find


def test_as_the_data_name_them_without_an_organism() -> None:
    sets = {"s": ["CBFA1", "SP7", "nobody"], "none": ["nobody"]}
    assert gene_sets.match(sets, ["SP7", "RUNX2"]) == {"s": {"SP7": 1.0}, "none": {}}
    # two former names are the same name: nothing needs to be known of them
    assert gene_sets.match(sets, ["CBFA1"]) == {"s": {"CBFA1": 1.0}, "none": {}}


@pytest.mark.parametrize(
    ("gene", "name", "organism"),
    [
        ("CBFA1", "RUNX2", "human"),  # the sets are old
        ("RUNX2", "CBFA1", "human"),  # the data are
        ("CYR61", "CCN1", "human"),
        ("ENSG00000124813", "RUNX2", "human"),
        ("RUNX2", "ENSG00000124813.23", "human"),
        ("ENSG00000124813", "ENSG00000124813.23", "human"),
        ("ENSG99999999999", "ENSG99999999999.2", "human"),  # in no table, and yet the same id
        ("RUNX2", "Runx2", "mouse"),
        ("Runx2", "RUNX2", "human"),
        ("ENSMUSG00000039153", "Runx2", "mouse"),
        ("CBFA1", "ENSG00000124813", "human"),
    ],
)
def test_by_the_current_symbol_of_both_sides(gene: str, name: str, organism: str) -> None:
    sets = {"s": {gene: -2.0}}
    assert gene_sets.match(sets, ["GAPDH", name], organism=organism) == {"s": {name: -2.0}}
    table = gene_sets.coverage(sets, ["GAPDH", name], organism=organism)
    assert table.loc[0, ["size", "found", "by_alias", "missing"]].tolist() == [1, 1, 1, 0]
    assert gene_sets.coverage(sets, ["GAPDH", name]).loc[0, "found"] == 0


def test_the_name_in_the_data_comes_before_the_current_symbol() -> None:
    assert gene_sets.match({"s": ["CBFA1"]}, ["RUNX2", "CBFA1"], organism="human") == {"s": {"CBFA1": 1.0}}


@pytest.mark.parametrize(
    ("gene", "genes"),
    [
        ("OCN", ["BGLAP", "OCLN"]),  # osteocalcin or occludin
        ("TAZ", ["WWTR1", "TAFAZZIN"]),
        ("BGLAP", ["OCN"]),  # the data do not say which they mean
        ("RUNX2", ["CBFA1", "ENSG00000124813"]),  # two rows of the data, none under its own name
    ],
)
def test_what_may_be_several_genes_is_left(gene: str, genes: list[str]) -> None:
    assert gene_sets.match({"s": {gene: 1.0}}, genes, organism="human") == {"s": {}}
    assert list(find({"s": {gene: 1.0}}, genes, "human").unclear) == ([] if genes == ["OCN"] else [gene])


def test_the_current_symbol_decides_among_several_rows() -> None:
    names = ["ENSG00000124813", "RUNX2"]
    assert gene_sets.match({"s": ["CBFA1"]}, names, organism="human") == {"s": {"RUNX2": 1.0}}


def test_two_names_of_one_gene_are_one_gene() -> None:
    sets = {"s": {"CBFA1": 2.0, "RUNX2": 3.0}, "first": {"CBFA1": 2.0, "PEBP2aA1": 5.0}}
    assert gene_sets.match(sets, ["RUNX2"], organism="human") == {"s": {"RUNX2": 3.0}, "first": {"RUNX2": 2.0}}
    with pytest.raises(InputError, match='"s" holds RUNX2 with both signs'):
        gene_sets.match({"s": {"CBFA1": 2.0, "RUNX2": -3.0}}, ["RUNX2"], organism="human")


def test_coverage_takes_every_form_and_names_what_is_missing() -> None:
    net = pd.DataFrame({"source": ["a", "a", "b"], "target": [" SP7", "x", "RUNX2"], "weight": [1, 2, 3]})
    table = gene_sets.coverage(net, ["SP7", "RUNX2"], by_alias=["RUNX2"])
    columns = ["gene_set", "size", "found", "by_alias", "missing", "fraction", "missing_genes"]
    assert list(table) == columns
    assert table.to_numpy().tolist() == [["a", 2, 1, 0, 1, 0.5, "x"], ["b", 1, 1, 1, 0, 1.0, ""]]
