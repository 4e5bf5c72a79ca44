"""What files seem to hold, and why: a draft of the tables for a person to confirm. Nothing is decided here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from fatescore import organisms
from fatescore.errors import InputError, few
from fatescore.gene_sets import symbols
from fatescore.ingest.equal_sums import equal_sums
from fatescore.ingest.levels import check_centred, check_log_ratios
from fatescore.ingest.locate import locate, read_raw
from fatescore.ingest.matrix import Located, Raw
from fatescore.ingest.scale import likely_scale
from fatescore.tables import columns as col
from fatescore.typing import Organism, StrPath

MANY = 2_000  # names that are looked up
_DONOR = re.compile(r"\b(donor|patient|subject|individual|animal|mouse[ _]id)\b", re.IGNORECASE)
_CONDITION = re.compile(
    r"osteopor|osteoarthr|fractur|healthy|control|normal|case|ovx|ovariect|sham|disease|treat|differentiat|adipo|osteo",
    re.IGNORECASE,
)
_TELLING = ("characteristics", "title", "source_name", "treatment", "description")


@dataclass
class Inspection:
    """A reading of some files.

    Attributes
    ----------
    dataset, samples
        Drafts of a row of ``datasets.tsv`` and of the rows of ``samples.tsv``; ``?`` where nothing is known.
    reasons
        What was concluded -> the evidence, quoted.
    groups
        Sample field -> how many samples have which value, for fields that could name a condition; likeliest first.
    """

    dataset: dict[str, str]
    samples: pd.DataFrame
    reasons: dict[str, str] = field(default_factory=dict)
    groups: dict[str, dict[str, int]] = field(default_factory=dict)


def inspect(source: StrPath, *, layout: str = "auto", file: str = "", name: str = "") -> Inspection:
    r"""Read files and say what they seem to be.

    Parameters
    ----------
    source, layout, file
        As for :func:`fatescore.ingest.ingest`.
    name
        Name of the data set; by default that of the file or folder.

    Raises
    ------
    InputError
        When no layout fits, with what was found and the key that would settle it.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fatescore.ingest.inspection import inspect
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "counts.tsv"
    >>> _ = path.write_text("gene\tcontrol_1\tcontrol_2\nRUNX2\t4\t5\nPPARG\t0\t7\n")
    >>> found = inspect(path)
    >>> found.dataset["organism"], found.dataset["scale"], found.dataset["assay"]
    ('human', 'counts', 'bulk')
    """
    place = Path(source)
    found = locate(place, layout, file)
    reasons = {"layout": f"{found.layout}, from {found.path.name}"}
    declared = _species(found.matrix.samples if found.matrix is not None else None)
    raw = read_raw(found, declared[0])
    organism, reasons["organism"] = declared if declared[1] else _organism(raw)
    assay, reasons["assay"] = _assay(found, raw)
    scale, reasons["scale"] = _scale(raw)
    if (assay, scale) == ("array", "linear"):  # the values do not differ
        reasons["scale"] += "; arrays that nobody normalised are declared intensity"
    reasons["identifiers"] = _identifiers(raw, organism)
    name = name or raw.accession or re.sub(r"[^A-Za-z0-9._-]+", "_", place.name.split(".")[0])
    dataset = {
        "dataset": name, "title": raw.title or "?", "source": "geo" if raw.accession else "local",
        "accession": raw.accession, "path": "" if raw.accession else str(source), "assay": assay,
        "organism": organism or "?", "scale": scale, "layout": found.layout, "file": file, "population": "?",
    }  # fmt: skip
    groups = _groups(raw)
    samples, reasons["donors"] = _samples(raw, name)
    return Inspection(dataset, samples, reasons, groups)


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
    else:
        names = [other or own.split("|")[0] for own, other in zip(raw.ids, raw.other_names or raw.ids, strict=True)]
    step = max(1, len(names) // MANY)
    return names[::step]


def _assay(found: Located, raw: Raw) -> tuple[str, str]:
    if raw.barcodes:
        return "single_cell", f"{len(raw.barcodes):,} cells in {len(raw.sample_names)} samples"
    if found.matrix is not None and found.matrix.values is not None:  # noqa: PD011
        return "array", f"{found.path.name} has values, on {few(found.matrix.platforms) or 'an unnamed platform'}"
    return "bulk", f"one column per sample, {len(raw.sample_names)} samples"


def _scale(raw: Raw) -> tuple[str, str]:
    try:
        check_centred(raw.matrix, raw.each)
        check_log_ratios(raw)
    except InputError as error:
        return "?", error.found
    by_scale: dict[str, list[str]] = {}
    evidence: dict[str, str] = {}
    for name in raw.sample_names:
        scale, summary = likely_scale(raw.matrix[raw.rows_of(name)])
        by_scale.setdefault(scale, []).append(name)
        evidence.setdefault(scale, summary)
    parts = [f"{scale}: {len(names)} samples ({names[0]}: {evidence[scale]})" for scale, names in by_scale.items()]
    alike = equal_sums(raw.blocks, raw.each) if set(by_scale) == {"counts"} else None
    if alike is not None:
        return "?" if alike.scaled else "counts", "; ".join([*parts, alike.text])
    return (next(iter(by_scale)) if len(by_scale) == 1 else "?"), "; ".join(parts)


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
    matches = {column: sum(bool(_CONDITION.search(v)) for v in values) for column, values in found.items()}
    return dict(sorted(found.items(), key=lambda item: (-matches[item[0]], len(item[1]))))


def _samples(raw: Raw, dataset: str) -> tuple[pd.DataFrame, str]:
    names = raw.sample_names
    table = pd.DataFrame({"dataset": dataset, col.SAMPLE: names, col.DONOR: names, col.CONDITION: "?"})
    if raw.fields is None:
        return table, "no sample fields: every sample is taken as a donor"
    fields = raw.fields.reindex([name for name in names if name in raw.fields.index])
    if len(fields) != len(names):
        return table, "names of the data are no accessions: every sample is taken as a donor"
    table["title"] = fields.get("title", pd.Series("", index=fields.index)).to_numpy()
    for column in fields.columns:
        if str(column).startswith("characteristics"):
            table[str(column).partition(": ")[2] or str(column)] = fields[column].to_numpy()
    donors = [c for c in fields.columns if str(c).startswith("characteristics") and _DONOR.search(str(c))]
    if not donors:
        return table, "no field names a donor: every sample is taken as one"
    table[col.DONOR] = fields[donors[0]].to_numpy()
    return table, f'from the field "{donors[0]}", {fields[donors[0]].nunique()} donors'
