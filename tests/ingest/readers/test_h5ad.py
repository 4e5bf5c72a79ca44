"""AnnData files."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from fatescore.errors import InputError
from fatescore.ingest import can_hold_values, ingest, read_expression
from fatescore.ingest.locate import locate, read_raw
from fatescore.ingest.matrix import ReadOptions
from fatescore.ingest.readers import h5ad

GENES = ["RUNX2", "PPARG", "SP7"]
COUNTS = np.array([[1, 0, 2], [0, 3, 0], [4, 0, 5]], dtype=np.float32)
DECLARED = ReadOptions("human", scale="counts")


def adata(counts: Any = COUNTS, **obs: list[str]) -> ad.AnnData:
    cells = pd.DataFrame(obs, index=["AA-1", "CC-1", "GG-1"])
    return ad.AnnData(sp.csr_matrix(counts), obs=cells, var=pd.DataFrame(index=GENES))


def test_only_the_indices_of_the_matrix_are_used(tmp_path: Path) -> None:
    path = tmp_path / "x.h5ad"
    adata().write_h5ad(path)
    for name, value in (("indices", 99), ("indices", -1), ("indptr", 99)):
        adata().write_h5ad(path)
        with h5py.File(path, "r+") as stored:
            stored[f"X/{name}"][1] = value  # scipy crashes on it, or reads what is not there
        with pytest.raises(InputError, match="cannot be read as AnnData"):
            h5ad.open_h5ad(path)


# --- one file per sample ------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("archived", [False, True])
def test_one_file_per_sample(tmp_path: Path, tarred: Any, samples: pd.DataFrame, packed: bool, archived: bool) -> None:
    files = {}
    for n in range(1, 5):
        adata(COUNTS * n, sample=[f"BM{n}"] * 3).write_h5ad(tmp_path / "one.h5ad")
        data = (tmp_path / "one.h5ad").read_bytes()
        files[f"GSM{n}_BM{n}.h5ad" + ".gz" * packed] = gzip.compress(data) if packed else data
    (tmp_path / "one.h5ad").unlink()
    source = tmp_path / ("GSE5_RAW.tar" if archived else "folder")
    if archived:
        source.write_bytes(tarred(files))
    else:
        source.mkdir()
        for name, data in files.items():
            (source / name).write_bytes(data)
    out = ingest(source, samples=samples, dataset="d", organism="human", assay="single_cell", scale="counts").adata
    assert out.obs["sample"].astype(str).tolist() == [f"GSM{n}" for n in (1, 2, 3, 4) for _ in range(3)]
    assert np.array_equal(out[:, GENES].layers["counts"].toarray(), np.vstack([COUNTS * n for n in (1, 2, 3, 4)]))
    scored = read_expression(source, "human")
    assert scored.n_obs == 12
    assert "counts" in scored.layers


def test_a_series_is_not_routed_past_them(series: Callable[..., Path], tarred: Any, tmp_path: Path) -> None:
    adata().write_h5ad(tmp_path / "x.h5ad")
    data = (tmp_path / "x.h5ad").read_bytes()
    folder = series(rows="", **{"GSE5_RAW.tar": tarred({"GSM1_x.h5ad.gz": gzip.compress(data), "GSM2_x.h5ad": data})})
    (folder / "counts").mkdir()
    (folder / "counts" / "GSE5_raw_counts_GRCh38.p13_NCBI.tsv").write_text("GeneID\tGSM1\n860\t1\n")
    assert (locate(folder).layout, locate(folder).path.name) == ("h5ad", "GSE5_RAW.tar")
    assert read_raw(locate(folder), "human").sample_names == ["GSM1", "GSM2"]
    assert can_hold_values("GSE5_bmsc.h5ad.gz")


def test_a_file_of_several_samples_among_them_is_split(tmp_path: Path) -> None:
    adata(sample=["a", "a", "b"]).write_h5ad(tmp_path / "GSM1.h5ad")
    adata(sample=["c", "c", "c"]).write_h5ad(tmp_path / "GSM2.h5ad")
    assert h5ad.read(tmp_path).columns == ["a", "a", "b", "c", "c", "c"]


def test_the_same_cells_in_two_files_are_refused(tmp_path: Path) -> None:
    adata(sample=["a", "a", "b"]).write_h5ad(tmp_path / "GSE5_all.h5ad")
    adata(sample=["a", "a", "a"]).write_h5ad(tmp_path / "GSM1_a.h5ad")
    with pytest.raises(InputError, match=r'2 cells are in several files, such as AA-1 of sample a; .*set "file"'):
        read_raw(locate(tmp_path), "human")
    assert read_raw(locate(tmp_path, file="GSE5*"), "human").columns == ["a", "a", "b"]


def test_only_counts_of_different_genes_are_joined(tmp_path: Path) -> None:
    adata().write_h5ad(tmp_path / "GSM1.h5ad")
    adata()[:, :2].copy().write_h5ad(tmp_path / "GSM2.h5ad")
    raw = h5ad.read(tmp_path)
    assert (raw.ids, raw.matrix.toarray()[3:, 2].tolist()) == (GENES, [0, 0, 0])
    adata(np.log1p(COUNTS))[:, :2].copy().write_h5ad(tmp_path / "GSM2.h5ad")
    with pytest.raises(InputError, match=r'different genes \(3, 2\), and are no counts; .*join="inner"'):
        h5ad.read(tmp_path)


# --- samples of one file -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["orig.ident", "sample_id", "Sample"])
def test_the_usual_column_of_samples_is_taken_and_noted(tmp_path: Path, name: str) -> None:
    adata(**{name: ["a", "a", "b"]}).write_h5ad(tmp_path / "x.h5ad")
    raw = h5ad.read(tmp_path / "x.h5ad")
    assert (raw.columns, raw.barcodes) == (["a", "a", "b"], ["AA-1", "CC-1", "GG-1"])
    assert raw.notes == [f'"{name}" names the samples of the cells; set sample_key if another column does']
    one = h5ad.read(tmp_path / "x.h5ad", options=ReadOptions("human", only_sample="z"))
    assert (one.columns, one.notes) == (["z"] * 3, [])
    adata(**{name: ["a", "b", "c"]}).write_h5ad(tmp_path / "x.h5ad")  # bulk samples keep their own names
    assert h5ad.read(tmp_path / "x.h5ad").columns == ["AA-1", "CC-1", "GG-1"]


@pytest.mark.parametrize("categorical", [False, True])
def test_bytes_are_texts(tmp_path: Path, categorical: bool) -> None:
    # as R and Julia write names: of a fixed length
    path = tmp_path / "x.h5ad"
    table = adata(sample=["CT1", "CT1", "OP1"])
    table.obs["sample"] = table.obs["sample"].astype("category" if categorical else object)
    table.var["gene_ids"] = ["ENSG00000124813", "ENSG00000162551", "ENSG00000170374"]
    table.write_h5ad(path, convert_strings_to_categoricals=False)
    with h5py.File(path, "r+") as stored:
        for place in (
            "obs/_index",
            "var/_index",
            "var/gene_ids",
            "obs/sample/categories" if categorical else "obs/sample",
        ):
            values = np.array([text.encode() for text in stored[place].asstr()[...]])
            del stored[place]
            written = stored.create_dataset(place, data=values)
            written.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
    raw = h5ad.read(path)
    assert (raw.columns, raw.ids, raw.barcodes[0]) == (["CT1", "CT1", "OP1"], GENES, "AA-1")
    assert raw.other_names == ["ENSG00000124813", "ENSG00000162551", "ENSG00000170374"]
    scored = read_expression(path, "human")
    assert scored.obs["sample"].tolist() == ["CT1", "CT1", "OP1"]


# --- where the counts are --------------------------------------------------------------------------------


def elsewhere(**layers: Any) -> ad.AnnData:
    table = adata(np.log1p(COUNTS))
    for name, values in layers.items():
        table.layers[name] = sp.csr_matrix(values)
    return table


@pytest.mark.parametrize("layer", ["raw_counts", "counts_RNA", "spliced", "anything"])
def test_counts_of_a_layer(tmp_path: Path, layer: str) -> None:
    elsewhere(**{layer: COUNTS, "scaled": COUNTS - 1.5}).write_h5ad(tmp_path / "x.h5ad")
    raw = h5ad.read(tmp_path / "x.h5ad", options=DECLARED)
    assert np.array_equal(raw.matrix.toarray(), COUNTS)
    assert raw.notes == [f'the counts are those of layers["{layer}"]: X holds other values']
    assert np.allclose(h5ad.read(tmp_path / "x.h5ad").matrix.toarray(), np.log1p(COUNTS))


@pytest.mark.parametrize("scaled", [False, True])
def test_counts_of_raw_have_its_genes(tmp_path: Path, scaled: bool) -> None:
    whole = adata()
    whole.var["gene_ids"] = ["ENSG00000124813", "ENSG00000162551", "ENSG00000170374"]
    small = whole[:, ["SP7", "RUNX2"]].copy()
    small.X = sp.csr_matrix(np.log1p(small.X.toarray()) - scaled)
    small.raw = whole
    small.write_h5ad(tmp_path / "x.h5ad")
    raw = h5ad.read(tmp_path / "x.h5ad", options=DECLARED)
    assert (raw.ids, raw.other_names) == (GENES, ["ENSG00000124813", "ENSG00000162551", "ENSG00000170374"])
    assert np.array_equal(raw.matrix.toarray(), COUNTS)
    assert raw.notes == ["the counts are those of raw.X: X holds other values"]


def test_x_goes_first_and_more_genes_elsewhere_are_noted(tmp_path: Path) -> None:
    small = adata()[:, :2].copy()
    small.raw = adata()
    small.layers["other"] = sp.csr_matrix(COUNTS[:, :2] * 2)
    small.write_h5ad(tmp_path / "x.h5ad")
    raw = h5ad.read(tmp_path / "x.h5ad", options=DECLARED)
    assert np.array_equal(raw.matrix.toarray(), COUNTS[:, :2])
    assert raw.notes == ["X was read, with 2 genes; raw.X has 3"]


def test_places_that_agree_are_one_and_others_are_refused_with_a_command_that_works(tmp_path: Path) -> None:
    path = tmp_path / "IN.h5ad"
    elsewhere(a=COUNTS, b=COUNTS).write_h5ad(path)
    assert np.array_equal(h5ad.read(path, options=DECLARED).matrix.toarray(), COUNTS)
    elsewhere(spliced=COUNTS, unspliced=COUNTS * 2).write_h5ad(path)
    with pytest.raises(InputError, match=r'several places do: layers\["spliced"\], layers\["unspliced"\]') as error:
        h5ad.read(path, options=DECLARED)
    command = re.search(r'python -c "(.*)"$', str(error.value))
    assert command is not None
    subprocess.run([sys.executable, "-c", command[1]], cwd=tmp_path, check=True)
    assert np.array_equal(h5ad.read(tmp_path / "OUT.h5ad", options=DECLARED).matrix.toarray(), COUNTS)


def test_nowhere_counts(tmp_path: Path) -> None:
    elsewhere(scaled=COUNTS - 1).write_h5ad(tmp_path / "x.h5ad")
    raw = h5ad.read(tmp_path / "x.h5ad", options=DECLARED)  # the check of the scale says what X is
    assert np.allclose(raw.matrix.toarray(), np.log1p(COUNTS))


# --- values that cannot be -----------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.inf, 1e308, -3, np.nan])
@pytest.mark.parametrize("place", ["X", "counts"])
def test_impossible_values(tmp_path: Path, value: float, place: str) -> None:
    wrong = sp.csr_matrix(COUNTS, dtype=float)
    wrong.data[2] = value
    table = adata(sample=["GSM1"] * 3)
    if place == "X":
        table.X = wrong
    else:
        table.layers["counts"] = wrong
    table.write_h5ad(tmp_path / "x.h5ad")
    samples = pd.DataFrame({"sample": ["GSM1"], "donor": ["d"], "condition": ["c"]})
    with pytest.raises(InputError, match="infinite values|negative values|missing values|beyond 9e15"):
        ingest(tmp_path / "x.h5ad", samples=samples, dataset="d", organism="human", assay="single_cell", scale="counts")
    with pytest.raises(InputError, match="PPARG is .* in CC-1|negative values"):
        read_expression(tmp_path / "x.h5ad", "human")


# --- what names the genes --------------------------------------------------------------------------------

NUMBERS = ["0", "1", "225"]


def renamed(names: list[str], **columns: list[str]) -> ad.AnnData:
    table = adata()
    table.var = pd.DataFrame(columns, index=pd.Index(names, dtype=object))
    return table


@pytest.mark.parametrize("how", ["score", "ingest", "one file per sample"])
def test_a_column_of_var_names_the_genes_of_a_numbered_index(tmp_path: Path, how: str) -> None:
    table = renamed(NUMBERS, place=["chr6", "chr3", "chr12"], features=["gene-RUNX2", "gene-PPARG", "gene-SP7"])
    for name in ("GSM1_a.h5ad", "GSM2_b.h5ad"):
        table.write_h5ad(tmp_path / name)
    note = 'the genes are named by the column "features": the index has 0, 1, 225'
    if how == "score":
        assert list(read_expression(tmp_path / "GSM1_a.h5ad", "human").var_names) == GENES
        return
    raw = h5ad.read(tmp_path / "GSM1_a.h5ad" if how == "ingest" else tmp_path, options=ReadOptions("human"))
    assert raw.ids == ["gene-RUNX2", "gene-PPARG", "gene-SP7"]
    assert raw.notes.count(note) == 1


def test_numbers_without_such_a_column_are_refused_with_a_command_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed(NUMBERS, place=["chr6", "chr3", "chr12"], kind=["a", "b", "c"]).write_h5ad(tmp_path / "IN.h5ad")
    with pytest.raises(
        InputError, match="called 0, 1, 225, and no column of var names genes; it has place, kind"
    ) as error:
        read_expression(tmp_path / "IN.h5ad", "human")
    (tmp_path / "GENES.txt").write_text("\n".join(GENES))
    monkeypatch.chdir(tmp_path)
    exec(str(error.value).split('python -c "')[1].split('"')[0])
    assert list(read_expression(tmp_path / "OUT.h5ad", "human").var_names) == GENES


def test_genes_in_obs_are_refused_with_a_command_that_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    adata().T.write_h5ad(tmp_path / "IN.h5ad")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="the genes are the observations of the h5ad, such as RUNX2") as error:
        h5ad.read(tmp_path / "IN.h5ad")
    exec(str(error.value).split('python -c "')[1].split('"')[0])
    assert h5ad.read(tmp_path / "OUT.h5ad").ids == GENES
