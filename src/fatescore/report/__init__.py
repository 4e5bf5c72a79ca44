"""Pages: tables in, one HTML file out. Nothing here computes a statistic or reads a file.

>>> import fatescore as fs
>>> page = fs.report.summary_page(fs.report.SummaryTables(title="My run"))
>>> "My run" in page
True
"""

from fatescore.i18n import language
from fatescore.report.dataset import dataset_figures, dataset_page
from fatescore.report.provenance import provenance
from fatescore.report.summary import answer_lines, summary_figures, summary_page
from fatescore.report.tables import DatasetTables, SummaryTables, address, is_simulated, stack

__all__ = [
    "DatasetTables",
    "SummaryTables",
    "address",
    "answer_lines",
    "dataset_figures",
    "dataset_page",
    "is_simulated",
    "language",
    "provenance",
    "stack",
    "summary_figures",
    "summary_page",
]
