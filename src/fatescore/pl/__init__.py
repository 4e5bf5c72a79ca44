"""Figures: a table in, an Altair chart out. Nothing here computes a statistic, and only ``save`` writes a file.

>>> import fatescore as fs
>>> import pandas as pd
>>> table = pd.DataFrame({"gene": ["RUNX2"], "arm": ["osteogenic"], "contribution": [0.1]})
>>> fs.pl.waterfall(table).to_dict()["width"]
'container'
"""

from fatescore.pl._palette import config
from fatescore.pl._raster import MOST_POINTS
from fatescore.pl.cell_quality import cell_quality, dropped
from fatescore.pl.contrasts import controls, forest, heatmap
from fatescore.pl.donors import donors
from fatescore.pl.samples import ambient, sample_quality, samples_pca
from fatescore.pl.save import save
from fatescore.pl.scatter import arms_scatter, embedding
from fatescore.pl.specification import specification
from fatescore.pl.waterfall import waterfall

__all__ = [
    "MOST_POINTS", "ambient", "arms_scatter", "cell_quality", "config", "controls", "donors", "dropped", "embedding",
    "forest", "heatmap", "sample_quality", "samples_pca", "save", "specification", "waterfall",
]  # fmt: skip
