"""``fatescore contrast --expression``: how many of all genes differ."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy import stats

from fatescore.tables import columns as col
from fatescore.tables.io import read_tsv

Run = Callable[..., int]
SIDES = {"case": "sick", "control": "well"}


def samples(dataset: str = "A", n: int = 4) -> pd.DataFrame:
    """Every donor of the first arm has two samples; one sample of a third condition stands last."""
    donors = [f"D{i}" for i in range(n)] * 2 + [f"E{i}" for i in range(n)] + ["F0"]
    condition = ["sick"] * 2 * n + ["well"] * n + ["other"]
    names = [f"{dataset}{i}" for i in range(3 * n + 1)]
    return pd.DataFrame({"dataset": dataset, "sample": names, "donor": donors, "condition": condition})


def expression(rows: pd.DataFrame, *, assay: str = "bulk", planted: int = 150, sparse: bool = False) -> ad.AnnData:
    rng = np.random.default_rng(0)
    donor = pd.Categorical(rows["donor"]).codes
    x = rng.normal(5, 1, (donor.max() + 1, 300))[donor] + rng.normal(0, 0.1, (len(rows), 300))
    x[rows["condition"].to_numpy() == "sick", :planted] += 4
    x[:, -10:] = 0  # genes that nobody detects
    obs = rows.set_index("sample", drop=False).rename_axis(None)
    facts = {"assay": assay, "organism": "human", "scale": "counts"}
    values = x.astype(np.float32)
    return ad.AnnData(X=sp.csr_matrix(values) if sparse else values, obs=obs, uns={col.UNS: facts})


@pytest.fixture
def run(contrast_verb: Run, tmp_path: Path) -> Run:
    def call(
        *inputs: pd.DataFrame, adata: ad.AnnData | None, contrasts: tuple[dict, ...] = ({"id": "op"} | SIDES,)
    ) -> int:
        tables = {
            "sample-scores": [rows.assign(fate_bias=1.0) for rows in inputs],
            "sample-fields": [rows.assign(sex="f") for rows in inputs],
        }
        if adata is None:
            return contrast_verb(tables, contrasts)
        adata.write_h5ad(tmp_path / "expression.h5ad")
        return contrast_verb(tables, contrasts, ["--expression", str(tmp_path / "expression.h5ad")])

    return call


def all_genes(folder: Path) -> pd.DataFrame:
    audit = read_tsv(folder / "confounding.tsv")
    return audit[audit["field"] == "all genes"]


@pytest.mark.parametrize("sparse", [False, True])
def test_the_share_of_genes_stands_in_the_audit(run: Run, tmp_path: Path, sparse: bool) -> None:
    rows = samples()
    adata = expression(rows, sparse=sparse)
    assert run(rows, adata=adata) == 0
    (row,) = all_genes(tmp_path).to_dict("records")
    x = adata.X.toarray() if sparse else adata.X
    means = pd.DataFrame(x[:, :290].astype(float)).groupby(rows["donor"].to_numpy()).mean()
    case, control = (means[means.index.str.startswith(letter)] for letter in "DE")
    share = (stats.ttest_ind(case, control).pvalue < 0.05).mean()
    assert row["statistic"] == pytest.approx(share)
    assert share > 0.4
    assert row["p_value"] == pytest.approx(2 / 70)
    assert (row["verdict"], row["dataset"], row["contrast"]) == ("evidence", "A", "op")
    assert row["case_values"] == f"{100 * share:.2g} % of 290 genes differ at p < 0.05"
    assert set(read_tsv(tmp_path / "output.tsv")["audit"]) == {"clean"}  # counts neither for nor against


def test_without_values_or_donors_there_is_no_row(run: Run, tmp_path: Path) -> None:
    rows = samples()
    assert run(rows, adata=None) == 0
    assert all_genes(tmp_path).empty
    few = samples(n=2)
    assert run(few, adata=expression(few)) == 0
    assert all_genes(tmp_path).empty


def test_only_what_was_scored_counts(run: Run, tmp_path: Path) -> None:
    rows = samples()
    assert run(rows, adata=expression(rows)) == 0
    whole = all_genes(tmp_path)["statistic"].item()
    adata = expression(rows)
    adata.X[8] = 99.0  # the first control, which was not scored
    assert run(rows.drop(index=8), adata=adata) == 0
    left = all_genes(tmp_path)
    assert left["p_value"].item() == pytest.approx(1 / 35)  # 4 against 3 donors
    assert left["statistic"].item() == pytest.approx(whole, abs=0.1)


def test_pseudobulks_of_stromal_cells(run: Run, tmp_path: Path) -> None:
    rows = samples()
    groups = rows.drop_duplicates(["donor", "condition"])
    stromal = expression(groups, assay="single_cell")
    stromal.obs = stromal.obs[["donor", "condition"]].assign(n_obs=50, cell_type="stromal")
    blood = stromal.copy()
    blood.X = np.random.default_rng(1).normal(9, 1, blood.shape).astype(np.float32)
    blood.obs["cell_type"] = "haematopoietic"
    for data in (stromal, ad.concat([blood, stromal], uns_merge="same", index_unique="-")):
        assert run(rows, adata=data) == 0
        found = all_genes(tmp_path)
        x = stromal.X[:, :290].astype(float)
        expected = (stats.ttest_ind(x[:4], x[4:8]).pvalue < 0.05).mean()
        assert found["statistic"].item() == pytest.approx(expected)


def test_mistakes_are_one_line(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    rows = samples()
    assert run(rows, adata=expression(rows, assay="single_cell")) == 2
    assert "holds cells, which are not replicates; give pseudobulk.h5ad" in capsys.readouterr().err
    adata = expression(rows)
    del adata.obs["donor"]
    assert run(rows, adata=adata) == 2
    assert "obs lacks donor or condition" in capsys.readouterr().err
    assert run(rows, samples("B"), adata=expression(rows)) == 2
    assert "--expression with several data sets" in capsys.readouterr().err
