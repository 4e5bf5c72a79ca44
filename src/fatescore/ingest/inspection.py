"""What files seem to hold, and why: a draft of the tables for a person to confirm. Nothing is decided here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from fatescore import organisms
from fatescore.errors import InputError, few
from fatescore.gene_sets import symbols
from fatescore.geo.accession_files import FILE_NAME as MANIFEST
from fatescore.ingest import cell_names, conditions
from fatescore.ingest.equal_sums import equal_sums
from fatescore.ingest.gene_names import plain_names
from fatescore.ingest.geo_names import accessions_of
from fatescore.ingest.levels import check_centred, check_log_ratios
from fatescore.ingest.locate import locate, read_raw
from fatescore.ingest.matrix import Located, Raw
from fatescore.ingest.sample_files import files_of, label_of
from fatescore.ingest.scale import likely_scale
from fatescore.tables import columns as col
from fatescore.typing import Organism, StrPath

MANY = 2_000  # names that are looked up
UNKNOWN = "?"
_CHARACTERISTIC = "characteristics: "
_DONOR = re.compile(r"\b(donor|patient|subject|individual|animal|mouse[ _]id)\b", re.IGNORECASE)
_TELLING = ("characteristics", "title", "source_name", "treatment", "description")
_BARCODE = re.compile(r"[ACGT]{10,}")
_OTHER_CELLS = re.compile(r"monocyt|macrophag|pbmc|osteoblast|osteocyt|osteoclast|adipose|whole blood", re.IGNORECASE)


@dataclass
class Inspection:
    """A reading of some files.

    Attributes
    ----------
    dataset, samples
        Drafts of a row of ``datasets.tsv`` and of the rows of ``samples.tsv``; ``?`` where nothing is known.
    place, raw, files
        Where it was read from, what was read, and the names of the files that hold each sample where they tell.
    reasons
        What was concluded -> the evidence, quoted.
    groups
        Sample field -> how many samples have which value, for fields that could name a condition; likeliest first.
    """

    dataset: dict[str, str]
    samples: pd.DataFrame
    place: Path
    raw: Raw = field(repr=False)
    files: dict[str, list[str]]
    reasons: dict[str, str]
    groups: dict[str, dict[str, int]]


def inspect(
    source: StrPath, *, layout: str = "auto", file: str = "", sample_key: str = "", name: str = ""
) -> Inspection:
    r"""Read files and say what they seem to be.

    Parameters
    ----------
    source, layout, file, sample_key
        As for :func:`fatescore.ingest.ingest`.
    name
        Name of the data set; by default its accession, or that of the file or folder.

    Raises
    ------
    InputError
        When no layout fits, with what was found and the key that would settle it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fatescore.ingest.inspection import inspect
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "counts.tsv"
    >>> _ = path.write_text("gene\tcontrol_1\tcontrol_2\tOP_1\nRUNX2\t4\t5\t4\nPPARG\t0\t7\t9\n")
    >>> found = inspect(path)
    >>> found.dataset["organism"], found.dataset["scale"], found.dataset["assay"]
    ('human', 'counts', 'bulk')
    >>> found.samples["condition"].tolist()
    ['control', 'control', 'OP']
    """
    place = Path(source)
    found = locate(place, layout, file)
    reasons = {"layout": f"from {found.path.name}"}
    declared = _species(found.matrix.samples if found.matrix is not None else None)
    raw = read_raw(found, declared[0], sample_key=sample_key)
    if not raw.barcodes and cell_names.look_like_cells(raw):
        cell_names.assign_samples(raw, cell_names.likely_samples(raw.columns))
    name = name or raw.accession or _short_name(place)
    if raw.sample_names == [""]:  # the files of the only sample do not name it
        raw.columns = [name] * len(raw.columns)
    organism, reasons["organism"] = declared if declared[1] else _organism(raw)
    assay, reasons["assay"] = _assay(found, raw)
    scale, reasons["scale"] = _scale(raw, assay)
    reasons["identifiers"] = _identifiers(raw, organism)
    population, reasons["population"] = _population(raw)
    fetched = place.parent.name == "geo" and (place / MANIFEST).is_file()
    dataset = {
        "dataset": name, "title": raw.title, "source": "geo" if fetched else "local", "accession": raw.accession,
        "path": "" if fetched else str(source), "layout": found.layout, "file": file, "sample_key": sample_key,
        "assay": assay, "organism": organism or UNKNOWN, "scale": scale, "population": population,
    }  # fmt: skip
    files = files_of(found, raw.sample_names)
    samples = _samples(raw, name, files, reasons)
    return Inspection(dataset, samples, place, raw, files, reasons, _groups(raw))


def _short_name(place: Path) -> str:
    """Return a name for a data set: the schema wants letters, digits, dots, dashes and underscores."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", place.resolve().name.split(".")[0]).strip("._-")
    return name or "data"


def _species(fields: pd.DataFrame | None) -> tuple[Organism | None, str]:
    if fields is None or "organism_ch1" not in fields:
        return None, ""
    species = sorted(set(fields["organism_ch1"].astype(str)))
    known = [one for one in organisms.names() if organisms.get(one).scientific_name in species]
    reason = f'the samples say organism_ch1 = "{few(species)}"'
    if not known:
        return None, f"{reason}, of which there are no data ({', '.join(organisms.names())})"
    return (known[0], reason) if len(species) == 1 else (None, "")  # of several the names of the genes tell


def _organism(raw: Raw) -> tuple[Organism | None, str]:
    names = _names(raw)
    share = {one: symbols.fraction_known(names, one) for one in organisms.names()}
    exact = {one: len(symbols.approved_symbols(one) & set(names)) / max(len(names), 1) for one in share}
    second, best = sorted(share, key=lambda one: (exact[one], share[one]))[-2:]  # mouse and rat share most symbols
    shares = ", ".join(f"{share[one]:.0%} known in {one}, {exact[one]:.0%} as spelled" for one in share)
    clear = share[best] >= 0.1 and (exact[best], share[best]) > (exact[second], share[second])
    return (best if clear else None), f"of the names ({few(names)}) {shares}"


def _names(raw: Raw) -> list[str]:
    if raw.annotation is not None:
        names = [text.split("///")[0].strip() for text in raw.annotation if text]
        return names[:: max(1, len(names) // MANY)]
    names = [other or own for own, other in zip(raw.ids, raw.other_names or raw.ids, strict=True)]
    plain, _ = plain_names(names[:: max(1, len(names) // MANY)])
    return [name for name in plain if name]


def _assay(found: Located, raw: Raw) -> tuple[str, str]:
    if raw.barcodes:
        return "single_cell", f"{len(raw.barcodes):,} cells in {len(raw.sample_names)} samples"
    if all(_BARCODE.search(name) for name in raw.columns) or cell_names.look_like_cells(raw):
        first = f"the {len(raw.columns):,} columns ({raw.columns[0]}, ...) are cells by their names or few genes"
        return "single_cell", f"{first}; nothing says of which sample"
    if found.matrix is not None and found.matrix.values is not None:  # noqa: PD011
        kinds = found.matrix.series.get("type") or []
        where = f"{found.path.name} has values, on {few(found.matrix.platforms) or 'an unnamed platform'}"
        if kinds and all("sequencing" in kind for kind in kinds):
            return "bulk", f"{where}; the series says {few(kinds)}"
        return "array", where
    return "bulk", f"one column per sample, {len(raw.sample_names)} samples"


def _scale(raw: Raw, assay: str) -> tuple[str, str]:
    try:
        check_centred(raw.matrix, raw.each)
        check_log_ratios(raw)
    except InputError as error:
        return UNKNOWN, error.found
    by_scale: dict[str, list[str]] = {}
    evidence: dict[str, str] = {}
    for name in raw.sample_names:
        scale, summary = likely_scale(raw.matrix[raw.rows_of(name)])
        scale = "linear" if (assay, scale) == ("array", "counts") else scale  # intensities, rounded
        by_scale.setdefault(scale, []).append(name)
        evidence.setdefault(scale, summary)
    parts = [f"{scale}: {len(names)} samples ({names[0]}: {evidence[scale]})" for scale, names in by_scale.items()]
    alike = equal_sums(raw.blocks, raw.each) if set(by_scale) == {"counts"} else None
    if alike is not None:
        return UNKNOWN if alike.scaled else "counts", "; ".join([*parts, alike.text])
    if assay == "array" and "linear" in by_scale:  # the values do not differ
        parts.append("arrays that nobody normalised are declared intensity")
    return (next(iter(by_scale)) if len(by_scale) == 1 else UNKNOWN), "; ".join(parts)


def _population(raw: Raw) -> tuple[str, str]:
    """Return ``bmsc`` unless the series speaks of other cells."""
    texts = [raw.title]
    if raw.fields is not None:
        telling = raw.fields.filter(regex=r"^(title|source_name|characteristics: (cell|tissue|source))")
        texts += [str(value) for column in telling for value in telling[column].unique()]
    others = [text for text in texts if _OTHER_CELLS.search(text)]
    if others:
        return UNKNOWN, f'"{others[0]}" may be other cells; bmsc and others are never pooled'
    return "bmsc", "taken for bone-marrow stromal cells, as nothing says otherwise"


def _identifiers(raw: Raw, organism: Organism | None) -> str:
    kind = "probes with an annotation" if raw.annotation is not None else "gene names"
    first = f"{kind}, first {few(raw.ids[:3])}"
    if organism is None:
        return first
    rules = symbols.resolve(_names(raw), organism)["mapped_by"].value_counts()
    return f"{first}; named by: " + ", ".join(f"{rule} {n}" for rule, n in rules.items())


def _groups(raw: Raw) -> dict[str, dict[str, int]]:
    """Return fields with two or more values of which one is shared; fields that seem to name a condition come first."""
    if raw.fields is None:
        return {}
    found = {}
    for column in raw.fields.columns:
        values = raw.fields[column].astype(str)
        counts = values.replace("", "(not given)").value_counts()
        if 2 <= len(counts) <= max(2, len(values) // 2) and str(column).startswith(_TELLING):
            found[str(column)] = {str(value): int(n) for value, n in counts.items()}
    return dict(sorted(found.items(), key=lambda item: (not conditions.contrasts(item[1]), len(item[1]))))


def _samples(raw: Raw, dataset: str, files: dict[str, list[str]], reasons: dict[str, str]) -> pd.DataFrame:
    """Draft the rows of the sample table; ``reasons`` receives why."""
    names = raw.sample_names
    table = pd.DataFrame({"dataset": dataset, col.SAMPLE: names, col.DONOR: names, col.CONDITION: UNKNOWN})
    reasons["samples"] = few(names)
    fields, reasons["donors"] = None, "no sample fields: every sample is taken as a donor"
    if raw.fields is not None:
        known = accessions_of(raw)
        accessions = known.of
        ambiguous = [known.refuse(name).found for name in list(known.ambiguous)[:1]]
        reasons["samples"] = "; ".join([reasons["samples"], *known.notes, *ambiguous])
        bare = [name for name in names if not accessions[name]]
        reasons["donors"] = f"{few(bare)} have no sample fields: every sample is taken as a donor"
        if not bare:
            fields = raw.fields.loc[[accessions[name] for name in names]].fillna("").astype(str)
            donors = [c for c in fields if str(c).startswith(_CHARACTERISTIC) and _DONOR.search(str(c))]
            reasons["donors"] = "no field names a donor: every sample is taken as one"
            if donors:
                table[col.DONOR] = fields[donors[0]].replace("", UNKNOWN).to_numpy()
                reasons["donors"] = f'from the field "{donors[0]}", {table[col.DONOR].nunique()} donors'
            for column in fields:
                own = str(column).removeprefix(_CHARACTERISTIC)
                if own != column and column not in donors[:1] and len(set(fields[column])) > 1:
                    table[own] = fields[column].to_numpy()
    values, reasons["condition"] = _condition(fields, names, files)
    if values:
        table[col.CONDITION] = values
        table = table.drop(columns=[name for name in table.columns[4:] if list(table[name]) == values])
    return table


def _condition(fields: pd.DataFrame | None, names: list[str], files: dict[str, list[str]]) -> tuple[list[str], str]:
    """Return the condition of every sample where exactly one grouping of them shows it, and from where."""
    shown = [] if fields is None else conditions.of_fields(fields.filter(regex="^(" + "|".join(_TELLING) + ")"))
    if len(shown) > 1:
        return [], f"{' and '.join(one.where for one in shown[:3])} show different ones"
    if shown:
        return shown[0].conditions, f"from {shown[0].where}"
    titles = [] if fields is None or "title" not in fields else list(fields["title"])
    labels = [label_of(name, files.get(name, [])) for name in names]
    for what, texts in (("titles", titles), ("names", names), ("names of the files", labels)):
        if len(set(texts)) == len(names) and (values := conditions.of_names(texts)):
            return values, f"from the {what} of the samples ({few(texts, 3)})"
    return [], "neither fields nor names show one"
