"""Statistics on arrays and tables: donors are the unit, p values are exact where they can be."""

from fatescore.stats._donors import donor_means
from fatescore.stats._pooling import between_groups, pool
from fatescore.stats.composition import composition
from fatescore.stats.confounding import Audit, audit_summary, confounding
from fatescore.stats.contrast import contrast, contributions
from fatescore.stats.effect import auroc_of_cells, power
from fatescore.stats.expression_shift import add_evidence, expression_shift
from fatescore.stats.fdr import bh
from fatescore.stats.meta import meta, meta_robustness
from fatescore.stats.models import adjusted_differences
from fatescore.stats.moderated import moderated_p
from fatescore.stats.permutation import permutation_test, sign_flip_test, smallest_p
from fatescore.stats.specification import meta_specification, specification
from fatescore.stats.trend import trend

__all__ = [
    "Audit",
    "add_evidence",
    "adjusted_differences",
    "audit_summary",
    "auroc_of_cells",
    "between_groups",
    "bh",
    "composition",
    "confounding",
    "contrast",
    "contributions",
    "donor_means",
    "expression_shift",
    "meta",
    "meta_robustness",
    "meta_specification",
    "moderated_p",
    "permutation_test",
    "pool",
    "power",
    "sign_flip_test",
    "smallest_p",
    "specification",
    "trend",
]
