from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import fatescore as fs
from fatescore.errors import InputError
from fatescore.pp.doublets import _valley, doublets, memory_of_doublets
from fatescore.tables import parse_notes


@pytest.fixture(scope="module")
def planted() -> ad.AnnData:
    """Two samples of simulated marrow; 5 % of the droplets of each are the sum of two of its cells."""
    adata = fs.simulate.single_cell(n_donors=2, cells_per_donor=600, n_genes=1500, seed=3)
    rng = np.random.default_rng(3)
    counts, kind, sample = [adata.layers["counts"]], ["one"] * adata.n_obs, list(adata.obs["sample"].astype(str))
    lineage = adata.obs["true_lineage"].astype(str).to_numpy()
    for name in pd.unique(adata.obs["sample"].astype(str)):
        cells = np.flatnonzero(adata.obs["sample"].astype(str) == name)
        first, second = rng.choice(cells, (2, 30))
        counts.append(adata.layers["counts"][first] + adata.layers["counts"][second])
        kind += ["two types" if lineage[a] != lineage[b] else "two" for a, b in zip(first, second, strict=True)]
        sample += [name] * 30
    obs = pd.DataFrame({"sample": sample, "kind": kind}, index=[f"c{i}" for i in range(len(kind))])
    matrix = sp.vstack(counts, format="csr")
    return ad.AnnData(matrix, obs=obs, layers={"counts": matrix.copy()})


def test_planted_doublets_of_two_types_are_found_and_few_others(planted: ad.AnnData) -> None:
    found = doublets(planted)
    called = found["doublet"].groupby(planted.obs["kind"]).mean()
    assert called["two types"] > 0.6
    assert called["one"] < 0.01
    assert set(found["doublet_note"]) == {""}
    assert found["doublet_score"].between(0, 1).all()


def test_same_bytes_twice_and_one_sample_at_a_time(planted: ad.AnnData) -> None:
    one = planted[planted.obs["sample"] == planted.obs["sample"].iloc[0]]
    alone = doublets(one, rng=1)
    pd.testing.assert_frame_equal(alone, doublets(planted, rng=1).loc[alone.index])


def test_input_stays_as_it_was(planted: ad.AnnData) -> None:
    before = planted.copy()
    doublets(planted)
    assert (before.layers["counts"] != planted.layers["counts"]).nnz == 0
    assert list(planted.obs) == list(before.obs)
    assert dict(planted.uns) == {}


def _alike() -> np.ndarray:
    """Cells of one type: what is called a pair is a matter of chance."""
    rng = np.random.default_rng(0)
    return rng.poisson(rng.gamma(0.3, 5, 400), (300, 400))


def _repeated() -> np.ndarray:
    """Twenty cells, each in thirteen barcodes."""
    return np.tile(np.random.default_rng(0).poisson(5, (20, 300)), (13, 1))


def _few_variable() -> np.ndarray:
    """Cells in which all but five genes have the same count."""
    return np.hstack([np.ones((250, 150)), np.random.default_rng(0).poisson(3, (250, 5))])


def _mostly_pairs() -> np.ndarray:
    """Cells of two types, and a fifth as many pairs of them: simulated pairs have neighbours among the droplets."""
    rng = np.random.default_rng(0)
    level, kind = rng.gamma(0.5, 4, (2, 400)), rng.integers(2, size=500)
    cells = rng.poisson(level[kind])
    first, second = (rng.choice(np.flatnonzero(kind == one), 100) for one in (0, 1))
    return np.vstack([cells, cells[first] + cells[second]])


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (_alike, "doublets_too_many"), (_repeated, "doublets_unimodal"), (_few_variable, "doublets_failed"),
        (_mostly_pairs, "doublets_undetectable"),
    ],
)  # fmt: skip
def test_where_nothing_is_called_a_note_says_why(made: Callable[[], np.ndarray], code: str) -> None:
    counts = sp.csr_matrix(made().astype(np.float32))
    obs = pd.DataFrame({"sample": "a"}, index=[str(i) for i in range(counts.shape[0])])
    found = doublets(ad.AnnData(counts, obs=obs, layers={"counts": counts}))
    (note,) = parse_notes(found["doublet_note"].unique().item())
    assert note.code == code
    assert not found["doublet"].any()
    assert found["doublet_score"].isna().all() == (code == "doublets_failed")
    if code == "doublets_too_many":  # of 300 cells 0.24 % would be expected; a tenth is the most
        assert note.number("expected") == pytest.approx(0.0024)
        assert note.number("share") > 0.1
    if code == "doublets_undetectable":
        assert note.number("share") < 0.3
    if code == "doublets_failed":
        assert "\n" not in note.names("message")[0]


@pytest.mark.parametrize("n_cells", [0, 1, 5])
def test_small_and_empty_samples_get_a_note(n_cells: int) -> None:
    counts = sp.csr_matrix(np.ones((n_cells + 3, 4), dtype=np.float32))
    counts[n_cells:] = 0  # three droplets without any count
    counts.eliminate_zeros()
    obs = pd.DataFrame({"sample": ["a"] * n_cells + ["b"] * 3}, index=[str(i) for i in range(n_cells + 3)])
    found = doublets(ad.AnnData(counts, obs=obs, layers={"counts": counts}))
    assert not found["doublet"].any()
    assert found["doublet_score"].isna().all()
    assert found.loc[obs["sample"] == "b", "doublet_note"].eq("few_cells:cells=0,needed=200").all()
    assert doublets(ad.AnnData(counts, obs=obs, layers={"counts": counts})[:0]).empty


def test_few_genes_are_noted() -> None:
    counts = sp.csr_matrix(np.random.default_rng(0).poisson(3, (250, 20)).astype(np.float32))
    obs = pd.DataFrame({"sample": "a"}, index=[str(i) for i in range(250)])
    found = doublets(ad.AnnData(counts, obs=obs, layers={"counts": counts}))
    assert found["doublet_note"].eq("few_genes_measured:genes=20,needed=100").all()


def test_valley_lies_between_two_modes() -> None:
    rng = np.random.default_rng(0)
    valley = _valley(np.concatenate([rng.normal(0.1, 0.02, 2000), rng.normal(0.6, 0.05, 1000)]))
    assert valley is not None
    assert 0.15 < valley < 0.45
    assert _valley(np.full(500, 0.2)) is None


def test_missing_counts_and_samples_are_refused() -> None:
    adata = ad.AnnData(sp.csr_matrix((3, 2)))
    with pytest.raises(InputError, match="counts"):
        doublets(adata)
    adata.layers["counts"] = adata.X
    with pytest.raises(InputError, match="sample"):
        doublets(adata)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the system does not tell a peak anew")
def test_memory_is_near_what_scrublet_takes() -> None:
    """Against the peak of a process of its own, over what the process holds before."""
    task = (
        "import resource, sys, anndata as ad, numpy as np, pandas as pd, scipy.sparse as sp\n"
        "from fatescore.pp import doublets\n"
        "rng = np.random.default_rng(0)\n"
        "level = rng.gamma(0.3, 0.4, (2, 8000))[rng.integers(2, size=1500)]\n"
        "X = sp.csr_matrix(rng.poisson(level).astype(np.float32))\n"
        "del level\n"
        "cells = ad.AnnData(X, obs=pd.DataFrame({'sample': 's'}, index=[str(i) for i in range(1500)]))\n"
        "cells.layers['counts'] = X\n"
        "doublets(cells[:300].copy())\n"  # what is loaded and compiled on first use
        "open('/proc/self/clear_refs', 'w').write('5')\n"
        "def peak():\n"
        "    lines = open('/proc/self/status').readlines()\n"
        "    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM')) * 1024\n"
        "before = peak()\n"
        "doublets(cells)\n"
        "print(peak() - before, (X.data.nbytes + X.indices.nbytes) / 1500)\n"
    )
    one = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", task], capture_output=True, text=True, check=True, env=one)
    taken, of_cell = map(float, done.stdout.split())
    assert 0.5 < memory_of_doublets(1500, 8000, 2 * of_cell) / taken < 2
