"""CellRanger's HDF5 files under any name."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.ingest import ingest
from fatescore.ingest.readers import tenx_h5, tenx_mtx

IDS = ["ENSG00000124813", "ENSG00000132170", "ENSG00000162551"]
SYMBOLS = ["RUNX2", "PPARG", "ALPL"]
COUNTS = {"GSM1": [[1, 0], [0, 2], [3, 4]], "GSM2": [[5, 6], [7, 0], [0, 8]]}


def write_h5(
    path: Path, counts: Any, *, version: int = 3, types: list[str] | None = None, genomes: tuple[str, ...] = ("GRCh38",)
) -> Path:
    """Write genes x cells as CellRanger does."""
    matrix = sp.csc_matrix(np.asarray(counts, dtype=np.int32))
    n_genes, n_cells = matrix.shape
    ids, symbols = (IDS * n_genes)[:n_genes], (SYMBOLS * n_genes)[:n_genes]
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as stored:
        for name in ("matrix",) if version == 3 else genomes:
            group = stored.create_group(name)
            group["data"], group["indices"], group["indptr"] = matrix.data, matrix.indices, matrix.indptr
            group["shape"] = np.array(matrix.shape)
            group["barcodes"] = np.array([f"AA{n}-1" for n in range(n_cells)], dtype="S")
            if version == 2:
                group["genes"], group["gene_names"] = np.array(ids, dtype="S"), np.array(symbols, dtype="S")
                continue
            features = group.create_group("features")
            features["id"], features["name"] = np.array(ids, dtype="S"), np.array(symbols, dtype="S")
            features["feature_type"] = np.array(types or ["Gene Expression"] * n_genes, dtype="S")
            features["genome"] = np.array(["GRCh38"] * n_genes, dtype="S")
    return path


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize(
    "pattern",
    [
        "{gsm}_name_filtered_feature_bc_matrix.h5",
        "{gsm}_filtered_gene_bc_matrices_h5.h5",
        "{gsm}.h5",
        "a/{gsm}_x/outs/filtered_feature_bc_matrix.h5",
    ],
)
def test_names(tmp_path: Path, tarred: Any, version: int, packed: bool, archived: bool, pattern: str) -> None:
    members = {}
    for gsm, counts in COUNTS.items():
        data = write_h5(tmp_path / "x.h5", counts, version=version).read_bytes()
        members[pattern.format(gsm=gsm) + ".gz" * packed] = gzip.compress(data, mtime=0) if packed else data
    source = tmp_path / "GSE5_RAW.tar"
    if archived:
        source.write_bytes(tarred({**members, "GSM1_molecule_info.h5": b"x"}))
    else:
        source = tmp_path / "folder"
        for name, data in members.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(data)
    raw = tenx_h5.read(source)
    assert raw.sample_names == ["GSM1", "GSM2"]
    for gsm, counts in COUNTS.items():
        assert raw.matrix[raw.rows_of(gsm)].toarray().T.tolist() == counts
    assert (raw.ids, raw.other_names) == (IDS, SYMBOLS)
    assert raw.barcodes == ["AA0-1", "AA1-1"] * 2


def test_antibodies_and_empty_barcodes_are_left_out(tmp_path: Path) -> None:
    types = ["Gene Expression", "Gene Expression", "Antibody Capture"]
    path = write_h5(tmp_path / "GSM1.h5", [[1, 0, 2], [0, 0, 0], [9, 0, 9]], types=types)
    raw = tenx_h5.read(path)
    assert (raw.ids, raw.barcodes) == (IDS[:2], ["AA0-1", "AA2-1"])
    write_h5(path, [[1], [2], [3]], types=["Antibody Capture"] * 3)
    with pytest.raises(InputError, match="has no genes, only Antibody Capture"):
        tenx_h5.read(path).matrix.sum()


def test_filtered_barcodes_are_preferred_and_noted(tmp_path: Path) -> None:
    write_h5(tmp_path / "GSM1_raw_feature_bc_matrix.h5", [[1, 1], [1, 1], [1, 1]])
    raw = tenx_h5.read(tmp_path)
    assert raw.notes == ["only raw barcodes, empty droplets among them: GSM1"]
    write_h5(tmp_path / "GSM1_filtered_feature_bc_matrix.h5", [[1], [2], [3]])
    raw = tenx_h5.read(tmp_path)
    assert raw.matrix.toarray().tolist() == [[1, 2, 3]]
    assert raw.notes == ["raw barcodes left out because there are filtered ones: GSM1_raw_feature_bc_matrix.h5"]
    write_h5(tmp_path / "GSM1_again.h5", [[1], [2], [3]])
    with pytest.raises(InputError, match=r'several matrices for the sample "GSM1".*set "file"'):
        tenx_h5.read(tmp_path)
    assert tenx_h5.read(tmp_path, "*again*").sample_names == ["GSM1"]


def test_ingest_finds_them(series: Callable[..., Path], tarred: Any, samples: pd.DataFrame, tmp_path: Path) -> None:
    members = {
        f"GSM{n}_x_filtered_feature_bc_matrix.h5": write_h5(tmp_path / "x.h5", [[n, 0], [0, n], [1, 1]]).read_bytes()
        for n in range(1, 5)
    }
    folder = series(rows="", **{"GSE5_RAW.tar": tarred(members), "filelist.txt": b"x"})
    how: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "single_cell", "scale": "counts"}
    adata = ingest(folder, samples=samples, **how).adata
    assert adata.to_df()["RUNX2"].tolist() == [1, 0, 2, 0, 3, 0, 4, 0]
    assert adata.obs["sample"].astype(str).tolist() == [f"GSM{n}" for n in (1, 1, 2, 2, 3, 3, 4, 4)]
    plain = tmp_path / "plain"
    for name, data in members.items():
        plain.mkdir(exist_ok=True)
        (plain / name).write_bytes(data)
    assert (ingest(plain, samples=samples, **how).adata.X != adata.X).nnz == 0
    alone = write_h5(tmp_path / "alone" / "filtered_feature_bc_matrix.h5", [[1], [2], [3]])
    assert list(ingest(alone, samples=samples.iloc[:1], **how).adata.obs_names) == ["GSM1_AA0-1"]


def test_refused(tmp_path: Path) -> None:
    path = tmp_path / "GSM1.h5"
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match="is not a whole HDF5 file .*fetch it again"):
        tenx_h5.read(path).matrix.sum()
    whole = write_h5(path, COUNTS["GSM1"]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="is not a whole HDF5 file .*fetch it again"):
        tenx_h5.read(path).matrix.sum()
    with h5py.File(path, "w") as stored:
        stored["X"] = [1]
    with pytest.raises(InputError, match=r"is no 10x matrix: it holds X; .* or choose another file with .file"):
        tenx_h5.read(path).matrix.sum()
    with h5py.File(path, "w") as stored:
        stored.create_group("matrix")
    with pytest.raises(InputError, match=r"cannot be read as a 10x matrix"):
        tenx_h5.read(path).matrix.sum()
    (tmp_path / "GSM1.h5").rename(tmp_path / "GSM1.txt")
    with pytest.raises(InputError, match=r"holds no 10x HDF5 files; its files are GSM1.txt"):
        tenx_h5.read(tmp_path)


@settings(max_examples=25, deadline=None)
@given(
    counts=st.integers(1, 5).flatmap(
        lambda cells: st.lists(st.lists(st.integers(0, 1000), min_size=cells, max_size=cells), min_size=3, max_size=3)
    ),
    version=st.sampled_from([2, 3]),
)
def test_round_trip(counts: list[list[int]], version: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = write_h5(tmp_path_factory.mktemp("h5") / "GSM9.h5", counts, version=version)
    raw = tenx_h5.read(path)
    plain = np.array(counts).T
    used = plain.any(axis=1) if plain.any() else np.ones(len(plain), dtype=bool)
    assert np.array_equal(raw.matrix.toarray(), plain[used])
    assert raw.columns == ["GSM9"] * int(used.sum())


def test_an_index_beyond_the_shape_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = write_h5(tmp_path / "GSM1.h5", COUNTS["GSM1"])
    with h5py.File(path, "a") as stored:
        stored["matrix/indices"][0] = 2**30
    raw = tenx_h5.read(path)
    with pytest.raises(InputError, match="cannot be read as a 10x matrix"):
        raw.matrix.sum()


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 2**31), value=st.integers(0, 255), cut=st.booleans(), version=st.sampled_from([2, 3]))
def test_damage_is_an_input_error_or_harmless(
    place: int, value: int, cut: bool, version: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write_h5(tmp_path_factory.mktemp("h5") / "GSM9.h5", COUNTS["GSM1"], version=version)
    data = bytearray(path.read_bytes())
    place %= len(data)
    data[place] = value
    path.write_bytes(data[:place] if cut else data)
    with contextlib.suppress(InputError):
        tenx_h5.read(path).matrix.sum()


def two_genomes(
    path: Path, human: Any, other: Any, *, name: str = "mm10", cells: str = "AA", prefix: bool = False
) -> Path:
    """Write a CellRanger 2 file of two genomes; the barcodes of the second begin with ``cells``."""
    write_h5(path, human, version=2)
    with h5py.File(path, "a") as stored:
        matrix = sp.csc_matrix(np.asarray(other, dtype=np.int32))
        group = stored.create_group(name)
        group["data"], group["indices"], group["indptr"] = matrix.data, matrix.indices, matrix.indptr
        group["shape"] = np.array(matrix.shape)
        group["barcodes"] = np.array([f"{cells}{n}-1" for n in range(matrix.shape[1])], dtype="S")
        start = f"{name}___" if prefix else ""
        group["genes"] = np.array([f"{start}E{n}" for n in range(matrix.shape[0])], dtype="S")
        group["gene_names"] = np.array([f"{start}Gfp{n}" for n in range(matrix.shape[0])], dtype="S")
    return path


def test_the_genome_of_the_organism_is_read(tmp_path: Path) -> None:
    path = two_genomes(tmp_path / "GSM1.h5", COUNTS["GSM1"], [[9, 9, 9]], cells="CC")
    raw = tenx_h5.read(path, organism="human")
    assert (raw.ids, raw.matrix.toarray().T.tolist()) == (IDS, COUNTS["GSM1"])
    assert raw.notes == ["the genomes mm10 were left out"]
    raw = tenx_h5.read(path, organism="mouse")
    assert (raw.ids, raw.barcodes) == (["E0"], ["CC0-1", "CC1-1", "CC2-1"])
    with pytest.raises(InputError, match="several genomes with different barcodes: GRCh38, mm10; expected one"):
        tenx_h5.read(path).matrix.sum()
    write_h5(path, COUNTS["GSM1"], version=2, genomes=("mm10", "mm39"))
    with pytest.raises(InputError, match="holds the genomes mm10, mm39; expected one of human"):
        tenx_h5.read(path, organism="human")


def test_genomes_of_the_same_cells_are_put_side_by_side(tmp_path: Path) -> None:
    path = two_genomes(tmp_path / "GSM1.h5", COUNTS["GSM1"], [[7, 8]], name="EGFP")
    for organism in ("human", None):
        raw = tenx_h5.read(path, organism=organism)
        assert raw.ids == ["E0", *IDS]
        assert raw.matrix.toarray().T.tolist() == [[7, 8], *COUNTS["GSM1"]]
        assert raw.notes == []


def test_a_reference_of_two_species(tmp_path: Path) -> None:
    names = [*(f"GRCh38_{name}" for name in IDS), "mm10___ENSMUSG1", "EGFP"]
    path = write_h5(tmp_path / "GSM1.h5", [[1, 0], [0, 2], [3, 4], [9, 9], [5, 6]])
    with h5py.File(path, "a") as stored:
        for key in ("id", "name"):
            del stored[f"matrix/features/{key}"]
            stored[f"matrix/features/{key}"] = np.array(names, dtype="S")
    raw = tenx_h5.read(path, organism="human")
    assert (raw.ids, raw.other_names) == ([*IDS, "EGFP"], [*IDS, "EGFP"])
    assert raw.matrix.toarray().T.tolist() == [[1, 0], [0, 2], [3, 4], [5, 6]]
    assert raw.notes == ["1 features of mm10 were left out; cells of that species may still be there"]
    assert tenx_h5.read(path, organism="mouse").ids == ["ENSMUSG1", "EGFP"]
    assert tenx_h5.read(path).ids == names


def test_barcodes_symbols_and_transgenes_that_repeat(
    series: Callable[..., Path], tarred: Any, samples: pd.DataFrame, tmp_path: Path
) -> None:
    members = {}
    for n in range(1, 5):
        path = write_h5(tmp_path / "x.h5", [[n, 1], [0, 2], [3, 0], [9, 9]])
        with h5py.File(path, "a") as stored:
            for key, values in (("id", [IDS[0], "ENSG00000999999", IDS[2], "EGFP"]),
                                ("name", ["RUNX2", "RUNX2", "ALPL", "EGFP"])):  # fmt: skip
                del stored[f"matrix/features/{key}"]
                stored[f"matrix/features/{key}"] = np.array(values, dtype="S")
        members[f"GSM{n}_filtered_feature_bc_matrix.h5"] = path.read_bytes()
    folder = series(rows="", **{"GSE5_RAW.tar": tarred(members)})
    adata = ingest(
        folder, samples=samples, dataset="d", organism="human", assay="single_cell", scale="counts"
    ).adata  # fmt: skip
    assert list(adata.obs_names[:3]) == ["GSM1_AA0-1", "GSM1_AA1-1", "GSM2_AA0-1"]  # the same barcodes in each sample
    assert adata.to_df()["RUNX2"].tolist() == [1, 3, 2, 3, 3, 3, 4, 3]  # two features of one symbol
    assert adata.to_df()["EGFP"].tolist() == [9] * 8
    assert adata.var.loc["EGFP", "mapped_by"] == "unmapped"


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("place", "shape", "total"),
    [
        ("seurat/visium/filtered_feature_bc_matrix.h5", (2689, 100), 132231),
        ("10x_data/1.2.0/multiple_genomes.h5", (12, 686), 25),
        ("10x_data/1.2.0/filtered_gene_bc_matrices_h5.h5", (12, 343), 12),
        ("10x_data/3.0.0/filtered_feature_bc_matrix.h5", (1107, 507), 41549),
    ],
)
def test_files_of_cellranger(real_data: Path, place: str, shape: tuple[int, int], total: int) -> None:
    raw = tenx_h5.read(real_data / "tenx_layouts" / place)
    assert (raw.matrix.shape, raw.matrix.sum(), len(raw.barcodes)) == (shape, total, shape[0])


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("hdf5", "triplet"),
    [
        ("1.2.0/filtered_gene_bc_matrices_h5.h5", "1.2.0/filtered_gene_bc_matrices/hg19_chr21"),
        ("3.0.0/filtered_feature_bc_matrix.h5", "3.0.0/filtered_feature_bc_matrix"),
    ],
)
def test_both_forms_of_cellranger_are_the_same(real_data: Path, hdf5: str, triplet: str) -> None:
    one, other = (
        reader.read(real_data / "tenx_layouts" / "10x_data" / place)
        for reader, place in ((tenx_h5, hdf5), (tenx_mtx, triplet))
    )
    assert (one.ids, one.other_names, one.barcodes) == (other.ids, other.other_names, other.barcodes)
    assert (one.matrix != other.matrix).nnz == 0
