"""Simulated stromal cultures, one sample a donor: bulk RNA-seq, and arrays with the table of their probes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from fatescore.errors import InputError, nearest
from fatescore.simulate._design import TRUE_BIAS, as_anndata, conditions, donors
from fatescore.simulate._genes import LINEAGES, gene_table, lineage_levels, sex_shift
from fatescore.simulate._noise import check, depths, gamma_poisson, generator, shares, whole
from fatescore.tables import columns as col
from fatescore.typing import FloatArray, Organism

if TYPE_CHECKING:
    from anndata import AnnData

_DESIGN = 570  # fixes the probes of the simulated chip; never a user's seed
_BACKGROUND = 30.0
_TARGET = 500.0  # MAS5 scales the trimmed mean of every array to this value
_READ_THROUGH = {"BGLAP": "PMF1-BGLAP /// PMF1 /// BGLAP"}


@dataclass(frozen=True)
class ArrayData:
    """A simulated array study.

    Attributes
    ----------
    signal
        Probes x samples, on the asked scale.
    probes
        One row per probe (same order): ``gene_symbol`` as Affymetrix writes it (``A /// B`` for several genes,
        ``---`` for none), ``true_gene`` (the gene it reads, empty for none) and ``affinity`` (log2).
    samples
        One row per sample (same order as the columns of ``signal``) with ``true_bias`` and ``batch``.
    genes
        The planted gene table, see :func:`fatescore.simulate.gene_table`.
    truth
        Parameters.
    """

    signal: pd.DataFrame
    probes: pd.DataFrame
    samples: pd.DataFrame
    genes: pd.DataFrame
    truth: dict[str, Any]


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
    mean = size[:, None] * shares(_levels(rng, genes, samples, donor_sd))
    counts = gamma_poisson(rng, mean, dispersion)
    samples.insert(0, col.DATASET, "simulated_bulk")
    truth = {
        **conditions(organism), "effect": effect, "bias_sd": bias_sd,
        "donor_sd": donor_sd, "depth": depth, "dispersion": dispersion,
    }  # fmt: skip
    obs = samples.set_index(col.SAMPLE, drop=False).rename_axis(None)
    return as_anndata(counts, obs, genes, organism=organism, assay="bulk", truth=truth)


def array(
    *,
    organism: Organism = "human",
    n_donors: int = 12,
    n_genes: int = 3000,
    effect: float = -2.0,
    bias_sd: float = 0.5,
    donor_sd: float = 0.3,
    probe_sd: float = 0.15,
    batch_sd: float = 0.15,
    scale: Literal["linear", "log2"] = "linear",
    seed: Any = 0,
) -> ArrayData:
    """Simulate an Affymetrix-like array study of stromal cultures, one array a donor.

    Expression is that of :func:`fatescore.simulate.bulk` before counting. A probe's signal is background plus
    ``2 ** (level + affinity + noise)``; every array is then scaled to a trimmed mean of 500, as MAS5 does. Most genes
    have one or two probes; one probe in ten hardly responds; one in fifty names a second gene; a few name none.
    Human BGLAP is read only by a probe that names its read-through partners, as on GPL570.

    Parameters
    ----------
    organism, n_donors, n_genes, effect, bias_sd, donor_sd, seed
        As for :func:`fatescore.simulate.bulk`.
    probe_sd
        Standard deviation of a probe's log2 signal between arrays.
    batch_sd
        Standard deviation of the log2 shift of a gene in the second batch. Batches are partly confounded with the
        condition: about two thirds of the controls and one third of the cases are in batch A.
    scale
        ``"linear"`` (MAS5-like, background included) or ``"log2"`` of the same values.

    Raises
    ------
    InputError
        A parameter is out of range or the scale unknown.

    Examples
    --------
    >>> study = array(n_donors=6, n_genes=500, seed=0)
    >>> study.signal.shape[1], bool((study.signal > 0).all().all())
    (6, True)
    >>> study.probes.loc[study.probes["true_gene"] == "BGLAP", "gene_symbol"].tolist()
    ['PMF1-BGLAP /// PMF1 /// BGLAP']
    """
    for name, value in {"donor_sd": donor_sd, "probe_sd": probe_sd, "batch_sd": batch_sd}.items():
        check(name, value, 0, 10)
    if scale not in ("linear", "log2"):
        raise InputError(f'scale "{scale}" is not simulated for arrays', fix=nearest(str(scale), ("linear", "log2")))
    whole("n_donors", n_donors, 4, 10_000)  # with fewer, no batch could be in both groups
    rng = generator(seed)
    genes = gene_table(organism, n_genes)
    probes = _probes(genes)
    samples = donors(rng, organism=organism, n_donors=n_donors, effect=effect, bias_sd=bias_sd)
    samples["batch"] = _batches(len(samples) // 2)
    levels = _levels(rng, genes, samples, donor_sd)
    levels += np.outer(samples["batch"].eq("B"), rng.normal(0.0, 1.0, len(genes)) * batch_sd)
    values = _signal(rng, genes, probes, levels, probe_sd)
    table = pd.DataFrame(values.T, index=probes.index, columns=samples[col.SAMPLE].to_list())
    samples.insert(0, col.DATASET, "simulated_array")
    signal = table.round(1) if scale == "linear" else table.apply(np.log2).round(4)
    truth = {
        **conditions(organism), "effect": effect, "bias_sd": bias_sd,
        "donor_sd": donor_sd, "probe_sd": probe_sd, "batch_sd": batch_sd, "scale": scale,
    }  # fmt: skip
    return ArrayData(signal, probes, samples, genes, truth)


def _levels(rng: np.random.Generator, genes: pd.DataFrame, samples: pd.DataFrame, donor_sd: float) -> FloatArray:
    """Return log2 levels of stromal cultures, samples x genes: level + bias * loading / 2 + donor's own shift."""
    stromal = lineage_levels(genes)[LINEAGES.index("stromal")]
    planted = 0.5 * np.outer(samples[TRUE_BIAS].to_numpy(), genes["loading"].to_numpy())
    sex = np.vstack([sex_shift(genes, sex) for sex in samples["sex"]])
    own = rng.normal(0.0, 1.0, planted.shape) * donor_sd
    return np.asarray(stromal + planted + sex + own)


def _batches(per_group: int) -> list[str]:
    """Confound batch and condition in part: both batches occur in both groups."""
    first = max(1, min(per_group - 1, round(per_group * 2 / 3)))
    return ["A"] * first + ["B"] * (per_group - first) + ["A"] * (per_group - first) + ["B"] * first


def _probes(genes: pd.DataFrame) -> pd.DataFrame:
    """Design the chip: it belongs to the gene table, not to the seed."""
    rng = np.random.default_rng(_DESIGN)
    rows: list[tuple[str, str]] = []
    without_role = genes["role"].eq("").to_dict()
    for symbol in genes.index:
        if symbol in _READ_THROUGH:
            rows.append((_READ_THROUGH[symbol], symbol))
            continue
        for _ in range(rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15])):
            partner = genes.index[int(rng.integers(len(genes)))]
            shared = without_role[symbol] and partner != symbol and rng.random() < 0.02
            rows.append((f"{symbol} /// {partner}" if shared else symbol, symbol))
    rows += [("---", "")] * (len(genes) // 50)
    order = rng.permutation(len(rows))
    probes = pd.DataFrame([rows[i] for i in order], columns=["gene_symbol", "true_gene"])
    suffix = np.where(probes["gene_symbol"].str.contains("///"), "_s_at", "_at")
    probes.index = pd.Index([f"{900001 + i}{end}" for i, end in enumerate(suffix)], name="ID_REF")
    weak = rng.random(len(probes)) < 0.1
    # The first probe of a gene with a role always works: the truth must be readable.
    first = probes["true_gene"].map(genes["role"]).fillna("").ne("") & ~probes["true_gene"].duplicated()
    probes["affinity"] = np.where(weak & ~first, -5.0, rng.normal(0.0, 0.7, len(probes))).round(4)
    return probes


def _signal(
    rng: np.random.Generator, genes: pd.DataFrame, probes: pd.DataFrame, levels: FloatArray, probe_sd: float
) -> FloatArray:
    """Return MAS5-like values, samples x probes."""
    position = genes.index.get_indexer(pd.Index(probes["true_gene"]))
    signal = np.where(position >= 0, levels[:, position], -10.0) + probes["affinity"].to_numpy() + 7.0
    signal = signal + rng.normal(0.0, 1.0, signal.shape) * probe_sd
    background = _BACKGROUND * np.exp(rng.normal(0.0, 0.4, signal.shape))
    value = background + np.exp2(signal)
    low, high = np.quantile(value, [0.02, 0.98], axis=1, keepdims=True)
    trimmed = np.where((value >= low) & (value <= high), value, np.nan)
    # A value of 0.0 after rounding would be a missing logarithm later.
    return np.asarray(np.maximum(value * _TARGET / np.nanmean(trimmed, axis=1, keepdims=True), 0.1))
