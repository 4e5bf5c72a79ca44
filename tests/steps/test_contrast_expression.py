"""The step contrast: how many of all genes differ."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy import stats

import fatescore as fs
from fatescore import tables as tb
from fatescore.config import Contrast
from fatescore.steps.contrast import contrast
from fatescore.steps.normalise import normalise
from fatescore.steps.score import score
from fatescore.tables import parse_notes
from fatescore.tables.folder import DatasetFolder
from tests.steps.folders import MakeFolder, with_facts
from tests.steps.study import write_study

OP = Contrast("op", "sick", "well", ("A",), kind="other")


def samples(n: int = 4) -> pd.DataFrame:
    """Every donor of the first arm has two samples; one sample of a third condition stands last."""
    donors = [f"D{i}" for i in range(n)] * 2 + [f"E{i}" for i in range(n)] + ["F0"]
    condition = ["sick"] * 2 * n + ["well"] * n + ["other"]
    names = [f"A{i}" for i in range(3 * n + 1)]
    return pd.DataFrame({"dataset": "A", "sample": names, "donor": donors, "condition": condition})


def expression(rows: pd.DataFrame, *, sparse: bool = False) -> ad.AnnData:
    rng = np.random.default_rng(0)
    donor = pd.Categorical(rows["donor"]).codes
    x = rng.normal(5, 1, (donor.max() + 1, 300))[donor] + rng.normal(0, 0.1, (len(rows), 300))
    x[rows["condition"].to_numpy() == "sick", :150] += 4
    x[:, -10:] = 0  # genes that nobody detects
    values = x.astype(np.float32)
    obs = rows.set_index("sample", drop=False).rename_axis(None)
    return ad.AnnData(sp.csr_matrix(values) if sparse else values, obs=obs)


def all_genes(path: Path, rows: pd.DataFrame, adata: ad.AnnData, unit: str = "sample") -> list[dict]:
    tables = {
        tb.SAMPLE_SCORES: rows.assign(unit=unit, fate_bias=1.0), tb.SAMPLE_FIELDS: rows.assign(sex="f"),
        tb.QC: rows, tb.SCORES: rows.assign(obs_name=rows["sample"], fate_bias=1.0),
    }  # fmt: skip
    folder = write_study(path, tables, adata)
    contrast(folder, [OP])
    audit = folder.read(tb.CONFOUNDING)
    return audit[audit["field"] == "all genes"].to_dict("records")


@pytest.mark.parametrize(("sparse", "unit"), [(False, "sample"), (True, "sample"), (False, "pseudobulk")])
def test_the_share_of_genes_is_in_the_audit(tmp_path: Path, sparse: bool, unit: str) -> None:
    """Samples of a donor are averaged; of cells the values are those of pseudobulk.h5ad."""
    rows = samples()
    adata = expression(rows, sparse=sparse)
    (row,) = all_genes(tmp_path, rows, adata, unit)
    x = adata.X.toarray() if sparse else adata.X
    means = pd.DataFrame(x[:, :290].astype(float)).groupby(rows["donor"].to_numpy()).mean()
    case, control = (means[means.index.str.startswith(letter)] for letter in "DE")
    share = (stats.ttest_ind(case, control).pvalue < 0.05).mean()
    assert row["statistic"] == pytest.approx(share)
    assert share > 0.4
    assert row["p_value"] == pytest.approx(2 / 70)
    assert (row["verdict"], row["dataset"], row["contrast"]) == ("evidence", "A", "op")
    note = parse_notes(row["case_values"])[0]
    assert (note.code, note.number("genes"), note.number("share")) == ("genes_differ", 290, pytest.approx(share))
    contrasts = DatasetFolder(tmp_path).read(tb.CONTRASTS)
    assert set(contrasts["audit_verdict"]) == {"clean"}  # counts neither for nor against


def test_without_donors_there_is_no_row(tmp_path: Path) -> None:
    few = samples(n=2)
    assert all_genes(tmp_path, few, expression(few)) == []


def test_only_what_was_scored_counts(tmp_path: Path) -> None:
    rows = samples()
    (whole,) = all_genes(tmp_path, rows, expression(rows))
    adata = expression(rows)
    adata.X[8] = 99.0  # the first control, which was not scored
    (left,) = all_genes(tmp_path, rows.drop(index=8), adata)
    assert left["p_value"] == pytest.approx(1 / 35)  # 4 against 3 donors
    assert left["statistic"] == pytest.approx(whole["statistic"], abs=0.1)


def test_raising_the_smallest_pseudobulk_changes_the_contrast(make_folder: MakeFolder) -> None:
    """One pseudobulk: what is too small for it is in no sample score and in no comparison of all genes."""
    cells = fs.simulate.single_cell(n_donors=8, cells_per_donor=40, n_genes=400, stromal=1.0, seed=0)
    cells.layers["counts"] = cells.X
    cells.obs["dataset"] = "A"
    cells.obs["total_counts"] = np.asarray(cells.X.sum(axis=1)).ravel()
    cells.obs["cell_type"] = "stromal"
    small = str(cells.obs["sample"].iloc[0])
    is_small = cells.obs["sample"].astype(str) == small
    folder = make_folder(
        qc=with_facts(cells[(~is_small | (np.cumsum(is_small) <= 15)).to_numpy()].copy(), "single_cell")
    )
    identity = cells.obs[["sample", "donor", "condition"]].astype(str).drop_duplicates().assign(dataset="A")
    for table in (tb.SAMPLE_FIELDS, tb.QC, tb.QC_METRICS):
        folder.write(table, identity.reindex(columns=[*table.names, *(n for n in identity if n not in table.names)]))
    op = Contrast("op", "osteoporosis", "control", ("A",))
    found = {}
    for least in (10, 20):
        normalise(folder, min_cells=least, min_counts=1)
        score(folder)
        contrast(folder, [op])
        audit = folder.read(tb.CONFOUNDING).set_index("field")
        found[least] = folder.read(tb.CONTRASTS).set_index("measure").loc["fate_bias"], audit.loc["all genes"]
    assert {least: int(row["n_case"] + row["n_control"]) for least, (row, _) in found.items()} == {10: 8, 20: 7}
    assert found[10][0]["difference"] != found[20][0]["difference"]
    assert found[10][1]["statistic"] != found[20][1]["statistic"]
