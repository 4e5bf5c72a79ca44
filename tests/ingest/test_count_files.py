"""One table per sample, joined by gene."""

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
from fatescore.ingest import count_files, ingest

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


def write(tmp_path: Path, *texts: str) -> Path:
    for n, text in enumerate(texts, start=1):
        (tmp_path / f"GSM{n}_x.txt").write_text(text)
    return tmp_path


def test_cells_of_one_sample_per_file(tmp_path: Path) -> None:
    raw = count_files.read(write(tmp_path, "g\tAA\tCC\nRUNX2\t1\t2\nALPL\t0\t3\n", "g\tAA\nALPL\t5\nRUNX2\t4\n"))
    assert (raw.columns, raw.barcodes) == (["GSM1", "GSM1", "GSM2"], ["AA", "CC", "AA"])
    assert raw.ids == ["RUNX2", "ALPL"]
    assert raw.matrix.toarray().tolist() == [[1, 0], [2, 3], [4, 5]]


def test_genes_that_a_file_does_not_list(tmp_path: Path) -> None:
    raw = count_files.read(write(tmp_path, "g\tx\nRUNX2\t1\nALPL\t2\n", "g\tx\nALPL\t3\nALPL\t4\n"))
    assert (raw.ids, raw.matrix.toarray().tolist()) == (["RUNX2", "ALPL", "ALPL"], [[1, 2, 0], [0, 3, 4]])
    assert "counts as zero" in raw.notes[0]
    raw = count_files.read(write(tmp_path, "g\tx\nRUNX2\t1.5\nALPL\t2\n", "g\tx\nALPL\t3.25\nSP7\t4\n"))
    assert (raw.ids, raw.matrix.toarray().tolist()) == (["ALPL"], [[2], [3.25]])
    assert raw.notes == ["samples list different genes; the 1 that all list were kept"]


def test_refused(tmp_path: Path) -> None:
    two = "gene_id\tlength\tdepth\tFPKM\nRUNX2\t9\t1\t2\n"
    with pytest.raises(InputError, match=r"have the columns depth, FPKM each; expected one column of values"):
        count_files.read(write(tmp_path, two, two))
    star = "RUNX2\t1\t2\t3\nALPL\t1\t2\t3\n"
    with pytest.raises(InputError, match=r"GSM1_x.txt has no header"):
        count_files.read(write(tmp_path, star, star))
    with pytest.raises(InputError, match=r"share no gene"):
        count_files.read(write(tmp_path, "g\tx\nRUNX2\t1.5\n", "g\tx\nALPL\t1.5\n"))
    write(tmp_path, "g\tx\nRUNX2\t1\n", "g\tx\nRUNX2\t1\n")
    (tmp_path / "GSM2_y.txt").write_text("g\tx\nRUNX2\t1\n")
    with pytest.raises(InputError, match=r"several tables of one sample: GSM2_x.txt, GSM2_y.txt; .*set .file"):
        count_files.read(tmp_path)
    assert count_files.read(tmp_path, "*_x.txt").sample_names == ["GSM1", "GSM2"]
    with pytest.raises(InputError, match=r"holds no table named by a GSM accession"):
        count_files.read(tmp_path, "a*")


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
    raw = count_files.read(write(tmp_path_factory.mktemp("c"), *texts))
    found = pd.DataFrame(raw.matrix.toarray(), columns=raw.ids)
    expected = pd.DataFrame(counts).fillna(0)[raw.ids]
    assert np.array_equal(found.to_numpy(), expected.to_numpy())
