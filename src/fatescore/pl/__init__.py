"""Figures: a table in, an Altair chart out. Nothing here saves a file or computes a statistic.

>>> import fatescore as fs
>>> import pandas as pd
>>> table = pd.DataFrame({"gene": ["RUNX2"], "arm": ["osteogenic"], "contribution": [0.1]})
>>> fs.pl.waterfall(table).to_dict()["width"]
'container'
"""

from fatescore.pl._theme import config
from fatescore.pl.controls import controls
from fatescore.pl.donors import donors
from fatescore.pl.forest import forest
from fatescore.pl.heatmap import heatmap
from fatescore.pl.plane import MOST_POINTS, plane
from fatescore.pl.waterfall import waterfall

__all__ = ["MOST_POINTS", "config", "controls", "donors", "forest", "heatmap", "plane", "waterfall"]
