"""Tables of the samples as they were read, and of quality control."""

from __future__ import annotations

from fatescore.tables import columns as col
from fatescore.tables.column import Column, Format, Kind, Table

# fmt: off

SAMPLE_FIELDS = Table(
    "sample_fields", "ingest",
    (
        col.DATASET, col.SAMPLE, col.DONOR, col.CONDITION,
        Column("sex_expressed", Kind.CODE, "", "",
            "Sex that the sample's expression shows (XIST against Y genes): female, male, unclear or not measured"),
        Column("<field>", Kind.TEXT, "", "",
            "A field of the sample as it was found in GEO or in the table of samples, such as age, sex, passage or "
            "characteristics: <name>; missing where a data set does not have it"),
    ),
    "everything the source says of the samples",
    required=col.IDENTITY,
)
QC = Table(
    "qc", "qc",
    (
        col.DATASET, col.SAMPLE, col.DONOR, col.CONDITION,
        col.N_OBS.means("Cells (barcodes) of the sample that were read; 1 for bulk samples and arrays"),
        Column("n_kept", Kind.WHOLE, "observations", "kept",
            "Cells kept, or 1 for a bulk sample or array that is kept"),
        col.TOTAL_COUNTS.means(
            "Median counts of the kept cells (of all where none is kept), or counts of the bulk sample; missing "
            "without counts"),
        col.N_GENES.means(
            "Median number of genes with a count in the kept cells (of all where none is kept), "
            "or genes above zero in the bulk sample or array", kind=Kind.NUMBER),
        col.PCT_MT.means(
            "Median percentage of counts of mitochondrial genes in the kept cells, or that of the bulk sample; "
            "missing without counts"),
        Column("n_stromal", Kind.WHOLE, "cells", "stromal",
            "Cells that are stromal by their marker genes; single cells only"),
        Column("fraction_stromal", Kind.NUMBER, "0 to 1", "stromal share",
            "Stromal cells as a share of the droplets that hold a cell; single cells only"),
        Column("verdict", Kind.CODE, "", "", "ok or not scorable"),
        col.QC_FAIL_REASON.means("Why the sample is not scorable; empty where it can be scored", kind=Kind.NOTES),
        Column("qc_flags", Kind.NOTES, "", "flags",
            "What is doubtful of the sample, and which cells were dropped for what"),
    ),
    "verdict on every sample",
)
QC_METRICS = Table(
    "qc_metrics", "qc",
    (
        col.DATASET, col.SAMPLE,
        Column("fraction_doublet", Kind.NUMBER, "0 to 1", "",
            "Share of the droplets with a cell that are called doublets"),
        Column("fraction_cycling", Kind.NUMBER, "0 to 1", "",
            "Share of the cells in S or G2M phase, of those with a cell-cycle score"),
        Column("fraction_<cell type>", Kind.NUMBER, "0 to 1", "",
            "Share of the droplets with a cell that are of this broad cell type by marker genes"),
        Column("median_pct_counts_stress", Kind.NUMBER, "percent", "",
            "Median percentage of counts of genes that dissociation switches on"),
        Column("median_pct_counts_ribo", Kind.NUMBER, "percent", "ribosomal %, median",
            "Median percentage of counts of ribosomal protein genes"),
        Column("ambient_share", Kind.NUMBER, "0 to 1", "",
            "Share of a typical cell's counts that is ambient RNA, from genes that the cell cannot have made; "
            "missing where ambient_note says why"),
        Column("ambient_share_low", Kind.NUMBER, "0 to 1", "", "Lower end of the 95 % interval of ambient_share"),
        Column("ambient_share_high", Kind.NUMBER, "0 to 1", "", "Upper end of the 95 % interval of ambient_share"),
        Column("ambient_note", Kind.NOTES, "", "", "Why the ambient share cannot be estimated; empty otherwise"),
        Column("ambient_share_of_osteogenic", Kind.NUMBER, "0 to 1", "",
            "Share of the osteogenic genes' counts in the kept cells that is expected to be ambient"),
        Column("ambient_share_of_adipogenic", Kind.NUMBER, "0 to 1", "",
            "Share of the adipogenic genes' counts in the kept cells that is expected to be ambient"),
        Column("transgenes", Kind.NOTES, "", "",
            "Transgenes among the genes, each with the share of cells that express it"),
        Column("doublet_note", Kind.NOTES, "", "", "Why no doublet was called; empty where a threshold was found"),
        Column("n_droplets_empty", Kind.WHOLE, "barcodes", "empty droplets",
            "Barcodes that hold no cell, where raw barcodes were given"),
        Column("library_size", Kind.NUMBER, "counts", "", "Counts of the bulk sample"),
        Column("n_genes", Kind.WHOLE, "genes", "genes", "Genes with a count in the bulk sample"),
        Column("genes_to_half", Kind.WHOLE, "genes", "genes to half of the counts",
            "The fewest genes that hold half of the counts; few mean a library of low complexity"),
        Column("top_1", Kind.NUMBER, "0 to 1", "share of the top gene", "Share of the counts in the largest gene"),
        Column("top_10", Kind.NUMBER, "0 to 1", "top 10 genes", "Share of the counts in the ten largest genes"),
        Column("top_100", Kind.NUMBER, "0 to 1", "top 100 genes", "Share of the counts in the hundred largest genes"),
        Column("mitochondrial", Kind.NUMBER, "0 to 1", "mitochondrial share",
            "Share of the counts of mitochondrial genes"),
        Column("ribosomal", Kind.NUMBER, "0 to 1", "ribosomal share",
            "Share of the counts of ribosomal protein genes"),
        Column("fractional", Kind.NUMBER, "0 to 1", "", "Share of the counts above zero that are not whole numbers"),
        Column("q05", Kind.NUMBER, "log2", "", "5 % quantile of the array's values: its background"),
        Column("q25", Kind.NUMBER, "log2", "", "25 % quantile of the array's values"),
        Column("q50", Kind.NUMBER, "log2", "median intensity (log2)", "Median of the array's values"),
        Column("q75", Kind.NUMBER, "log2", "", "75 % quantile of the array's values"),
        Column("q95", Kind.NUMBER, "log2", "", "95 % quantile of the array's values"),
        Column("rle_median", Kind.NUMBER, "log2", "RLE median",
            "Median of the relative log expression (each gene against its median over the arrays); 0 is as the "
            "other arrays"),
        Column("rle_iqr", Kind.NUMBER, "log2", "RLE IQR",
            "Interquartile range of the relative log expression; small is good"),
        Column("spread", Kind.NUMBER, "ratio", "",
            "Interquartile range of what a median polish leaves, as a multiple of that of the median array; 1 is as "
            "the others"),
        col.NEAR_BACKGROUND, col.OUTLIER,
        Column("<cell type>_relative", Kind.NUMBER, "log2", "<cell type>, log2 to stroma",
            "Level of this cell type's marker genes relative to that of the stromal markers"),
        Column("contamination_<cell type>", Kind.NUMBER, "0 to 1", "<cell type> share of markers",
            "Share of this cell type's markers in the signal of its and the stromal markers; an order of size, not "
            "a share of RNA, on arrays"),
        Column("contamination", Kind.NAMES, "", "other tissues above their limit",
            "Other cell types whose markers are expressed in the sample, largest first; empty for none"),
    ),
    "more numbers of every sample",
    required=(col.SAMPLE,),
)
QC_COMPONENTS = Table(
    "qc_components", "qc",
    (
        col.DATASET,
        Column("field", Kind.NAME, "", "", "Sample field that was held against the principal components"),
        Column("kind", Kind.CODE, "", "", "How the field was read: number (or date), or text"),
        Column("component", Kind.NAME, "", "", "Principal component"),
        Column("n", Kind.WHOLE, "samples", "", "Samples with a value of the field"),
        Column("groups", Kind.WHOLE, "", "", "Number of values of a text; 0 for a number"),
        Column("r2", Kind.NUMBER, "0 to 1", "",
            "Share of the component that the field explains; large by chance with few samples"),
        Column("adjusted_r2", Kind.NUMBER, "at most 1", "adjusted R²",
            "r2 less what chance gives; below zero when less than chance"),
        Column("p_value", Kind.NUMBER, "0 to 1", "p",
            "Share of shuffled assignments with an r2 at least as large", Format.P),
        Column("p_smallest", Kind.NUMBER, "0 to 1", "smallest p",
            "Smallest p value that so many samples, so grouped, can reach", Format.P),
        Column("padj", Kind.NUMBER, "0 to 1", "FDR",
            "p_value after Benjamini-Hochberg over the data set's table", Format.P),
    ),
    "fields associated with principal components",
    required=("field", "component", "p_value", "padj"),
)
QC_PCA = Table(
    "qc_pca", "qc",
    (
        col.DATASET, col.SAMPLE, col.DONOR, col.CONDITION,
        Column("component", Kind.NAME, "", "", "Principal component of the data set's samples, such as PC1"),
        Column("score", Kind.NUMBER, "", "", "The sample's place along the component"),
        Column("variance_ratio", Kind.NUMBER, "0 to 1", "",
            "Share of the variance of the most variable genes that the component holds"),
    ),
    "scores of the samples on principal components",
)
QC_CELLS = Table(
    "qc_cells", "qc",
    (
        col.OBS_NAME, col.SAMPLE, col.CELL_TYPE, col.QC_FAIL_REASON,
        col.TOTAL_COUNTS.means("Counts of the cell"),
        col.N_GENES.means("Genes with a count in the cell"),
        col.PCT_MT, col.CELL_TYPE_MARGIN, col.DOUBLET_SCORE, col.PCT_RIBO,
        Column("s_score", Kind.NUMBER, "log expression", "",
            "Score of the S phase genes: their mean log expression less that of random genes of the same level"),
        Column("g2m_score", Kind.NUMBER, "log expression", "", "Score of the G2M phase genes, made as s_score"),
        Column("phase", Kind.CODE, "", "", "Phase of the cell cycle: G1, S or G2M; missing without scores"),
        Column("stress_score", Kind.NUMBER, "log expression", "",
            "Score of genes that dissociation switches on, made as s_score"),
        Column("limit_min_total_counts", Kind.NUMBER, "counts", "",
            "Fewest counts with which a cell of this sample is kept"),
        Column("limit_min_genes", Kind.NUMBER, "genes", "", "Fewest genes with which a cell of this sample is kept"),
        Column("limit_max_pct_mt", Kind.NUMBER, "percent", "",
            "Largest mitochondrial percentage with which a cell of this sample is kept"),
    ),
    "verdict on every cell, with its numbers and limits", suffix=".parquet",
    required=(col.OBS_NAME, col.SAMPLE, col.QC_FAIL_REASON),
)
