"""Every obs/var/obsm/uns key and every output column, named once."""

from __future__ import annotations

# --- obs: what a row is -------------------------------------------------------------------------
DATASET = "dataset"
SAMPLE = "sample"
DONOR = "donor"
CONDITION = "condition"
CELL_TYPE = "cell_type"
IDENTITY = (DATASET, SAMPLE, DONOR, CONDITION)

# --- obs: QC, under scanpy's own names --------------------------------------------------------------
TOTAL_COUNTS = "total_counts"
N_GENES = "n_genes_by_counts"
PCT_MT = "pct_counts_mt"
SIZE_FACTOR = "size_factor"
PCT_RIBO = "pct_counts_ribo"
CELL_TYPE_MARGIN = "cell_type_margin"
DOUBLET_SCORE = "doublet_score"
DROPPED = "dropped_because"  # empty where a cell is kept; else the first of these that holds
LOW_DEPTH, FEW_GENES, HIGH_MT = "low depth", "few genes", "mitochondrial share"
DOUBLET, NOT_STROMAL, EMPTY_DROPLET = "doublet", "not stromal", "empty droplet"
OUTLIER = "outlier"  # of a sample: the numbers that it stands out in
CELL_SCORES = (DOUBLET_SCORE, PCT_RIBO, "s_score", "g2m_score", "phase", "stress_score")

# --- obs: the index ---------------------------------------------------------------------------------
OSTEOGENIC = "osteogenic"
ADIPOGENIC = "adipogenic"
FATE_BIAS = "fate_bias"
COMMITMENT = "commitment"
MATURATION = "maturation"
FATE_BIAS_Z = "fate_bias_z"
FATE_BIAS_PVAL = "fate_bias_pval"
FATE_BIAS_PADJ = "fate_bias_padj"
FATE_CALL = "fate_call"
CELLS_LOW = "fate_bias_cells_low"
CELLS_HIGH = "fate_bias_cells_high"
GENES_LOW = "fate_bias_genes_low"
GENES_HIGH = "fate_bias_genes_high"
RHO_DEPTH = "rho_depth"
INDEX_MEASURES = (OSTEOGENIC, ADIPOGENIC, FATE_BIAS, COMMITMENT, MATURATION)
INDEX_COLUMNS = (*INDEX_MEASURES, FATE_BIAS_Z, FATE_BIAS_PVAL, FATE_BIAS_PADJ, FATE_CALL)
OBS_NAME = "obs_name"
UMAP_1, UMAP_2 = "umap_1", "umap_2"

CALL_OSTEOGENIC = "osteogenic"
CALL_ADIPOGENIC = "adipogenic"
CALL_DUAL = "dual"
CALL_UNCOMMITTED = "uncommitted"
CALL_NOT_SCORABLE = "not scorable"
FATE_CALLS = (CALL_OSTEOGENIC, CALL_ADIPOGENIC, CALL_DUAL, CALL_UNCOMMITTED, CALL_NOT_SCORABLE)

# --- var ------------------------------------------------------------------------------------------
ORIGINAL_ID = "original_id"
MAPPED_BY = "mapped_by"
EXPRESSED = "expressed"
NEAR_BACKGROUND = "near_background"

# --- layers, uns, obsm ------------------------------------------------------------------------------
COUNTS = "counts"
LOGNORM = "lognorm"
VST = "vst"
UNS = "fatescore"
LEFT_OUT = "left_out"
AXIS_SCORES = "axis_scores"
UMAP = "X_umap"


def obsm_key(what: str, method: str) -> str:
    """Return the ``obsm`` key of a method's ``"score"``, ``"z"``, ``"pval"`` or ``"dispersion"``."""
    return f"{what}_{method}"


def score_key(method: str) -> str:
    """Return the key of a method's scores, in ``obsm`` and of their record in ``uns["fatescore"]``."""
    return obsm_key("score", method)


def colours_key(column: str) -> str:
    """Return the ``uns`` key of the colours of a column's categories, as scanpy names it."""
    return f"{column}_colors"


# --- status of a data set ---------------------------------------------------------------------------
OK = "ok"
NOT_SCORABLE = "not scorable"
FAILED = "failed"
STEPS = ("fetch", "ingest", "qc", "normalise", "score", "contrast")

# --- columns of the tables that travel between steps ------------------------------------------------------
QC_COLUMNS = (
    DATASET, SAMPLE, DONOR, CONDITION, "n_obs", "n_kept", TOTAL_COUNTS, N_GENES, PCT_MT,
    "n_stromal", "fraction_stromal", "verdict", "reason",
)  # fmt: skip
PCA_COLUMNS = (*IDENTITY, "component", "score", "explained")
EMBEDDING_COLUMNS = (OBS_NAME, SAMPLE, DONOR, CONDITION, CELL_TYPE, TOTAL_COUNTS, UMAP_1, UMAP_2)
COVERAGE_COLUMNS = (
    "dataset",
    "gene_set",
    "size",
    "found",
    "by_alias",
    "missing",
    "fraction",
    "missing_genes",
    "scorable",
    "not_measurable",
)
COMPOSITION_PREFIX = "composition:"  # of a measure in contrasts.tsv: the share of a cell type
CONTRIBUTION_COLUMNS = ("dataset", "contrast", "gene", "arm", "contribution", "difference_without")
EXPLAINED_COLUMNS = (
    "dataset", "contrast", "by", "difference", "difference_left", "left_low", "left_high", "p_left", "accounted",
    "note",
)  # fmt: skip
CONTRAST_COLUMNS = (
    "dataset", "contrast", "kind", "case", "control", "levels", "measure", "unit", "n_case", "n_control",
    "mean_case", "mean_control", "difference", "difference_low", "difference_high",
    "g", "g_low", "g_high", "g_var", "p_value", "p_method", "p_smallest", "padj",
    "p_welch", "p_moderated", "power", "adjusted", "adjusted_low", "adjusted_high", "p_adjusted", "adjusted_for",
    "loo_low", "loo_high", "auroc", "auroc_cells", "expected", "agreement", "audit", "note",
)  # fmt: skip
CONFOUNDING_COLUMNS = (
    "dataset",
    "contrast",
    "field",
    "verdict",
    "case_values",
    "control_values",
    "statistic",
    "p_value",
)
META_COLUMNS = (
    "contrast", "measure", "k", "effect", "se", "ci_low", "ci_high", "pi_low", "pi_high", "p_value",
    "tau2", "i2", "q", "method", "datasets", "left_out", "note",
)  # fmt: skip
SCOREBOARD_COLUMNS = (
    "dataset", "title", "organism", "assay", "population", "n_samples", "n_donors", "status", "step", "reason",
)  # fmt: skip
FINGERPRINT_COLUMNS = (DATASET, SAMPLE, DONOR, "organism", "overlap_group", "digest")
COPY_COLUMNS = (
    "dataset_a", "sample_a", "donor_a", "dataset_b", "sample_b", "donor_b", "kind", "correlation", "usual", "genes",
    "declared",
)  # fmt: skip
IDENTICAL, NEAR_IDENTICAL = "identical", "near-identical"
DECLARED, UNDECLARED = "yes", "no"
METHOD_SCORE_COLUMNS = (*IDENTITY, "method", "index", "unit", FATE_BIAS, "reason")
SPECIFICATION_COLUMNS = (
    "dataset", "contrast", "kind", "case", "control", "method", "index", "unit", "n_case", "n_control",
    "g", "g_low", "g_high", "g_var", "p_value", "auroc", "auroc_cells", "audit", "expected", "note",
)  # fmt: skip
META_SPECIFICATION_COLUMNS = (
    "contrast", "method", "index", "unit", "k", "effect", "se", "ci_low", "ci_high", "pi_low", "pi_high", "p_value",
    "tau2", "i2", "q", "datasets", "left_out", "note",
)  # fmt: skip
META_ROBUSTNESS_COLUMNS = (
    "contrast", "measure", "analysis", "level", *META_COLUMNS[2:], "f_between", "df_between", "df_within", "p_between",
)  # fmt: skip
