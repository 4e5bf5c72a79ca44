"""Figures: a table in, an Altair chart out. Nothing here computes a statistic, and only ``save`` writes a file.

>>> import fatescore as fs
>>> import pandas as pd
>>> table = pd.DataFrame({"gene": ["RUNX2"], "arm": ["osteogenic"], "contribution": [0.1]})
>>> fs.pl.waterfall(table).to_dict()["width"]
'container'
"""

from fatescore.pl._raster import MOST_POINTS
from fatescore.pl._theme import config
from fatescore.pl.arms_scatter import arms_scatter
from fatescore.pl.cell_quality import cell_quality, dropped
from fatescore.pl.controls import controls
from fatescore.pl.donors import donors
from fatescore.pl.embedding import embedding
from fatescore.pl.forest import forest
from fatescore.pl.heatmap import heatmap
from fatescore.pl.sample_quality import ambient, sample_quality
from fatescore.pl.samples_pca import samples_pca
from fatescore.pl.save import save
from fatescore.pl.specification import specification
from fatescore.pl.waterfall import waterfall

__all__ = [
    "MOST_POINTS", "ambient", "arms_scatter", "cell_quality", "config", "controls", "donors", "dropped", "embedding",
    "forest", "heatmap", "sample_quality", "samples_pca", "save", "specification", "waterfall",
]  # fmt: skip
