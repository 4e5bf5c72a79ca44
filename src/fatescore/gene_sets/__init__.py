"""Gene sets: load, list, read and write, match to a data set."""

from fatescore.gene_sets.collection import Index, load, load_index, titles
from fatescore.gene_sets.gmt import as_weights, read_gmt, write_gmt
from fatescore.gene_sets.matching import coverage, match, why_not_scorable
from fatescore.gene_sets.weights import index_weights

__all__ = [
    "Index",
    "as_weights",
    "coverage",
    "index_weights",
    "load",
    "load_index",
    "match",
    "read_gmt",
    "titles",
    "why_not_scorable",
    "write_gmt",
]
