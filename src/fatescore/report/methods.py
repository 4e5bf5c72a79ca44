"""The methods section, ready to paste into a paper; it names only what was done, and cites from ``references.tsv``."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import pandas as pd

from fatescore._version import __version__
from fatescore.i18n import gettext as _
from fatescore.i18n import gettext_noop
from fatescore.pl.labels import code_label, listed
from fatescore.report import elements, formatting
from fatescore.report.elements import Heading, Item, Listing, Section, Soft
from fatescore.report.provenance import input_files, versions
from fatescore.report.tables import by_dataset, facts, in_order
from fatescore.tables.folder import Outcome
from fatescore.tables.io import read_text_table

_CELLS = "single_cell"
_ASSAYS = {
    "array": gettext_noop("expression array"), "bulk": gettext_noop("bulk RNA-seq"),
    "single_cell": gettext_noop("single-cell RNA-seq"),
}  # fmt: skip
# By assay and scale, as fatescore.pp.normalise does it.
_NORMALISED = {
    (_CELLS, "counts"): gettext_noop("log(1 + counts per 10,000) of cells"),
    ("bulk", "counts"): gettext_noop(
        "log2(1 + counts per million) of bulk counts, with median-of-ratios size factors (Anders 2010)"
    ),
    ("", "tpm"): gettext_noop("log2(1 + TPM)"),
    ("", "linear"): gettext_noop("log2(1 + value) of linear values"),
    ("", "intensity"): gettext_noop("log2(1 + intensity), quantile-normalised"),
    ("", "log2"): gettext_noop("log2 values as they were deposited"),
}
_STATISTICS = gettext_noop(
    "The donor is the unit of every comparison: replicates and cells of a donor were combined first. "
    "Differences are given with 95 % confidence intervals and as Hedges' g (Hedges 1981); p values are from "
    "permutation of donors between the groups (exact where all arrangements can be listed; Phipson 2010), beside "
    "the smallest p that the design can reach; moderated p values are limma's (Smyth 2004). Contrasts with fewer "
    "than three donors in a group are described, not tested. False discovery rates (Benjamini 1995) are within a "
    "contrast."
)
_AUDIT = gettext_noop(
    "Every recorded sample field was tested against the groups; a contrast whose groups are separated "
    "completely by another field is marked and, by default, not pooled."
)
_CHOICES = gettext_noop(
    "Every comparison was repeated with other scoring methods ({methods}) and definitions of the index, as a "
    "specification curve (Simonsohn 2020)."
)
_POOLING = gettext_noop(
    "Data sets were pooled by random effects (between-study variance: Paule 1982; intervals: Knapp 2003) with a "
    "prediction interval (Higgins 2009)."
)
_NONE = gettext_noop("No index was computed, so there is no method to report.")


def methods_section(
    statuses: Sequence[Outcome], settings: Mapping[str, Any] | None = None, *, pooled: bool = False
) -> Section:
    """Return the methods section: text, versions, what the text cites, and input files.

    Where nothing was scored there is no method to report, and the section says so.
    """
    scored = any(facts(group, "score") for group in by_dataset(statuses).values())
    text = paragraphs(statuses, settings, pooled=pooled) if scored else [_(_NONE)]
    # Folders of the machine that ran the workflow are left out.
    rows = [(dataset, PurePath(name).name, digest) for dataset, name, digest in input_files(statuses)]
    inputs = elements.pairs("inputs-table", _("Input files"), rows, (_("data set"), _("file"), "sha256"))
    entries = cited(text)
    each = ", ".join(f"{name} {version}" for name, version in versions())
    parts: list[Any] = [*text, Soft(_("Versions: {names}.").format(names=each))]
    if entries:
        parts += [Heading(_("References")), Listing([Item(entry) for entry in entries], "references")]
    if inputs.rows:
        parts += [Heading(_("Inputs")), inputs]
    return Section("methods", _("Methods"), parts, _("Methods"))


def paragraphs(
    statuses: Iterable[Outcome], settings: Mapping[str, Any] | None = None, *, pooled: bool = False
) -> list[str]:
    """Return the paragraphs, with citations in short form (see :func:`references`).

    ``settings`` is the configuration of the run, where it is known; ``pooled`` tells whether data sets were pooled.
    """
    groups = by_dataset(in_order(statuses))
    known = {name: facts(group, "ingest") for name, group in groups.items()}
    known = {name: found for name, found in known.items() if found}
    assays = {str(found.get("assay")) for found in known.values()}
    limits: Mapping[str, Any] = next(
        (found for group in groups.values() if (found := facts(group, "qc").get("limits"))), {}
    )
    drawn = any(facts(group, "embed").get("n_embedded") for group in groups.values())
    compared = any(facts(group, "contrast").get("contrasts") for group in groups.values())
    text = [
        _sources(known, settings or {}),
        *([_cells(limits)] if _CELLS in assays else []),
        *([_samples(limits, bulk="bulk" in assays)] if assays - {_CELLS} else []),
        _normalisation(groups.values()),
        _index(groups.values()),
        _("The map of the cells is a UMAP (McInnes 2018) without alignment of donors.") if drawn else "",
        *([_(_STATISTICS), _(_AUDIT), _(_CHOICES).format(methods=_scoring_methods())] if compared else []),
        _(_POOLING) if pooled else "",
    ]
    return [part for part in text if part]


def _sources(known: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any]) -> str:
    settings = settings.get("settings", settings)  # the workflow writes them beside the table of data sets
    done = _(
        "Data were read, scored and compared with fatescore {version}, a Snakemake workflow (Mölder 2021)."
    ).format(version=__version__)
    seed = _("Everything random starts from seed {seed}.").format(seed=settings["seed"]) if "seed" in settings else ""
    each = [_source(name, found) for name, found in known.items()]
    which = _("Data sets: {data_sets}.").format(data_sets=_("; ").join(each)) if each else ""
    public = any(str(found.get("accession")).startswith("GSE") for found in known.values())
    geo = _("GSE accessions are from GEO (Barrett 2013).") if public else ""
    return formatting.sentences(done, seed, which, geo)


def _source(name: str, known: Mapping[str, Any]) -> str:
    accession = str(known.get("accession") or _("local files"))
    assay = str(known.get("assay", ""))
    parts = [accession, code_label(known.get("organism", "")), _(_ASSAYS.get(assay, assay))]
    parts.append(formatting.donors(known.get("n_donors")))
    return _("{dataset} ({reason})").format(dataset=name, reason=listed(part for part in parts if part))


def _cells(limits: Mapping[str, Any]) -> str:
    judged = _(
        "Cells were read with scanpy (Wolf 2018) and judged sample by sample: dropped were cells whose depth or number "
        "of genes lay far below, or whose mitochondrial share lay far above, the median of their sample."
    )
    if not limits:
        return judged
    far = _(
        "Far means {n_mads} robust standard deviations (depth and genes on the log scale); a cell needed "
        "{min_genes} genes, and the mitochondrial limit lay between {floor} % and {ceiling} %."
    ).format(
        n_mads=formatting.number(limits["n_mads"]), min_genes=formatting.number(limits["min_genes"]),
        floor=formatting.number(limits["pct_mt_floor"]), ceiling=formatting.number(limits["max_pct_mt"]),
    )  # fmt: skip
    empty = (
        _("Of raw barcodes the empty droplets were dropped first (Lun 2019).")
        if limits["empty_droplets"] != "none"
        else ""
    )
    doublets = _("Doublets were called by Scrublet (Wolock 2019) and dropped.") if limits["doublets"] == "drop" else ""
    gate = _("Only cells that marker genes call stromal were scored.") if limits["gate"] == "markers" else ""
    few = _("A sample needed {n} of them.").format(n=formatting.number(limits["min_stromal_cells"])) if gate else ""
    return formatting.sentences(judged, far, empty, doublets, gate, few)


def _samples(limits: Mapping[str, Any], *, bulk: bool) -> str:
    judged = _(
        "Samples of bulk RNA-seq and arrays whose values do not vary, or whose markers say blood and no stroma, were "
        "left out; those that stand out in other ways are named and stay."
    )
    if not limits or not bulk:
        return judged
    needed = _("A sample of bulk RNA-seq needed {n} counts.").format(n=formatting.number(limits["min_counts_bulk"]))
    return formatting.sentences(judged, needed)


def _normalisation(groups: Iterable[Iterable[Outcome]]) -> str:
    """Tell how values were normalised, which follows from the assay and the scale of the data."""
    ways = set()
    for group in groups:
        if facts(group, "normalise"):
            known = facts(group, "ingest")
            assay, scale = str(known.get("assay")), str(known.get("scale"))
            ways.add(_(_NORMALISED.get((assay, scale)) or _NORMALISED.get(("", scale), scale)))
    return _("Normalisation: {ways}.").format(ways=_("; ").join(sorted(ways))) if ways else ""


def _index(groups: Iterable[Iterable[Outcome]]) -> str:
    scored = [facts(group, "score") for group in groups]
    methods = sorted({str(found["method"]) for found in scored if found.get("method")})
    definitions = sorted({str(found["index"]) for found in scored if found.get("index")})
    index = _("The fate-bias index")
    if methods:
        index = _("The fate-bias index (method {methods}, definition {definitions})").format(
            methods=listed(methods), definitions=listed(definitions)
        )
    return _(
        "Genes are named by current symbol; identifiers that could not be converted without doubt were left out "
        "and counted. {index} ranks the genes of each sample (of single-cell data: of each cell, and "
        "of each sample's cells added up) and compares the ranks of the osteogenic (bone) genes with those of the "
        "adipogenic (fat) genes, as a log2 ratio: higher is towards bone, lower towards fat. Genes that a "
        "data set does not measure were left out of the index; the coverage of each gene set is given. Calls compare "
        "the index with that of random genes expressed as highly."
    ).format(index=index)


@functools.cache
def references() -> pd.DataFrame:
    """Return the references by their short form: ``entry``, and ``method`` for that of a scoring method.

    Examples
    --------
    >>> references().loc["Andreatta 2021", "method"]
    'UCell'
    """
    return read_text_table(Path(__file__).with_name("references.tsv"), "the references").set_index("key")


def _scoring_methods() -> str:
    named = references().query("method != ''")["method"]
    return _("; ").join(f"{method}: {key}" for key, method in named.items())


def cited(text: Iterable[str]) -> list[str]:
    """Return the entries that a text cites by their short form, in alphabetical order.

    Examples
    --------
    >>> [entry[:9] for entry in cited(["False discovery rates are within a contrast (Benjamini 1995)."])]
    ['Benjamini']
    """
    whole = " ".join(text)
    return [str(entry) for key, entry in references()["entry"].items() if str(key) in whole]
