"""Simulated bulk RNA-seq of stromal cultures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fatescore.simulate._design import conditions, donors
from fatescore.simulate._expression import as_anndata, culture_levels
from fatescore.simulate._genes import gene_table
from fatescore.simulate._noise import check, depths, gamma_poisson, generator, shares
from fatescore.tables import columns as col
from fatescore.typing import Organism

if TYPE_CHECKING:
    from anndata import AnnData


def bulk(
    *,
    organism: Organism = "human",
    n_donors: int = 10,
    n_genes: int = 3000,
    effect: float = -2.0,
    bias_sd: float = 0.5,
    donor_sd: float = 0.3,
    depth: float = 3e6,
    dispersion: float = 0.05,
    seed: Any = 0,
) -> AnnData:
    """Simulate bulk counts of stromal cultures, one sample a donor, with a planted change of fate bias.

    A gene's log2 level in a sample is its level in stroma, plus ``true_bias * true_loading / 2``, plus a
    normal shift of that donor (``donor_sd``). Counts are negative binomial around depth times share.

    Parameters
    ----------
    organism
        ``"human"`` (osteoporosis against control), ``"mouse"`` or ``"rat"`` (ovariectomy against sham).
    n_donors
        Number of donors, even: one half has each condition.
    n_genes
        Number of genes, see :func:`fatescore.simulate.gene_table`.
    effect
        Planted mean difference in true bias, cases minus controls, in log2 units of bone programme over fat
        programme; negative means away from bone.
    bias_sd, donor_sd
        Standard deviation between donors of the true bias, and of every gene's log2 level.
    depth
        Median counts per sample; log-normal with a spread of 0.2.
    dispersion
        Negative binomial dispersion: variance = mean + dispersion * mean^2.
    seed
        Whole number, seed sequence or generator.

    Returns
    -------
    AnnData, samples x genes, counts in ``X`` and ``layers["counts"]`` (CSR, float32). Truth: ``obs["true_bias"]``,
    ``var["true_loading"]``, ``var["role"]``, ``uns["truth"]``.

    Raises
    ------
    InputError
        A parameter is out of range.

    Examples
    --------
    >>> adata = bulk(n_donors=6, n_genes=500, seed=0)
    >>> adata.shape
    (6, 500)
    >>> bias = adata.obs.groupby("condition")["true_bias"].mean()
    >>> bool(bias["osteoporosis"] < bias["control"])
    True
    """
    check("donor_sd", donor_sd, 0, 10)
    check("depth", depth, 1, 1e10)
    check("dispersion", dispersion, 0, 100)
    rng = generator(seed)
    genes = gene_table(organism, n_genes)
    samples = donors(rng, organism=organism, n_donors=n_donors, effect=effect, bias_sd=bias_sd)
    size = depths(rng, len(samples), depth, 0.2)
    mean = size[:, None] * shares(culture_levels(rng, genes, samples, donor_sd))
    counts = gamma_poisson(rng, mean, dispersion)
    samples.insert(0, col.DATASET, "simulated_bulk")
    truth = {
        **conditions(organism), "effect": effect, "bias_sd": bias_sd,
        "donor_sd": donor_sd, "depth": depth, "dispersion": dispersion,
    }  # fmt: skip
    return as_anndata(
        counts,
        samples.set_index(col.SAMPLE, drop=False).rename_axis(None),
        genes,
        organism=organism,
        assay="bulk",
        scale="counts",
        truth=truth,
    )
