"""The four series of the simulated mirror: what each contains, in which of GEO's layouts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fatescore.simulate import array, bulk, single_cell
from fatescore.tables import columns as col
from simulated_geo.fields import (
    HUMAN,
    MOUSE,
    TRIPLET,
    array_fields,
    array_title,
    bulk_title,
    droplet_fields,
    mouse_fields,
    sequencing_fields,
)
from simulated_geo.formats import Fields, GeoSample, Platform, Series

if TYPE_CHECKING:
    from anndata import AnnData

# A block far above what GEO has given out: a simulated accession cannot be taken for a real one.
BLOCK = 900_000_000
ARRAY, BULK, SINGLE_CELL, MOUSE_BULK = (f"GSE{BLOCK + i}" for i in (1, 2, 3, 4))
TITLE = "title"
_ODDS = "log2 odds of osteogenic against adipogenic cells, mean of cases minus mean of controls"
_SEQUENCERS = {
    "human": Platform(f"GPL{BLOCK + 2}", "SIMULATED sequencer (Homo sapiens)", HUMAN, "high-throughput sequencing"),
    "mouse": Platform(f"GPL{BLOCK + 3}", "SIMULATED sequencer (Mus musculus)", MOUSE, "high-throughput sequencing"),
}


@dataclass(frozen=True)
class Planted:
    """A series, its supplementary files before compression, and the truth."""

    series: Series
    samples: pd.DataFrame
    truth: dict[str, Any]
    genes: pd.DataFrame
    tables: dict[str, str] = field(default_factory=dict)
    archive: dict[str, bytes] = field(default_factory=dict)
    cells: pd.DataFrame | None = None


def array_series(seed: Any, effect: float, n_genes: int) -> Planted:
    """Plant an array series: linear MAS5-like values in the series matrix, six donors against six."""
    study = array(effect=effect, n_genes=n_genes, seed=seed)
    samples = _accessions(study.samples, 1, "A", array_title)
    platform = Platform(
        f"GPL{BLOCK + 1}",
        "[SIM-U133_Plus_2] SIMULATED Affymetrix-like array",
        HUMAN,
        "in situ oligonucleotide",
        study.probes["gene_symbol"],
    )
    series = Series(
        ARRAY,
        "BMSC of elderly donors with and without primary osteoporosis (array)",
        "Six donors with osteoporosis against six controls; the label lot is partly confounded with the condition.",
        "Expression profiling by array",
        platform,
        _geo_samples(samples, array_fields),
        signal=study.signal.set_axis(samples[col.SAMPLE].to_list(), axis=1),
    )
    note = "batch (label lot) is partly confounded with condition; both lots occur in both groups"
    truth = {"assay": "array", "organism": "human", **study.truth, "note": note}
    return Planted(series, samples, truth, study.genes)


def bulk_series(seed: Any, effect: float, n_genes: int) -> Planted:
    """Plant a bulk series: versioned Ensembl ids, columns named by title and in another order than the samples."""
    adata = bulk(effect=effect, n_genes=n_genes, seed=seed)
    samples = _accessions(adata.obs, 2, "B", bulk_title)
    versions = [f"{name}.{1 + int(name[-6:]) % 19}" for name in adata.var["ensembl_id"]]
    table = pd.DataFrame(_integers(adata).T, index=pd.Index(versions, name="gene_id"), columns=samples[TITLE].to_list())
    # GEO lists the samples of the two groups in turn; the table keeps them together.
    samples = samples.iloc[np.arange(len(samples)).reshape(2, -1).T.ravel()].reset_index(drop=True)
    samples[col.SAMPLE] = sorted(samples[col.SAMPLE])
    name = f"{BULK}_counts.txt.gz"
    series = Series(
        BULK,
        "BMSC cultures of patients with osteoporosis and controls (RNA-seq)",
        "Five donors with osteoporosis against five controls; counts are a supplementary file.",
        "Expression profiling by high throughput sequencing",
        _SEQUENCERS["human"],
        _geo_samples(samples, sequencing_fields),
        supplementary=(name,),
    )
    truth = {"assay": "bulk", "organism": "human", **adata.uns["truth"], "note": "no technical field is confounded"}
    text = table.to_csv(sep="\t", lineterminator="\n")
    return Planted(series, samples, truth, _var(adata), tables={name: text})


def single_cell_series(seed: Any, effect: float, n_genes: int, cells_per_donor: int) -> Planted:
    """Plant a single-cell series: one 10x triplet a donor in ``RAW.tar``."""
    adata = single_cell(effect=effect, n_genes=n_genes, cells_per_donor=cells_per_donor, seed=seed)
    truth = {**adata.uns["truth"]}
    people = truth.pop("donors")
    samples = _accessions(people, 3, "S", lambda row: f"marrow_{row['condition']}_{row['n']}")
    archive: dict[str, bytes] = {}
    cells = []
    for row in samples.to_dict("records"):
        part = adata[(adata.obs[col.SAMPLE] == row["simulated_sample"]).to_numpy()]
        archive.update(_triplet(part, f"{row[col.SAMPLE]}_{row[TITLE]}"))
        table = part.obs.filter(regex="^true_|^barcode$").astype({"barcode": str})
        table.insert(0, col.SAMPLE, row[col.SAMPLE])
        table.insert(0, col.OBS_NAME, row[col.SAMPLE] + "_" + table["barcode"])
        cells.append(table)
    series = Series(
        SINGLE_CELL,
        "bone marrow cells of donors with osteoporosis and controls (10x)",
        "Three donors with osteoporosis against three controls; the condition shifts the composition of fates.",
        "Expression profiling by high throughput sequencing",
        _SEQUENCERS["human"],
        _geo_samples(samples, droplet_fields),
        supplementary=(f"{SINGLE_CELL}_RAW.tar",),
    )
    truth = {
        "assay": "single_cell",
        "organism": "human",
        **truth,
        "effect_unit": _ODDS,
        "note": "cases are sequenced less deeply (depth_ratio)",
    }
    return Planted(series, samples, truth, _var(adata), archive=archive, cells=pd.concat(cells, ignore_index=True))


def mouse_series(seed: Any, effect: float, n_genes: int) -> Planted:
    """Plant a mouse bulk series: symbols as row names in a CSV as R writes it."""
    adata = bulk(organism="mouse", effect=effect, n_genes=n_genes, seed=seed)
    samples = _accessions(adata.obs, 4, "M", bulk_title)
    table = pd.DataFrame(_integers(adata).T, index=pd.Index(adata.var_names, name=""), columns=samples[TITLE].to_list())
    name = f"{MOUSE_BULK}_gene_counts.csv.gz"
    series = Series(
        MOUSE_BULK,
        "marrow stromal cultures of ovariectomised and sham-operated mice (RNA-seq)",
        "Five ovariectomised mice against five sham-operated mice.",
        "Expression profiling by high throughput sequencing",
        _SEQUENCERS["mouse"],
        _geo_samples(samples, mouse_fields),
        supplementary=(name,),
    )
    truth = {"assay": "bulk", "organism": "mouse", **adata.uns["truth"], "note": "no technical field is confounded"}
    text = table.to_csv(quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    return Planted(series, samples, truth, _var(adata), tables={name: text})


def _accessions(people: pd.DataFrame, series: int, prefix: str, title: Callable[[dict[str, Any]], str]) -> pd.DataFrame:
    """Give the samples of a series their accessions, titles and donors of their own."""
    table = people.drop(columns=col.DATASET, errors="ignore").reset_index(drop=True)
    table = table.astype({col.SAMPLE: str, col.CONDITION: str})
    table["n"] = table.groupby(col.CONDITION, sort=False).cumcount() + 1
    table["simulated_sample"] = table[col.SAMPLE]
    table[col.SAMPLE] = [f"GSM{BLOCK + 100 * series + i + 1}" for i in range(len(table))]
    # Donors of different series are different people.
    table[col.DONOR] = prefix + table[col.DONOR].str.removeprefix("D")
    table.insert(1, TITLE, [title({str(k): v for k, v in row.items()}) for row in table.to_dict("records")])
    return table


def _geo_samples(samples: pd.DataFrame, fields: Callable[[dict[str, Any]], Fields]) -> Sequence[GeoSample]:
    rows = [{str(key): value for key, value in row.items()} for row in samples.to_dict("records")]
    return [GeoSample(row[col.SAMPLE], row[TITLE], fields(row)) for row in rows]


def _triplet(adata: AnnData, prefix: str) -> dict[str, bytes]:
    """Return the three 10x files of one sample, not yet compressed; the matrix is genes x cells."""
    from scipy.io import mmwrite

    matrix = io.BytesIO()
    mmwrite(matrix, adata.X.T.tocsc().astype(np.int64), field="integer", symmetry="general")
    features = (f"{ensembl}\t{symbol}\tGene Expression\n" for symbol, ensembl in adata.var["ensembl_id"].items())
    texts = (
        "".join(f"{code}\n" for code in adata.obs["barcode"]).encode(),
        "".join(features).encode(),
        matrix.getvalue(),
    )
    return {f"{prefix}_{end}": text for end, text in zip(TRIPLET, texts, strict=True)}


def _integers(adata: AnnData) -> Any:
    return adata.X.toarray().astype(np.int64)


def _var(adata: AnnData) -> pd.DataFrame:
    table: pd.DataFrame = adata.var.rename(columns={"true_loading": "loading"})
    return table
