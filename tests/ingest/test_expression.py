"""Any table or AnnData, for scoring."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.ingest import read_expression


def write(tmp_path: Path, text: str, name: str = "t.tsv") -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def test_counts_are_summed(tmp_path: Path) -> None:
    adata = read_expression(write(tmp_path, "g\ts1\ts2\nRUNX2\t1\t2\nCBFA1\t3\t4\nALPL\t0\t9\n"), "human")
    assert adata.to_df().to_dict("list") == {"RUNX2": [4, 6], "ALPL": [0, 9]}
    assert sp.issparse(adata.layers["counts"])


def test_log_values_keep_the_highest(tmp_path: Path) -> None:
    adata = read_expression(
        write(tmp_path, "g,s1,s2\nRunx2,1.5,2\nENSMUSG00000039153,3,4\nAlpl,0.1,9\n", "t.csv"), "mouse"
    )
    assert adata.to_df()["Runx2"].tolist() == [3, 4]
    assert "counts" not in adata.layers


def test_h5ad_keeps_its_obs(tmp_path: Path) -> None:
    source = ad.AnnData(
        np.array([[0.5, 1.5, 2.5]], np.float32), obs=pd.DataFrame({"k": ["v"]}, index=["c"]),
        var=pd.DataFrame(index=["CBFA1", "RUNX2", "ALPL"]),
    )  # fmt: skip
    source.layers["counts"] = sp.csr_matrix([[1, 2, 3]])
    source.write_h5ad(tmp_path / "x.h5ad")
    adata = read_expression(tmp_path / "x.h5ad", "human")
    assert list(adata.var_names) == ["RUNX2", "ALPL"]
    assert adata.layers["counts"].toarray().tolist() == [[3, 3]]
    assert adata.obs["k"].tolist() == ["v"]


def test_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no human gene is known"):
        read_expression(write(tmp_path, "g\ts1\nfoo\t1\n"), "human")
    with pytest.raises(InputError, match="ALPL is infinite in s1"):
        read_expression(write(tmp_path, "g\ts1\nRUNX2\t1.5\nALPL\tinf\n"), "human")
    with pytest.raises(InputError, match="does not exist"):
        read_expression(tmp_path / "no.h5ad", "human")


MARKERS = ["RUNX2", "ALPL", "SP7", "IBSP", "BGLAP", "PPARG", "CEBPA", "SPP1", "COL1A1", "COL1A2", "LEPR", "CXCL12",
           "DCN", "LUM", "PTPRC", "CD3E", "LYZ", "PECAM1", "CDH5", "KDR", "VCAM1"]  # fmt: skip


def test_cells_x_genes_is_transposed(tmp_path: Path) -> None:
    wide = "cell\tgroup\t" + "\t".join(MARKERS) + "\nc1\tx\t" + "\t".join("2" * len(MARKERS)) + "\n"
    adata = read_expression(write(tmp_path, wide), "human")
    assert (list(adata.obs_names), list(adata.var_names)) == (["c1"], MARKERS)
    assert "counts" in adata.layers


def test_every_layout_that_is_located(triplet: Any, tarred: Any, series: Callable[..., Path], tmp_path: Path) -> None:
    files = triplet(["ENSG1\tRUNX2", "ENSG2\tPPARG"], ["AA-1", "CC-1"], [[5, 0], [0, 7]])
    members = {f"GSM{n}_{name}": data for n in (1, 2) for name, data in files.items()}
    (tmp_path / "r.tar").write_bytes(tarred(members))
    adata = read_expression(tmp_path / "r.tar", "human")
    assert list(adata.obs_names) == ["GSM1_AA-1", "GSM1_CC-1", "GSM2_AA-1", "GSM2_CC-1"]
    assert adata.obs["sample"].tolist() == ["GSM1", "GSM1", "GSM2", "GSM2"]
    assert adata.layers["counts"].toarray().tolist() == [[5, 0], [0, 7]] * 2
    alone = tmp_path / "alone"
    alone.mkdir()
    for name, data in files.items():
        (alone / name).write_bytes(data)
    adata = read_expression(alone, "human")
    assert adata.obs["sample"].to_dict() == {"AA-1": "alone", "CC-1": "alone"}
    adata = read_expression(series(), "human")
    assert adata.to_df().to_dict("list") == {"RUNX2": [9, 9.5, 9, 9.5], "BGLAP": [3, 4, 5.5, 6]}


def test_barcodes_that_repeat_get_the_name_of_their_sample(tmp_path: Path) -> None:
    (tmp_path / "GSM1.txt").write_text("g\tAA\tCC\nRUNX2\t5\t0\n")
    (tmp_path / "GSM2.txt").write_text("g\tAA\nRUNX2\t5\n")
    adata = read_expression(tmp_path, "human")
    assert list(adata.obs_names) == ["GSM1_AA", "GSM1_CC", "GSM2_AA"]


def test_a_file_with_an_unknown_ending_is_a_table(tmp_path: Path) -> None:
    adata = read_expression(write(tmp_path, "g\ts1\nRUNX2\t5\n", "values.dat"), "human")
    assert adata.to_df().to_dict("list") == {"RUNX2": [5]}


@pytest.mark.parametrize(
    ("name", "organism", "n_obs"),
    [("gse35958/expression_log2.tsv.gz", "human", 9), ("3t3l1_timecourse/log2_ratio_to_t0.tsv.gz", "mouse", 7)],
)
def test_real_tables(real_data: Path, name: str, organism: str, n_obs: int) -> None:
    adata = read_expression(real_data / name, organism)  # type: ignore[arg-type]
    assert adata.n_obs == n_obs
    genes = {"human": ["RUNX2", "BGLAP", "PPARG"], "mouse": ["Runx2", "Bglap", "Pparg"]}[organism]
    assert set(genes) <= set(adata.var_names)


def test_a_gap_in_counts_is_noted_and_the_rest_stay_counts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, "g\ts1\ts2\nRUNX2\t1\t2\nCBFA1\t3\t4\nALPL\tNA\t9\n1-Mar\t3\t2\n")
    adata = read_expression(path, "human")
    assert adata.to_df().to_dict("list") == {"RUNX2": [4, 6], "1-Mar": [3, 2]}
    assert "counts" in adata.layers
    assert "1 genes with missing values were dropped: ALPL" in caplog.text
    assert "1 names are dates, which Excel makes of genes such as MARCHF1: 1-Mar" in caplog.text
    with pytest.raises(InputError, match="every gene has missing values"):
        read_expression(write(tmp_path, "g\ts1\ts2\nRUNX2\t1.5\tNA\nALPL\t2.5\tNA\n"), "human")


def test_scaled_cells_are_refused_and_rounded_cpm_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(0)
    genes = sorted(symbols.approved_symbols("human"))[:200]
    counts = rng.poisson(3, (40, 200)).astype(np.float32)
    scaled = (counts - counts.mean(0)) / counts.std(0)
    ad.AnnData(scaled, var=pd.DataFrame(index=genes)).write_h5ad(tmp_path / "scaled.h5ad")
    with pytest.raises(InputError, match="z-scores"):
        read_expression(tmp_path / "scaled.h5ad", "human")
    beside = ad.AnnData(scaled, var=pd.DataFrame(index=genes), layers={"umi": sp.csr_matrix(counts)})
    beside.write_h5ad(tmp_path / "beside.h5ad")
    assert np.array_equal(read_expression(tmp_path / "beside.h5ad", "human").to_df()[genes], counts)
    assert 'the counts are those of layers["umi"]' in caplog.text
    beside.layers["counts"] = beside.layers["umi"]
    beside.write_h5ad(tmp_path / "counts.h5ad")
    found = read_expression(tmp_path / "counts.h5ad", "human")
    assert np.array_equal(found.to_df()[genes], counts)
    assert np.array_equal(found.to_df("counts")[genes], counts)
    assert 'X is centred per gene: layers["counts"] was read' in caplog.text
    cpm = pd.DataFrame(np.rint(counts[:4] / counts[:4].sum(1, keepdims=True) * 1e6).T, genes, list("abcd"))
    cpm.astype(int).to_csv(tmp_path / "cpm.tsv", sep="\t")
    read_expression(tmp_path / "cpm.tsv", "human")
    assert "every sample sums to 1,000,000, give or take" in caplog.text
    ad.AnnData(cpm.T.astype(np.float32)).write_h5ad(tmp_path / "cpm.h5ad")
    read_expression(tmp_path / "cpm.h5ad", "human")
    assert "every cell sums to 1,000,000, give or take" in caplog.text


JOINED = {
    "id_symbol": ["ENSG00000124813.12_RUNX2", "ENSG00000162551.1_ALPL", "ENSG00000206503.1_HLA-A"],
    "symbol__place": ["RUNX2__chr6", "ALPL__chr1", "HLA-A__chr6"],
    "gene:id": ["gene:ENSG00000124813.2", "gene:ENSG00000162551.9", "gene:ENSG00000206503.1"],
    "genome": ["hg38_RUNX2", "hg38_ALPL", "hg38_HLA-A"],
    "Rhapsody": ["RUNX2|NM_001|Reference_end", "ALPL|NM_002|PolyA_1", "HLA-A|NM_003|PolyA_2"],
}


@pytest.mark.parametrize("layout", ["table", "across", "h5ad", "mtx", "h5", "loom"])
@pytest.mark.parametrize("kind", sorted(JOINED))
def test_joined_names_in_every_layout(tmp_path: Path, layout: str, kind: str) -> None:
    names, counts = JOINED[kind], np.array([[1, 0], [2, 5], [4, 6]])
    cells = ["AAACCC-1", "AAAGGG-1"]
    table = pd.DataFrame(counts, index=names, columns=cells)
    if layout == "table":
        table.to_csv(path := tmp_path / "t.csv")
    elif layout == "across":
        table.T.to_csv(path := tmp_path / "t.csv")
    elif layout == "h5ad":
        ad.AnnData(table.T.astype(np.float32)).write_h5ad(path := tmp_path / "t.h5ad")
    elif layout == "loom":
        with h5py.File(path := tmp_path / "t.loom", "w") as stored:
            stored["matrix"] = counts
            stored["row_attrs/Gene"], stored["col_attrs/CellID"] = names, cells
    elif layout == "h5":
        with h5py.File(path := tmp_path / "t.h5", "w") as stored:
            matrix = sp.csc_matrix(counts)
            group = stored.create_group("matrix")
            group["data"], group["indices"], group["indptr"] = matrix.data, matrix.indices, matrix.indptr
            group["shape"], group["barcodes"] = matrix.shape, cells
            group["features/id"] = group["features/name"] = names
            group["features/feature_type"] = ["Gene Expression"] * 3
    else:
        (path := tmp_path / "m").mkdir()
        scipy.io.mmwrite(path / "matrix.mtx", sp.coo_matrix(counts))
        (path / "features.tsv").write_text("".join(f"{name}\t{name}\tGene Expression\n" for name in names))
        (path / "barcodes.tsv").write_text("".join(f"{cell}\n" for cell in cells))
    adata = read_expression(path, "human")
    assert adata.to_df().T.to_numpy().tolist() == counts.tolist()
    assert list(adata.var_names) == ["RUNX2", "ALPL", "HLA-A"]
