from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import organisms
from fatescore.errors import InputError
from fatescore.gene_sets.symbols import approved_symbols
from fatescore.pp.signatures import G2M_GENES, S_GENES, STRESS_GENES, signatures, transgenes
from fatescore.typing import Organism


def _cells(names: list[str], counts: np.ndarray, samples: list[str] | None = None) -> ad.AnnData:
    index = [f"c{i}" for i in range(len(counts))]
    obs = pd.DataFrame({"sample": samples or ["a"] * len(counts)}, index=index)
    matrix = sp.csr_matrix(counts.astype(np.float32))
    return ad.AnnData(matrix, obs=obs, var=pd.DataFrame(index=names), layers={"counts": matrix.copy()})


def _planted(organism: Organism, seed: int = 0) -> tuple[ad.AnnData, np.ndarray]:
    """150 cells: resting, S, G2M in turn; the genes of the phase are five times higher."""
    rng = np.random.default_rng(seed)
    sets = [organisms.spelled(genes, organism) for genes in (S_GENES, G2M_GENES)]
    names = [*sets[0], *sets[1], *(f"gene{i}" for i in range(800))]
    level = np.tile(rng.gamma(1.0, 1.0, len(names)) + 0.3, (150, 1))
    phase = np.array(["G1", "S", "G2M"])[np.arange(150) % 3]
    for name, genes in zip(("S", "G2M"), sets, strict=True):
        level[np.ix_(phase == name, pd.Index(names).isin(genes))] *= 5
    return _cells(names, rng.poisson(level)), phase


@pytest.mark.parametrize("organism", organisms.names())
def test_genes_have_approved_symbols(organism: Organism) -> None:
    known = approved_symbols(organism)
    genes = organisms.spelled([*S_GENES, *G2M_GENES, *STRESS_GENES], organism)
    assert [gene for gene in genes if gene not in known] == []
    assert len(genes) == 43 + 54 + 24
    assert (len(set(S_GENES)), len(set(G2M_GENES))) == (43, 54)


@pytest.mark.parametrize("organism", organisms.names())
def test_no_gene_of_the_organism_is_a_transgene(organism: Organism) -> None:
    assert transgenes(sorted(approved_symbols(organism))) == []


@pytest.mark.parametrize("organism", organisms.names())
def test_only_ribosomal_proteins_are_ribosomal(organism: Organism) -> None:
    names = ["RPS6", "RPL13A", "RPLP0", "RPS4Y1", "RPL36AL", "RPSA", "RPS6KA1", "MRPL12", "RPN1"]
    names = names if organism == "human" else [name.capitalize() for name in names]
    percent = signatures(_cells(names, np.eye(9)), organism)["pct_counts_ribo"]
    assert percent.tolist() == [100.0] * 6 + [0.0] * 3


@pytest.mark.parametrize("organism", organisms.names())
def test_planted_phases_are_found(organism: Organism) -> None:
    adata, phase = _planted(organism)
    table = signatures(adata, organism)
    cycling = phase != "G1"
    assert (table["phase"].astype(str)[cycling] == phase[cycling]).mean() > 0.98
    assert (table["phase"].astype(str)[~cycling] == "G1").mean() > 0.98
    assert table["s_score"][phase == "S"].min() > table["s_score"][phase == "G1"].max()
    assert table["stress_score"].isna().all()


def test_samples_one_by_one_and_twice_and_the_global_generator_untouched() -> None:
    adata, _ = _planted("human")
    adata.obs["sample"] = ["a", "b"] * 75
    np.random.seed(5)  # noqa: NPY002
    whole = signatures(adata, "human")
    after = np.random.random()  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    assert after == np.random.random()  # noqa: NPY002
    parts = [signatures(adata[adata.obs["sample"] == name], "human") for name in "ab"]
    pd.testing.assert_frame_equal(whole, pd.concat(parts).loc[whole.index])


def test_shares_and_transgenes_are_sums_of_counts() -> None:
    names = ["FOS", "RPS3", "ACTB", "EGFP", "ERCC-00002"]
    table = signatures(_cells(names, np.array([[1, 2, 3, 4, 10], [0, 0, 0, 0, 0]])), "human")
    row = table.iloc[0]
    assert row[["pct_counts_stress", "pct_counts_ribo", "pct_counts_ercc"]].tolist() == [5.0, 10.0, 50.0]
    assert table["counts_EGFP"].tolist() == [4.0, 0.0]
    assert table.iloc[1][["pct_counts_stress", "pct_counts_ribo", "pct_counts_ercc"]].isna().all()


def test_missing_genes_one_cell_and_no_cell() -> None:
    table = signatures(_cells(["A", "B"], np.array([[1, 2]])), "human")
    assert table.drop(columns="phase").isna().all(axis=None)
    assert table["phase"].isna().all()
    adata, _ = _planted("human")
    assert np.isfinite(signatures(adata[:1], "human")["s_score"]).all()
    assert signatures(adata[:0], "human").empty


def test_simulated_marrow_and_input_unchanged() -> None:
    adata = fs.simulate.single_cell(organism="mouse", n_donors=2, cells_per_donor=30, n_genes=600, seed=0)
    before = adata.copy()
    table = signatures(adata, "mouse")
    assert table.index.equals(adata.obs_names)
    assert (adata.layers["counts"] != before.layers["counts"]).nnz == 0
    assert list(adata.obs) == list(before.obs)


def test_names_of_vectors_in_many_spellings() -> None:
    yes = ["EGFP", "eGFP", "GFP", "tdTomato", "TdTom", "Cre", "iCre", "CreERT2", "mCherry", "DsRed", "Cas9", "WPRE"]
    yes += ["rtTA", "lacZ", "LacZ", "EYFP", "tdTomato_WPRE"]
    assert transgenes(yes) == yes
    assert transgenes(["CFP", "Crem", "CREB1", "ERCC-00130", "ERCC1", "CRELD1", "TTN", "LUC7L2"]) == []


def test_errors() -> None:
    adata = ad.AnnData(sp.csr_matrix((2, 2)))
    with pytest.raises(InputError, match="counts"):
        signatures(adata, "human")
    with pytest.raises(InputError):
        signatures(adata, "rat")  # type: ignore[arg-type]


def test_cells_that_do_not_divide_are_in_g1() -> None:
    rng = np.random.default_rng(2)
    names = [*S_GENES, *G2M_GENES, *(f"gene{i}" for i in range(1500))]
    level = np.exp(rng.normal(-1, 1.5, len(names)))
    counts = rng.poisson(np.outer(5000 * rng.lognormal(0, 0.4, 300), level / level.sum()))
    assert (signatures(_cells(names, counts), "human")["phase"] == "G1").mean() > 0.95
