"""Columns that several tables share, and every key of an AnnData, each named once."""

from __future__ import annotations

from fatescore.tables.column import Column, Format, Kind

# fmt: off

# --- what a row is ----------------------------------------------------------------------------------
OBS_NAME = Column("obs_name", Kind.NAME, "", "",
    "Name of the cell or sample (cell barcode with the sample's name before it, or the sample's name)")
DATASET = Column("dataset", Kind.NAME, "", "data set", "Name of the data set, as in the table of data sets")
SAMPLE = Column("sample", Kind.NAME, "", "", "Name of the sample")
DONOR = Column("donor", Kind.NAME, "", "", "Person or animal that the sample is from; the unit of every comparison")
CONDITION = Column("condition", Kind.NAME, "", "", "Condition of the sample, as in the table of samples")
CELL_TYPE = Column("cell_type", Kind.CODE, "", "",
    "Broad type of the cells: stromal, haematopoietic, endothelial, erythroid, muscle, schwann or unknown; single "
    "cells only")
CONTRAST = Column("contrast", Kind.NAME, "", "", "Name of the contrast")

# --- choices of scoring -----------------------------------------------------------------------------
METHOD = Column("method", Kind.CODE, "", "", "Scoring method")
INDEX = Column("index", Kind.CODE, "", "", "Definition of the index: core, review or extended")
UNIT = Column("unit", Kind.CODE, "", "", "What was scored: sample, pseudobulk or cell mean")
N_OBS = Column("n_obs", Kind.WHOLE, "observations", "cells or samples",
    "Cells of the row; 1 for bulk samples and arrays")
IDENTITY = (DATASET, SAMPLE, DONOR, CONDITION)
NAME_IN_DATA = "name_in_data"  # of the table of samples: what the files call the sample
GEO_ACCESSION = "geo_accession"

# --- QC, under scanpy's own names where it has one ------------------------------------------------------
TOTAL_COUNTS = Column("total_counts", Kind.NUMBER, "counts", "",
    "Counts of the sample or cell (UMIs or reads); missing where there are no counts, as for arrays")
N_GENES = Column("n_genes_by_counts", Kind.WHOLE, "genes", "genes detected", "Genes with a value above zero")
PCT_MT = Column("pct_counts_mt", Kind.NUMBER, "percent", "mitochondrial %",
    "Percentage of the cell's counts of mitochondrial genes")
PCT_RIBO = Column("pct_counts_ribo", Kind.NUMBER, "percent", "",
    "Percentage of the cell's counts of ribosomal protein genes")
CELL_TYPE_MARGIN = Column("cell_type_margin", Kind.NUMBER, "0 to 1", "",
    "Lead of the best cell type over the next, in UCell units")
DOUBLET_SCORE = Column("doublet_score", Kind.NUMBER, "0 to 1", "",
    "Probability that the droplet holds two cells of different types (Scrublet)")
QC_FAIL_REASON = Column("qc_fail_reason", Kind.CODE, "", "QC fail reason",
    "Why the cell is dropped (empty_droplet, low_depth, few_genes, high_mitochondrial, doublet or not_stromal; the "
    "first that holds); empty where it is kept")
OUTLIER = Column("outlier", Kind.NOTES, "", "",
    "In which numbers the sample stands out from the others of the data set, and by how many robust deviations; "
    "empty for most")
NEAR_BACKGROUND = Column("near_background", Kind.NUMBER, "0 to 1", "share near background",
    "Share of the genes less than 1 (log2) above the array's background")
SIZE_FACTOR = "size_factor"
CELL_SCORES = (DOUBLET_SCORE, PCT_RIBO, "s_score", "g2m_score", "phase", "stress_score")

# --- the index ---------------------------------------------------------------------------------------
OSTEOGENIC = Column("osteogenic", Kind.NUMBER, "log2", "",
    "Mean of log2(N / rank) over the osteogenic (bone) genes of the index, where N genes are ranked from the "
    "highest; 0 is the lowest place")
ADIPOGENIC = Column("adipogenic", Kind.NUMBER, "log2", "", "The same of the adipogenic (fat) genes of the index")
FATE_BIAS = Column("fate_bias", Kind.NUMBER, "log2", "",
    "The index: osteogenic minus adipogenic; higher is towards bone, lower towards fat, one unit is a factor of two in "
    "rank; zero is no border, fate_bias_z compares with random genes")
COMMITMENT = Column("commitment", Kind.NUMBER, "log2", "",
    "Osteogenic plus adipogenic: how far the cell or sample is committed at all")
MATURATION = Column("maturation", Kind.NUMBER, "log2", "", "Late minus early osteogenic genes")
FATE_BIAS_Z = Column("fate_bias_z", Kind.NUMBER, "standard deviations", "",
    "fate_bias against random genes of the same mean expression over the data set")
FATE_BIAS_PVAL = Column("fate_bias_pval", Kind.NUMBER, "0 to 1", "fate bias p",
    "Two-sided p value of fate_bias_z; ranks cells or samples of a data set, and is no comparison of "
    "donors", Format.P)
FATE_BIAS_PADJ = Column("fate_bias_padj", Kind.NUMBER, "0 to 1", "fate bias FDR",
    "fate_bias_pval after Benjamini-Hochberg over the rows of the data set", Format.P)
FATE_CALL = Column("fate_call", Kind.CODE, "", "call",
    "osteogenic or adipogenic where fate_bias_padj is below 0.05 and that arm stands above random genes; dual where "
    "both arms do and neither wins; otherwise uncommitted; not scorable without an index")
CELLS_LOW = Column("fate_bias_cells_low", Kind.NUMBER, "log2", "over cells, CI low",
    "Lower end of the 95 % interval of fate_bias over the sample's cells (bootstrap); single cells only")
CELLS_HIGH = Column("fate_bias_cells_high", Kind.NUMBER, "log2", "over cells, CI high",
    "Upper end of the 95 % interval of fate_bias over the sample's cells (bootstrap); single cells only")
GENES_LOW = Column("fate_bias_genes_low", Kind.NUMBER, "log2", "over genes, CI low",
    "Lower end of the 95 % interval of fate_bias over the choice of genes (jack-knife)")
GENES_HIGH = Column("fate_bias_genes_high", Kind.NUMBER, "log2", "over genes, CI high",
    "Upper end of the 95 % interval of fate_bias over the choice of genes (jack-knife)")
RHO_DEPTH = Column("rho_depth", Kind.NUMBER, "-1 to 1", "rho of index and depth, cells",
    "Spearman correlation of fate_bias with total_counts among the sample's cells, within cell types; missing with "
    "fewer than ten cells")
UMAP_1 = Column("umap_1", Kind.NUMBER, "", "",
    "First coordinate of the cell in the map of cells (UMAP); distances far apart have no meaning")
UMAP_2 = Column("umap_2", Kind.NUMBER, "", "", "Second coordinate of the cell in the map of cells (UMAP)")
INDEX_MEASURES = (OSTEOGENIC, ADIPOGENIC, FATE_BIAS, COMMITMENT, MATURATION)
INDEX_COLUMNS = (*INDEX_MEASURES, FATE_BIAS_Z, FATE_BIAS_PVAL, FATE_BIAS_PADJ, FATE_CALL)
COMPOSITION_PREFIX = "composition:"  # of a measure in contrasts.tsv: the share of a cell type
SET_PREFIX = "set:"  # of a measure or column: the score of a gene set

# --- var ---------------------------------------------------------------------------------------------
ORIGINAL_ID = "original_id"
MAPPED_BY = "mapped_by"
EXPRESSED = "expressed"

# --- layers, uns, obsm ---------------------------------------------------------------------------------
COUNTS = "counts"
LOGNORM = "lognorm"
VST = "vst"
UNS = "fatescore"
LEFT_OUT = "left_out"
AXIS_SCORES = "axis_scores"
UMAP = "X_umap"

# fmt: on


def storable(name: str) -> str:
    """Return a name as it may be a key of h5ad and zarr files, which take a slash for a folder.

    Examples
    --------
    >>> storable("set:GO:0001503/ossification")
    'set:GO:0001503|ossification'
    """
    return name.replace("/", "|")


def obsm_key(what: str, method: str) -> str:
    """Return the ``obsm`` key of a method's ``"score"``, ``"z"``, ``"pval"`` or ``"dispersion"``."""
    return f"{what}_{method}"


def score_key(method: str) -> str:
    """Return the key of a method's scores, in ``obsm`` and of their record in ``uns["fatescore"]``."""
    return obsm_key("score", method)


def colours_key(column: str) -> str:
    """Return the ``uns`` key of the colours of a column's categories, as scanpy names it."""
    return f"{column}_colors"
