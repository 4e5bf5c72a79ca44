"""10x triplets under any name."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.ingest import ingest, read_expression
from fatescore.ingest.locate import locate, read_raw
from fatescore.ingest.readers import tenx_mtx

GENES = ["ENSG1\tRUNX2", "ENSG2\tPPARG", "ENSG3\tALPL"]
COUNTS = {"GSM1": [[1, 0], [0, 2], [3, 4]], "GSM2": [[5, 6], [7, 0], [0, 8]]}


def named(
    triplet: Callable[..., dict[str, bytes]], pattern: str, *, version: int = 3, pack: str = "all"
) -> dict[str, bytes]:
    """Return the members of two samples; ``pattern`` holds {gsm} and {part}."""
    members = {}
    for gsm, counts in COUNTS.items():
        for part, data in triplet(GENES, ["AA-1", "CC-1"], counts, version=version).items():
            packed = pack == "all" or (pack == "some" and part.startswith("matrix"))
            name = pattern.format(gsm=gsm, part=part) + (".gz" if packed else "")
            members[name] = gzip.compress(data, mtime=0) if packed else data
    return members


def check(raw: Any) -> None:
    assert raw.sample_names == ["GSM1", "GSM2"]
    for gsm, counts in COUNTS.items():
        assert np.array_equal(raw.matrix[raw.rows_of(gsm)].toarray().T, counts)
    assert raw.ids == ["ENSG1", "ENSG2", "ENSG3"]
    assert raw.other_names == ["RUNX2", "PPARG", "ALPL"]
    assert raw.barcodes == ["AA-1", "CC-1"] * 2


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("pack", ["all", "some", "none"])
@pytest.mark.parametrize(
    "pattern",
    [
        "{gsm}_name_{part}",
        "{gsm}_name.{part}",
        "{gsm}-{part}",
        "{gsm}_x/filtered_feature_bc_matrix/{part}",
        "GSE5/{gsm}/outs/filtered_gene_bc_matrices/GRCh38/{part}",
        "a/b/{gsm}_{part}",
    ],
)
def test_names(triplet: Any, tarred: Any, tmp_path: Path, version: int, pack: str, pattern: str) -> None:
    members = named(triplet, pattern, version=version, pack=pack)
    archive = tmp_path / "GSE5_RAW.tar"
    archive.write_bytes(tarred({**members, "GSM1_report.html": b"x"}))
    check(tenx_mtx.read(archive))
    folder = tmp_path / "folder"
    for name, data in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    check(tenx_mtx.read(folder))


def test_one_feature_list_for_the_series(triplet: Any, tarred: Any, tmp_path: Path) -> None:
    members = named(triplet, "{gsm}_{part}")
    shared = members.pop("GSM1_features.tsv.gz")
    del members["GSM2_features.tsv.gz"]
    path = tmp_path / "r.tar"
    path.write_bytes(tarred({**members, "GSE5_features.tsv.gz": shared}))
    check(tenx_mtx.read(path))


def test_antibodies_and_empty_barcodes_are_left_out(triplet: Any, tarred: Any, tmp_path: Path) -> None:
    members = triplet(GENES, ["AA", "CC", "GG"], [[1, 0, 2], [0, 0, 0], [9, 0, 9]])
    members["features.tsv"] = members["features.tsv"].replace(b"ALPL\tGene Expression", b"ALPL\tAntibody Capture")
    path = tmp_path / "r.tar"
    path.write_bytes(tarred({f"GSM1_{name}": data for name, data in members.items()}))
    raw = tenx_mtx.read(path)
    assert (raw.ids, raw.barcodes) == (["ENSG1", "ENSG2"], ["AA", "GG"])


def test_different_feature_lists_are_joined_and_noted(triplet: Any, tarred: Any, tmp_path: Path) -> None:
    one, two = triplet(GENES[:2], ["AA"], [[1], [2]]), triplet(GENES[:0:-1], ["AA"], [[3], [4]])
    path = tmp_path / "r.tar"
    path.write_bytes(tarred({**{f"GSM1_{n}": d for n, d in one.items()}, **{f"GSM2_{n}": d for n, d in two.items()}}))
    raw = tenx_mtx.read(path)
    assert raw.ids == ["ENSG1", "ENSG2", "ENSG3"]
    assert raw.matrix.toarray().tolist() == [[1, 2, 0], [0, 4, 3]]
    assert "different features" in raw.notes[0]


@pytest.mark.parametrize("kind", ["up", "absolute", "symlink", "hardlink"])
def test_unsafe_archives_are_refused(triplet: Any, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bad.tar"
    with tarfile.open(path, "w") as archive:
        for name, data in named(triplet, "{gsm}_{part}").items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        bad = tarfile.TarInfo({"up": "../GSM3_matrix.mtx", "absolute": "/GSM3_matrix.mtx"}.get(kind, "GSM3_matrix.mtx"))
        if kind.endswith("link"):
            bad.type = tarfile.SYMTYPE if kind == "symlink" else tarfile.LNKTYPE
            bad.linkname = "/etc/passwd"
        archive.addfile(bad)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=r"points outside the archive or is a link"):
        tenx_mtx.read(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_refused(triplet: Any, tarred: Any, tmp_path: Path) -> None:
    path = tmp_path / "r.tar"
    members = named(triplet, "{gsm}_{part}")
    barcodes = members.pop("GSM2_barcodes.tsv.gz")
    path.write_bytes(tarred(members))
    with pytest.raises(InputError, match=r"GSM2 has no barcodes file"):
        tenx_mtx.read(path)
    path.write_bytes(tarred({**members, "GSM2_barcodes.tsv.gz": gzip.compress(gzip.decompress(barcodes) * 3)}))
    with pytest.raises(InputError, match=r"the matrix is 3 x 2, with 3 features and 6 barcodes"):
        tenx_mtx.read(path)
    path.write_bytes(tarred({"GSM1.CEL.gz": b"x"}))
    with pytest.raises(InputError, match=r"holds no 10x matrix; its files are GSM1.CEL.gz"):
        tenx_mtx.read(path)
    path.write_bytes(tarred({**members, "GSM2_barcodes.tsv.gz": barcodes, "GSM1_matrix.mtx.gz": gzip.compress(b"no")}))
    with pytest.raises(InputError, match=r"GSM1: the matrix cannot be read"):
        tenx_mtx.read(path)
    path.write_bytes(b"not a tar")
    with pytest.raises(InputError, match=r"cannot be read as an archive"):
        tenx_mtx.read(path)


@pytest.mark.parametrize("value", [b"-9", b"nan"])
def test_an_impossible_value_is_kept_for_the_check_of_the_scale(
    triplet: Any, tarred: Any, tmp_path: Path, value: bytes
) -> None:
    members = triplet(GENES, ["AA", "CC"], [[1, 7], [2, 0], [0, 4]])
    members["matrix.mtx"] = members["matrix.mtx"].replace(b"integer", b"real").replace(b"1 2 7", b"1 2 " + value)
    path = tmp_path / "r.tar"
    path.write_bytes(tarred({f"GSM1_{name}": data for name, data in members.items()}))
    assert tenx_mtx.read(path).barcodes == ["AA", "CC"]


def test_a_sample_without_counts_is_not_absent(triplet: Any, tarred: Any, tmp_path: Path) -> None:
    full, empty = triplet(GENES, ["AA"], [[1], [2], [0]]), triplet(GENES, ["AA"], [[0], [0], [0]])
    path = tmp_path / "r.tar"
    path.write_bytes(
        tarred({**{f"GSM1_{n}": d for n, d in full.items()}, **{f"GSM2_{n}": d for n, d in empty.items()}})
    )
    assert tenx_mtx.read(path).sample_names == ["GSM1", "GSM2"]


def test_damage_is_one_line(triplet: Any, tarred: Any, tmp_path: Path) -> None:
    members = named(triplet, "{gsm}_{part}")
    whole = tarred(members)
    path = tmp_path / "r.tar"
    path.write_bytes(whole[:700])
    with pytest.raises(InputError, match=r"cannot be read as an archive .*fetch it again"):
        tenx_mtx.read(path)
    members["GSM2_features.tsv.gz"] = members["GSM2_features.tsv.gz"][:12] + b"\xff" * 40
    path.write_bytes(tarred(members))
    with pytest.raises(InputError, match="its member GSM2_features.tsv.gz is damaged"):
        tenx_mtx.read(path)
    members = triplet(GENES, ["AA"], [[1], [2], [3]])
    members["matrix.mtx"] = b"%%MatrixMarket matrix coordinate integer general\n3 1 99999999999999\n1 1 5\n"
    path.write_bytes(tarred({f"GSM1_{name}": data for name, data in members.items()}))
    with pytest.raises(InputError, match="GSM1: the matrix cannot be read"):
        tenx_mtx.read(path)


@pytest.mark.parametrize("archived", [True, False])
def test_filtered_barcodes_are_preferred_and_noted(triplet: Any, tarred: Any, tmp_path: Path, archived: bool) -> None:
    members = {}
    for kind, count in (("raw", 9), ("filtered", 1)):
        for part, data in triplet(GENES, ["AA"], [[count]] * 3).items():
            members[f"GSM1_op/{kind}_feature_bc_matrix/{part}"] = data
    source = tmp_path / "r.tar"
    if archived:
        source.write_bytes(tarred(members))
    else:
        source = tmp_path / "r"
        for name, data in members.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(data)
    raw = tenx_mtx.read(source)
    assert raw.matrix.toarray().tolist() == [[1, 1, 1]]
    assert "raw barcodes left out because there are filtered ones" in raw.notes[0]


def test_a_pattern_chooses_whole_triplets_of_a_folder(triplet: Any, tmp_path: Path) -> None:
    for name, data in named(triplet, "{gsm}_{part}").items():
        (tmp_path / name).write_bytes(data)
    raw = tenx_mtx.read(tmp_path, "GSM2*matrix.mtx*")
    assert raw.sample_names == ["GSM2"]
    assert sorted(path.name for path in raw.inputs) == [
        "GSM2_barcodes.tsv.gz", "GSM2_features.tsv.gz", "GSM2_matrix.mtx.gz",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["genes.tsv", "features.tsv"])
@pytest.mark.parametrize("columns", [1, 2, 3])
@pytest.mark.parametrize("pack", ["all", "some", "none"])
@pytest.mark.parametrize("header", [False, True])
def test_one_to_three_columns_under_either_name(
    triplet: Any, tarred: Any, tmp_path: Path, name: str, columns: int, pack: str, header: bool
) -> None:
    rows = [["ENSG1", "RUNX2", "Gene Expression"], ["ENSG2", "PPARG", "Gene Expression"]]
    lines = [["gene_id", "gene_name", "type"]] * header + rows
    parts = triplet(["a", "b"], ["AA", "CC"], [[1, 2], [3, 0]], version=2)
    parts.pop("genes.tsv")
    parts[name] = "".join("\t".join(row[:columns]) + "\n" for row in lines).encode()
    members = {}
    for part, data in parts.items():
        packed = pack == "all" or (pack == "some" and part == name)
        members[f"GSM1_x.{part}" + ".gz" * packed] = gzip.compress(data, mtime=0) if packed else data
    path = tmp_path / "r.tar"
    path.write_bytes(tarred(members))
    raw = tenx_mtx.read(path)
    assert raw.ids == ["ENSG1", "ENSG2"]
    assert raw.other_names == [["", ""], ["RUNX2", "PPARG"]][columns > 1]
    assert raw.matrix.toarray().tolist() == [[1, 3], [2, 0]]


def test_a_reference_of_two_species(triplet: Any, tarred: Any, tmp_path: Path) -> None:
    genes = ["hg19_ENSG1\thg19_RUNX2", "mm10_ENSMUSG1\tmm10_Runx2", "Cre\tCre"]
    members = {f"GSM{n}_{name}": data for n in (1, 2) for name, data in triplet(genes, ["AA"], [[1], [2], [3]]).items()}
    path = tmp_path / "r.tar"
    path.write_bytes(tarred(members))
    raw = tenx_mtx.read(path, organism="mouse")
    assert (raw.ids, raw.other_names) == (["ENSMUSG1", "Cre"], ["Runx2", "Cre"])
    assert raw.matrix.toarray().tolist() == [[2, 3]] * 2
    assert raw.notes == ["1 features of hg19 were left out; cells of that species may still be there"]


def test_a_gene_listed_twice_in_one_library(triplet: Any, tarred: Any, tmp_path: Path) -> None:
    files = triplet(["ENSG1\tRUNX2", "ENSG1\tRUNX2", "ENSG2\tRUNX2"], ["AA"], [[1], [2], [4]])
    path = tmp_path / "r.tar"
    path.write_bytes(tarred({f"GSM1_{name}": data for name, data in files.items()}))
    raw = tenx_mtx.read(path)
    assert raw.ids == ["ENSG1", "ENSG1", "ENSG2"]
    assert raw.matrix.toarray().tolist() == [[1, 2, 4]]


def test_cellranger_2_names_a_folder_by_the_genome_not_the_sample(triplet: Any, tmp_path: Path) -> None:
    for sample, count in (("MM1", 1), ("MM2", 2)):
        for genome, gene in (("GRCh38", "ENSG1\tRUNX2"), ("mm10", "ENSMUSG1\tRunx2")):
            folder = tmp_path / sample / "outs/filtered_gene_bc_matrices" / genome
            folder.mkdir(parents=True)
            for part, data in triplet([gene], ["AA-1"], [[count]], version=2).items():
                (folder / part).write_bytes(data)
    raw = tenx_mtx.read(tmp_path, organism="human")
    assert (raw.columns, raw.ids) == (["MM1", "MM2"], ["ENSG1"])
    assert raw.matrix.toarray().tolist() == [[1], [2]]
    assert raw.notes == ["the genomes mm10 were left out"]
    with pytest.raises(InputError, match=r'several matrices for the sample "MM1".*GRCh38.*mm10.*set "file"'):
        tenx_mtx.read(tmp_path)


@pytest.mark.parametrize("entry", ["0 1 5", "1 0 5", "4 1 5", "1 3 5"])
def test_an_index_beyond_the_matrix_is_an_error(tmp_path: Path, entry: str) -> None:
    (tmp_path / "GSM1_matrix.mtx").write_text(
        f"%%MatrixMarket matrix coordinate integer general\n3 2 2\n1 1 4\n{entry}\n"
    )
    (tmp_path / "GSM1_barcodes.tsv").write_text("A-1\nC-1\n")
    (tmp_path / "GSM1_features.tsv").write_text("RUNX2\tRUNX2\nPPARG\tPPARG\nSP7\tSP7\n")
    with pytest.raises(InputError, match="the matrix cannot be read"):
        tenx_mtx.read(tmp_path)


# --- lists and matrices that do not fit, and other tools' names --------------------------------------

LISTS = {"features.tsv": "ENSG1\tRUNX2\nENSG2\tPPARG\nENSG3\tALPL\n", "barcodes.tsv": "AA-1\nCC-1\n"}
MATRIX = "%%MatrixMarket matrix coordinate integer general\n3 2 3\n1 1 1\n2 2 2\n3 1 3\n"
RIGHT = [[1, 0, 3], [0, 2, 0]]


def write(folder: Path, matrix: str = MATRIX, prefix: str = "GSM1_", **lists: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{prefix}matrix.mtx").write_text(matrix)
    for name, text in LISTS.items():
        (folder / f"{prefix}{name}").write_bytes(lists.get(name.partition(".")[0], text).encode())
    return folder


@pytest.mark.parametrize(
    ("lists", "lengths"),
    [
        ({"features": "ENSG0\tSP7\n" + LISTS["features.tsv"]}, "with 4 features and 2 barcodes"),
        ({"features": LISTS["features.tsv"] + "ENSG0\tSP7\n"}, "with 4 features and 2 barcodes"),
        ({"features": LISTS["features.tsv"].partition("\n")[2]}, "with 2 features and 2 barcodes"),
        ({"features": "gene_id\n" + LISTS["features.tsv"].partition("\n")[2]}, r"with 2 \(below a header\) features"),
        ({"features": LISTS["features.tsv"].replace("\nENSG2", "\n\nENSG2")}, r"with 4 \(1 of them blank\) features"),
        ({"barcodes": "TT-1\n" + LISTS["barcodes.tsv"]}, "with 3 features and 3 barcodes"),
        ({"barcodes": "GSM1\n" + LISTS["barcodes.tsv"]}, "with 3 features and 3 barcodes"),
    ],
)
def test_a_list_of_another_length_is_refused(tmp_path: Path, lists: dict[str, str], lengths: str) -> None:
    with pytest.raises(InputError, match=f"GSM1: the matrix is 3 x 2, {lengths}"):
        tenx_mtx.read(write(tmp_path, **lists))


@pytest.mark.parametrize(
    "lists",
    [
        {"features": "gene_id\tgene_name\n" + LISTS["features.tsv"]},
        {"features": "V1\tV2\n" + LISTS["features.tsv"]},
        {"features": "x\n" + LISTS["features.tsv"]},
        {"barcodes": "barcode\n" + LISTS["barcodes.tsv"]},
        {"barcodes": '"","x"\n"1","AA-1"\n"2","CC-1"\n'},
        {"barcodes": ",0\n0,AA-1\n1,CC-1\n"},
    ],
)
def test_a_header_is_one_and_is_noted(tmp_path: Path, lists: dict[str, str]) -> None:
    raw = tenx_mtx.read(write(tmp_path, **lists))
    assert (raw.ids, raw.barcodes) == (["ENSG1", "ENSG2", "ENSG3"], ["AA-1", "CC-1"])
    assert raw.matrix.toarray().tolist() == RIGHT
    assert len(raw.notes) == 1
    assert f"the first line of the {next(iter(lists))} " in raw.notes[0]


@pytest.mark.parametrize("mark", ["\x0c", "\x85", "\u2028"])
def test_a_name_with_a_mark_that_python_takes_for_a_line_end(tmp_path: Path, mark: str) -> None:
    raw = tenx_mtx.read(write(tmp_path, features=f"ENSG1\tRU{mark}NX2\nENSG2\tPPARG\nENSG3\tALPL\n"))
    assert raw.other_names == [f"RU{mark}NX2", "PPARG", "ALPL"]
    assert raw.matrix.toarray().tolist() == RIGHT


def test_a_fraction_is_never_cut_to_a_whole_number(tmp_path: Path) -> None:
    raw = tenx_mtx.read(write(tmp_path, MATRIX.replace("2 2 2\n", "2 2 8.7\n")))
    assert raw.matrix[1, 1] == pytest.approx(8.7)
    assert raw.notes == [
        "the matrix says integer and has values such as 8.7, kept as they are (" + tmp_path.name + ": GSM1)"
    ]


@pytest.mark.parametrize("value", ["1e308", "inf", "-3", "nan"])
def test_impossible_values_are_refused_by_ingest_and_score(tmp_path: Path, value: str) -> None:
    folder = write(tmp_path / "x", MATRIX.replace("2 2 2\n", f"2 2 {value}\n"))
    samples = pd.DataFrame({"sample": ["GSM1"], "donor": ["d"], "condition": ["c"]})
    with pytest.raises(InputError, match="infinite values|negative values|missing values"):
        ingest(folder, samples=samples, dataset="d", organism="human", assay="single_cell", scale="counts")
    with pytest.raises(InputError, match="ENSG2 is (infinite|negative, among counts|missing) in GSM1"):
        read_expression(folder, "human")


def test_a_biotype_is_no_kind_of_feature(tmp_path: Path) -> None:
    lines = LISTS["features.tsv"].splitlines()
    kinds = ("protein_coding", "lincRNA", "Antibody Capture")
    raw = tenx_mtx.read(write(tmp_path, features="".join(f"{a}\t{b}\n" for a, b in zip(lines, kinds, strict=True))))
    assert raw.ids == ["ENSG1", "ENSG2"]
    assert raw.matrix.toarray().tolist() == [[1, 0], [0, 2]]


def test_one_id_for_several_genes_keeps_their_names(tmp_path: Path) -> None:
    features = "ENSGX\tRUNX2\nENSGX\tPPARG\nENSGX\tALPL\n"
    folder = write(tmp_path, features=features)
    assert tenx_mtx.read(folder).other_names == ["RUNX2", "PPARG", "ALPL"]
    write(tmp_path, prefix="GSM2_", features="ENSGX\tALPL\nENSGX\tRUNX2\nENSG9\tSP7\n")
    raw = tenx_mtx.read(folder)
    values = dict(zip(raw.other_names, raw.matrix.toarray().T.tolist(), strict=True))
    assert values == {"RUNX2": [1, 0, 0, 2], "PPARG": [0, 2, 0, 0], "ALPL": [3, 0, 1, 0], "SP7": [0, 0, 3, 0]}


def test_kb_python(tmp_path: Path) -> None:
    cells_first = "%%MatrixMarket matrix coordinate real general\n%\n2 3 3\n1 1 1\n2 2 2\n1 3 3\n"
    for name, text in {
        "cells_x_genes.mtx": cells_first, "cells_x_genes.barcodes.txt": "AA\nCC\n",
        "cells_x_genes.genes.txt": "ENSG1.2\nENSG2.2\nENSG3.2\n",
        "cells_x_genes.genes.names.txt": "RUNX2\nPPARG\nALPL\n", "inspect.json": "{}", "kb_info.json": "{}",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    raw = tenx_mtx.read(tmp_path)
    assert (raw.ids[0], raw.other_names, raw.barcodes) == ("ENSG1.2", ["RUNX2", "PPARG", "ALPL"], ["AA", "CC"])
    assert raw.matrix.toarray().tolist() == RIGHT
    (tmp_path / "cells_x_genes.genes.names.txt").write_text("RUNX2\nPPARG\n")
    with pytest.raises(InputError, match="3 features and 2 names of genes"):
        tenx_mtx.read(tmp_path)


def test_cells_first_where_the_shape_does_not_tell(tmp_path: Path) -> None:
    square = "%%MatrixMarket matrix coordinate integer general\n2 2 2\n1 1 1\n1 2 7\n"
    files = {"genes": "RUNX2\nPPARG\n", "barcodes": "AA\nCC\n"}
    for prefix, matrix in (("a", "cells_x_genes.mtx"), ("b", "matrix.mtx")):
        (tmp_path / prefix).mkdir()
        (tmp_path / prefix / matrix).write_text(square)
        for name, text in files.items():
            (tmp_path / prefix / f"{name}.txt").write_text(text)
    assert tenx_mtx.read(tmp_path / "a").matrix.toarray().tolist() == [[1, 7], [0, 0]][:1]
    assert tenx_mtx.read(tmp_path / "b").matrix.toarray().tolist() == [[1, 0], [7, 0]]


def test_parse_names_the_samples_of_its_cells(tmp_path: Path) -> None:
    folder = tmp_path / "DGE_filtered"
    folder.mkdir()
    (folder / "DGE.mtx").write_text(MATRIX.replace("3 2 3\n1 1 1\n2 2 2\n3 1 3", "2 3 3\n1 1 1\n2 2 2\n1 3 3"))
    (folder / "all_genes.csv").write_text(
        "gene_id,gene_name,genome\nENSG1,RUNX2,hg38\nENSG2,PPARG,hg38\nENSG3,ALPL,hg38\n"
    )
    (folder / "cell_metadata.csv").write_text("bc_wells,sample,tscp_count\n01_01,CT1,4\n01_02,OP1,2\n")
    raw = tenx_mtx.read(tmp_path)
    assert (raw.ids, raw.other_names) == (["ENSG1", "ENSG2", "ENSG3"], ["RUNX2", "PPARG", "ALPL"])
    assert (raw.columns, raw.barcodes) == (["CT1", "OP1"], ["01_01", "01_02"])
    assert raw.matrix.toarray().tolist() == RIGHT
    assert tenx_mtx.read(tmp_path, sample_key="tscp_count").columns == ["4", "2"]


def test_the_matrix_itself_may_be_given(tmp_path: Path) -> None:
    folder = write(tmp_path / "x")
    write(folder, prefix="GSM2_")
    raw = read_raw(locate(folder / "GSM2_matrix.mtx"), "human")
    assert raw.columns == ["GSM2", "GSM2"]


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("place", "shape", "total", "first"),
    [
        ("seurat", (85, 233), 28720, "AAAGTAGCACAGTCGC-1"),
        ("seurat/cr3.0", (5, 3), 5610, "AAAGTAGCACAGTCGC-1"),
        ("10x_data/int-ids", (1, 6), 8, "AAACCCATCGGACCAC-1"),
        ("10x_data/1.2.0/filtered_gene_bc_matrices", (12, 343), 12, "AACACGTGTACGCTGC-1"),
        ("10x_data/3.0.0/filtered_feature_bc_matrix", (1107, 507), 41549, "AAACCCAAGGAGAGTA-1"),
    ],
)
def test_folders_of_cellranger(real_data: Path, place: str, shape: tuple[int, int], total: int, first: str) -> None:
    raw = read_raw(locate(real_data / "tenx_layouts" / place), "human")
    assert (raw.matrix.shape, raw.matrix.sum(), raw.barcodes[0]) == (shape, total, first)
