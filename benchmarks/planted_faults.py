"""What quality control finds of faults planted in simulated data, and what it wrongly flags.

python benchmarks/planted_faults.py [DIR]   (prints Markdown; DIR is the folder of real data, for the sex of GSE35958)

Per row two or three seeds that no threshold was tuned on (101 and up). Cells: six donors of 1,000 cells, 3,000 counts.
Bulk: ten samples of 3,000 genes.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import scipy.sparse as sp

import fatescore as fs
from fatescore import catalogue
from fatescore.ingest.sex import expressed_sex, sex_notes
from fatescore.tables.codes import QcFailReason

SEEDS = (101, 102)
POOR = {QcFailReason.HIGH_MITOCHONDRIAL, QcFailReason.LOW_DEPTH, QcFailReason.FEW_GENES}
BULK_LIMITS = fs.pp.QcLimits(min_counts_bulk=500_000)


def planted_cells(ambient: float, seed: int) -> ad.AnnData:
    """Cells of which 5 % are two and 5 % are dying; ``obs["planted"]`` says which."""
    adata = fs.simulate.single_cell(n_donors=6, cells_per_donor=1000, ambient=ambient, damaged=0.0, seed=seed)
    rng = np.random.default_rng(seed)
    counts = sp.lil_matrix(adata.layers["counts"])
    planted = np.full(adata.n_obs, "", dtype=object)
    lineage = adata.obs["true_cell_type"].astype(str).to_numpy()
    mt = np.flatnonzero(adata.var_names.str.startswith("MT-"))
    for sample in adata.obs["sample"].unique():
        cells = rng.permutation(np.flatnonzero((adata.obs["sample"] == sample).to_numpy()))
        n = len(cells) // 20
        for one, other in zip(cells[:n], cells[n : 2 * n], strict=True):
            counts[one] = counts[one] + counts[other]
            planted[one] = "two types" if lineage[one] != lineage[other] else "one type"
        for cell in cells[2 * n : 3 * n]:
            row = np.asarray(counts[cell].todense()).ravel()
            left = rng.binomial(row.astype(int), 0.5).astype(float)
            left[mt] += rng.multinomial(int(left.sum() * 0.6), np.full(len(mt), 1 / len(mt)))
            counts[cell] = left
            planted[cell] = "dying"
    whole = sp.csr_matrix(counts)
    out = ad.AnnData(whole, obs=adata.obs.assign(planted=planted), var=adata.var, uns=adata.uns)
    out.layers["counts"] = whole.copy()
    return out


def of_cells() -> None:
    names = ["ambient share, planted", "doublets of two types found", "of one type", "called, but single",
             "dying found", "dropped for quality, but sound", "ambient share read (worst sample)"]  # fmt: skip
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    for ambient in (0.1, 0.2, 0.3):
        rows = []
        for seed in SEEDS:
            adata = planted_cells(ambient, seed)
            found = fs.pp.qc(adata, assay="single_cell", organism="human", seed=seed)
            why, planted = found.cells["qc_fail_reason"].to_numpy(), adata.obs["planted"].to_numpy()
            doublet, poor = why == QcFailReason.DOUBLET, np.isin(why, list(POOR))
            share = found.metrics["ambient_share"]
            worst = share.iloc[(share - ambient).abs().argmax()] if share.notna().any() else np.nan
            single = ~np.isin(planted, ["two types", "one type"])
            rows.append([doublet[planted == "two types"].mean(), doublet[planted == "one type"].mean(),
                         doublet[single].mean(), poor[planted == "dying"].mean(), poor[planted == ""].mean(),
                         share.mean(), worst])  # fmt: skip
        two, one, false, dying, sound, mean, worst = np.mean(rows, axis=0)
        print(f"| {ambient:.0%} | {two:.0%} | {one:.0%} | {false:.2%} | {dying:.0%} | {sound:.2%} "
              f"| {mean:.3f} ({worst:.3f}) |")  # fmt: skip


def bulk_of(counts: np.ndarray, like: ad.AnnData) -> ad.AnnData:
    adata = ad.AnnData(sp.csr_matrix(counts), obs=like.obs.copy(), var=like.var.copy(), uns=like.uns)
    adata.layers["counts"] = adata.X.copy()
    return adata


def of_bulk() -> None:
    print("\n| planted in one of ten bulk samples | found | other samples flagged |\n|---|---|---|")
    tally: dict[str, list[tuple[bool, int]]] = {}
    for seed in (101, 102, 103):
        clean = fs.simulate.bulk(n_donors=10, n_genes=3000, seed=seed)
        counts, rng = np.asarray(sp.csr_matrix(clean.layers["counts"]).todense()), np.random.default_rng(seed)
        names = ("nothing", "an exact copy", "a copy scaled by 1.7, rounded", "a tenth of its depth",
                 "a twentieth of the depth")  # fmt: skip
        faults = {name: counts.copy() for name in names}
        faults["an exact copy"][0] = counts[1]
        faults["a copy scaled by 1.7, rounded"][0] = np.rint(counts[1] * 1.7)
        faults["a tenth of its depth"][0] = rng.binomial(counts[0].astype(int), 0.1)
        faults["a twentieth of the depth"][0] = rng.binomial(counts[0].astype(int), 0.05)
        for name, matrix in faults.items():
            table = fs.pp.qc(bulk_of(matrix, clean), assay="bulk", organism="human", limits=BULK_LIMITS).samples
            flagged = (table["qc_fail_reason"] + table["qc_flags"]).ne("").to_numpy()
            duplicate = 1 if "copy" in name else 0  # the copied one is rightly named too
            tally.setdefault(name, []).append((bool(flagged[0]), int(flagged[1 + duplicate :].sum())))
    for name, seen in tally.items():
        found = "-" if name == "nothing" else f"{sum(one for one, _ in seen)} of {len(seen)}"
        print(f"| {name} | {found} | {sum(n for _, n in seen)} of {(8 if 'copy' in name else 9) * len(seen)} |")


def of_sex(folder: Path | None) -> None:
    print("\n| sex swapped on the sheet, one sample at a time | swaps told | before any swap |\n|---|---|---|")
    if folder is None:
        print("| GSE35958 | no DIR given | |")
        return
    source = folder / "geo/series/GSE35nnn/GSE35958"
    patterns = catalogue.load("GSE35958").patterns
    found = fs.ingest.ingest(
        source, dataset="GSE35958", organism="human", assay="array", scale="log2", patterns=patterns
    )
    expressed = expressed_sex(found.adata)
    sexes = found.sample_fields.set_index("sample")["sex"]
    told = 0
    for sample in sexes.index:
        swapped = sexes.copy()
        swapped[sample] = "male" if sexes[sample] == "female" else "female"
        told += any(str(sample) in note for note in sex_notes(swapped, expressed))
    males = ", ".join(expressed.index[expressed["sex_expressed"] == "male"])
    before = len(sex_notes(sexes, expressed))
    print(f"| GSE35958, 9 arrays; male by expression: {males} | {told} of {len(sexes)} | {before} |")


def main() -> None:
    warnings.simplefilter("ignore")
    of_cells()
    of_bulk()
    of_sex(Path(sys.argv[1]) if len(sys.argv) > 1 else None)


if __name__ == "__main__":
    main()
