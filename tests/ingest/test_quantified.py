"""Files of RSEM, kallisto, salmon and STAR: one column of several."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.ingest import count_files, locate
from fatescore.ingest._read import read_raw

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
    raw = count_files.read(star(tmp_path, *rows))
    assert raw.ids == ["RUNX2", "ALPL"]
    assert raw.matrix.toarray()[:, 0].tolist() == values
    assert len(raw.notes) == 1
    assert note in raw.notes[0]


def test_star_has_no_tpm(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="have the columns unstranded, forward, reverse each"):
        count_files.read(star(tmp_path, "1\t1\t0", "1\t1\t0"), scale="tpm")


def test_files_in_a_fetched_folder(series: Callable[..., Path], tarred: Any, samples: pd.DataFrame) -> None:
    members = {f"GSM{n}.genes.results.gz": gzip.compress(RSEM.format(n=n).encode()) for n in (1, 2, 3)}
    raw = read_raw(locate(series(rows="", **{"GSE5_RAW.tar": tarred(members)})), "human")
    assert raw.sample_names == ["GSM1", "GSM2", "GSM3"]
    assert "1 samples of the series have no values in the data: GSM4" in raw.notes
