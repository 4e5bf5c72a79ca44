"""Every code that a step writes into a table or a status; pages alone turn them into sentences."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Outcome of a step, of a sample or of a data set."""

    OK = "ok"
    NOT_SCORABLE = "not scorable"
    FAILED = "failed"


class FateCall(StrEnum):
    """Call of a cell or sample."""

    OSTEOGENIC = "osteogenic"
    ADIPOGENIC = "adipogenic"
    DUAL = "dual"
    UNCOMMITTED = "uncommitted"
    NOT_SCORABLE = "not scorable"


class ContrastKind(StrEnum):
    """What a contrast is for: only ``disease`` is pooled."""

    DISEASE = "disease"
    KNOWN_FATE = "known_fate"
    OTHER = "other"


class Unit(StrEnum):
    """What a score or a row of a contrast is of."""

    DONOR = "donor"
    SAMPLE = "sample"
    PSEUDOBULK = "pseudobulk"
    CELL_MEAN = "cell mean"
    CELL = "cell"


class Agreement(StrEnum):
    """A tested difference of the index beside the sign that was expected."""

    AGREES = "agrees"
    OPPOSITE = "opposite"
    NOT_SIGNIFICANT = "not_significant"
    NOT_TESTED = "not_tested"


class AuditVerdict(StrEnum):
    """The confounding audit of a contrast."""

    CLEAN = "clean"
    PARTIALLY_CONFOUNDED = "partially_confounded"
    COMPLETELY_CONFOUNDED = "completely_confounded"
    NOT_ASSESSABLE = "not_assessable"
    NO_FIELDS = "no_fields"  # clean in what was measured, and nothing else is recorded


class FieldVerdict(StrEnum):
    """One sample field in the confounding audit."""

    COMPLETE_SEPARATION = "complete_separation"
    NOT_ASSESSED = "not_assessed"
    PARTIAL_SEPARATION = "partial_separation"
    CONDITION_LABEL = "condition_label"
    CLEAN = "clean"
    EVIDENCE = "evidence"  # of all genes together: counts neither for nor against


class QcFailReason(StrEnum):
    """Why a cell is dropped, the first that holds, or why a sample cannot be scored; values are of samples."""

    EMPTY_DROPLET = "empty_droplet"
    LOW_DEPTH = "low_depth"  # counts, needed
    FEW_GENES = "few_genes"
    HIGH_MITOCHONDRIAL = "high_mitochondrial"
    DOUBLET = "doublet"
    NOT_STROMAL = "not_stromal"
    # of samples only
    CONSTANT = "constant"
    NO_STROMAL_CELLS = "no_stromal_cells"
    FEW_STROMAL_CELLS = "few_stromal_cells"  # cells, needed
    NO_STROMAL_SIGNAL = "no_stromal_signal"  # type, relative (log2, its markers above those of stroma)


class QcFlag(StrEnum):
    """What else must be known of a sample; a flag drops nothing."""

    CELLS_DROPPED = "cells_dropped"  # cells per QcFailReason, such as low_depth=12
    MANY_DROPPED = "many_dropped"  # share (of the droplets with a cell, for their quality)
    OUTLIER = "outlier"  # metric, side (high or low), deviations
    PCA_OUTLIER = "pca_outlier"  # component, deviations
    OTHER_TISSUE = "other_tissue"  # type
    WRONG_STRAND = "wrong_strand"  # pairs, share, and the largest: antisense, antisense_counts, sense, sense_counts
    DUPLICATE = "duplicate"  # kind, sample
    TRANSGENE = "transgene"  # gene, share (of the cells)


class DuplicateKind(StrEnum):
    """How alike two samples are."""

    IDENTICAL = "identical"
    NEAR_IDENTICAL = "near-identical"


class YesNo(StrEnum):
    """A yes or no that a person may read or write in a table."""

    YES = "yes"
    NO = "no"


class Test(StrEnum):
    """How a p value was found: ``exact_*`` enumerates every arrangement, ``monte_carlo_*`` draws some."""

    __test__ = False  # no test class of pytest's

    NOT_TESTED = "not_tested"
    EXACT_PERMUTATION = "exact_permutation"
    MONTE_CARLO_PERMUTATION = "monte_carlo_permutation"
    EXACT_SIGN_FLIP = "exact_sign_flip"
    MONTE_CARLO_SIGN_FLIP = "monte_carlo_sign_flip"
    EXACT_SLOPE = "exact_slope"
    MONTE_CARLO_SLOPE = "monte_carlo_slope"
    EXACT_F = "exact_f"
    MONTE_CARLO_F = "monte_carlo_f"
    EXACT_SLOPE_WITHIN = "exact_slope_within_donors"
    MONTE_CARLO_SLOPE_WITHIN = "monte_carlo_slope_within_donors"
    EXACT_F_WITHIN = "exact_f_within_donors"
    MONTE_CARLO_F_WITHIN = "monte_carlo_f_within_donors"

    @property
    def exact(self) -> bool:
        """Whether every arrangement was enumerated."""
        return self.name.startswith("EXACT_")


class Model(StrEnum):
    """A model behind an adjusted difference, or why there is none."""

    LINEAR = "linear_model"  # covariates, left_out (donors of an arm without a value); each absent where none
    MIXED = "mixed_model"  # blocks, covariates, left_out
    ALIASED = "aliased"  # covariates: the condition is a combination of them
    COLLINEAR = "collinear"  # covariates
    NO_VARIATION = "covariate_constant"  # covariate
    FEW_DONORS = "few_donors_for_model"  # donors, covariates (absent where none)
    FEW_BLOCKS = "few_blocks_for_model"  # blocks
    EMPTY_ARM = "empty_arm"  # once donors without a value are left out
    NO_RESIDUALS = "no_residuals"
    NOT_CONVERGED = "not_converged"


class Pooling(StrEnum):
    """How an effect was pooled."""

    RANDOM_EFFECTS = "random_effects"  # tau2: pm, reml or dl
    SINGLE = "single_data_set"


class Analysis(StrEnum):
    """What a robustness analysis of a pooled effect changes; the last three are facts of data sets."""

    LEAVE_ONE_OUT = "leave_one_out"
    TAU2 = "tau2"
    ASSAY = "assay"
    ORGANISM = "organism"
    POPULATION = "population"


class NoteCode(StrEnum):
    """What else must be known of a row; values are named in the comment."""

    # contrasts
    FEW_DONORS = "few_donors"  # case, control; of levels: levels, donors
    PARTIALLY_PAIRED = "partially_paired"  # donors
    INCOMPLETE_BLOCKS = "incomplete_blocks"  # of levels: some donors have several of them, not all
    PAIRED = "paired"
    NO_VARIATION = "no_variation"
    NO_INTERVAL = "no_interval"
    ALPHA_UNREACHABLE = "alpha_unreachable"  # alpha
    SAMPLES_AVERAGED = "samples_averaged"  # samples, donors
    MISSING_VALUES = "missing_values"  # condition, donors
    SLOPE_PER_LEVEL = "slope_per_level"
    SLOPES_OF_DONORS = "interval_from_donor_slopes"
    BLOCKED_BY_DONOR = "blocked_by_donor"
    ETA_SQUARED = "eta_squared"  # value
    PARTIAL_ETA_SQUARED = "partial_eta_squared"  # value
    AUDIT_OF_ENDS = "audit_of_ends"  # case, control
    ARCSINE_SHARES = "arcsine_shares"
    NO_SAMPLE_FIELDS = "no_sample_fields"  # the audit saw nothing but what was measured
    NO_CONDITION = "no_condition"  # samples
    # fields of the audit
    VALUES_APPROXIMATE = "values_approximate"  # values
    VALUES_LEFT_OUT = "values_left_out"  # samples, values
    UNITS_CONVERTED = "units_converted"  # units, unit
    # between organisms
    ORTHOLOG_LOSS = "ortholog_loss"  # index, organisms, and per organism the genes that only it has
    # scores
    ARM_TOO_SMALL = "arm_too_small"  # arm, measured, size, needed, missing
    GROUP_NOT_MEASURED = "group_not_measured"  # groups
    NO_VALUE = "no_value"
    RELATIVE_SCORES = "relative_scores"
    INDEX_NOT_DETECTED = "index_not_detected"  # of a data set; the arms follow
    # pooling
    ONE_DATA_SET = "one_data_set"
    NOTHING_POOLED = "nothing_pooled"
    CLASSICAL_SE = "classical_standard_error"
    POPULATION = "population"  # dataset, populations
    COUNTED_ALREADY = "counted_already"  # dataset, datasets
    SHARED_DONORS = "shared_donors"  # dataset, with
    CONFOUNDED = "confounded"  # dataset, fields
    # all genes of a contrast
    GENES_DIFFER = "genes_differ"  # share, genes, alpha
    GENES_EXPECTED = "genes_expected"  # share, quantile, high
    # doublets and ambient RNA
    FEW_CELLS = "few_cells"  # cells, needed; also of a pseudobulk
    FEW_COUNTS = "few_counts"  # counts, needed; of a pseudobulk
    FEW_GENES_MEASURED = "few_genes_measured"  # genes, needed
    DOUBLETS_FAILED = "doublets_failed"  # message
    DOUBLETS_UNIMODAL = "doublets_unimodal"
    DOUBLETS_UNDETECTABLE = "doublets_undetectable"  # share
    DOUBLETS_TOO_MANY = "doublets_too_many"  # share, expected
    FEW_CELLS_OF_TYPE = "few_cells_of_type"  # type, cells, needed
    FEW_SOURCE_CELLS = "few_source_cells"  # type, cells, needed
    LITTLE_FOREIGN_RNA = "little_foreign_rna"  # type
    SOURCES_DISAGREE = "sources_disagree"  # a, share_a, b, share_b (a, b: red and other genes, or types of cells)
    WIDE_AMBIENT_INTERVAL = "wide_ambient_interval"  # type, low, high
    TYPES_UNKNOWN = "types_unknown"  # markers, needed (of the stromal ones)
    NO_PROFILE = "no_profile"  # needed (counts)
    # data sets
    ALL_SHALLOW = "all_shallow"  # samples, median, needed
    NONE_SCORABLE = "none_scorable"  # samples, sample; its own QcFailReason follows
    NO_CELLS = "no_cells"
    ERROR = "error"  # message: of a failure, in the words of the error
