"""Tables of the comparisons: one row per contrast and measure, choice, field, gene or covariate."""

from __future__ import annotations

from fatescore.tables import columns as col
from fatescore.tables.column import Column, Format, Kind, Table

# fmt: off

_DATASET = Column("dataset", Kind.NAME, "", "data set",
    "Name of the data set; of a contrast across data sets their names joined by +")
_KIND = Column("kind", Kind.CODE, "", "",
    "disease (pooled over data sets), known_fate (a check with cells whose fate is known) or other")
_CASE = Column("case", Kind.NAME, "", "", "Condition that is compared; of several levels the last")
_CONTROL = Column("control", Kind.NAME, "", "", "Condition that it is compared with; of several levels the first")
_N_CASE = Column("n_case", Kind.WHOLE, "donors", "", "Donors of the case condition with a value")
_N_CONTROL = Column("n_control", Kind.WHOLE, "donors", "", "Donors of the control condition with a value")
_G = Column("g", Kind.NUMBER, "standard deviations", "Hedges' g",
    "Hedges' g: the difference in standard deviations between donors, corrected for small samples")
_G_LOW = Column("g_low", Kind.NUMBER, "standard deviations", "g, CI low", "Lower end of the 95 % interval of g")
_G_HIGH = Column("g_high", Kind.NUMBER, "standard deviations", "g, CI high", "Upper end of the 95 % interval of g")
_G_VAR = Column("g_var", Kind.NUMBER, "squared standard deviations", "g, variance",
    "Sampling variance of g, by which data sets are pooled")
_P_VALUE = Column("p_value", Kind.NUMBER, "0 to 1", "p",
    "p value from permutation of donors between the conditions (of sign flips where paired); missing with "
    "fewer than three donors in an arm", Format.P)
_AUROC = Column("auroc", Kind.NUMBER, "0 to 1", "AUROC",
    "Probability that a case donor exceeds a control donor; 0.5 is no separation", Format.AUROC)
_AUROC_CELLS = Column("auroc_cells", Kind.NUMBER, "0 to 1", "AUROC, cells",
    "Probability that a case cell exceeds a control cell; a description, for cells of one donor are no "
    "replicates", Format.AUROC)
_EXPECTED = Column("expected", Kind.CODE, "", "",
    "Sign of fate_bias that was expected before the data were looked at: + (bone), - (fat) or empty")
_AUDIT_VERDICT = Column("audit_verdict", Kind.CODE, "", "audit",
    "Confounding audit: clean, partially_confounded, completely_confounded, not_assessable, or no_fields where the "
    "samples have no recorded field; empty without an audit")
_AUDIT_FIELDS = Column("audit_fields", Kind.NAMES, "", "confounded with",
    "Sample fields with which the condition is confounded, set apart by ;")
_NOTE = Column("note", Kind.NOTES, "", "", "What else must be known of the row, such as why it is not tested")
CONTRASTS = Table(
    "contrasts", "contrast",
    (
        _DATASET, col.CONTRAST, _KIND, _CASE, _CONTROL,
        Column("levels", Kind.NAMES, "", "",
            "Conditions of a contrast of three or more, set apart by ;; empty for two"),
        Column("ordered", Kind.FLAG, "", "",
            "Whether the levels follow each other, so that a trend is tested; empty for two conditions"),
        Column("measure", Kind.TEXT, "", "",
            "What is compared: fate_bias, another measure of the index, set:<gene set>, or composition:<cell type>"),
        Column("unit", Kind.CODE, "", "", "What counts as one observation: donor"),
        _N_CASE, _N_CONTROL,
        Column("mean_case", Kind.NUMBER, "of the measure", "", "Mean over the case donors"),
        Column("mean_control", Kind.NUMBER, "of the measure", "", "Mean over the control donors"),
        Column("difference", Kind.NUMBER, "of the measure", "",
            "mean_case minus mean_control; of ordered levels the slope per step"),
        Column("difference_low", Kind.NUMBER, "of the measure", "difference, CI low",
            "Lower end of the 95 % interval of difference (Welch; paired t where both arms are the same donors)"),
        Column("difference_high", Kind.NUMBER, "of the measure", "difference, CI high",
            "Upper end of the 95 % interval of difference"),
        _G, _G_LOW, _G_HIGH, _G_VAR, _P_VALUE,
        Column("p_method", Kind.NOTES, "", "p from",
            "How p_value was found: exact or drawn, with the number of arrangements"),
        Column("p_smallest", Kind.NUMBER, "0 to 1", "smallest p",
            "Smallest p value that so many donors can reach, whatever the data", Format.P),
        Column("padj", Kind.NUMBER, "0 to 1", "FDR",
            "p_value after Benjamini-Hochberg over the contrast's measures; over its cell types for "
            "composition", Format.P),
        Column("p_welch", Kind.NUMBER, "0 to 1", "Welch p",
            "p value of Welch's t test, for comparison; missing where paired", Format.P),
        Column("p_moderated", Kind.NUMBER, "0 to 1", "moderated p",
            "p value of a moderated t test: the measures lend each other their variance", Format.P),
        Column("power", Kind.NUMBER, "0 to 1", "power for g = 1",
            "Probability that a t test at 0.05 with so many donors finds a true g of 1; does not depend on the data"),
        Column("adjusted", Kind.NUMBER, "of the measure", "adjusted difference",
            "Difference from the linear model that adjusted_for names"),
        Column("adjusted_low", Kind.NUMBER, "of the measure", "adjusted, CI low",
            "Lower end of the 95 % interval of adjusted"),
        Column("adjusted_high", Kind.NUMBER, "of the measure", "adjusted, CI high",
            "Upper end of the 95 % interval of adjusted"),
        Column("p_adjusted", Kind.NUMBER, "0 to 1", "adjusted p", "p value of adjusted", Format.P),
        Column("adjusted_for", Kind.NOTES, "", "adjusted by",
            "Model of adjusted: what was held constant, and which block is a random intercept; empty without a "
            "model"),
        Column("loo_low", Kind.NUMBER, "of the measure", "leave one out, low",
            "Smallest difference when one donor is left out"),
        Column("loo_high", Kind.NUMBER, "of the measure", "leave one out, high",
            "Largest difference when one donor is left out"),
        _AUROC, _AUROC_CELLS, _EXPECTED,
        Column("agreement", Kind.CODE, "", "",
            "How fate_bias stands to the expected sign: agrees, opposite, not_significant or not_tested"),
        _AUDIT_VERDICT, _AUDIT_FIELDS, _NOTE,
    ),
    "every measure of every contrast",
)
SPECIFICATION = Table(
    "specification", "contrast",
    (
        _DATASET, col.CONTRAST, _KIND, _CASE, _CONTROL, col.METHOD, col.INDEX, col.UNIT, _N_CASE, _N_CONTROL, _G,
        _G_LOW, _G_HIGH, _G_VAR, _P_VALUE, _AUROC, _AUROC_CELLS, _AUDIT_VERDICT, _AUDIT_FIELDS, _EXPECTED, _NOTE,
    ),
    "the difference under every method and index",
)
CONFOUNDING = Table(
    "confounding", "contrast",
    (
        _DATASET, col.CONTRAST,
        Column("field", Kind.NAME, "", "",
            "Sample field that was held against the condition; all genes stands for a comparison of all genes"),
        Column("verdict", Kind.CODE, "", "",
            "complete_separation, partial_separation, clean, condition_label (the field names the condition "
            "itself), not_assessed, or evidence (of all genes; counts neither way)"),
        Column("case_values", Kind.TEXT, "", "values in case",
            "Values of the field among the case donors; of all genes the share that differs, as a note"),
        Column("control_values", Kind.TEXT, "", "values in control",
            "Values of the field among the control donors; of all genes the share expected by chance, as a note"),
        Column("smd", Kind.NUMBER, "standard deviations", "standardised difference",
            "Standardised mean difference of a field of numbers; missing for text"),
        Column("statistic", Kind.NUMBER, "0 to 1", "separation, 0 to 1",
            "Strength of the separation: Cramer's V for text, |2 AUROC - 1| for numbers, the share of genes that "
            "differ for all genes"),
        Column("p_value", Kind.NUMBER, "0 to 1", "p", "Permutation p value of statistic", Format.P),
        _NOTE,
    ),
    "every field of the confounding audit",
)
CONTRIBUTIONS = Table(
    "contributions", "contrast",
    (
        _DATASET, col.CONTRAST,
        Column("gene", Kind.NAME, "", "", "Symbol of a gene of the index"),
        Column("arm", Kind.CODE, "", "", "Arm or group of the index that the gene belongs to"),
        Column("contribution", Kind.NUMBER, "log2", "",
            "What the gene adds to the difference of fate_bias; the genes sum to it"),
        Column("difference_without", Kind.NUMBER, "log2", "difference without it",
            "Difference of fate_bias when the index does not have this gene; missing where its arm would be empty"),
    ),
    "what every gene adds to the difference",
)
ADJUSTED_DIFFERENCES = Table(
    "adjusted_differences", "contrast",
    (
        _DATASET, col.CONTRAST,
        Column("covariate", Kind.NAME, "", "",
            "What is held constant: commitment, maturation, or a share of other cells"),
        Column("difference", Kind.NUMBER, "log2", "",
            "Difference of fate_bias among the donors that have all values"),
        Column("adjusted_difference", Kind.NUMBER, "log2", "",
            "The difference with the covariate held constant (linear model)"),
        Column("adjusted_low", Kind.NUMBER, "log2", "adjusted, CI low",
            "Lower end of the 95 % interval of adjusted_difference"),
        Column("adjusted_high", Kind.NUMBER, "log2", "adjusted, CI high",
            "Upper end of the 95 % interval of adjusted_difference"),
        Column("p_adjusted", Kind.NUMBER, "0 to 1", "adjusted p", "p value of adjusted_difference", Format.P),
        Column("proportion_explained", Kind.NUMBER, "share", "",
            "Share of the difference that the covariate explains: 1 is all, 0 none, negative where "
            "it grew", Format.PERCENT),
        Column("note", Kind.NOTES, "", "", "Model that was used, or why there is none"),
    ),
    "the difference with another number of the donors held constant",
)
