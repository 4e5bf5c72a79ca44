from __future__ import annotations

from collections.abc import Callable

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore import organisms
from fatescore.errors import InputError
from fatescore.gene_sets.symbols import approved_symbols
from fatescore.pp.ambient import EMPTY, FOREIGN, POOLED, Ambient, _weighted_median, ambient
from fatescore.tables.notes import parse_notes


def _mixed(share: float, seed: int = 0, **how: object) -> tuple[ad.AnnData, ad.AnnData]:
    """Cells without ambient RNA, ``share`` of whose counts is then replaced by the pool's; and empty barcodes."""
    clean = fs.simulate.single_cell(n_donors=2, cells_per_donor=300, n_genes=1200, ambient=0.0, seed=seed, **how)  # type: ignore[arg-type]
    rng = np.random.default_rng(seed)
    names = clean.obs["sample"].astype(str).to_numpy()
    blocks, barcodes, rows, of = [], [], [], []
    for name in pd.unique(names):
        cells = np.flatnonzero(names == name)
        counts = sp.csr_matrix(clean.layers["counts"][cells])
        pool = np.asarray(counts.sum(axis=0)).ravel() / counts.sum()
        depth = np.asarray(counts.sum(axis=1)).ravel()
        counts.data = rng.binomial(counts.data.astype(int), 1 - share).astype(np.float32)
        blocks.append(counts + sp.csr_matrix(rng.poisson(np.outer(depth * share, pool)).astype(np.float32)))
        barcodes.append(sp.csr_matrix(rng.poisson(np.tile(50 * pool, (400, 1))).astype(np.float32)))
        rows.append(cells)
        of += [name] * 400
    matrix = sp.vstack(blocks, format="csr")
    cells = ad.AnnData(matrix, obs=clean.obs.iloc[np.concatenate(rows)][["sample"]].copy(), var=clean.var[[]])
    cells.layers["counts"] = matrix.copy()
    obs = pd.DataFrame({"sample": of}, index=[f"e{i}" for i in range(len(of))])
    return cells, ad.AnnData(sp.vstack(barcodes, format="csr"), obs=obs, var=clean.var[[]])


@pytest.mark.parametrize("with_empty", [False, True])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_mixed_share_is_found(share: float, with_empty: bool) -> None:
    cells, empty = _mixed(share, seed=int(share * 10))
    table = ambient(cells, organism="human", empty=empty if with_empty else None).table
    np.testing.assert_allclose(table["share"], share, rtol=0.15)
    assert ((table["share_low"] <= share * 1.05) & (table["share_high"] >= share * 0.95)).all()
    assert set(table["estimated_in"]) == {"stromal"}
    assert set(table["profile_from"]) == {EMPTY if with_empty else POOLED}


def test_mouse_and_no_ambient() -> None:
    cells, _ = _mixed(0.0, organism="mouse")
    assert (ambient(cells, organism="mouse").table["share"] < 0.02).all()


def test_effect_is_expected_over_observed_counts() -> None:
    found = Ambient(
        table=pd.DataFrame({"share": [0.2, np.nan]}, index=["a", "b"]),
        profile=pd.DataFrame([[0.5, 0.1, 0.4], [0.5, 0.1, 0.4]], index=["a", "b"], columns=["x", "y", "z"]),
        kept=pd.DataFrame([[100.0, 900.0, 0.0], [1.0, 1.0, 1.0]], index=["a", "b"], columns=["x", "y", "z"]),
    )
    effect = found.effect({"xy": ["x", "y", "other"], "x": ["x"], "z": ["z"], "none": []})
    # 200 of 1,000 counts are ambient, 0.6 of them in x and y
    np.testing.assert_allclose(effect.loc["a"], [0.12, 1.0, np.nan, np.nan])
    assert effect.loc["b"].isna().all()


def test_effect_on_a_set_of_blood_genes_is_near_one_in_stromal_cells() -> None:
    cells, empty = _mixed(0.2)
    effect = ambient(cells, organism="human", empty=empty).effect(
        {"blood": ["HBA1", "HBB"], "stroma": ["COL1A2", "DCN"]}
    )
    assert (effect["blood"] > 0.8).all()
    assert (effect["stroma"] < 0.25).all()


def test_nothing_foreign_gives_no_number() -> None:
    cells, empty = _mixed(0.2, stromal=1.0)
    table = ambient(cells, organism="human").table
    assert table["share"].isna().all()
    found = {note.code for text in table["note"] for note in parse_notes(text)}
    assert found == {"few_source_cells", "few_cells_of_type"}
    # the soup of pure stroma holds no blood: not even empty barcodes help
    assert ambient(cells, organism="human", empty=empty).table["share"].isna().all()


def _in_soup(taken_up: Callable[[np.ndarray], np.ndarray]) -> dict[str, object]:
    """Return what is found of stromal cells in a soup of all cells; ``taken_up`` gets the place of each blood gene.

    It returns how much of each gene's share of the soup a cell takes up, as a share of the cell's own counts.
    """
    clean, empty = _mixed(0.0)
    one = str(clean.obs["sample"].iloc[0])
    clean = clean[(clean.obs["sample"] == one).to_numpy()]
    cells = clean[ambient_types(clean) == "stromal"].copy()
    cells.obs["cell_type"] = "stromal"
    soup = np.asarray(empty[(empty.obs["sample"] == one).to_numpy()].X.sum(axis=0)).ravel()
    foreign = cells.var_names.isin(FOREIGN["stromal"])
    share = taken_up(np.where(foreign, np.cumsum(foreign), 0))
    depth = np.asarray(cells.layers["counts"].sum(axis=1)).ravel()
    added = np.random.default_rng(0).poisson(np.outer(depth, soup / soup.sum() * share))
    cells.layers["counts"] = sp.csr_matrix(cells.layers["counts"] + added)
    soup = np.where(share > 0, soup, 0)  # what no cell takes up is not in the soup
    return dict(ambient(cells, organism="human", empty=sp.csr_matrix(soup[None])).table.iloc[0])


def test_genes_that_do_not_agree_give_an_interval_too_wide_to_use() -> None:
    found = _in_soup(lambda place: np.where(place % 2, 0.95, 0.05))
    note = parse_notes(found["note"])[0]
    assert np.isnan(found["share"])
    assert (note.code, note.names("type")) == ("wide_ambient_interval", ("stromal",))
    # a cell gains a twentieth of its counts or little more, so that they are 0.05 and 0.95 of about 1.06
    assert [note.number("low"), note.number("high")] == pytest.approx([0.05 / 1.06, 0.95 / 1.06], abs=0.02)
    agreeing = _in_soup(lambda place: np.full(place.shape, 0.5))
    assert agreeing["share"] == pytest.approx(1 / 3, abs=0.02)
    assert agreeing["note"] == ""


@pytest.mark.parametrize(("genes", "code"), [(0, "little_foreign_rna"), (2, "little_foreign_rna"), (20, "")])
def test_a_soup_with_hardly_any_foreign_gene_shows_nothing(genes: int, code: str) -> None:
    found = _in_soup(lambda place: np.where(place <= genes, 0.5, 0.0))
    notes = parse_notes(found["note"])
    assert np.isnan(found["share"]) == bool(code)
    assert [note.code for note in notes[:1]] == [code] * bool(code)
    assert not code or notes[0].names("type") == ("stromal",)


def test_blood_cells_show_it_where_no_stromal_cell_is() -> None:
    cells, _ = _mixed(0.2)
    _, empty = _mixed(0.2)
    types = ambient_types(cells)
    blood = cells[types != "stromal"].copy()
    table = ambient(blood, organism="human", empty=empty).table
    assert set(table["estimated_in"]) == {"haematopoietic"}
    np.testing.assert_allclose(table["share"], 0.2, rtol=0.3)


def ambient_types(cells: ad.AnnData) -> np.ndarray:
    typed = cells.copy()
    fs.pp.cell_types(typed, organism="human")
    return typed.obs["cell_type"].astype(str).to_numpy()


def test_one_sample_at_a_time_same_bytes_and_input_untouched() -> None:
    cells, empty = _mixed(0.1)
    before = cells.copy()
    whole = ambient(cells, organism="human", empty=empty)
    for name in pd.unique(cells.obs["sample"].astype(str)):
        chosen = (cells.obs["sample"] == name).to_numpy()
        alone = ambient(cells[chosen], organism="human", empty=empty.X[(empty.obs["sample"] == name).to_numpy()])
        pd.testing.assert_frame_equal(alone.table, whole.table.loc[[name]])
        pd.testing.assert_frame_equal(alone.profile, whole.profile.loc[[name]])
    assert (cells.layers["counts"] != before.layers["counts"]).nnz == 0
    assert list(cells.obs) == ["sample"]


def test_kept_cells_are_the_ones_summed() -> None:
    cells, _ = _mixed(0.1)
    kept = np.zeros(cells.n_obs, dtype=bool)
    assert ambient(cells, organism="human", kept=kept).effect({"a": ["COL1A2"]}).isna().all(axis=None)
    kept[:5] = True
    sums = ambient(cells, organism="human", kept=kept).kept
    assert sums.to_numpy().sum() == cells.layers["counts"][:5].sum()


@pytest.mark.parametrize("n_cells", [0, 1, 3])
def test_few_cells_and_cells_without_counts(n_cells: int) -> None:
    cells, _ = _mixed(0.1)
    found = ambient(cells[:n_cells], organism="human")
    assert found.table["share"].isna().all()
    assert len(found.table) == min(n_cells, 1)
    silent = cells.copy()
    silent.layers["counts"] = sp.csr_matrix(cells.shape, dtype=np.float32)
    found = ambient(silent, organism="human")
    assert set(found.table["note"]) == {"no_profile:needed=1000"}
    assert found.effect({"a": ["DCN"]}).isna().all(axis=None)


def test_without_marker_genes_the_types_are_not_known() -> None:
    cells, _ = _mixed(0.1)
    table = ambient(cells[:, [g for g in cells.var_names if g.startswith("Z")]], organism="human").table
    assert set(table["note"]) == {"types_unknown:markers=0,needed=2"}


@pytest.mark.parametrize("organism", organisms.names())
def test_foreign_genes_have_approved_symbols(organism: str) -> None:
    for genes in FOREIGN.values():
        assert len(spelled := organisms.spelled(genes, organism)) > 10
        assert set(spelled) <= approved_symbols(organism)


def test_weighted_median() -> None:
    assert _weighted_median(np.array([3.0, 1.0, 2.0]), np.ones(3)) == 2.0
    assert _weighted_median(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 100.0])) > 2.9


def test_what_does_not_match_is_refused() -> None:
    cells, empty = _mixed(0.1)
    with pytest.raises(InputError, match="other genes"):
        ambient(cells, organism="human", empty=empty[:, :10])
    with pytest.raises(InputError, match="for 2 samples"):
        ambient(cells, organism="human", empty=empty.X)
    del empty.obs["sample"]
    with pytest.raises(InputError, match="sample"):
        ambient(cells, organism="human", empty=empty)
    del cells.layers["counts"]
    with pytest.raises(InputError, match="counts"):
        ambient(cells, organism="human")


def test_burst_red_cells_take_empty_barcodes_to_see() -> None:
    # half of the soup is red cells' RNA, far more than their share of the cells
    clean = fs.simulate.single_cell(n_donors=2, cells_per_donor=400, n_genes=1200, ambient=0.0, seed=1)
    rng = np.random.default_rng(1)
    clean = clean[clean.obs["sample"] == clean.obs["sample"].iloc[0]].copy()
    counts = sp.csr_matrix(clean.layers["counts"])
    red = counts[np.flatnonzero(clean.obs["true_lineage"] == "erythroid")]
    soup = sum(np.asarray(part.sum(axis=0)).ravel() / part.sum() / 2 for part in (counts, red))
    depth = np.asarray(counts.sum(axis=1)).ravel()
    clean.layers["counts"] = (counts + sp.csr_matrix(rng.poisson(np.outer(depth / 4, soup)))).tocsr()  # a fifth
    from_cells = ambient(clean, organism="human").table
    assert from_cells["share"].isna().all()
    (note,) = parse_notes(from_cells["note"].iloc[0])
    assert (note.code, note.names("a"), note.names("b")) == ("sources_disagree", ("erythroid_genes",), ("other_genes",))
    assert note.number("share_a") == pytest.approx(0.75, abs=0.05)
    assert note.number("share_b") < note.number("share_a") / 2
    empty = sp.csr_matrix(rng.poisson(np.tile(50 * soup, (400, 1))))
    np.testing.assert_allclose(ambient(clean, organism="human", empty=empty).table["share"], 0.2, rtol=0.15)


def test_soup_of_too_much_blood_takes_empty_barcodes_to_see() -> None:
    clean = fs.simulate.single_cell(n_donors=2, cells_per_donor=400, n_genes=1200, ambient=0.0, seed=2)
    rng = np.random.default_rng(2)
    clean = clean[clean.obs["sample"] == clean.obs["sample"].iloc[0]].copy()
    counts = sp.csr_matrix(clean.layers["counts"])
    blood = counts[np.flatnonzero(clean.obs["true_cell_type"] == "haematopoietic")]
    soup = sum(np.asarray(part.sum(axis=0)).ravel() / part.sum() / 2 for part in (counts, blood))
    depth = np.asarray(counts.sum(axis=1)).ravel()
    clean.layers["counts"] = (counts + sp.csr_matrix(rng.poisson(np.outer(depth / 4, soup)))).tocsr()
    from_cells = ambient(clean, organism="human").table
    (note,) = parse_notes(from_cells["note"].iloc[0])
    assert (note.code, note.names("a"), note.names("b")) == ("sources_disagree", ("stromal",), ("haematopoietic",))
    assert note.number("share_a") == pytest.approx(0.3, abs=0.05)
    assert note.number("share_b") < note.number("share_a") / 2
    empty = sp.csr_matrix(rng.poisson(np.tile(50 * soup, (400, 1))))
    np.testing.assert_allclose(ambient(clean, organism="human", empty=empty).table["share"], 0.2, rtol=0.15)
