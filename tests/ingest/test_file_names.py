"""Names of samples from names of files."""

from __future__ import annotations

import pytest

from fatescore.ingest.file_names import distinct_parts, sample_names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["CT1ReadsPerGene.out.tab.gz", "OP1ReadsPerGene.out.tab.gz"], ["CT1", "OP1"]),
        (["CT1_htseq_counts.txt", "OP1.htseq-counts.txt"], ["CT1", "OP1"]),
        (["a/CT1_quant/quant.sf", "a/OP1_quant/quant.sf"], ["CT1", "OP1"]),
        (["CT1/x/abundance.tsv", "OP1/x/abundance.tsv"], ["CT1", "OP1"]),
        (["CT1.genes.results", "OP1.genes.results"], ["CT1", "OP1"]),
        ([r"C:\runs\CT1.sorted.bam", r"C:\runs\OP1.bam"], ["CT1", "OP1"]),
        (["X.a.b.CT1.bam", "X.a.b.OP1.bam"], ["CT1", "OP1"]),
        (["..CT.1.bam", "..CT.2.bam"], ["CT.1", "CT.2"]),
        (["X1.bam", "X2.bam"], ["X1", "X2"]),
        (["CT1.counts.txt", "CT1.fpkm.txt"], []),
        (["counts.txt", "tpm.txt"], []),
    ],
)
def test_what_tools_append_is_taken_off(paths: list[str], names: list[str]) -> None:
    assert sample_names(paths) == names


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["CT1_x", "OP1_x"], ["CT1", "OP1"]),
        (["CT1", "OP1"], ["CT1", "OP1"]),  # the 1 is no word of its own
        (["s_1", "s_2"], ["s_1", "s_2"]),
        (["r_CT_1", "r_CT_2"], ["CT_1", "CT_2"]),
        (["only_one"], ["only_one"]),
    ],
)
def test_what_all_share_is_taken_off(names: list[str], parts: list[str]) -> None:
    assert distinct_parts(names) == parts
