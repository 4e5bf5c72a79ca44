"""Tables of the results pooled over data sets."""

from __future__ import annotations

from fatescore.tables import columns as col
from fatescore.tables.column import Column, Format, Kind, Table

# fmt: off

_MEASURE = Column("measure", Kind.TEXT, "", "", "Measure of the index or gene set that is pooled")
_K = Column("k", Kind.WHOLE, "data sets", "data sets", "Data sets that were pooled")
_EFFECT = Column("effect", Kind.NUMBER, "standard deviations", "",
    "Pooled Hedges' g (random effects); of one data set its own g")
_SE = Column("se", Kind.NUMBER, "standard deviations", "SE", "Standard error of effect")
_CI_LOW = Column("ci_low", Kind.NUMBER, "standard deviations", "CI low",
    "Lower end of the 95 % confidence interval of effect (Hartung-Knapp)")
_CI_HIGH = Column("ci_high", Kind.NUMBER, "standard deviations", "CI high",
    "Upper end of the 95 % confidence interval of effect (Hartung-Knapp)")
_PI_LOW = Column("pi_low", Kind.NUMBER, "standard deviations", "prediction low",
    "Lower end of the 95 % prediction interval: where a further data set's effect would lie; from three data sets on")
_PI_HIGH = Column("pi_high", Kind.NUMBER, "standard deviations", "prediction high",
    "Upper end of the 95 % prediction interval")
_P_VALUE = Column("p_value", Kind.NUMBER, "0 to 1", "p", "p value of effect; of one data set its own", Format.P)
_TAU2 = Column("tau2", Kind.NUMBER, "squared standard deviations", "tau²",
    "Variance of the true effects between data sets")
_I2 = Column("i2", Kind.NUMBER, "percent", "I² (%)", "Share of the variation between data sets that is beyond chance")
_Q = Column("q", Kind.NUMBER, "", "Q", "Cochran's Q: weighted sum of squares about the pooled effect")
_METHOD = Column("method", Kind.NOTES, "", "",
    "How the effect was pooled: random_effects with the estimator of tau2, or single_data_set")
_DATASETS = Column("datasets", Kind.NAMES, "", "which", "Data sets that were pooled, set apart by ;")
_LEFT_OUT = Column("left_out", Kind.NOTES, "", "", "Data sets that were not pooled, each with the reason")
_NOTE = Column("note", Kind.NOTES, "", "", "What else must be known of the row")
META = Table(
    "meta", "meta",
    (
        col.CONTRAST, _MEASURE, _K, _EFFECT, _SE, _CI_LOW, _CI_HIGH, _PI_LOW, _PI_HIGH, _P_VALUE, _TAU2, _I2, _Q,
        _METHOD, _DATASETS, _LEFT_OUT, _NOTE,
    ),
    "pooled results",
)
META_SPECIFICATION = Table(
    "meta_specification", "meta",
    (
        col.CONTRAST, col.METHOD, col.INDEX, col.UNIT, _K, _EFFECT, _SE, _CI_LOW, _CI_HIGH, _PI_LOW, _PI_HIGH,
        _P_VALUE, _TAU2, _I2, _Q, _DATASETS, _LEFT_OUT, _NOTE,
    ),
    "pooled results under every method and index",
)
META_ROBUSTNESS = Table(
    "meta_robustness", "meta",
    (
        col.CONTRAST, _MEASURE,
        Column("analysis", Kind.CODE, "", "",
            "What was changed: leave_one_out, tau2 (estimator of the variance between data sets), assay, organism "
            "or population"),
        Column("level", Kind.TEXT, "", "",
            "The data set left out, the estimator (reml, dl or pm), or the value of the group that was pooled by "
            "itself"),
        _K, _EFFECT, _SE, _CI_LOW, _CI_HIGH, _PI_LOW, _PI_HIGH, _P_VALUE, _TAU2, _I2, _Q, _METHOD, _DATASETS,
        _LEFT_OUT, _NOTE,
        Column("f_between", Kind.NUMBER, "", "", "F of the test whether the groups differ (Knapp and Hartung)"),
        Column("df_between", Kind.WHOLE, "degrees of freedom", "", "Degrees of freedom between groups"),
        Column("df_within", Kind.WHOLE, "degrees of freedom", "", "Degrees of freedom within groups"),
        Column("p_between", Kind.NUMBER, "0 to 1", "", "p value of f_between", Format.P),
    ),
    "pooled results without each data set, by other estimators and in subgroups",
)
