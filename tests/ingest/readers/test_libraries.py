"""Names of samples in files of single cells, and the choice between raw and filtered barcodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.ingest.readers._libraries import prefer_filtered, sample_name


@pytest.mark.parametrize(
    ("member", "prefix", "name"),
    [
        ("GSM12_op.h5", "GSM12_op", "GSM12"),
        ("GSM1/x/GSM2_op.h5", "GSM2_op", "GSM2"),
        ("GSM1_op/outs/filtered_feature_bc_matrix.h5", "filtered_feature_bc_matrix", "GSM1"),
        ("op1_raw_gene_bc_matrices_h5.h5", "op1_raw_gene_bc_matrices_h5", "op1"),
        ("op1/count/filtered_gene_bc_matrices/matrix.mtx", "", "op1"),
        ("filtered_feature_bc_matrix.h5", "filtered_feature_bc_matrix", ""),
        ("./matrix.mtx", "", ""),
    ],
)
def test_sample_names(member: str, prefix: str, name: str) -> None:
    assert sample_name(member, prefix) == name


@given(
    samples=st.dictionaries(
        st.from_regex(r"GSM[1-9]\d{0,3}", fullmatch=True), st.sampled_from(["raw", "filtered", "both"]), min_size=1
    )
)
def test_every_sample_keeps_one_library(samples: dict[str, str]) -> None:
    named = [
        (sample, f"{sample}_{kind}_feature_bc_matrix.h5")
        for sample, has in samples.items()
        for kind in (("raw", "filtered") if has == "both" else (has,))
    ]
    notes: list[str] = []
    kept = prefer_filtered(named, Path("x"), notes)
    wanted = {"raw": "raw", "filtered": "filtered", "both": "filtered"}
    assert kept == [f"{sample}_{wanted[has]}_feature_bc_matrix.h5" for sample, has in samples.items()]
    assert len(notes) == ("both" in samples.values()) + ("raw" in samples.values())


def test_raw_counts_are_no_raw_barcodes() -> None:
    notes: list[str] = []
    assert prefer_filtered([("GSM1", "GSM1_raw_counts.loom")], Path("x"), notes) == ["GSM1_raw_counts.loom"]
    assert notes == []
    with pytest.raises(InputError, match="several matrices for the sample"):
        prefer_filtered([("GSM1", "GSM1_raw_counts.loom"), ("GSM1", "GSM1_x.loom")], Path("x"), notes)
