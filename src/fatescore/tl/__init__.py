"""Tools: the only place where AnnData meets the kernels."""

from fatescore.tl.fate_bias import fate_bias, gene_contributions
from fatescore.tl.score_gene_sets import score_gene_sets
from fatescore.tl.scores_table import observation_scores, sample_scores, set_coverage

__all__ = [
    "fate_bias",
    "gene_contributions",
    "observation_scores",
    "sample_scores",
    "score_gene_sets",
    "set_coverage",
]
