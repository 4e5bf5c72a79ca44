"""Preparation: quality control, cell types, normalisation, pseudobulk."""

from fatescore.pp.ambient import ambient
from fatescore.pp.arrays import array_metrics, background_share, quantile_normalise
from fatescore.pp.bulk import bulk_metrics, strand
from fatescore.pp.cell_type import cell_types
from fatescore.pp.components import batch_in_components, components
from fatescore.pp.doublets import doublets
from fatescore.pp.droplets import empty_droplets
from fatescore.pp.duplicates import duplicates, fingerprint
from fatescore.pp.embed import embed
from fatescore.pp.normalise import match_depth, normalise
from fatescore.pp.pseudobulk import pseudobulk
from fatescore.pp.qc import QcLimits, QcResult, qc
from fatescore.pp.signatures import signatures, transgenes
from fatescore.pp.size_factors import expressed_genes, log_cpm, size_factors, variance_stabilised
from fatescore.pp.tissue import contamination, foreign_tissue, no_stroma

__all__ = [
    "QcLimits",
    "QcResult",
    "ambient",
    "array_metrics",
    "background_share",
    "batch_in_components",
    "bulk_metrics",
    "cell_types",
    "components",
    "contamination",
    "doublets",
    "duplicates",
    "embed",
    "empty_droplets",
    "expressed_genes",
    "fingerprint",
    "foreign_tissue",
    "log_cpm",
    "match_depth",
    "no_stroma",
    "normalise",
    "pseudobulk",
    "qc",
    "quantile_normalise",
    "signatures",
    "size_factors",
    "strand",
    "transgenes",
    "variance_stabilised",
]
