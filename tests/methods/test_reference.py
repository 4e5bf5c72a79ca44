"""Agreement with the original R packages (numbers in the shared real data)."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io

import fatescore as fs

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def references(real_data: Path) -> Path:
    return real_data / "score_references"


@pytest.fixture(scope="module")
def tie_free(references: Path) -> pd.DataFrame:
    return pd.read_csv(references / "tiefree_400x40.csv", index_col=0).T


@pytest.fixture(scope="module")
def sample_matrix(references: Path) -> pd.DataFrame:
    with gzip.open(references / "ucell_samplematrix.mtx.gz") as stream:
        counts = scipy.io.mmread(stream).toarray().T
    genes = pd.read_csv(references / "ucell_samplematrix_genes.csv.gz")["gene"]
    cells = pd.read_csv(references / "ucell_samplematrix_cells.csv")["cell"]
    return pd.DataFrame(counts, index=cells, columns=genes)


@pytest.mark.parametrize(
    ("method", "file", "atol", "params"),
    [
        ("ucell", "ucell_R_tiefree_maxRank200.csv", 1e-12, {"max_rank": 200, "missing": "impute"}),
        ("aucell", "aucell_R_tiefree_aucMaxRank20.csv", 1e-9, {"n_up": 20}),
        ("aucell", "aucell_R_tiefree_aucMaxRank40.csv", 1e-9, {"n_up": 40}),
        ("zscore", "gsva1.46_zscore_tiefree.csv", 1e-12, {}),
        ("ssgsea", "gsva1.46_ssgsea_nonorm_tiefree.csv", 1e-8, {}),
    ],
)
def test_tie_free(tie_free: pd.DataFrame, references: Path, method: str, file: str, atol: float, params: dict) -> None:
    expected = pd.read_csv(references / file, index_col=0).to_numpy()
    scores = fs.tl.score_gene_sets(tie_free, references / "signatures_tiefree.gmt", method=method, **params)
    np.testing.assert_allclose(scores, expected, atol=atol)


@pytest.mark.filterwarnings("ignore:fewer than half of the genes:fatescore.errors.FatescoreWarning")
@pytest.mark.parametrize(
    ("missing", "file"),
    [("impute", "ucell_R_samplematrix_maxRank1500.csv"), ("skip", "ucell_R_samplematrix_skipmissing.csv")],
)
def test_ucell_with_ties_zeros_signs_and_missing_genes(
    sample_matrix: pd.DataFrame, references: Path, missing: str, file: str
) -> None:
    expected = pd.read_csv(references / file, index_col=0)
    expected.columns = expected.columns.str.removesuffix("_UCell")
    scores = fs.tl.score_gene_sets(
        sample_matrix, references / "signatures_samplematrix.gmt", method="ucell", missing=missing, max_rank=1500
    )
    empty = scores.columns[scores.isna().all()]
    assert list(empty) == ([] if missing == "impute" else ["all_missing"])  # NaN, where the original gives 0
    np.testing.assert_allclose(scores.drop(columns=empty), expected[scores.columns].drop(columns=empty), atol=1e-12)


@pytest.mark.parametrize("file", ["singscore_R_toy_up.csv", "singscore_R_toy_updown.csv"])
def test_singscore_and_its_dispersion(references: Path, file: str) -> None:
    table = pd.read_csv(references / "singscore_toy_expr.csv", index_col=0).T
    table.columns = table.columns.astype(str)
    sets = fs.gene_sets.read_gmt(references / "singscore_toy.gmt")
    signed = dict.fromkeys(sets["up"], 1.0)
    if file.endswith("updown.csv"):
        signed |= dict.fromkeys(sets["dn"], -1.0)
    expected = pd.read_csv(references / file, index_col=0)
    scores = fs.tl.score_gene_sets(table, {"set": signed}, method="singscore", dispersion=True)
    np.testing.assert_allclose(scores["score", "set"], expected["TotalScore"], atol=1e-8)
    np.testing.assert_allclose(scores["dispersion", "set"], expected["TotalDispersion"], atol=1e-8)
