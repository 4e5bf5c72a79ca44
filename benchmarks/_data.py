"""Simulated matrices for the benchmarks, made once and kept in a working folder outside the repository."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp
from anndata.io import write_elem

N_GENES = 22_000
DETECTED = 2_450  # genes of the median cell
N_SETS = 30
WORK = Path("/tmp/fatescore-bench")
PACKAGES = "fatescore numpy scipy numba anndata h5py pyucell decoupler scanpy gseapy scdrs"
_BLOCK = 1_000


def machine() -> str:
    """Return processor, Python and versions in one line."""
    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    known = ", ".join(f"{name} {version(name)}" for name in PACKAGES.split())
    return f"{len(names)} x {names[0] if names else platform.machine()}; Python {platform.python_version()}; {known}"


def genes(n_genes: int = N_GENES) -> pd.Index:
    return pd.Index([f"g{k}" for k in range(n_genes)])


def gene_sets(n_sets: int = N_SETS, n_genes: int = N_GENES, seed: int = 0) -> dict[str, list[str]]:
    """Draw sets of 10 to 200 genes; sizes spread evenly on the log scale."""
    rng = np.random.default_rng(seed)
    sizes = np.geomspace(10, 200, n_sets).round().astype(int) if n_sets > 1 else np.array([60])
    return {f"s{k}": [f"g{g}" for g in rng.choice(n_genes, size, replace=False)] for k, size in enumerate(sizes)}


def counts(n_cells: int, work: Path = WORK) -> sp.csr_matrix:
    """Return Poisson counts (CSR, float32) from log-normal gene levels and log-normal depth."""
    path = work / f"counts-{n_cells}.npz"
    if not path.exists():
        work.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(1)
        level = rng.lognormal(0, 2.0, N_GENES)
        level *= _scale_to(level, DETECTED)
        depth = rng.lognormal(0, 0.4, n_cells)
        parts = []
        for start in range(0, n_cells, _BLOCK):
            drawn = rng.poisson(np.multiply.outer(depth[start : start + _BLOCK], level))
            parts.append(sp.csr_matrix(drawn.astype(np.float32)))
        sp.save_npz(path, sp.vstack(parts, format="csr"), compressed=False)
    return sp.load_npz(path)


def _scale_to(level: np.ndarray, detected: int) -> float:
    """Return the factor of ``level`` at which so many genes are detected."""
    low, high = 1e-6, 1e6
    for _ in range(100):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if -np.expm1(-middle * level).sum() < detected else (low, middle)
    return low


def adata_of(X: sp.csr_matrix | np.ndarray) -> ad.AnnData:
    return ad.AnnData(X, obs=_names(X.shape[0]), var=pd.DataFrame(index=genes(X.shape[1])))


def _names(n_obs: int) -> pd.DataFrame:
    return pd.DataFrame(index=pd.RangeIndex(n_obs).astype(str))


def log_normalised(X: sp.csr_matrix) -> sp.csr_matrix:
    """Return log(1 + counts per 10,000); shares the indices."""
    total = np.asarray(X.sum(axis=1)).ravel()
    data = np.log1p(X.data * np.repeat((1e4 / np.maximum(total, 1)).astype(np.float32), np.diff(X.indptr)))
    return sp.csr_matrix((data, X.indices, X.indptr), shape=X.shape)


def bulk(n_samples: int = 200, n_genes: int = 20_000) -> np.ndarray:
    """Return log2 CPM of negative-binomial counts: all values above zero are distinct."""
    rng = np.random.default_rng(2)
    level = rng.lognormal(4, 2.5, n_genes)
    mean = np.multiply.outer(rng.lognormal(0, 0.3, n_samples), level)
    drawn = rng.poisson(mean * rng.gamma(10, 0.1, mean.shape)).astype(float)
    drawn += np.where(drawn > 0, rng.uniform(0, 0.5, mean.shape), 0)  # expected counts, as RSEM gives them
    return np.asarray(np.log2(drawn / drawn.sum(axis=1, keepdims=True) * 1e6 + 1))


def write_repeated(path: Path, block: sp.csr_matrix, n_times: int) -> None:
    """Write ``block`` over and over as one h5ad in anndata's layout, without ever holding it all."""
    if path.exists():
        return
    n_obs, nnz = block.shape[0] * n_times, block.nnz
    unfinished = path.with_suffix(".part")
    with h5py.File(unfinished, "w") as file:
        write_elem(file, "/", ad.AnnData(obs=_names(n_obs), var=pd.DataFrame(index=genes())))
        group = file.create_group("X")
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": (n_obs, N_GENES)})
        pointers = block.indptr[:-1].astype(np.int64) + nnz * np.arange(n_times, dtype=np.int64)[:, None]
        group["indptr"] = np.append(pointers.ravel(), nnz * n_times)
        for name, values in {"data": block.data, "indices": block.indices.astype(np.int32)}.items():
            stored = group.create_dataset(name, (nnz * n_times,), values.dtype, maxshape=(None,), chunks=True)
            for k in range(n_times):
                stored[k * nnz : (k + 1) * nnz] = values
    unfinished.rename(path)
