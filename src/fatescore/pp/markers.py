"""Marker genes of the broad types, for cells and for bulk samples alike; the table is ``markers.tsv`` beside this file.

No gene of the core arms or of the default index is a marker: the gate must not choose cells by the index itself (CDH5
and CXCL12 are two of 220 miRNA targets in the index `review`). Two more choices: one globin
only, because globin mRNA floats in every marrow suspension; no gene of smooth muscle or pericytes (ACTA2, TAGLN, DES)
among those of muscle, because cultured stromal cells express them.
"""

from __future__ import annotations

import csv
from importlib import resources

from fatescore import organisms
from fatescore.typing import Organism

STROMAL = "stromal"
UNKNOWN = "unknown"


def _read() -> dict[str, tuple[str, ...]]:
    with resources.files("fatescore.pp").joinpath("markers.tsv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return {
        kind: tuple(row["gene"] for row in rows if row["type"] == kind)
        for kind in dict.fromkeys(row["type"] for row in rows)
    }


# Type to human symbols.
MARKERS = _read()


def marker_genes(organism: Organism) -> dict[str, list[str]]:
    """Return the markers of every type for an organism, symbols in the order of the table.

    Examples
    --------
    >>> marker_genes("mouse")["muscle"][:3]
    ['Acta1', 'Ckm', 'Myl1']
    """
    return {kind: organisms.spelled(genes, organism) for kind, genes in MARKERS.items()}
