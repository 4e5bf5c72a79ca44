"""Interactive charts of the pages: a table in, an Altair chart out; :func:`fatescore.pl.save` writes one as a file.

>>> import fatescore as fs
>>> import pandas as pd
>>> table = pd.DataFrame({"gene": ["RUNX2"], "arm": ["osteogenic"], "contribution": [0.1]})
>>> fs.pl.charts.waterfall(table).to_dict()["width"]
'container'
"""

from fatescore.pl.charts._raster import MOST_POINTS
from fatescore.pl.charts.cell_quality import cell_quality, dropped
from fatescore.pl.charts.contrasts import controls, forest, heatmap
from fatescore.pl.charts.donors import donors
from fatescore.pl.charts.samples import ambient, sample_quality, samples_pca
from fatescore.pl.charts.scatter import arms_scatter, embedding
from fatescore.pl.charts.specification import specification
from fatescore.pl.charts.waterfall import waterfall

__all__ = [
    "MOST_POINTS", "ambient", "arms_scatter", "cell_quality", "controls", "donors", "dropped", "embedding", "forest",
    "heatmap", "sample_quality", "samples_pca", "specification", "waterfall",
]  # fmt: skip
