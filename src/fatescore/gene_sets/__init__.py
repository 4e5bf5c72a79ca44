"""Gene sets: load, list, read and write, match to a data set."""

from fatescore.gene_sets.claims import load_claims, why
from fatescore.gene_sets.collection import axis_sets, load, not_measurable, titles
from fatescore.gene_sets.convert import as_net, as_weights
from fatescore.gene_sets.formats import read_gmt, read_json_sets, write_gmt, write_json_sets
from fatescore.gene_sets.index import (
    DEFAULT_INDEX,
    Index,
    index_names,
    index_weights,
    leave_one_out_factors,
    load_index,
    loss_between,
    without_ortholog,
)
from fatescore.gene_sets.library import Library, read_library
from fatescore.gene_sets.matching import coverage, match, not_scorable_message, why_not_scorable

__all__ = [
    "DEFAULT_INDEX",
    "Index",
    "Library",
    "as_net",
    "as_weights",
    "axis_sets",
    "coverage",
    "index_names",
    "index_weights",
    "leave_one_out_factors",
    "load",
    "load_claims",
    "load_index",
    "loss_between",
    "match",
    "not_measurable",
    "not_scorable_message",
    "read_gmt",
    "read_json_sets",
    "read_library",
    "titles",
    "why",
    "why_not_scorable",
    "without_ortholog",
    "write_gmt",
    "write_json_sets",
]
