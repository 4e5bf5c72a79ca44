"""What names of columns say."""

from __future__ import annotations

from time import perf_counter

import pytest

from fatescore.ingest.column_kinds import could_be_either, is_annotation, is_statistic, names_genes, split_kind
from fatescore.ingest.text_header import is_number_like

SAMPLES = [
    "CT1", "OP 3", "GSM12", "mean1", "D7", "STAT3_KO",
    "Runx2.KO.1", "TSS7", "B", "t", "p53", "GC1", "start_day", "lengthened",
    "genefree", "2020-03-1", "17", "OP/CT",
    "chr1p36_del", "FC_1", "endothelial", "foldless", "AVG1", "raw1",
]  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_names_of_samples_are_left_alone(name: str) -> None:
    assert not is_statistic(name)
    assert not is_annotation(name)
    assert not could_be_either(name)
    assert not names_genes(name)
    assert split_kind(name) == (name, "")


@pytest.mark.parametrize(
    "name",
    ["Gene start (bp)", "Gene end (bp)", "Transcript length (including UTRs and CDS)", "Gene % GC content",
     "NCBI gene (formerly Entrezgene) ID",
     "Strand", "gene_chr", "effective_length", "exon_count", "entrezgene", "EntrezID", "n_transcripts", "TSS"],
)  # fmt: skip
def test_what_biomart_and_vendors_call_facts(name: str) -> None:
    assert is_annotation(name)


@pytest.mark.parametrize(
    "name",
    ["log2FC", "log2 Fold Change", "OP_vs_CT_log2FoldChange", "FDR", "adj.P.Val", "P-Value", "p.adjust",
     "-log10(pvalue)",
     "padj(OP vs CT)", "q-value", "log2(OP/CT)", "Detection Pval", "Detection.Pval.1", "logCPM", "AveExpr", "OP mean"],
)  # fmt: skip
def test_what_tests_and_scanners_write(name: str) -> None:
    assert is_statistic(name)


@pytest.mark.parametrize(
    "unit", ["a: b ", "_", " ", "-", ".", "log2(", "raw", "p_", "mean_", "1 ", "count_", "(", "gene"]
)
def test_long_names_take_no_time(unit: str) -> None:
    name = unit * 60_000
    start = perf_counter()
    assert not is_statistic(name)
    assert not is_annotation(name)
    assert split_kind(name) == (name, "")
    assert not names_genes(name)
    assert not is_number_like(name)
    assert perf_counter() - start < 0.5
