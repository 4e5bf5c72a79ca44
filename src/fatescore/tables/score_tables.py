"""Tables of scores: per cell, sample, gene, gene set and method."""

from __future__ import annotations

from fatescore.tables import columns as col
from fatescore.tables.column import Column, Kind, Table

# fmt: off

_GENE_SET_SCORE = Column("set:<gene set>", Kind.NUMBER, "log2", "",
    "Score of a gene set, of the review or the run's own: mean of log2(N / rank) over its genes, each with its sign")
_UNIT = col.UNIT.means("What was scored: sample, pseudobulk, cell mean (mean over the sample's cells) or cell")
_METHOD_FATE_BIAS = col.FATE_BIAS.means(
    "Osteogenic minus adipogenic under this method and index; compare samples under one method, never numbers of two "
    "methods", unit="of the method")
_REASON = Column("reason", Kind.NOTES, "", "", "Why there is no value; empty otherwise")
SCORES = Table(
    "scores", "score",
    (
        col.OBS_NAME, col.DATASET, col.SAMPLE, col.DONOR, col.CONDITION, col.CELL_TYPE, col.TOTAL_COUNTS,
        col.N_GENES, col.OSTEOGENIC, col.ADIPOGENIC, col.FATE_BIAS, col.COMMITMENT, col.MATURATION, col.FATE_BIAS_Z,
        col.FATE_BIAS_PVAL, col.FATE_BIAS_PADJ, col.FATE_CALL, _GENE_SET_SCORE,
    ),
    "index and calls, one row per cell or sample", suffix=".parquet",
    required=(col.OBS_NAME, *col.IDENTITY, *col.INDEX_COLUMNS),
)
SAMPLE_SCORES = Table(
    "sample_scores", "score",
    (
        col.DATASET, col.SAMPLE, col.DONOR, col.CONDITION, col.CELL_TYPE,
        col.UNIT.means(
            "What the row's expression is of: sample (bulk, array) or pseudobulk (the counts of the sample's cells "
            "added up)"),
        col.N_OBS.means("Cells that were added up; 1 for bulk samples and arrays"),
        col.TOTAL_COUNTS, col.N_GENES, col.OSTEOGENIC, col.ADIPOGENIC, col.FATE_BIAS, col.GENES_LOW, col.GENES_HIGH,
        col.CELLS_LOW, col.CELLS_HIGH, col.RHO_DEPTH, col.COMMITMENT, col.MATURATION, col.FATE_BIAS_Z,
        col.FATE_BIAS_PVAL, col.FATE_BIAS_PADJ, col.FATE_CALL, _GENE_SET_SCORE,
    ),
    "index of every sample, with intervals",
    required=(*col.IDENTITY, "unit", *col.INDEX_COLUMNS),
)
GENE_CONTRIBUTIONS = Table(
    "gene_contributions", "score",
    (
        col.DATASET, col.SAMPLE, col.DONOR, col.CONDITION,
        Column("<gene>", Kind.NUMBER, "log2", "",
            "What the gene adds to the sample's fate_bias: its weight times log2(N / rank); a row sums to "
            "fate_bias; missing where the index does not have the gene"),
    ),
    "what every gene adds to the index of every sample",
    required=col.IDENTITY,
)
INDEX_GENES = Table(
    "index_genes", "score",
    (
        col.DATASET,
        Column("gene", Kind.NAME, "", "", "Symbol of a gene of the index that the data set measures"),
        Column("arm", Kind.CODE, "", "",
            "osteogenic where more of the gene raises fate_bias, adipogenic where it lowers it; empty where its roles "
            "cancel"),
        Column("weight", Kind.NUMBER, "", "", "Weight of the gene in fate_bias"),
    ),
    "arm and weight of every gene of the index",
    required=("gene", "arm", "weight"),
)
METHOD_SCORES = Table(
    "method_scores", "score",
    (
        col.DATASET, col.SAMPLE, col.DONOR, col.CONDITION, col.METHOD, col.INDEX, _UNIT, _METHOD_FATE_BIAS, _REASON,
    ),
    "index of every sample under every method and definition",
)
CELL_METHOD_SCORES = Table(
    "cell_method_scores", "score",
    (
        col.DATASET, col.SAMPLE, col.DONOR, col.CONDITION, col.METHOD, col.INDEX, _UNIT, _METHOD_FATE_BIAS, _REASON,
    ),
    "index of some cells under every method and definition", suffix=".parquet",
)
COVERAGE = Table(
    "coverage", "score",
    (
        col.DATASET,
        Column("gene_set", Kind.NAME, "", "",
            "Name of the gene set; index_osteogenic and index_adipogenic are the two arms of the index that gives "
            "the answer"),
        Column("size", Kind.WHOLE, "genes", "", "Genes of the set in the data set's organism"),
        Column("found", Kind.WHOLE, "genes", "", "Genes of the set that the data set measures"),
        Column("by_alias", Kind.WHOLE, "genes", "",
            "Those found that carried an alias or a previous symbol in the data"),
        Column("missing", Kind.WHOLE, "genes", "", "Genes of the set that the data set does not measure"),
        Column("fraction", Kind.NUMBER, "0 to 1", "", "Found as a share of size"),
        Column("missing_genes", Kind.NAMES, "", "", "Symbols of the missing genes, set apart by ;"),
        Column("scorable", Kind.FLAG, "", "", "Whether any gene of the set is found"),
        Column("not_measurable", Kind.TEXT, "", "not measurable by mRNA",
            "Genes of the review's set that expression of this organism cannot show, each with the reason"),
    ),
    "genes of every set, found and missing",
)
EMBEDDING = Table(
    "embedding", "embed",
    (
        col.OBS_NAME, col.SAMPLE, col.DONOR, col.CONDITION, col.CELL_TYPE,
        col.TOTAL_COUNTS.means("Counts of the cell"),
        col.UMAP_1, col.UMAP_2,
    ),
    "map of the cells (UMAP)", suffix=".parquet",
)
