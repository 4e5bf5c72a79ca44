"""Statistics on arrays and tables: donors are the unit, p values are exact where they can be."""

from fatescore.stats.cells import auroc_of_cells
from fatescore.stats.composition import composition
from fatescore.stats.confounding import confounding, verdict
from fatescore.stats.contrast import contrast, contributions, donor_means
from fatescore.stats.fdr import bh
from fatescore.stats.meta import meta
from fatescore.stats.permutation import permutation_test, sign_flip_test, smallest_p

__all__ = [
    "auroc_of_cells",
    "bh",
    "composition",
    "confounding",
    "contrast",
    "contributions",
    "donor_means",
    "meta",
    "permutation_test",
    "sign_flip_test",
    "smallest_p",
    "verdict",
]
