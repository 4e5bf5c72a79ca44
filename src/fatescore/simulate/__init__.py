"""Known-truth data: single cells, bulk RNA-seq and arrays.

Everything is seeded: the same arguments give the same values and the same bytes.
"""

from fatescore.simulate._cultures import ArrayData, array, bulk
from fatescore.simulate._genes import gene_table
from fatescore.simulate._single_cell import single_cell

__all__ = ["ArrayData", "array", "bulk", "gene_table", "single_cell"]
