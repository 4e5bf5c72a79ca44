"""The methods section in words, ready to paste into a paper; it names only what was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fatescore._language import mark, tr
from fatescore._version import __version__
from fatescore._written import written
from fatescore.report import _format
from fatescore.report.methods import input_table, versions
from fatescore.report.references import cited
from fatescore.report.tables import Status, by_dataset, facts, in_order

_CELLS = "single_cell"
_NONE = mark("No index was computed, so there is no method to report.")


def methods_section(
    statuses: Sequence[Status],
    settings: Mapping[str, Any] | None = None,
    *,
    pooled: bool = False,
) -> dict[str, Any]:
    """Return what the template's methods section shows: text, what it cites, versions and input files.

    Where nothing was scored there is no method to tell of, and the section says so.
    """
    scored = any(facts(group, "score") for group in by_dataset(statuses).values())
    text = paragraphs(statuses, settings, pooled=pooled) if scored else [tr(_NONE)]
    return {
        "methods": text,
        "references": cited(text),
        "versions": versions(),
        "inputs": input_table(statuses),
    }


def paragraphs(
    statuses: Iterable[Status], settings: Mapping[str, Any] | None = None, *, pooled: bool = False
) -> list[str]:
    """Return the paragraphs, with citations in short form (see :mod:`fatescore.report.references`).

    Parameters
    ----------
    statuses
        Outcomes of all steps, of one data set or of many.
    settings
        The configuration of the run, where it is known.
    pooled
        Whether at least two data sets were pooled.
    """
    groups = by_dataset(in_order(statuses))
    known = {name: facts(group, "ingest") for name, group in groups.items()}
    known = {name: found for name, found in known.items() if found}
    assays = {str(found.get("assay")) for found in known.values()}
    limits: Mapping[str, Any] = next(
        (found for group in groups.values() if (found := facts(group, "qc").get("limits"))), {}
    )
    compared = any(facts(group, "contrast").get("contrasts") for group in groups.values())
    text = [
        _sources(known, _seeded(settings or {})),
        *([_cells(limits)] if _CELLS in assays else []),
        *([_samples(limits, bulk="bulk" in assays)] if assays - {_CELLS} else []),
        _normalisation(groups.values()),
        _index(groups.values()),
        _map(groups.values()),
        *([_statistics(), _audit(), _choices()] if compared else []),
        _pooling() if pooled else "",
    ]
    return [part for part in text if part]


def _seeded(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the settings of the run, which the workflow writes beside the table of data sets."""
    inner = settings.get("settings")
    return inner if isinstance(inner, Mapping) else settings


def _sources(known: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any]) -> str:
    done = tr(
        "Data were read, scored and compared with fatescore {version}, a Snakemake workflow (Mölder 2021)."
    ).format(version=__version__)
    seed = tr("Everything random starts from seed {seed}.").format(seed=settings["seed"]) if "seed" in settings else ""
    each = [_source(name, found) for name, found in known.items()]
    which = tr("Data sets: {data_sets}.").format(data_sets=tr("; ").join(each)) if each else ""
    public = any(str(found.get("accession")).startswith("GSE") for found in known.values())
    geo = tr("GSE accessions are from GEO (Barrett 2013).") if public else ""
    return _format.sentences(done, seed, which, geo)


def _source(name: str, known: Mapping[str, Any]) -> str:
    accession = str(known.get("accession") or tr("local files"))
    assay = str(known.get("assay", ""))
    parts = [accession, written(str(known.get("organism", ""))), tr(_format.ASSAYS.get(assay, assay))]
    parts.append(_format.donors(known.get("n_donors")))
    return tr("{dataset} ({reason})").format(dataset=name, reason=_format.listed(part for part in parts if part))


def _cells(limits: Mapping[str, Any]) -> str:
    judged = tr(
        "Cells were read with scanpy (Wolf 2018) and judged sample by sample: dropped were cells whose depth or number "
        "of genes lay far below, or whose mitochondrial share lay far above, the median of their sample."
    )
    if not limits:
        return judged
    far = tr(
        "Far means {n_mads} robust standard deviations (depth and genes on the log scale); a cell needed "
        "{min_genes} genes, and the mitochondrial limit lay between {floor} % and {ceiling} %."
    ).format(
        n_mads=_format.number(limits["n_mads"]), min_genes=_format.number(limits["min_genes"]),
        floor=_format.number(limits["pct_mt_floor"]), ceiling=_format.number(limits["max_pct_mt"]),
    )  # fmt: skip
    empty = (
        tr("Of raw barcodes the empty droplets were dropped first (Lun 2019).")
        if limits["empty_droplets"] != "none"
        else ""
    )
    doublets = tr("Doublets were called by Scrublet (Wolock 2019) and dropped.") if limits["doublets"] == "drop" else ""
    gate = tr("Only cells that marker genes call stromal were scored.") if limits["gate"] == "markers" else ""
    few = tr("A sample needed {n} of them.").format(n=_format.number(limits["min_stromal_cells"])) if gate else ""
    return _format.sentences(judged, far, empty, doublets, gate, few)


def _map(groups: Iterable[Iterable[Status]]) -> str:
    drawn = any(facts(group, "embed").get("n_embedded") for group in groups)
    return tr("The map of the cells is a UMAP (McInnes 2018) without alignment of donors.") if drawn else ""


def _samples(limits: Mapping[str, Any], *, bulk: bool) -> str:
    judged = tr(
        "Samples of bulk RNA-seq and arrays whose values do not vary, or whose markers say blood and no stroma, were "
        "left out; those that stand out in other ways are named and stay."
    )
    if not limits or not bulk:
        return judged
    needed = tr("A sample of bulk RNA-seq needed {n} counts.").format(n=_format.number(limits["min_counts_bulk"]))
    return _format.sentences(judged, needed)


def _normalisation(groups: Iterable[Iterable[Status]]) -> str:
    done = {str(facts(group, "normalise").get("normalised", "")) for group in groups} - {""}
    if not done:
        return ""
    sizes = (
        " " + tr("Size factors are medians of ratios (Anders 2010).") if any("ratios" in one for one in done) else ""
    )
    return tr("Normalisation: {ways}.").format(ways=tr("; ").join(map(written, sorted(done)))) + sizes


def _index(groups: Iterable[Iterable[Status]]) -> str:
    scored = [facts(group, "score") for group in groups]
    methods = sorted({str(found["method"]) for found in scored if found.get("method")})
    definitions = sorted({str(found["index"]) for found in scored if found.get("index")})
    index = tr("The fate-bias index")
    if methods:
        index = tr("The fate-bias index (method {methods}, definition {definitions})").format(
            methods=_format.listed(methods), definitions=_format.listed(definitions)
        )
    return tr(
        "Genes are named by current symbol; identifiers that could not be converted without doubt were left out "
        "and counted. {index} ranks the genes of each sample (of single-cell data: of each cell, and "
        "of each sample's cells added up) and compares the ranks of the osteogenic (bone) genes with those of the "
        "adipogenic (fat) genes, as a log2 ratio: positive is towards bone, negative towards fat. Genes that a "
        "data set does not measure were left out of the index; the coverage of each gene set is given. Calls compare "
        "the index with that of random genes expressed as highly."
    ).format(index=index)


def _statistics() -> str:
    return tr(
        "The donor is the unit of every comparison: replicates and cells of a donor were combined first. "
        "Differences are given with 95 % confidence intervals and as Hedges' g (Hedges 1981); p values are from "
        "permutation of donors between the groups (exact where all arrangements can be listed; Phipson 2010), beside "
        "the smallest p that the design can reach; moderated p values are limma's (Smyth 2004). Contrasts with fewer "
        "than three donors in a group are described, not tested. False discovery rates (Benjamini 1995) are within a "
        "contrast."
    )


def _audit() -> str:
    return tr(
        "Every recorded sample field was tested against the groups; a contrast whose groups are separated "
        "perfectly by another field is marked and, by default, not pooled."
    )


def _choices() -> str:
    return tr(
        "Every comparison was repeated with other scoring methods (AUCell: Aibar 2017; UCell: Andreatta 2021; ssGSEA: "
        "Barbie 2009; singscore: Foroutan 2018; z-score: Lee 2008; score_genes: Tirosh 2016) and definitions of the "
        "index, as a specification curve (Simonsohn 2020)."
    )


def _pooling() -> str:
    return tr(
        "Data sets were pooled by random effects (between-study variance: Paule 1982; intervals: Knapp 2003) with a "
        "prediction interval (Higgins 2009)."
    )
