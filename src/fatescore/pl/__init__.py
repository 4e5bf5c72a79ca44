"""Figures. Nothing here computes a statistic, and only ``save`` writes a file.

``fs.pl.*`` are plots for notebooks, with matplotlib: they take an AnnData, or what ``fs.tl`` returned, and ``ax``,
``show`` and ``return_fig`` as scanpy's do. ``fs.pl.charts`` holds the interactive charts of the pages: a table in, an
Altair chart out, which ``fs.pl.save`` writes as a file.

>>> import fatescore as fs
>>> adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=20, n_genes=300, seed=0)
>>> fs.tl.fate_bias(adata, organism="human")
>>> type(fs.pl.arms(adata, return_fig=True)).__name__
'Figure'
"""

from fatescore.pl import charts
from fatescore.pl._palette import config
from fatescore.pl.arms import arms
from fatescore.pl.donors import donors
from fatescore.pl.embedding import embedding
from fatescore.pl.save import save
from fatescore.pl.waterfall import waterfall

__all__ = ["arms", "charts", "config", "donors", "embedding", "save", "waterfall"]
