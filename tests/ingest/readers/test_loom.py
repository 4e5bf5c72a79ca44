"""Loom files, written by its specification and as anndata writes them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fatescore.errors import InputError
from fatescore.ingest import ingest
from fatescore.ingest.readers import loom

GENES = ["RUNX2", "PPARG", "ALPL"]


def write_loom(
    path: Path, matrix: Any, rows: dict[str, list[str]] | None = None, cells: dict[str, Any] | None = None
) -> Path:
    """Write genes x cells."""
    values = np.asarray(matrix)
    rows = {"Gene": GENES[: len(values)]} if rows is None else rows
    cells = {"CellID": [f"c{n}" for n in range(values.shape[1])]} if cells is None else cells
    with h5py.File(path, "w") as stored:
        stored["matrix"] = values
        for group, columns in (("row_attrs", rows), ("col_attrs", cells)):
            stored.create_group(group)
            for name, column in columns.items():
                stored[group][name] = np.array(column, dtype=object) if isinstance(column[0], str) else column
    return path


def test_names_ids_and_samples(tmp_path: Path) -> None:
    rows = {"Gene": GENES, "Accession": ["ENSG1", "ENSG2", "ENSG3"]}
    cells = {"CellID": ["a", "b"], "donor": ["x", "y"], "age": [80, 81], "umap": np.zeros((2, 2))}
    path = write_loom(tmp_path / "GSM1_x.loom", [[1, 0], [0, 2], [3, 4]], rows, cells)
    raw = loom.read(path)
    assert (raw.ids, raw.other_names, raw.barcodes) == (["ENSG1", "ENSG2", "ENSG3"], GENES, ["a", "b"])
    assert raw.matrix.toarray().tolist() == [[1, 0, 3], [0, 2, 4]]
    assert raw.columns == ["GSM1", "GSM1"]
    assert raw.obs is not None
    assert raw.obs.to_dict("list") == {"donor": ["x", "y"], "age": [80, 81]}
    assert loom.read(path, sample_key="donor").columns == ["x", "y"]
    with pytest.raises(InputError, match=r'has no obs column "doner"; .*did you mean "donor"'):
        loom.read(path, sample_key="doner")


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("gene", "obs_names"), ("gene_names", "cell_names"), ("var_names", "CellID"), ("Accession", "barcodes"),
        ("target_name", "barcode"), ("GeneSymbol", "Cell.Barcode"), ("Gene", "cellName"),
    ],
)  # fmt: skip
def test_fixed_width_text_and_other_attributes(tmp_path: Path, name: str, cell: str) -> None:
    path = write_loom(tmp_path / "s.loom", np.ones((3, 2), np.float32), {name: GENES}, {cell: ["a", "b"]})
    with h5py.File(path, "a") as stored:
        del stored["row_attrs"][name]
        stored["row_attrs"][name] = np.array(GENES, dtype="S")
    raw = loom.read(path)
    assert (raw.ids, raw.sample_names, raw.barcodes) == (GENES, ["s"], ["a", "b"])


def test_ingest_joins_the_files_of_a_folder_and_of_an_archive(
    tmp_path: Path, samples: pd.DataFrame, tarred: Any
) -> None:
    folder = tmp_path / "looms"
    folder.mkdir()
    for n in range(1, 5):
        write_loom(folder / f"GSM{n}_v.loom", [[n, 0], [0, n], [1, 1]])
    how: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "single_cell", "scale": "counts"}
    archive = tmp_path / "GSE5_RAW.tar"
    archive.write_bytes(tarred({path.name: path.read_bytes() for path in folder.iterdir()}))
    for source in (folder, archive):
        adata = ingest(source, samples=samples, **how).adata
        assert adata.to_df()["RUNX2"].tolist() == [1, 0, 2, 0, 3, 0, 4, 0]
        assert adata.obs["sample"].astype(str).tolist() == [f"GSM{n}" for n in (1, 1, 2, 2, 3, 3, 4, 4)]


def test_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.loom"
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read as loom"):
        loom.read(path)
    with h5py.File(path, "w") as stored:
        stored["X"] = [1]
    with pytest.raises(InputError, match=r"it has no matrix, row_attrs, col_attrs, but X"):
        loom.read(path)
    write_loom(path, np.ones((3, 2)), {"colour": ["red", "blue", "green"]})
    with pytest.raises(
        InputError, match=r"has no row attribute that names genes, but colour; expected Gene; write one"
    ):
        loom.read(path)
    with h5py.File(path, "r+") as stored:  # what the refusal says
        stored["row_attrs/Gene"] = GENES
    assert loom.read(path).ids == GENES
    write_loom(path, np.ones((3, 2)), cells={"depth": [1, 2]})
    with pytest.raises(InputError, match=r"has no column attribute that names cells, but depth"):
        loom.read(path)
    write_loom(path, np.ones((3, 2)), cells={"CellID": ["a"]})
    with pytest.raises(InputError, match=r"the matrix is 3 x 2, with 3 genes and 1 cells"):
        loom.read(path)
    write_loom(path, np.ones((3, 2, 1)))
    with pytest.raises(InputError, match=r"the matrix is 3-dimensional"):
        loom.read(path)
    path.rename(tmp_path / "s.txt")
    with pytest.raises(InputError, match=r"holds no loom files; its files are s.txt"):
        loom.read(tmp_path)


@settings(max_examples=20, deadline=None)
@given(values=arrays(np.int32, st.tuples(st.integers(1, 3), st.integers(1, 1100)), elements=st.integers(0, 99)))
def test_round_trip(values: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> None:
    raw = loom.read(write_loom(tmp_path_factory.mktemp("loom") / "s.loom", values))
    assert np.array_equal(raw.matrix.toarray(), values.T)


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 2**31), value=st.integers(0, 255), cut=st.booleans())
def test_damage_is_an_input_error_or_harmless(
    place: int, value: int, cut: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write_loom(tmp_path_factory.mktemp("loom") / "s.loom", [[1, 0], [0, 2], [3, 4]])
    data = bytearray(path.read_bytes())
    place %= len(data)
    data[place] = value
    path.write_bytes(data[:place] if cut else data)
    with contextlib.suppress(InputError):
        loom.read(path).matrix.sum()


def test_what_seurat_calls_the_sample(tmp_path: Path) -> None:
    cells = {"cell_names": ["a", "b", "c"], "orig.ident": ["CT1", "CT1", "OP1"]}
    raw = loom.read(write_loom(tmp_path / "all.loom", np.ones((3, 3)), {"gene_names": GENES}, cells))
    assert raw.columns == ["CT1", "CT1", "OP1"]
    assert raw.notes == ['"orig.ident" names the samples of the cells; set sample_key if another column does']
    raw = loom.read(
        write_loom(tmp_path / "GSM1.loom", np.ones((3, 3)), {"gene_names": GENES}, cells | {"orig.ident": ["x"] * 3})
    )
    assert (raw.columns, raw.notes) == (["GSM1"] * 3, [])


@pytest.mark.parametrize("unusual", ["label", "Selected"])
def test_an_attribute_names_the_genes_by_what_it_holds(tmp_path: Path, unusual: str) -> None:
    rows = {"Gene": ["0", "1", "225"], "place": ["chr6", "chr3", "chr1"], unusual: GENES}
    path = write_loom(tmp_path / "s.loom", np.ones((3, 2)), rows)
    raw = loom.read(path)
    assert raw.ids == GENES
    assert raw.notes == [f'the genes are named by the row attribute "{unusual}": Gene has 0, 1, 225']
    raw = loom.read(write_loom(path, np.ones((3, 2)), {unusual: GENES}))
    assert (raw.ids, raw.notes) == (GENES, [f'the genes are named by the row attribute "{unusual}"'])
    assert loom.read(write_loom(path, np.ones((3, 2)), {"Gene": ["0", "1", "225"]})).ids == ["0", "1", "225"]
