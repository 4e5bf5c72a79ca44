"""The reference of the matched null: fitted, kept, read, and used on other data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore.errors import InputError


def test_a_level_is_the_mean_log2_rank(counts: Callable) -> None:
    table = counts(9, 30).rank(axis=1, method="first")  # no ties
    null = fs.tl.fit_null(table)
    np.testing.assert_allclose(null.level, np.log2(30 / (31 - table)).mean(), atol=1e-8)
    assert list(null.level.index) == list(table.columns)
    assert (null.n_obs, null.n_strata) == (9, 100)


def test_counts_and_other_values_may_stand_beside_each_other(counts: Callable) -> None:
    """Rows that are no counts are found on the way; what was summed before counts once."""
    table = counts(20, 50)
    mixed = table.copy()
    mixed.iloc[7:] = np.log1p(mixed.iloc[7:])
    pd.testing.assert_series_equal(fs.tl.fit_null(mixed).level, fs.tl.fit_null(table).level)


def test_a_sample_of_cells_is_spread_over_the_data_and_threads_do_not_matter(counts: Callable, tmp_path: Path) -> None:
    table = counts(730, 60)
    ad.AnnData(sp.csr_matrix(table.to_numpy()), var=pd.DataFrame(index=table.columns)).write_h5ad(tmp_path / "x.h5ad")
    null = fs.tl.fit_null(table, max_obs=250)
    assert null.n_obs == 250
    starts = (0, 170, 340, 510, 680)
    spread = pd.concat([table.iloc[start : start + 50] for start in starts])
    pd.testing.assert_series_equal(null.level, fs.tl.fit_null(spread).level)
    for data in (table, ad.AnnData(table), ad.read_h5ad(tmp_path / "x.h5ad", backed="r")):
        again = fs.tl.fit_null(data, max_obs=250, n_jobs=2)
        pd.testing.assert_series_equal(again.level, null.level, check_exact=True)
    whole = fs.tl.fit_null(table, max_obs=None, n_jobs=2)
    assert whole.n_obs == 730
    pd.testing.assert_series_equal(whole.level, fs.tl.fit_null(table).level, check_exact=True)


def test_a_written_null_is_read_as_it_was(table: pd.DataFrame, tmp_path: Path) -> None:
    table = table.rename(columns={"g0": "NA", "g1": "nan", "g2": "007", "g3": "1e5", "g4": "SEPT2", "g5": "a b"})
    null = fs.tl.fit_null(table, n_strata=12)
    fs.tl.write_null(null, tmp_path / "null.tsv")
    again = fs.tl.read_null(tmp_path / "null.tsv")
    pd.testing.assert_series_equal(again.level, null.level, check_index_type=False)
    assert (again.n_obs, again.n_strata) == (null.n_obs, 12)
    used = np.arange(len(table.columns))
    np.testing.assert_array_equal(again.strata(table.columns, used), null.strata(table.columns, used))


def test_a_reference_must_have_the_genes_of_the_sets_but_no_others(
    gene_sets: dict[str, Any], table: pd.DataFrame
) -> None:
    null = fs.tl.fit_null(table.drop(columns=["g40", "g0"]))
    with pytest.raises(InputError, match=r"fitted without 1 genes of the gene sets \(g40\)"):
        fs.tl.score_gene_sets(table, gene_sets, null=null)
    result = fs.tl.score_gene_sets(table, {"up": gene_sets["up"]}, null=null)
    assert result.notna().all(axis=None)
    reference = fs.tl.fit_null(table.assign(more=1.0))
    assert fs.tl.score_gene_sets(table, {"up": gene_sets["up"]}, null=reference).notna().all(axis=None)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda t: fs.tl.fit_null(t.iloc[:2]), "cannot be fitted on 2 observations; expected at least 3"),
        (
            lambda t: fs.tl.score_gene_sets(t.iloc[:2], {"set": ["g1", "g2"]}, null="matched"),
            "cannot be fitted on 2 observations",
        ),
        (lambda t: fs.tl.fit_null(t, n_strata=0), "n_strata is 0"),
        (lambda t: fs.tl.fit_null(t, max_obs=2), "max_obs is 2"),
        (lambda t: fs.tl.fit_null(t, n_jobs=0), "n_jobs is 0"),
        (lambda t: fs.tl.fit_null(t, layer="x"), 'layer "x"'),
        (lambda t: fs.tl.fit_null(t.replace(0.0, np.nan)), "missing or infinite"),
        (lambda t: fs.tl.read_null("no/such/file.tsv"), "no/such/file.tsv is not a fitted null"),
    ],
)
def test_mistakes_are_named(table: pd.DataFrame, given: Callable, message: str) -> None:
    with pytest.raises(InputError, match=message):
        given(table)


def test_a_file_that_is_not_a_null_is_named(tmp_path: Path) -> None:
    for text in ("", "gene\tlevel\ng1\t1.0\n", "# fatescore null n_obs=3 n_strata=4\ngene\tlevel\ng1\thigh\n"):
        (tmp_path / "x.tsv").write_text(text)
        with pytest.raises(InputError, match="is not a fitted null"):
            fs.tl.read_null(tmp_path / "x.tsv")
