"""Names that are no gene's."""

from __future__ import annotations

import pytest

from fatescore import organisms
from fatescore.gene_sets import symbols
from fatescore.gene_sets.name_errors import DATE, MISSING, NUMBER, name_error

DATES = [
    "1-Mar", "2-Sep", "01-Mar", "Mar-1", "Mar-01", "Sep-2002", "mar-1", "1-mars", "01-MAR", "1-Mar-06", "2-Sep-2006",
    "01. Mrz", "1. Mrz", "01. Mär", "Mär 01", "01.Sep", "1-Mär", "2. Sep", "1-Okt", "1-Dez", "2006/09/02",
    "2006-09-02", "2006-09-02 00:00:00", "2006-09-02T00:00:00Z", "01.03.2006", "9/2/2006", "02/09/06", "1 mars",
    "1-sept", "2-sept.", "1-déc", "1-févr", "1-marzo", "1-set", "1-dic", "1-ene", "1-ott", "1-ago", "1-mrt",
    "01MAR2006", "1 March", "1-September",
]  # fmt: skip
NUMBERS = ["44621", "0", "225", "1.0", "-3", "2.31E+13", "2,31E+13", "2E+05", "1e-7", "1,234", "inf", "-Inf", "2-19"]
NONE = ["", "NA", "na", "N/A", "NaN", "null", "NULL", "None", "-", "--", "---", "#N/A", "#REF!", "<NA>", "."]
GENES = ["RUNX2", "SEPT2", "MARCH1", "DEC1", "MARC1", "Sept1", "7SK", "5_8S_rRNA", "2310009E13Rik", "2310009E13",
         "1700049E17Rik1", "AGO-2", "SET-7", "Oct4", "NKX2-5", "E2F1", "5S_rRNA", "INHBA", "NAN1", "14-3-3e",
         "ERCC-00002", "Dec-205"]  # fmt: skip


@pytest.mark.parametrize(("names", "kind"), [(DATES, DATE), (NUMBERS, NUMBER), (NONE, MISSING), (GENES, "")])
def test_kinds(names: list[str], kind: str) -> None:
    assert {name: name_error(name) for name in names} == dict.fromkeys(names, kind)


@pytest.mark.parametrize("organism", organisms.names())
def test_no_current_symbol_is_taken_for_an_error(organism: str) -> None:
    assert not [name for name in symbols.approved_symbols(organism) if name_error(name)]  # type: ignore[arg-type]


@pytest.mark.parametrize("organism", organisms.names())
def test_errors_are_no_aliases(organism: str) -> None:
    lookup = symbols._lookup(organism)  # type: ignore[arg-type]
    listed = [name for name in lookup.former if name_error(name)]
    assert len(listed) > 5  # NA of XK, 225 of EGR1, 5-Sep of Septin5
    names = [*listed, *DATES, *NUMBERS, *NONE, "NA", "NaN", "Nan", "4", "1"]
    rows = symbols.look_up(names, organism)  # type: ignore[arg-type]
    assert rows == [(name, symbols.UNMAPPED) for name in names]
