"""Preparation: quality control, cell types, normalisation, pseudobulk."""

from fatescore.pp.cell_type import cell_types
from fatescore.pp.normalise import normalise
from fatescore.pp.pseudobulk import pseudobulk
from fatescore.pp.qc import QcLimits, qc

__all__ = ["QcLimits", "cell_types", "normalise", "pseudobulk", "qc"]
