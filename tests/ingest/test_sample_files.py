"""Which files hold which sample."""

from __future__ import annotations

from pathlib import Path

from fatescore.ingest.matrix import Located
from fatescore.ingest.sample_files import files_of, label_of, owner_of


def test_a_file_is_that_of_its_folder_its_first_word_or_its_accession(tmp_path: Path) -> None:
    names = ["CT1/outs/matrix.mtx", "CT10/outs/matrix.mtx", "OP1.counts.txt", "x_GSM7_y.txt", "README", "CT1/OP1.txt"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert files_of(Located("tenx_mtx", tmp_path), ["CT1", "CT10", "OP1", "GSM7", "absent"]) == {
        "CT1": ["CT1/outs/matrix.mtx"], "CT10": ["CT10/outs/matrix.mtx"], "OP1": ["OP1.counts.txt"],
        "GSM7": ["x_GSM7_y.txt"],
    }  # fmt: skip


def test_a_label_is_what_all_files_of_a_sample_say() -> None:
    assert label_of("GSM1", ["GSM1_OP_2_barcodes.tsv", "GSM1_OP_2_matrix.mtx"]) == "OP_2"
    assert label_of("GSM1", ["GSM1.h5"]) == ""
    assert label_of("CT1", ["CT1/barcodes.tsv", "CT1/matrix.mtx"]) == ""


def test_a_text_names_one_sample_or_none() -> None:
    files = {"GSM1": ["a/GSM1_CT1_d0.txt"], "GSM2": ["a/GSM2_CT1_d7.txt"], "GSM3": ["a/GSM3_OP.1.txt"]}
    assert owner_of("CT1", files) == ""  # two
    assert owner_of("ct1_d7", files) == "GSM2"
    assert owner_of("OP", files) == owner_of("OP.1", files) == owner_of("a/GSM3_OP.1.txt", files) == "GSM3"
    assert owner_of("CT", {"GSM1": ["GSM1_CT1.txt"]}) == ""  # a word ends where it ends
    assert owner_of("OP1", files) == owner_of("P.1", files) == owner_of("", files) == ""
