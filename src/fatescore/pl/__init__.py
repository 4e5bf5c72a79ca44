"""Figures. Nothing here computes a statistic, and only ``save`` writes a file.

``fs.pl.charts`` holds the interactive charts of the pages: a table in, an Altair chart out.

>>> import fatescore as fs
>>> sorted(fs.pl.config(dark=True))[:2]
['axis', 'axisBand']
"""

from fatescore.pl import charts
from fatescore.pl._palette import config
from fatescore.pl.save import save

__all__ = ["charts", "config", "save"]
