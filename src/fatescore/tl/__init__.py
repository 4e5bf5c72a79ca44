"""Tools: the only place where AnnData meets the kernels."""

from fatescore.tl.compare import compare
from fatescore.tl.comparison import Comparison
from fatescore.tl.fate_bias import fate_bias, gene_contributions
from fatescore.tl.fit_null import fit_null, read_null, write_null
from fatescore.tl.intervals import cell_intervals, gene_intervals
from fatescore.tl.score_gene_sets import score_gene_sets
from fatescore.tl.scores_table import depth_correlation, observation_scores, sample_scores, set_coverage
from fatescore.tl.specification import index_scores, specification_scores

__all__ = [
    "Comparison",
    "cell_intervals",
    "compare",
    "depth_correlation",
    "fate_bias",
    "fit_null",
    "gene_contributions",
    "gene_intervals",
    "index_scores",
    "observation_scores",
    "read_null",
    "sample_scores",
    "score_gene_sets",
    "set_coverage",
    "specification_scores",
    "write_null",
]
