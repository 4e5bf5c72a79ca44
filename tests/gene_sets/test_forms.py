"""Every form that gene sets have becomes one, with the same cleaning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore import gene_sets
from fatescore.errors import InputError
from fatescore.gene_sets.forms import GeneSetDict

SIGNED = {"s": {"RUNX2": 1.0, "PPARG": -1.0}}
WEIGHTED = {"s": {"RUNX2": 0.5, "PPARG": -2.0}}
GENES = ["RUNX2", "PPARG-"]


@pytest.mark.parametrize(
    "sets",
    [
        {"s": GENES},
        {"s": tuple(GENES)},
        {"s": set(GENES)},
        {"s": frozenset(GENES)},
        {"s": pd.Index(GENES)},
        {"s": np.array(GENES)},
        {"s": pd.Series(GENES)},
        {"s": pd.Series(GENES, dtype="category")},
        {"s": pd.Series(GENES, dtype="string")},
        {"s": dict.fromkeys(GENES).keys()},
        {"s": (gene for gene in GENES)},
        {"s": {"RUNX2": 1, "PPARG": -1}},
        {np.str_("s"): [np.str_("RUNX2"), "PPARG-"]},
        pd.Series({"s": GENES}),
        pd.DataFrame({"source": "s", "target": GENES}),
        # the same cleaning in every form
        {" s ": [" RUNX2", "PPARG -", "RUNX2\n", "\u200bRUNX2", "RUNX2\xa0"]},
        {"s": ["RUNX2", "", "  ", None, np.nan, float("nan"), pd.NA, pd.NaT, "PPARG-", "PPARG-"]},
        {"s": {" RUNX2": 1, "RUNX2": 1, "PPARG ": -1, None: 3, np.nan: 4, "": 5}},
        {"s": pd.Series([1, 1, -1], index=["RUNX2 ", "RUNX2", "PPARG"])},
        pd.DataFrame({"source": ["s", "s", "s", "s"], "target": ["RUNX2 ", "RUNX2", None, "PPARG-"]}),
        pd.DataFrame({"source": "s", "target": ["RUNX2", " RUNX2", np.nan, "PPARG"], "weight": [1, 1, 9, -1]}),
    ],
)
def test_every_form_of_one_set(sets: object) -> None:
    out = gene_sets.as_weights(sets)
    assert {name: dict(genes) for name, genes in out.items()} == SIGNED
    assert all(type(weight) is float for weight in out["s"].values())


@pytest.mark.parametrize(
    "sets",
    [
        {"s": pd.Series([0.5, -2], index=["RUNX2", "PPARG"])},
        {"s": pd.Series([0.5, -2], index=["RUNX2", "PPARG"], dtype="Float64")},
        {"s": {"RUNX2": np.float32(0.5), "PPARG": np.int64(-2)}},
        pd.DataFrame({"source": ["s", "s"], "target": ["RUNX2", "PPARG"], "weight": [0.5, -2]}),
        pd.DataFrame({"source": ["s", "s"], "target": ["RUNX2", "PPARG"], "mor": [0.5, -2]}, index=[7, 7]),
        pd.DataFrame({"mor": [0.5, -2], "source": "s", "target": ["RUNX2", "PPARG"], "weight": [0.5, -2], "x": "y"}),
        pd.DataFrame({"source": ["s", "s"], "target": ["RUNX2", "PPARG"], "weight": [0.5, -2]}).astype(
            {"source": pd.CategoricalDtype(["none", "s"])}
        ),
    ],
)
def test_every_form_of_weights(sets: object) -> None:
    assert gene_sets.as_weights(sets) == WEIGHTED


def test_lists_take_signs_and_weights_take_names_as_they_are() -> None:
    assert gene_sets.as_weights({"a": ["HLA-+"], "b": {"PPARG-": 2}}) == {"a": {"HLA-": 1.0}, "b": {"PPARG-": 2.0}}
    net = pd.DataFrame({"source": ["b"], "target": ["PPARG-"], "weight": [2]})
    assert gene_sets.as_weights(net) == {"b": {"PPARG-": 2.0}}


def test_the_order_of_a_python_set_is_that_of_its_names() -> None:
    assert list(gene_sets.as_weights({"s": {"c", "a", "b"}})["s"]) == ["a", "b", "c"]


def test_a_net_of_our_sets_is_the_same_sets() -> None:
    sets = gene_sets.load(organism="mouse")
    net = gene_sets.as_net(sets)
    assert list(net) == ["source", "target", "weight"]
    assert len(net) == sum(map(len, sets.values()))
    assert not net.duplicated(["source", "target"]).any()  # decoupler refuses them
    assert gene_sets.as_weights(net) == sets


@pytest.mark.parametrize(
    ("sets", "message"),
    [
        ({}, "no gene set"),
        (pd.DataFrame({"source": [], "target": []}), "no gene set"),
        (["RUNX2", "SP7"], r'gene sets are a list.*a name: \{"mine"'),
        (None, "gene sets are a NoneType"),
        (3, "gene sets are a int"),
        ({"s": []}, 'set "s" is empty.*leave it out'),
        ({"s": [None, " "]}, 'set "s" is empty'),
        ({"s": "RUNX2"}, "is one string"),
        ({"s": 3}, '"s" is 3; expected a list of genes'),
        ({"s": None}, '"s" is None; expected a list of genes'),
        ({"s": pd.DataFrame({"RUNX2": [1]})}, '"s" is a table; expected a list of genes'),
        ({"s": {"RUNX2": 0.0}}, "the weight 0.0 for RUNX2"),
        ({"s": {"RUNX2": float("nan")}}, "the weight nan"),
        ({"s": {"RUNX2": None}}, "the weight None"),
        ({"s": {"RUNX2": float("inf")}}, "the weight inf"),
        ({"s": {"RUNX2": "much"}}, "the weight 'much' for RUNX2"),
        ({"s": {"RUNX2": True}}, "the weight True for RUNX2"),
        ({"s": pd.Series([True], index=["RUNX2"])}, "the weight True for RUNX2"),
        ({"s": pd.Series([1.0])}, '"s": 0 is not a name'),
        ({3: ["RUNX2"]}, "3 is not a name"),
        ({None: ["RUNX2"]}, "None is not a name"),
        ({"s": ["RUNX2", 7]}, '"s": 7 is not a name'),
        ({"s": ["RUNX2", b"SP7"]}, "b'SP7' is not a name"),
        ({"s": [("RUNX2", 1.0)]}, "is not a name"),
        ({"s": ["RUNX2", "RUNX2-"]}, "both signs"),
        ({"s": ["RUNX2", " RUNX2 -"]}, "both signs"),
        ({"s": {"RUNX2": 1, "RUNX2 ": 2}}, '"s" holds RUNX2 with the weights 1 and 2'),
        ({"s": pd.Series([1, 2], index=["RUNX2", "RUNX2"])}, '"s" holds RUNX2 with the weights 1 and 2'),
        ({"s": ["RUNX2", "-"]}, "'' is not a name"),
        ({"s": ["RUNX2"], "s ": ["SP7"]}, 'gene set "s" is repeated'),
        (pd.Series([["RUNX2"], ["SP7"]], index=["s", "s"]), 'gene set "s" is repeated'),
        (pd.DataFrame({"geneset": ["s"], "genesymbol": ["RUNX2"]}), 'no column "source".*found geneset, genesymbol'),
        (pd.DataFrame([["s", "a", "b"]], columns=["source", "target", "target"]), 'no column "target" of its own'),
        (pd.DataFrame({"source": ["s", None], "target": ["a", "b"]}), "no source in row 1"),
        (pd.DataFrame({"source": ["s"], "target": [None]}), 'set "s" is empty'),
        (pd.DataFrame({"source": ["s"], "target": ["a"], "weight": [0]}), "the weight 0 for a"),
        (pd.DataFrame({"source": ["s"], "target": ["a"], "weight": ["1"]}), "the weight '1' for a"),
        (pd.DataFrame({"source": ["s"], "target": ["a"], "weight": [1], "mor": [-1]}), "weight and mor, which differ"),
        (
            pd.DataFrame({"source": ["s", "s"], "target": ["a", "a"], "weight": [1, 2]}),
            '"s" holds a with the weights 1 and 2',
        ),
    ],
)
def test_what_is_no_set_is_refused(sets: object, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        gene_sets.as_weights(sets)
    assert "\n" not in str(error.value)


# --- how they print -----------------------------------------------------------------------------------


def test_the_review_prints_as_a_few_lines() -> None:
    sets = gene_sets.load()
    shown = repr(sets)
    assert len(shown) < 200
    assert shown.startswith("19 gene sets: osteogenic (6 genes), adipogenic (2), ")
    assert shown.endswith(" more")
    listed = shown.count("(")
    assert f"and {len(sets) - listed} more" in shown
    page = sets._repr_html_()
    assert page.count("<tr><td>") == len(sets)
    assert "<td>osteogenic</td><td>6</td>" in page
    assert "more</p>" not in page
    long = gene_sets.as_weights({f"s{i}": ["SP7"] for i in range(25)})._repr_html_()
    assert long.count("<tr><td>") == 20
    assert "and 5 more" in long


def test_a_large_set_alone_and_a_small_one() -> None:
    many = gene_sets.as_weights({"<b>": [f"g{i}" for i in range(50)]})
    assert repr(many) == "1 gene set: <b> (50 genes)"
    assert "&lt;b&gt;" in many._repr_html_()
    assert "more</p>" not in many._repr_html_()
    assert repr(gene_sets.as_weights({"s": ["SP7"]})) == "{'s': {'SP7': 1.0}}"
    assert repr(GeneSetDict()) == "{}"


def test_it_is_a_dictionary_for_all_uses() -> None:
    sets = gene_sets.load()
    assert isinstance(sets, dict)
    assert sets == dict(sets)
    assert sets["nfkb"] == dict(sets["nfkb"])
    assert list(sets | {"mine": {}})[-1] == "mine"
    assert fs.gene_sets.as_weights(sets) == sets
