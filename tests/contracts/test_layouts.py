"""What every layout promises: it is recognised, read, and refuses a damaged file by name."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest

from fatescore._schema import schema
from fatescore.cli import main
from fatescore.errors import InputError
from fatescore.ingest import layout_names, readers
from fatescore.ingest.locate import locate, read_raw

GENES = ["RUNX2", "PPARG", "SP7"]
COUNTS = np.array([[1, 0], [0, 2], [3, 0]], dtype=np.float32)  # genes x observations
TABLE = "gene\tGSM1\tGSM2\n" + "".join(f"{gene}\t{a:g}\t{b:g}\n" for gene, (a, b) in zip(GENES, COUNTS, strict=True))


# --- the smallest example of every layout: it holds COUNTS ------------------------------------------


def count_table(folder: Path) -> Path:
    return write(folder / "counts.tsv", TABLE)


def h5ad(folder: Path) -> Path:
    path = folder / "x.h5ad"
    ad.AnnData(COUNTS.T, obs=pd.DataFrame(index=["GSM1", "GSM2"]), var=pd.DataFrame(index=GENES)).write_h5ad(path)
    return path


def loom(folder: Path) -> Path:
    path = folder / "GSM1.loom"
    with h5py.File(path, "w") as stored:
        stored["matrix"] = COUNTS
        stored["row_attrs/Gene"] = GENES
        stored["col_attrs/CellID"] = ["AA-1", "CC-1"]
    return path


def ncbi_counts(folder: Path) -> Path:
    write(
        folder / "Human.GRCh38.p13.annot.tsv", "GeneID\tSymbol\n" + "".join(f"{n}\t{g}\n" for n, g in enumerate(GENES))
    )
    table = TABLE
    for n, gene in enumerate(GENES):
        table = table.replace(gene, str(n))
    return write(folder / "GSE5_raw_counts_GRCh38.p13_NCBI.tsv", table)


def series_matrix(folder: Path) -> Path:
    head = '!Series_title\t"t"\n\n!Sample_geo_accession\t"GSM1"\t"GSM2"\n!series_matrix_table_begin\n'
    return write(
        folder / "GSE5_series_matrix.txt", head + TABLE.replace("gene", "ID_REF") + "!series_matrix_table_end\n"
    )


def soft(folder: Path) -> Path:
    tables = [
        f"^SAMPLE = GSM{n + 1}\n!Sample_platform_id = GPL7\n!sample_table_begin\nID_REF\tVALUE\n"
        + "".join(f"{gene}\t{value:g}\n" for gene, value in zip(GENES, COUNTS[:, n], strict=True))
        + "!sample_table_end\n"
        for n in range(2)
    ]
    return write(folder / "GSE5_family.soft", "".join(tables))


def tenx_h5(folder: Path) -> Path:
    path = folder / "GSM1.h5"
    with h5py.File(path, "w") as stored:
        features = {"id": GENES, "name": GENES, "feature_type": ["Gene Expression"] * 3, "genome": ["GRCh38"] * 3}
        for name, values in features.items():
            stored[f"matrix/features/{name}"] = np.array(values, dtype="S")
        stored["matrix/barcodes"] = np.array(["AA-1", "CC-1"], dtype="S")
        stored["matrix/data"] = np.array([1, 3, 2], dtype=np.int32)
        stored["matrix/indices"] = np.array([0, 2, 1])
        stored["matrix/indptr"] = np.array([0, 2, 3])
        stored["matrix/shape"] = np.array([3, 2], dtype=np.int32)
    return path


def tenx_mtx(folder: Path) -> Path:
    write(folder / "GSM1_barcodes.tsv", "AA-1\nCC-1\n")
    write(folder / "GSM1_features.tsv", "".join(f"{gene}\t{gene}\n" for gene in GENES))
    head = "%%MatrixMarket matrix coordinate integer general\n3 2 3\n"
    return write(folder / "GSM1_matrix.mtx", head + "1 1 1\n2 2 2\n3 1 3\n")


EXAMPLES: dict[str, Callable[[Path], Path]] = {
    make.__name__: make for make in (count_table, h5ad, loom, ncbi_counts, series_matrix, soft, tenx_h5, tenx_mtx)
}


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.fixture(params=readers.names())
def layout(request: pytest.FixtureRequest) -> readers.Layout:
    return readers.get(request.param)


@pytest.fixture
def example(layout: readers.Layout, tmp_path: Path) -> Path:
    assert layout.name in EXAMPLES, f"{layout.name} needs its smallest example here"
    return EXAMPLES[layout.name](tmp_path)


# --- what all promise -------------------------------------------------------------------------------


def source(layout: readers.Layout, example: Path) -> Path:
    return example if layout.alone else example.parent


def test_recognised_and_read(layout: readers.Layout, example: Path) -> None:
    assert readers.layout_of(example) is layout
    assert readers.can_hold_values(example.name)
    for place in (source(layout, example), example.parent):
        for name in ("auto", layout.name):
            located = locate(place, name)
            assert located.layout == layout.name
            raw = read_raw(located, "human")
            matrix = raw.matrix.toarray() if hasattr(raw.matrix, "toarray") else raw.matrix
            assert np.array_equal(matrix, COUNTS.T)
            assert raw.ids == GENES
            assert len(raw.columns) == 2
            assert example in raw.inputs


def test_a_packed_file_is_read_alike(layout: readers.Layout, example: Path) -> None:
    example.with_name(example.name + ".gz").write_bytes(gzip.compress(example.read_bytes(), mtime=0))
    example.unlink()
    packed = example.with_name(example.name + ".gz")
    assert readers.layout_of(packed) is layout
    assert read_raw(locate(source(layout, packed)), "human").ids == GENES


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("damage", ["cut", "garbled", "empty"])
def test_a_damaged_file_is_refused_by_name(layout: readers.Layout, example: Path, damage: str, *, packed: bool) -> None:
    data = gzip.compress(example.read_bytes(), mtime=0) if packed else example.read_bytes()
    if damage == "cut" and b"\0" not in data:
        pytest.skip("a plain text that is cut is a shorter text")
    damaged = {"cut": data[: len(data) * 3 // 5], "garbled": bytes(255 - byte for byte in data), "empty": b""}[damage]
    example.unlink()
    example = example.with_name(example.name + ".gz") if packed else example
    example.write_bytes(damaged)
    with pytest.raises(InputError) as error:
        read_raw(locate(source(layout, example)), "human")
    assert example.name in str(error.value) or example.name.split("_")[0] in str(error.value)


def test_names_titles_and_endings_are_unique() -> None:
    known = readers.layouts()
    assert sorted(one.name for one in known) == list(readers.names())
    assert len({one.title for one in known}) == len(known)
    endings = [(ending, one.accepts is not None) for one in known for ending in one.endings]
    assert len(set(endings)) == len(endings)
    assert all(ending == ending.lower() and not ending.endswith(".gz") for ending, _ in endings)
    assert all(one.read.__module__ == f"fatescore.ingest.readers.{one.name}" for one in known)


def test_schema_and_help_list_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(schema("datasets")["properties"]["layout"]["enum"]) == layout_names()
    assert layout_names() == ("auto", *readers.names())
    with pytest.raises(SystemExit):
        main(["ingest", "--help"])
    assert f"{{{','.join(layout_names())}}}" in "".join(capsys.readouterr().out.split())
