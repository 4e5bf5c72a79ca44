"""One table of a series, of cells x genes, or one table per sample (htseq-count, RSEM, kallisto, salmon, STAR)."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.ingest import ingest, read_table
from fatescore.ingest.locate import locate, read_raw
from fatescore.ingest.matrix import Located, Raw, ReadOptions
from fatescore.ingest.readers import count_table
from fatescore.typing import Scale

BULK: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "bulk", "scale": "counts"}
FEATURECOUNTS = "# Program:featureCounts\nGeneid\tChr\tStart\tEnd\tStrand\tLength\tx.bam\n"
STYLES = {
    "htseq": "RUNX2\t{n}\nALPL\t2\n__no_feature\t99\n",
    "header": "gene\tcount\nRUNX2\t{n}\nALPL\t2\n",
    "number": "gene_id\t17\nRUNX2\t{n}\nALPL\t2\n",
    "spaces": "count\nRUNX2 {n}\nALPL 2\n",
    "bare spaces": "RUNX2 {n}\nALPL 2\n",
    "csv": '"","x"\n"RUNX2",{n}\n"ALPL",2\n',
    "featureCounts": FEATURECOUNTS + "RUNX2\tchr6\t5\t6\t+\t4\t{n}\nALPL\tchr1\t5\t6\t+\t2\t2\n",
}


def files(style: str, *, packed: bool) -> dict[str, bytes]:
    texts = {f"GSM{n}_s{n}.counts.txt": style.format(n=n).encode() for n in range(1, 5)}
    return {name + ".gz": gzip.compress(text, mtime=0) for name, text in texts.items()} if packed else texts


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("packed", [True, False])
def test_styles(
    style: str, packed: bool, tmp_path: Path, tarred: Any, series: Callable[..., Path], samples: pd.DataFrame
) -> None:
    members = files(STYLES[style], packed=packed)
    folder = tmp_path / "plain"
    folder.mkdir()
    for name, data in members.items():
        (folder / name).write_bytes(data)
    for source in (folder, series(rows="", **{"GSE5_RAW.tar": tarred(members)})):
        adata = ingest(source, samples=samples, **BULK).adata
        assert list(adata.obs_names) == ["GSM1", "GSM2", "GSM3", "GSM4"]
        assert adata.to_df()["RUNX2"].tolist() == [1, 2, 3, 4]
        assert adata.to_df()["ALPL"].tolist() == [2] * 4
        assert adata.n_vars == 2


def test_the_whole_table_of_a_series_goes_before_the_tables_of_its_samples(
    tarred: Any, series: Callable[..., Path], samples: pd.DataFrame
) -> None:
    whole = b"gene\tGSM1\tGSM2\tGSM3\tGSM4\nRUNX2\t9\t9\t9\t9\n"
    folder = series(rows="", **{"GSE5_RAW.tar": tarred(files(STYLES["htseq"], packed=True)), "GSE5_all.tsv": whole})
    assert ingest(folder, samples=samples, **BULK).adata.to_df()["RUNX2"].tolist() == [9] * 4
    by_name = ingest(folder, samples=samples, file="*RAW.tar", **BULK)
    assert by_name.adata.to_df()["RUNX2"].tolist() == [1, 2, 3, 4]


def read_together(source: Path, file: str = "", scale: Scale | None = None) -> Raw:
    return read_raw(Located("count_table", source, file=file), "human", scale=scale)


def write(tmp_path: Path, *texts: str) -> Path:
    for n, text in enumerate(texts, start=1):
        (tmp_path / f"GSM{n}_x.txt").write_text(text)
    return tmp_path


def test_cells_of_one_sample_per_file(tmp_path: Path) -> None:
    raw = read_together(write(tmp_path, "g\tAA\tCC\nRUNX2\t1\t2\nALPL\t0\t3\n", "g\tAA\nALPL\t5\nRUNX2\t4\n"))
    assert (raw.columns, raw.barcodes) == (["GSM1", "GSM1", "GSM2"], ["AA", "CC", "AA"])
    assert raw.ids == ["RUNX2", "ALPL"]
    assert raw.matrix.toarray().tolist() == [[1, 0], [2, 3], [4, 5]]


def test_genes_that_a_file_does_not_list(tmp_path: Path) -> None:
    raw = read_together(write(tmp_path, "g\tx\nRUNX2\t1\nALPL\t2\n", "g\tx\nALPL\t3\nALPL\t4\n"))
    assert (raw.ids, raw.matrix.toarray().tolist()) == (["RUNX2", "ALPL", "ALPL"], [[1, 2, 0], [0, 3, 4]])
    assert "counts as zero" in raw.notes[0]
    raw = read_together(write(tmp_path, "g\tx\nRUNX2\t1.5\nALPL\t2\n", "g\tx\nALPL\t3.25\nSP7\t4\n"))
    assert (raw.ids, raw.matrix.toarray().tolist()) == (["ALPL"], [[2], [3.25]])
    assert raw.notes == ["samples list different genes; the 1 that all list were kept"]


def test_refused(tmp_path: Path) -> None:
    two = "gene_id\tlength\tdepth\tFPKM\nRUNX2\t9\t1\t2\n"
    with pytest.raises(InputError, match=r"have the columns depth, FPKM each; expected one column of values"):
        read_together(write(tmp_path, two, two))
    star = "RUNX2\t1\t2\t3\nALPL\t1\t2\t3\n"
    with pytest.raises(InputError, match=r"GSM1_x.txt has no header"):
        read_together(write(tmp_path, star, star))
    with pytest.raises(InputError, match=r"share no gene"):
        read_together(write(tmp_path, "g\tx\nRUNX2\t1.5\n", "g\tx\nALPL\t1.5\n"))
    write(tmp_path, "g\tx\nRUNX2\t1\n", "g\tx\nRUNX2\t1\n")
    (tmp_path / "GSM2_y.txt").write_text("g\tx\nRUNX2\t1\n")
    with pytest.raises(InputError, match=r"several tables of one sample: GSM2_x.txt, GSM2_y.txt; .*set .file"):
        read_together(tmp_path)
    assert read_together(tmp_path, "*_x.txt").sample_names == ["GSM1", "GSM2"]
    with pytest.raises(InputError, match=r"holds no table; its files are"):
        read_together(tmp_path, "a*")


@settings(max_examples=30, deadline=None)
@given(
    counts=st.lists(
        st.dictionaries(st.sampled_from(["RUNX2", "ALPL", "SP7", "IBSP"]), st.integers(0, 10**6), min_size=1),
        min_size=2, max_size=4,
    ),
    header=st.booleans(),
    separator=st.sampled_from(["\t", ",", " "]),
)  # fmt: skip
def test_joined_by_gene(
    counts: list[dict[str, int]], header: bool, separator: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    texts = [
        f"gene{separator}count\n" * header + "".join(f"{gene}{separator}{n}\n" for gene, n in sample.items())
        for sample in counts
    ]
    raw = read_together(write(tmp_path_factory.mktemp("c"), *texts))
    found = pd.DataFrame(raw.matrix.toarray(), columns=raw.ids)
    expected = pd.DataFrame(counts).fillna(0)[raw.ids]
    assert np.array_equal(found.to_numpy(), expected.to_numpy())


# --- several columns of values per sample

RSEM = (
    "gene_id\ttranscript_id(s)\tlength\teffective_length\texpected_count\tTPM\tFPKM\n"
    "ENSG00000124813_RUNX2\tENST1,ENST2\t1500.00\t1300.50\t{n}.25\t{n}0.5\t8.00\n"
    "ENSG00000162551_ALPL\tENST3\t900.00\t700.50\t2.00\t4.00\t3.00\n"
)
SALMON = "Name\tLength\tEffectiveLength\tTPM\tNumReads\nRUNX2\t9\t8.5\t{n}0.5\t{n}.25\nALPL\t9\t8.5\t4\t2\n"
KALLISTO = "target_id\tlength\teff_length\test_counts\ttpm\nRUNX2\t9\t8.5\t{n}.25\t{n}0.5\nALPL\t9\t8.5\t2\t4\n"
STAR = "N_unmapped\t9\t9\t9\nN_multimapping\t8\t8\t8\nN_noFeature\t7\t50\t6\nN_ambiguous\t1\t2\t3\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (RSEM, "GSM{n}_s.genes.results"),
        (RSEM, "GSM{n}_s.genes.results.gz"),
        (RSEM, "GSM{n}_s_rsem.txt.gz"),
        (SALMON, "GSM{n}_quant.genes.sf"),
        (KALLISTO, "GSM{n}_abundance.tsv.gz"),
    ],
)
@pytest.mark.parametrize("archived", [False, True])
def test_the_declared_scale_chooses(text: str, name: str, archived: bool, tarred: Any, tmp_path: Path) -> None:
    members = {}
    for n in (1, 2):
        data = text.format(n=n).encode()
        members[name.format(n=n)] = gzip.compress(data, mtime=0) if name.endswith(".gz") else data
    source = tmp_path / "r.tar" if archived else tmp_path / "folder"
    if archived:
        source.write_bytes(tarred({**members, "GSM1_s.isoforms.results": b"x"}))
    else:
        source.mkdir()
        for member, data in members.items():
            (source / member).write_bytes(data)
    found = locate(source)
    assert read_raw(found, "human").matrix.toarray().tolist() == [[1.25, 2], [2.25, 2]]
    assert read_raw(found, "human", scale="counts").matrix.toarray().tolist() == [[1.25, 2], [2.25, 2]]
    raw = read_raw(found, "human", scale="tpm")
    assert raw.matrix.toarray().tolist() == [[10.5, 4], [20.5, 4]]
    assert (raw.columns, raw.barcodes) == (["GSM1", "GSM2"], [])
    assert any("was read" in note and "tpm" in note.lower() for note in raw.notes)
    with pytest.raises(InputError, match="expected one column of values"):
        read_raw(found, "human", scale="log2")


def star(tmp_path: Path, *rows: str) -> Path:
    for n, row in enumerate(rows, start=1):
        (tmp_path / f"GSM{n}_xReadsPerGene.out.tab").write_text(f"{STAR}RUNX2\t{row}\nALPL\t1\t0\t0\n")
    return tmp_path


@pytest.mark.parametrize(
    ("rows", "values", "note"),
    [
        (("10\t5\t6", "20\t11\t9"), [10, 20], "column 2 (unstranded) was read: of the stranded reads 45% to 55% are"),
        (("10\t1\t9", "20\t1\t19"), [9, 19], "column 4 (reverse) was read: of the stranded reads 5% to 10% are"),
        (("10\t9\t1", "20\t19\t1"), [9, 19], "column 3 (forward) was read: of the stranded reads 90% to 95% are"),
        (("10\t9\t1", "20\t1\t19"), [10, 20], "column 2 (unstranded) was read: of the stranded reads 5% to 90% are"),
        (("10\t9\t1", "0\t0\t0"), [9, 0], "column 3 (forward)"),
        (("0\t0\t0", "0\t0\t0"), [0, 0], "column 2 (unstranded) was read: of the stranded reads none"),
    ],
)
def test_star_by_the_strand_of_all_samples(rows: tuple[str, ...], values: list[int], note: str, tmp_path: Path) -> None:
    raw = read_together(star(tmp_path, *rows))
    assert raw.ids == ["RUNX2", "ALPL"]
    assert raw.matrix.toarray()[:, 0].tolist() == values
    assert len(raw.notes) == 1
    assert note in raw.notes[0]


def test_star_has_no_tpm(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="have the columns unstranded, forward, reverse each"):
        read_together(star(tmp_path, "1\t1\t0", "1\t1\t0"), scale="tpm")


def test_files_in_a_fetched_folder(series: Callable[..., Path], tarred: Any, samples: pd.DataFrame) -> None:
    members = {f"GSM{n}.genes.results.gz": gzip.compress(RSEM.format(n=n).encode()) for n in (1, 2, 3)}
    raw = read_raw(locate(series(rows="", **{"GSE5_RAW.tar": tarred(members)})), "human")
    assert raw.sample_names == ["GSM1", "GSM2", "GSM3"]
    assert "1 samples of the series have no values in the data: GSM4" in raw.notes


# --- cells x genes

GENES = ["RUNX2", "PPARG", "ALPL", *sorted(symbols.approved_symbols("human"))[1000:1030], "NOVEL1", "SP7"]
CELLS: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "single_cell", "scale": "counts"}


def cells(tmp_path: Path, separator: str = "\t", name: str = "t.txt") -> Path:
    head = ["cell", "orig.ident", "nCount_RNA", "cluster", *GENES, "percent.mt"]
    rows = [
        [f"AA-{n}", f"donor{n % 2}", "9000", str(n), *[str(n + place) for place in range(len(GENES))], "0.5"]
        for n in range(6)
    ]
    text = "\n".join(separator.join(row) for row in [head, *rows]) + "\n"
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(("separator", "name"), [("\t", "t.txt"), (",", "t.csv.gz"), (" ", "t.txt.gz")])
def test_metadata_columns_are_no_genes(tmp_path: Path, separator: str, name: str) -> None:
    raw = count_table.LAYOUT.read(
        Located("count_table", cells(tmp_path, separator, name)), ReadOptions(None, "orig.ident")
    )
    assert raw.ids == GENES
    assert raw.matrix.toarray()[2].tolist() == [2 + place for place in range(len(GENES))]
    assert raw.columns == ["donor0", "donor1"] * 3
    assert raw.barcodes == [f"AA-{n}" for n in range(6)]
    assert raw.obs is not None
    assert list(raw.obs) == ["orig.ident", "nCount_RNA", "cluster", "percent.mt"]
    assert "columns that describe observations, not genes: orig.ident, nCount_RNA, cluster, percent.mt" in raw.notes[1]


def test_ingest_by_key_and_for_one_sample(tmp_path: Path) -> None:
    samples = pd.DataFrame({"sample": ["donor0", "donor1"], "donor": ["a", "b"], "condition": ["op", "control"]})
    adata = ingest(cells(tmp_path), samples=samples, sample_key="orig.ident", **CELLS).adata
    assert adata.obs["donor"].astype(str).tolist() == ["a", "b"] * 3
    assert adata.to_df()["SP7"].tolist() == [len(GENES) - 1 + n for n in range(6)]
    one = ingest(cells(tmp_path), samples=samples.iloc[:1], **CELLS).adata
    assert one.obs["sample"].astype(str).tolist() == ["donor0"] * 6


def test_samples_named_by_markers_do_not_transpose_a_table(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("gene\tCD4\tCD14\tCD34\n860\t1\t2\t3\n249\t4\t5\t6\n")
    assert list(read_table(path).data) == ["CD4", "CD14", "CD34"]
    with pytest.raises(InputError, match="names its rows by numbers such as 860, 249"):
        read_together(path)
