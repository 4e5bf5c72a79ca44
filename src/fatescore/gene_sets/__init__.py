"""Gene sets: load, list, read and write, match to a data set."""

from fatescore.gene_sets.collection import load, not_measurable, titles
from fatescore.gene_sets.gmt import as_weights, read_gmt, write_gmt
from fatescore.gene_sets.index import Index, index_names, load_index
from fatescore.gene_sets.matching import coverage, match, why_not_scorable
from fatescore.gene_sets.weights import index_weights

__all__ = [
    "Index",
    "as_weights",
    "coverage",
    "index_names",
    "index_weights",
    "load",
    "load_index",
    "match",
    "not_measurable",
    "read_gmt",
    "titles",
    "why_not_scorable",
    "write_gmt",
]
