"""Simulated droplets of bone marrow: stromal cells of three fates, blood and vessel cells, ambient RNA."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from fatescore.simulate._design import TRUE_BIAS, as_anndata, conditions, donors
from fatescore.simulate._genes import LINEAGES, gene_table, lineage_levels, sex_shift
from fatescore.simulate._noise import check, depths, gamma_poisson, generator, shares, whole
from fatescore.tables import columns as col
from fatescore.typing import FloatArray, Organism

if TYPE_CHECKING:
    from anndata import AnnData

FATES = ("osteogenic", "adipogenic", "uncommitted", "none")
_UNCOMMITTED_SHARE = 0.4
_LINEAGE_OF_OTHERS = (0.3, 0.35, 0.15, 0.2)  # T cell, myeloid, erythroid, endothelial
_TYPES = {"stromal": "stromal", "endothelial": "endothelial"}  # every other lineage is haematopoietic
_DEPTH_SPREAD = 0.4
_CHUNK = 2000


def single_cell(
    *,
    organism: Organism = "human",
    n_donors: int = 6,
    cells_per_donor: int = 250,
    n_genes: int = 3000,
    effect: float = -2.0,
    bias_sd: float = 0.3,
    fate_strength: float = 4.0,
    stromal: float = 0.6,
    ambient: float = 0.1,
    depth: float = 3000.0,
    depth_ratio: float = 0.7,
    dispersion: float = 0.2,
    donor_sd: float = 0.2,
    damaged: float = 0.03,
    seed: Any = 0,
) -> AnnData:
    """Simulate 10x-like counts of bone marrow in which the condition shifts the *composition* of fates.

    Among the stromal cells of a donor 40 % are uncommitted on average; the rest are osteogenic or adipogenic with
    log2 odds equal to the donor's true bias. A cell of a fate has a true bias of its own (normal around plus or
    minus ``fate_strength``, standard deviation 0.7; uncommitted around 0, 0.5), which moves its genes by
    ``true_bias * true_loading / 2`` in log2. Own counts are negative binomial, ambient counts are Poisson from
    the donor's soup (the sum of its cells), and depth is log-normal (spread 0.4).

    Parameters
    ----------
    organism, n_genes, seed
        As for :func:`fatescore.simulate.bulk`.
    n_donors, cells_per_donor
        Number of donors (even: one half has each condition) and cells of each donor (at least 10).
    effect
        Planted difference in log2 odds of osteogenic against adipogenic cells, cases minus controls; negative means
        away from bone.
    bias_sd, donor_sd
        Standard deviation between donors of those log2 odds, and of every gene's log2 level.
    fate_strength
        Mean true bias of an osteogenic cell; an adipogenic cell has its negative. At least 0.
    stromal
        Share of stromal cells, 0 to 1; the others are T cells, myeloid, erythroid and endothelial cells.
    ambient
        Mean share of a cell's counts that come from the soup, 0 to 0.9.
    depth, depth_ratio
        Median counts of a control cell, and the cases' median relative to it.
    dispersion
        Negative binomial dispersion of own counts: variance = mean + dispersion * mean^2.
    damaged
        Share of damaged cells: a third of the depth, half of it mitochondrial; 0 to 1.

    Returns
    -------
    AnnData, cells x genes, counts in ``X`` and ``layers["counts"]`` (CSR, float32). Truth in obs: ``true_cell_type``
    (``stromal haematopoietic endothelial``), ``true_lineage``, ``true_fate`` (``osteogenic adipogenic uncommitted
    none``), ``true_bias`` (0 unless stromal), ``true_ambient`` (realised share), ``true_damaged``. In var:
    ``true_loading``; in uns: ``truth`` with the parameters and a table of the donors.

    Raises
    ------
    InputError
        A parameter is out of range.

    Examples
    --------
    >>> adata = single_cell(cells_per_donor=50, n_genes=500, seed=0)
    >>> adata.shape
    (300, 500)
    >>> sorted(adata.obs["true_cell_type"].unique())
    ['endothelial', 'haematopoietic', 'stromal']
    """
    whole("cells_per_donor", cells_per_donor, 10, 10_000_000)
    for name, value, low, high in (
        ("fate_strength", fate_strength, 0, 20), ("stromal", stromal, 0, 1), ("ambient", ambient, 0, 0.9),
        ("depth", depth, 1, 1e7), ("depth_ratio", depth_ratio, 0.001, 1000), ("dispersion", dispersion, 0, 100),
        ("donor_sd", donor_sd, 0, 10), ("damaged", damaged, 0, 1),
    ):  # fmt: skip
        check(name, value, low, high)
    rng = generator(seed)
    genes = gene_table(organism, n_genes)
    people = donors(rng, organism=organism, n_donors=n_donors, effect=effect, bias_sd=bias_sd)
    blocks, tables = [], []
    for _, person in people.iterrows():
        case = person[col.CONDITION] == conditions(organism)["case"]
        median = depth * (depth_ratio if case else 1.0)
        cells = _cells(rng, int(cells_per_donor), person[TRUE_BIAS], stromal, fate_strength, damaged)
        cells["_depth"] = depths(rng, len(cells), median, _DEPTH_SPREAD) * np.where(cells["true_damaged"], 1 / 3, 1.0)
        counts, cells["true_ambient"] = _counts(
            rng, genes, cells, str(person["sex"]), ambient=ambient, dispersion=dispersion, donor_sd=donor_sd
        )
        for column in (col.CONDITION, col.DONOR, col.SAMPLE):
            cells.insert(0, column, person[column])
        cells["sex"], cells["age"] = person["sex"], person["age"]
        blocks.append(counts)
        tables.append(cells.drop(columns="_depth"))
    obs = _named_cells(rng, tables)
    truth = {
        **conditions(organism), "effect": effect, "bias_sd": bias_sd,
        "fate_strength": fate_strength, "stromal": stromal, "ambient": ambient, "depth": depth,
        "depth_ratio": depth_ratio, "dispersion": dispersion, "donor_sd": donor_sd, "damaged": damaged,
        "donors": people.set_index(col.DONOR, drop=False).rename_axis(None),
    }  # fmt: skip
    counts = sparse.vstack(blocks, format="csr")
    return as_anndata(counts, obs, genes, organism=organism, assay="single_cell", truth=truth)


def _cells(
    rng: np.random.Generator, n: int, odds: float, stromal: float, strength: float, damaged: float
) -> pd.DataFrame:
    """Draw who the cells of one donor are; ``odds`` are log2 odds of osteogenic against adipogenic."""
    lineage = rng.choice(LINEAGES, n, p=[stromal, *(np.array(_LINEAGE_OF_OTHERS) * (1 - stromal))])
    to_bone = (1 - _UNCOMMITTED_SHARE) / (1 + 2.0**-odds)
    to_fat = 1 - _UNCOMMITTED_SHARE - to_bone
    fate = rng.choice(FATES[:3], n, p=[to_bone, to_fat, _UNCOMMITTED_SHARE])
    fate = np.where(lineage == "stromal", fate, "none")
    centre = pd.Series(fate).map({"osteogenic": strength, "adipogenic": -strength}).fillna(0.0).to_numpy()
    bias = centre + rng.normal(0.0, 1.0, n) * np.where(fate == "uncommitted", 0.5, 0.7)
    return pd.DataFrame(
        {
            "true_cell_type": [_TYPES.get(name, "haematopoietic") for name in lineage],
            "true_lineage": lineage,
            "true_fate": fate,
            TRUE_BIAS: np.where(fate == "none", 0.0, bias).round(6),
            "true_damaged": rng.random(n) < damaged,
        }
    )


def _counts(
    rng: np.random.Generator, genes: pd.DataFrame, cells: pd.DataFrame, sex: str, *,
    ambient: float, dispersion: float, donor_sd: float,
) -> tuple[sparse.csr_matrix, FloatArray]:  # fmt: skip
    """Measure the cells of one donor: own counts first, then the soup made of them."""
    levels = lineage_levels(genes) + sex_shift(genes, sex) + rng.normal(0.0, 1.0, len(genes)) * donor_sd
    mitochondrial = genes["role"].eq("mitochondrial").to_numpy()
    depth = cells["_depth"].to_numpy()
    # Cells differ in their share of soup; a Beta distribution keeps it between 0 and 1.
    soup_share = rng.beta(20 * ambient, 20 * (1 - ambient), len(cells)) if ambient > 1e-6 else 0 * depth
    lineage = np.array([LINEAGES.index(name) for name in cells["true_lineage"]])
    parts = [slice(start, start + _CHUNK) for start in range(0, len(cells), _CHUNK)]
    own = []
    for part in parts:
        planted = 0.5 * np.outer(cells[TRUE_BIAS].to_numpy()[part], genes["loading"].to_numpy())
        share = shares(levels[lineage[part]] + planted)
        leaking = cells["true_damaged"].to_numpy()[part]
        own_mt = np.where(mitochondrial, share[leaking], 0.0)
        share[leaking] = 0.5 * share[leaking] + 0.5 * (own_mt / own_mt.sum(axis=1, keepdims=True))
        mean = (depth * (1 - soup_share))[part, None] * share
        own.append(sparse.csr_matrix(gamma_poisson(rng, mean, dispersion)))
    counts = sparse.vstack(own, format="csr")
    soup = np.asarray(counts.sum(axis=0)).ravel() + 1e-9
    soup = soup / soup.sum()
    of_soup = [sparse.csr_matrix(rng.poisson(np.outer((depth * soup_share)[part], soup))) for part in parts]
    foreign = sparse.vstack(of_soup, format="csr")
    total = sparse.csr_matrix(counts + foreign)
    size = np.maximum(np.asarray(total.sum(axis=1)).ravel(), 1)
    return total, (np.asarray(foreign.sum(axis=1)).ravel() / size).round(6)


def _named_cells(rng: np.random.Generator, tables: list[pd.DataFrame]) -> pd.DataFrame:
    # The same barcodes turn up in every sample, as in real libraries: only sample and barcode together are unique.
    most = max(len(table) for table in tables)
    codes = np.sort(rng.permutation(np.unique(rng.integers(4**16, size=most + most // 100 + 100)))[:most])
    digits = (codes[:, None] >> (2 * np.arange(15, -1, -1))) & 3
    letters = np.array(list("ACGT"))[digits]
    barcodes = ["".join(row) + "-1" for row in letters]
    for table in tables:
        table["barcode"] = barcodes[: len(table)]
    obs = pd.concat(tables, ignore_index=True)
    obs.insert(0, col.DATASET, "simulated_single_cell")
    obs.index = pd.Index(obs[col.SAMPLE] + "_" + obs["barcode"])
    for column in ("true_cell_type", "true_lineage", "true_fate", *col.IDENTITY, "sex"):
        obs[column] = obs[column].astype("category")
    return obs
