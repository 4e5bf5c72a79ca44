"""From files to one AnnData: samples on their labels, clear refusals, real data."""

from __future__ import annotations

import gzip
import json
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

from fatescore.cli import main
from fatescore.errors import InputError
from fatescore.ingest import blocks, ingest, read_samples

COUNTS = gzip.compress(
    b"gene\top.2\tctrl.1\tctrl.2\top.1\nENSG00000124813.2\t40\t10\t20\t30\nENSG00000162551.9\t4\t1\t2\t3\nx\t0\t0\t0\t1\n",
    mtime=0,
)
ARRAY: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "array", "scale": "log2"}
BULK: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "bulk", "scale": "counts"}


def test_array(series: Callable[..., Path], samples: pd.DataFrame) -> None:
    result = ingest(series(), samples=samples, **ARRAY)
    adata = result.adata
    assert list(adata.obs_names) == ["GSM1", "GSM2", "GSM3", "GSM4"]
    assert adata.var["original_id"].to_dict() == {"RUNX2": "p2", "BGLAP": "p3"}
    assert adata.X.dtype == np.float32
    assert adata[:, "BGLAP"].X.ravel().tolist() == [3, 4, 5.5, 6]
    assert "counts" not in adata.layers
    fields = result.sample_fields.set_index("sample")
    assert fields["characteristics: age"].tolist() == ["80", "81", "82", "83"]
    assert fields["characteristics: diagnosis"].tolist() == ["", "", "OP", "OP"]
    assert fields["batch"].tolist() == ["1", "2", "1", "2"]
    assert not [name for name in fields if "/" in name or "contact" in name]
    assert list(result.sample_fields.columns[:4]) == ["dataset", "sample", "donor", "condition"]
    facts = result.facts
    assert (facts["accession"], facts["title"], facts["simulated"]) == ("GSE5", "A series", False)
    assert (facts["n_obs"], facts["n_samples"], facts["n_donors"], facts["n_genes"]) == (4, 4, 4, 2)
    assert [Path(entry["path"]).name for entry in facts["inputs"]] == ["GSE5_series_matrix.txt.gz", "GPL7.annot.gz"]
    assert adata.uns["fatescore"]["organism"] == "human"
    json.dumps(facts)


def test_counts_by_title_in_another_order(series: Callable[..., Path], samples: pd.DataFrame) -> None:
    folder = series(rows="", **{"GSE5_counts.txt.gz": COUNTS})
    result = ingest(folder, samples=samples, **BULK)
    table = result.adata[:, "RUNX2"].to_df()["RUNX2"]
    assert table.to_dict() == {"GSM4": 40, "GSM1": 10, "GSM2": 20, "GSM3": 30}
    assert sp.issparse(result.adata.X)
    assert (result.adata.layers["counts"] != result.adata.X).nnz == 0
    assert result.adata.obs["condition"].astype(str).to_dict()["GSM4"] == "osteoporosis"
    assert result.sample_fields["sample"].tolist() == ["GSM1", "GSM2", "GSM3", "GSM4"]
    assert result.facts["n_unmapped"] == 1


def test_sample_table_may_use_titles(series: Callable[..., Path], samples: pd.DataFrame) -> None:
    samples["sample"] = ["ctrl 1", "ctrl 2", "op-1", "op-2", "X"]
    comma = gzip.decompress(COUNTS).replace(b"\t", b",")
    for rows, how in ((None, ARRAY), ("", BULK)):
        folder = series(**{"c.csv": comma}) if rows is None else series(rows=rows, **{"c.csv": comma})
        result = ingest(folder, samples=samples, **how)
        assert set(result.adata.obs_names) == {"ctrl 1", "ctrl 2", "op-1", "op-2"}
        assert result.sample_fields.set_index("sample")["geo_accession"].to_dict()["op-2"] == "GSM4"


def test_simulated_data_are_marked(series: Callable[..., Path], samples: pd.DataFrame) -> None:
    result = ingest(series(title="SIMULATED: t"), samples=samples, title="Mine", **ARRAY)
    assert result.facts["simulated"] is True
    assert result.adata.uns["fatescore"]["simulated"]
    assert result.facts["title"] == "Mine"


def test_samples_must_agree_both_ways(series: Callable[..., Path], samples: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"have samples that the sample table does not list: GSM2"):
        ingest(series(), samples=samples.drop(1), **ARRAY)
    renamed = samples.replace({"sample": {"GSM2": "GSM22"}})
    with pytest.raises(InputError, match=r"not in the data: GSM22; expected .*GSM2; give each its name"):
        ingest(series(), samples=renamed, **ARRAY)
    with pytest.raises(
        InputError, match=r"not in the data: here; .*; give each its name in the data in a column name_in_data$"
    ):
        ingest(series(), samples=samples.replace({"sample": {"GSM2": "here"}}), **ARRAY)
    samples["use"] = ["", "no", "yes", "", ""]
    result = ingest(series(), samples=samples, **ARRAY)
    assert list(result.adata.obs_names) == ["GSM1", "GSM3", "GSM4"]
    assert "use" not in result.sample_fields
    assert "left out by the sample table: GSM2" in result.facts["notes"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="donor"), 'the sample table has no column "donor"'),
        (lambda t: t.assign(dataset="e"), 'no row for the data set "d"'),
        (lambda t: t.replace({"donor": {"c2": ""}}), 'sample "GSM2" of data set "d" has no donor'),
        (lambda t: t.replace({"sample": {"GSM2": "GSM1"}}), 'sample "GSM1" is listed twice'),
    ],
)
def test_bad_sample_tables(series: Callable[..., Path], samples: pd.DataFrame, change: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ingest(series(), samples=change(samples), **ARRAY)


def test_files_that_cannot_be_chosen(series: Callable[..., Path], samples: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the series matrix has no values and there are no supplementary files"):
        ingest(series(rows=""), samples=samples, **BULK)
    folder = series(rows="", **{"a_counts.txt.gz": COUNTS, "b_counts.txt.gz": COUNTS})
    with pytest.raises(
        InputError, match=r'2 files with values: a_counts.txt.gz, b_counts.txt.gz; expected one; name it in "file"'
    ):
        ingest(folder, samples=samples, **BULK)
    assert ingest(folder, samples=samples, file="b_*", **BULK).adata.n_obs == 4
    with pytest.raises(InputError, match=r'no file in .* fits "c_'):
        ingest(folder, samples=samples, file="c_*", **BULK)
    with pytest.raises(InputError, match=r"does not exist"):
        ingest(tmp_path / "nowhere", samples=samples, **BULK)
    with pytest.raises(InputError, match=r'layout "count" is not known'):
        ingest(folder, samples=samples, layout="count", **BULK)
    (tmp_path / "x.foo").write_text("x")
    with pytest.raises(InputError, match=r"no layout fits the name of .*x.foo"):
        ingest(tmp_path / "x.foo", samples=samples, **BULK)


def test_rest_of_a_killed_download_is_not_read(series: Callable[..., Path], samples: pd.DataFrame) -> None:
    folder = series(rows="", **{"counts.txt.gz": COUNTS, ".part-1-counts.txt.gz": COUNTS[:20]})
    (folder / "matrix" / ".part-1-GSE5_series_matrix.txt.gz").write_bytes(b"half")
    assert ingest(folder, samples=samples, **BULK).adata.n_obs == 4


def test_probes_without_annotation(series: Callable[..., Path], samples: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"are probes such as p1, p2, p3, and there is no annotation file"):
        ingest(series(annotation=""), samples=samples, **ARRAY)


def test_wrong_declarations(series: Callable[..., Path], samples: pd.DataFrame) -> None:
    with pytest.raises(InputError, match=r"GSM1 has no value above 50 .* declares linear, the values read as log2"):
        ingest(series(), samples=samples, **{**ARRAY, "scale": "linear"})
    with pytest.raises(InputError, match=r'organism "humen" is not known; .* did you mean "human"'):
        ingest(series(), samples=samples, **{**ARRAY, "organism": "humen"})


@pytest.fixture
def cells(series: Callable[..., Path], triplet: Any, tarred: Any) -> Path:
    members = {}
    for number in range(1, 5):
        counts = [[number, 0], [0, number], [1, 1]]
        for name, data in triplet(["ENSG00000124813\tRUNX2", "ENSG00000132170\tPPARG", "ENSG00000162551\tALPL"],
                                  ["AA-1", "CC-1"], counts).items():  # fmt: skip
            members[f"GSM{number}_x_{name}.gz"] = gzip.compress(data, mtime=0)
    return series(rows="", **{"GSE5_RAW.tar": tarred(members), "filelist.txt": b"x"})


def test_single_cells(cells: Path, samples: pd.DataFrame) -> None:
    result = ingest(cells, samples=samples, dataset="d", organism="human", assay="single_cell", scale="counts")
    adata = result.adata
    assert adata.shape == (8, 3)
    assert list(adata.obs_names[:3]) == ["GSM1_AA-1", "GSM1_CC-1", "GSM2_AA-1"]
    assert adata.to_df()["RUNX2"].tolist() == [1, 0, 2, 0, 3, 0, 4, 0]
    assert adata.obs["donor"].astype(str).tolist() == ["c1"] * 2 + ["c2"] * 2 + ["o1"] * 2 + ["o2"] * 2
    assert adata.obs["condition"].dtype == "category"
    assert result.facts["n_obs"] == 8
    assert result.facts["n_samples"] == 4


def test_h5ad(tmp_path: Path, samples: pd.DataFrame) -> None:
    obs = pd.DataFrame({"id": ["GSM1", "GSM2", "GSM3", "GSM4"] * 2, "age": [1, 2, 3, 4] * 2}, index=list("abcdefgh"))
    adata = ad.AnnData(np.full((8, 2), 0.5, np.float32), obs=obs, var=pd.DataFrame(index=["RUNX2", "ALPL"]))
    adata.layers["counts"] = sp.csr_matrix(np.arange(16).reshape(8, 2))
    path = tmp_path / "x.h5ad"
    adata.write_h5ad(path)
    how: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "single_cell", "scale": "counts"}
    result = ingest(path, samples=samples, sample_key="id", **how)
    assert result.adata.X.toarray().tolist() == np.arange(16).reshape(8, 2).tolist()
    assert list(result.adata.obs_names) == list("abcdefgh")
    assert result.sample_fields["age"].tolist() == ["1", "2", "3", "4"]
    with pytest.raises(InputError, match=r'has no obs column "idd"; .* did you mean "id"'):
        ingest(path, samples=samples, sample_key="idd", **how)
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"cannot be read as AnnData"):
        ingest(path, samples=samples, **how)


def test_command_writes_the_same_bytes_twice(cells: Path, samples: pd.DataFrame, tmp_path: Path) -> None:
    table = tmp_path / "samples.tsv"
    samples.to_csv(table, sep="\t", index=False)
    for run in ("1", "2"):
        code = main([
            "ingest", str(tmp_path / run / "d"), "--path", str(cells), "--samples", str(table), "--organism", "human",
            "--assay", "single_cell", "--scale", "counts",
        ])  # fmt: skip
        assert code == 0
    for name in ("raw.h5ad", "sample_fields.tsv", "status/ingest.json"):
        assert (tmp_path / "1" / "d" / name).read_bytes() == (tmp_path / "2" / "d" / name).read_bytes()
    assert json.loads((tmp_path / "1" / "d" / "status" / "ingest.json").read_text())["facts"]["n_genes"] == 3


def test_command_fails_in_one_line_and_leaves_no_data(
    series: Callable[..., Path], samples: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "samples.tsv"
    samples.replace({"sample": {"GSM2": "nobody"}}).to_csv(table, sep="\t", index=False)
    code = main([
        "ingest", str(tmp_path / "d"), "--path", str(series()), "--samples", str(table), "--organism", "human",
        "--assay", "array", "--scale", "log2",
    ])  # fmt: skip
    assert code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert "nobody" in lines[0]
    assert (tmp_path / "d" / "raw.h5ad").read_bytes() == b""


def table_for(dataset: str, names: list[str], condition: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"dataset": dataset, "sample": names, "donor": names, "condition": condition})


def test_real_arrays(real_data: Path) -> None:
    path = real_data / "geo/series/GSE35nnn/GSE35958/matrix/GSE35958_series_matrix.txt.gz"
    names = [f"GSM87810{n}" for n in range(9)]
    result = ingest(path, samples=table_for("d", names, ["control"] * 4 + ["op"] * 5), **ARRAY)
    adata = result.adata
    for gene in ("RUNX2", "ALPL", "COL1A1", "SP7", "IBSP", "BGLAP", "PPARG", "CEBPA"):
        assert adata.var.loc[gene, "mapped_by"] == "approved"
    assert adata.var.loc["BGLAP", "original_id"] == "PMF1-BGLAP///PMF1///BGLAP"
    assert adata.to_df()["BGLAP"].iloc[:2].tolist() == pytest.approx([7.053, 9.3295])
    assert result.sample_fields["characteristics: diagnosis"].tolist() == [""] * 4 + ["primary osteoporosis"] * 5


def test_real_mouse_counts(real_data: Path) -> None:
    path = real_data / "mouse_bone_emtab5533/rsem_expected_counts.tsv.gz"
    names = [f"{part}_{n}" for part in ("Clean", "Marrow") for n in range(1, 6)]
    samples = table_for("d", names, ["clean"] * 5 + ["marrow"] * 5)
    result = ingest(path, samples=samples, **{**BULK, "organism": "mouse"})
    plain = pd.read_csv(path, sep="\t", index_col=0)
    bglap = plain[plain.index.str.startswith("ENSMUSG00000074483")].sum()
    assert result.adata.to_df()["Bglap"].to_dict() == pytest.approx(bglap.to_dict())
    assert result.adata.X.sum() == pytest.approx(plain.to_numpy().sum(), rel=1e-5)
    assert "not whole" in result.facts["notes"][0]


def test_real_cells(real_data: Path) -> None:
    path = real_data / "matsushita2023/matsushita2023_250cells.h5ad"
    names = ["CH", "ORT", "OS", "RE", "Stem"]
    result = ingest(
        path, samples=table_for("d", names, names), dataset="d", organism="mouse", assay="single_cell", scale="counts",
        sample_key="cluster",
    )  # fmt: skip
    assert result.adata.n_obs == 250
    assert result.adata.obs["sample"].value_counts().to_dict() == dict.fromkeys(names, 50)
    original = ad.read_h5ad(path)
    assert result.adata.X.sum() == original.layers["counts"].sum()


def test_the_sample_table_is_read_as_the_configuration_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "samples.tsv"
    path.write_text("# mine\nsample\tdonor\tcondition\t\nGSM#1\tNA\tNone\t\n")
    assert read_samples(path).to_dict("records") == [{"sample": "GSM#1", "donor": "NA", "condition": "None"}]


def test_columns_of_the_sample_table_that_hdf5_cannot_hold(
    series: Callable[..., Path], samples: pd.DataFrame, tmp_path: Path
) -> None:
    odd = samples.assign(**{"_index": "x", "kit/lot": "y"})
    result = ingest(series(), samples=odd, **ARRAY)
    assert {"index", "kit_lot"} <= set(result.sample_fields)
    result.adata.write_h5ad(tmp_path / "x.h5ad")


def test_a_sex_that_expression_contradicts_is_noted_and_kept(tmp_path: Path) -> None:
    rows = {"XIST": (900, 2), "RPS4Y1": (1, 500), "DDX3Y": (0, 300), "KDM5D": (0, 200)}
    rows |= dict.fromkeys(("DDX3X", "KDM5C", "KDM6A", "USP9X"), (700, 650)) | {"RUNX2": (40, 50), "PPARG": (30, 20)}
    path = tmp_path / "counts.tsv"
    path.write_text("gene\tS1\tS2\n" + "".join(f"{gene}\t{a}\t{b}\n" for gene, (a, b) in rows.items()))
    samples = pd.DataFrame({"dataset": "d", "sample": ["S1", "S2"], "donor": ["1", "2"], "condition": "c", "sex": "f"})
    result = ingest(path, samples=samples, dataset="d", organism="human", assay="bulk", scale="counts")
    assert result.sample_fields["sex_expressed"].tolist() == ["female", "male"]
    notes = [note for note in result.facts["notes"] if "sex" in note or "expression says" in note]
    assert len(notes) == 1
    assert notes[0].startswith("sample S2 is female in the sample table, its expression says male")


# --- written block by block ----------------------------------------------------------------------------------


def ten_cells(folder: Path, kind: str, tarred: Any) -> Path:
    """Write a man's and a woman's ten cells in a way that stays on the disk; a gene is there twice, another unknown."""
    genes = ["ENSG00000124813", "ENSG00000132170", "ENSG00000124813", "ENSGX", "ENSG00000229807", "ENSG00000067048"]
    genes += ["DDX3X", "KDM5C", "KDM6A", "USP9X", "UTY", "KDM5D", "ACTB"]
    draw = np.random.default_rng(3)
    folder.mkdir()
    for n in (1, 2):
        level = np.array([1, 1, 1, 1, 9 * (n - 1), 9 * (2 - n), 9, 9, 9, 9, *[9 * (2 - n)] * 2, 0])
        drawn = draw.poisson(1.5, (10, len(genes))) * (draw.random((10, len(genes))) < 0.7) * level
        drawn[0, -1] = 1  # a single read, by which the depth is known
        counts = sp.csr_matrix(drawn)
        name = f"GSM{n}"
        if kind == "mtx":
            scipy.io.mmwrite(folder / f"{name}_matrix.mtx", counts.T.tocoo(), field="integer", symmetry="general")
            (folder / f"{name}_features.tsv").write_text("".join(f"{gene}\n" for gene in genes))
            (folder / f"{name}_barcodes.tsv").write_text("".join(f"C{k}-1\n" for k in range(10)))
        elif kind == "h5":
            with h5py.File(folder / f"{name}.h5", "w") as file:
                for part in ("data", "indices", "indptr"):
                    file[f"matrix/{part}"] = getattr(counts, part)
                file["matrix/shape"] = counts.shape[::-1]
                file["matrix/barcodes"] = np.array([f"C{k}-1" for k in range(10)], dtype="S")
                for part in ("id", "name"):
                    file[f"matrix/features/{part}"] = np.array(genes, dtype="S")
        else:
            obs = pd.DataFrame({"depth": range(10)}, index=[f"C{k}-1" for k in range(10)])
            form = sp.csc_matrix if kind == "h5ad by genes" else sp.csr_matrix
            var = pd.DataFrame({"gene_ids": genes}, index=[f"g{k}" for k in range(len(genes))])
            ad.AnnData(form(counts, dtype=np.float32), obs=obs, var=var).write_h5ad(folder / f"{name}.h5ad")
    if kind != "tar":
        return folder
    path = folder.with_suffix(".tar")
    path.write_bytes(tarred({file.name: file.read_bytes() for file in folder.iterdir()}))
    return path


@pytest.mark.parametrize("at_once", [1, 17, 1 << 20])
@pytest.mark.parametrize("kind", ["mtx", "h5", "h5ad", "h5ad by genes", "tar"])
def test_cells_are_written_block_by_block_as_they_are_in_memory(
    tmp_path: Path, samples: pd.DataFrame, tarred: Any, kind: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "AT_ONCE", at_once)
    source = ten_cells(tmp_path / "x", kind, tarred)
    rows = samples[samples["sample"].isin(["GSM2", "GSM1"])].iloc[::-1].assign(age=["80", "81"])
    how: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "single_cell", "scale": "counts"}
    inside = ingest(source, samples=rows, **how)
    monkeypatch.setattr(blocks.Blocks, "load", None)  # nothing may ask for the whole
    written = ingest(source, samples=rows, output=tmp_path / "out.h5ad", **how)
    assert written.adata.X is None
    assert set(written.sample_fields["sex_expressed"]) == {"female", "male"}
    assert written.facts == inside.facts
    pd.testing.assert_frame_equal(written.sample_fields, inside.sample_fields)
    found = ad.read_h5ad(tmp_path / "out.h5ad")
    inside.adata.write_h5ad(tmp_path / "in.h5ad")
    right = ad.read_h5ad(tmp_path / "in.h5ad")
    assert found.X.dtype == right.X.dtype
    for one, other in ((found.X, right.X), (found.layers["counts"], right.layers["counts"])):
        assert (one != other).nnz == 0
    pd.testing.assert_frame_equal(found.obs, right.obs)
    pd.testing.assert_frame_equal(found.var, right.var)
    assert found.uns["fatescore"] == right.uns["fatescore"]
    assert {"RUNX2", "PPARG", "XIST"} <= set(found.var_names)
    assert found.var.loc["RUNX2", "n_features"] == 2


def test_nothing_is_left_of_a_file_that_is_refused_while_it_is_written(
    tmp_path: Path, samples: pd.DataFrame, tarred: Any
) -> None:
    source = ten_cells(tmp_path / "x", "h5", tarred)
    rows = samples[samples["sample"].isin(["GSM1", "GSM2"])]
    with pytest.raises(InputError, match="the data set declares tpm"):
        ingest(source, samples=rows, dataset="d", organism="human", assay="single_cell", scale="tpm",
               output=tmp_path / "out" / "raw.h5ad")  # fmt: skip
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["table", "numbered h5ad"])
def test_names_of_genes_are_found_and_what_was_done_is_in_the_facts(tmp_path: Path, kind: str) -> None:
    joined = ["gene-RUNX2", "gene-ALPL", "gene-HLA-A"]
    counts = pd.DataFrame([[11, 2, 5], [3, 14, 6]], index=["a", "b"], columns=joined)
    path = tmp_path / ("t.h5ad" if "h5ad" in kind else "t.tsv")
    if "h5ad" in kind:
        var = pd.DataFrame({"features": joined, "kind": ["x"] * 3}, index=["0", "1", "225"])
        ad.AnnData(counts.to_numpy(np.float32), obs=pd.DataFrame(index=counts.index), var=var).write_h5ad(path)
    else:
        counts.T.to_csv(path, sep="\t")
    result = ingest(
        path, samples=table_for("d", ["a", "b"], ["control", "osteoporosis"]), dataset="d", organism="human",
        assay="bulk", scale="counts",
    )  # fmt: skip
    assert result.adata.to_df().to_dict("list") == {"RUNX2": [11, 3], "ALPL": [2, 14], "HLA-A": [5, 6]}
    notes = [note for note in result.facts["notes"] if "names were cut" in note or "named by the column" in note]
    assert len(notes) == (2 if "h5ad" in kind else 1)
