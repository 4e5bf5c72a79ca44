"""Who is simulated: donors, their conditions and planted bias; and the AnnData of their counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from fatescore import organisms
from fatescore._version import __version__
from fatescore.errors import InputError
from fatescore.simulate._noise import check, whole
from fatescore.tables import columns as col
from fatescore.typing import Assay, Organism

if TYPE_CHECKING:
    from anndata import AnnData

TRUE_BIAS = "true_bias"


def conditions(organism: Organism) -> dict[str, str]:
    """Return the names of ``case`` and ``control`` in an organism.

    Examples
    --------
    >>> conditions("rat")
    {'case': 'ovariectomy', 'control': 'sham'}
    """
    world = organisms.get(organism).simulation
    return {role: str(world[role]) for role in ("case", "control")}


def donors(
    rng: np.random.Generator, *, organism: Organism, n_donors: int, effect: float, bias_sd: float
) -> pd.DataFrame:
    """Draw the donors of a two-group study, one row each, controls first: who they are and their ``true_bias``.

    ``n_donors`` (even) is of both groups together, ``effect`` the mean true bias of cases minus that of controls.
    """
    check("effect", effect, -100, 100)
    check("bias_sd", bias_sd, 0, 100)
    n, odd = divmod(whole("n_donors", n_donors, 2, 10_000), 2)
    if odd:
        raise InputError(f"n_donors is {n_donors}", expected="an even number, half in each group", fix="add one")
    sign = np.repeat([-0.5, 0.5], n)
    world = organisms.get(organism).simulation
    case, control = conditions(organism).values()
    # Age and sex are alike in both groups: what separates the groups is the planted bias alone.
    low, high = world["age"]
    age = rng.integers(low, high + 1, 2 * n) if low < high else np.full(2 * n, low)
    one_male = np.tile(np.arange(n) == min(1, n - 1), 2) & world["men"] & (n >= 3)
    return pd.DataFrame(
        {
            col.SAMPLE: [f"{group}_{i + 1}" for group in (control, case) for i in range(n)],
            col.DONOR: [f"D{i + 1:02d}" for i in range(2 * n)],
            col.CONDITION: np.repeat([control, case], n),
            "sex": np.where(one_male, "male", "female"),
            "age": age,
            "passage": np.tile(1 + np.arange(n) % 2, 2),
            TRUE_BIAS: (sign * effect + rng.normal(0.0, 1.0, 2 * n) * bias_sd).round(6),
        }
    )


def as_anndata(
    counts: Any, obs: pd.DataFrame, genes: pd.DataFrame, *, organism: Organism, assay: Assay, truth: dict[str, Any]
) -> AnnData:
    """Assemble the AnnData that ``ingest`` would make of these counts, with the truth beside them."""
    from anndata import AnnData

    matrix = sparse.csr_matrix(counts, dtype=np.float32)
    matrix.sort_indices()
    adata = AnnData(X=matrix, obs=obs, var=genes[["ensembl_id", "role"]].assign(true_loading=genes["loading"]))
    adata.layers[col.COUNTS] = matrix.copy()
    adata.uns[col.UNS] = {
        "version": __version__,
        "dataset": str(obs[col.DATASET].iloc[0]),
        "organism": organism,
        "assay": assay,
        "scale": "counts",
        "population": "bmsc",
        "title": f"SIMULATED: {assay.replace('_', ' ')}, {organism}",
        "simulated": True,
    }
    adata.uns["truth"] = truth
    return adata
