"""Tables of a whole run: what became of every data set, and samples that occur twice."""

from __future__ import annotations

from fatescore.tables import columns as col
from fatescore.tables.column import Column, Kind, Table

# fmt: off

SCOREBOARD = Table(
    "scoreboard", "meta",
    (
        col.DATASET,
        Column("title", Kind.NAME, "", "", "Title of the data set"),
        Column("organism", Kind.CODE, "", "", "Organism of the samples, such as human"),
        Column("assay", Kind.CODE, "", "", "single_cell, bulk or array"),
        Column("population", Kind.CODE, "", "", "Cells that the data set is of; bmsc are bone-marrow stromal cells"),
        Column("n_samples", Kind.WHOLE, "samples", "samples", "Samples that were read"),
        Column("n_donors", Kind.WHOLE, "donors", "donors", "Donors that they are from"),
        Column("status", Kind.CODE, "", "", "ok, not scorable or failed"),
        Column("step", Kind.CODE, "", "", "Step at which the data set stopped, or the last one"),
        Column("reason", Kind.NOTES, "", "", "Why it stopped; empty where it did not"),
    ),
    "what became of every data set",
)
FINGERPRINT = Table(
    "fingerprint", "fingerprint",
    (
        col.DATASET, col.SAMPLE, col.DONOR,
        Column("organism", Kind.CODE, "", "", "Organism of the samples, such as human"),
        Column("overlap_group", Kind.NAME, "", "", "Name that data sets with common donors share; empty for most"),
        Column("digest", Kind.NAME, "", "", "SHA-256 of the values that are not zero, to six digits"),
        Column("<gene>", Kind.NUMBER, "as in the data", "",
            "Value of one of a fixed eighth of all genes, by which duplicates are found"),
    ),
    "what is kept of the samples to find them again", suffix=".parquet",
)
DUPLICATES = Table(
    "duplicates", "duplicates",
    (
        Column("dataset_a", Kind.NAME, "", "", "Data set of the first sample of a pair that looks the same"),
        Column("sample_a", Kind.NAME, "", "", "First sample of the pair"),
        Column("donor_a", Kind.NAME, "", "", "Donor of the first sample"),
        Column("dataset_b", Kind.NAME, "", "", "Data set of the second sample"),
        Column("sample_b", Kind.NAME, "", "", "Second sample of the pair"),
        Column("donor_b", Kind.NAME, "", "", "Donor of the second sample"),
        Column("kind", Kind.CODE, "", "",
            "identical (the same values) or near-identical (nearly the same order of genes)"),
        Column("correlation", Kind.NUMBER, "-1 to 1", "", "Spearman correlation of the two samples"),
        Column("median_correlation", Kind.NUMBER, "-1 to 1", "",
            "Median correlation of all pairs of samples of these two data sets"),
        Column("genes", Kind.WHOLE, "genes", "", "Genes that were compared"),
        Column("declared", Kind.CODE, "", "",
            "yes where the pair counts once (one overlap_group, or one donor of a data set), otherwise no"),
    ),
    "samples that occur twice",
)
