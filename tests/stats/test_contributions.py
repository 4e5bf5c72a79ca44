"""The index without each gene."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore.gene_sets import index_weights, leave_one_out_factors, load_index
from fatescore.tl.contributions import gene_values


@pytest.mark.parametrize("name", ["core", "extended", "review"])
def test_without_a_gene_is_the_index_that_never_had_it(name: str) -> None:
    """The difference of an index whose definition lacks the gene, from expression, beside the one from the parts."""
    samples = fs.simulate.bulk(n_donors=8, n_genes=600, seed=2)
    index = load_index(name, organism="human")
    genes = list(samples.var_names)
    parts = fs.tl.gene_contributions(samples, organism="human", index=index)
    identity = samples.obs[["sample", "donor", "condition"]].astype(str)
    table = pd.concat([identity, parts], axis=1)
    found = fs.stats.contributions(
        table, case="osteoporosis", control="control", factors=leave_one_out_factors(index, genes)
    ).set_index("gene")
    case = (identity["condition"] == "osteoporosis").to_numpy()
    known = found.index[found["difference_without"].notna()]
    assert len(known) > (0.5 if name == "review" else 0.99) * len(found)
    for gene in [*known[:4], *known[-2:]]:
        units = set(index.genes.loc[index.genes["symbol"] == gene, "unit"])
        gone = set(index.genes.loc[index.genes["unit"].isin(units), "symbol"])
        weights = index_weights(index, [one for one in genes if one not in gone])["fate_bias"]
        weights = weights.groupby(level=0).sum()
        direct = gene_values(samples, list(weights.index)) @ weights.to_numpy()
        expected = direct[case].mean() - direct[~case].mean()
        assert found.loc[gene, "difference_without"] == pytest.approx(expected, abs=1e-9)


def test_the_last_gene_of_an_arm_cannot_be_left_out() -> None:
    factors = leave_one_out_factors(load_index("core"), ["RUNX2", "SP7", "PPARG"])
    assert factors.loc["PPARG"].isna().all()
    assert factors.loc["RUNX2"].to_dict() == {"RUNX2": 0.0, "SP7": 2.0, "PPARG": 1.0}


def test_without_factors_the_difference_without_a_gene_is_missing() -> None:
    table = pd.DataFrame({"sample": ["a", "b"], "donor": ["a", "b"], "condition": ["x", "y"], "RUNX2": [1.0, 2.0]})
    assert np.isnan(fs.stats.contributions(table, case="x", control="y")["difference_without"]).all()
