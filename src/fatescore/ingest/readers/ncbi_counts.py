"""Layout ``ncbi_counts``: the counts that NCBI makes of RNA-seq series; its GeneIDs are named by the table beside."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from fatescore.errors import InputError, few
from fatescore.ingest import foreign
from fatescore.ingest.archive import visible_files
from fatescore.ingest.matrix import Raw
from fatescore.ingest.readers import Layout, register
from fatescore.ingest.text_table import parse
from fatescore.packed import read_bytes

_NAME = re.compile(r"(?P<kind>raw_counts|norm_counts_(TPM|FPKM))_(?P<build>.+)_NCBI\.tsv(\.gz)?$", re.IGNORECASE)
_ANNOTATION = re.compile(r"\.annot\.tsv(\.gz)?$", re.IGNORECASE)
_LEAST = 0.5  # an annotation that names fewer rows is one of another species
_NEEDED = ("GeneID", "Symbol")


LAYOUT: Layout = register(
    Layout(
        name="ncbi_counts",
        title="tables made by NCBI",
        endings=("_ncbi.tsv",),
        accepts=lambda name: bool(_NAME.search(name)),
        companions=re.compile(r"\.annot\.tsv$"),
        read=lambda located, options: read(located.path),
    )
)


def is_raw(name: str) -> bool:
    """Tell by its name whether the values are raw counts, not TPM or FPKM."""
    match = _NAME.search(name)
    return match is not None and match["kind"].lower() == "raw_counts"


def read(path: Path) -> Raw:
    """Return a table of GeneIDs x samples, named by symbol; the Ensembl id is the second name.

    NCBI's table of genes, ``*.annot.tsv[.gz]``, must lie in the same folder.
    """
    raw = parse(read_bytes(path), path).to_raw(path)
    file = _annotation_of(path)
    genes = _read_annotation(file)
    ids = pd.Index([name.strip() for name in raw.ids])
    symbols = genes["Symbol"].reindex(ids).fillna("").to_numpy()
    named = symbols != ""
    if named.mean() < _LEAST:
        raise InputError(
            f"{file} names {named.mean():.0%} of the GeneIDs of {path.name} (not {few(list(ids[~named]), 3)})",
            expected="the annotation of the same species",
            fix="put the one that NCBI offers beside these counts there instead",
        )
    if not named.all():
        raw.notes.append(f"{(~named).sum()} GeneIDs are not in {file.name} and were dropped: {few(list(ids[~named]))}")
    raw.keep_features(named)
    raw.ids = [str(name) for name in symbols[named]]
    raw.other_names = [str(name) for name in genes["EnsemblGeneID"].reindex(ids[named]).fillna("")]
    raw.inputs.append(file)
    own = [one.name for one in visible_files(path.parent.parent / "suppl") if foreign.may_hold_values(one.name)]
    if own:
        raw.notes.append(
            f"these are the counts that NCBI made; the submitter's own values may be in {few(own)}, not read"
        )
    return raw


def _annotation_of(path: Path) -> Path:
    match = _NAME.search(path.name)
    build = match["build"] if match else ""
    found = [file for file in sorted(path.parent.iterdir()) if _ANNOTATION.search(file.name)]
    fitting = [file for file in found if build in file.name]
    if len(fitting) == 1:
        return fitting[0]
    usual = "Mouse.GRCm39.annot.tsv.gz" if build.startswith("GRCm") else "Human.GRCh38.p13.annot.tsv.gz"
    name = re.sub(r"GRC\w+(\.p\d+)?", build, usual) if build else usual
    raise InputError(
        f"{path} names its rows by NCBI GeneID, and {path.parent} has "
        + (f"{len(fitting)} tables that name them: {few([file.name for file in fitting])}" if fitting else
           f"no table that names them{' for ' + build if found and build else ''}"),
        expected=f"one {name} beside it",
        fix=f"fetch the counts again, or put {name} (a link on the series' page of NCBI-generated data) there",
    )  # fmt: skip


def _read_annotation(file: Path) -> pd.DataFrame:
    text = read_bytes(file).decode("utf-8", errors="replace")
    rows = [line.split("\t") for line in text.splitlines() if line.strip()]
    header = [name.strip() for name in rows[0]] if rows else []
    absent = [name for name in _NEEDED if name not in header]
    if absent:
        raise InputError(
            f"{file} has no column {few(absent)}, but {few(header) or 'nothing'}",
            expected="NCBI's table with GeneID and Symbol", fix="fetch it again",
        )  # fmt: skip
    width = len(header)
    table = pd.DataFrame([(row + [""] * width)[:width] for row in rows[1:]], columns=pd.Index(header), dtype=object)
    table = table.map(str.strip)
    if "EnsemblGeneID" not in table:
        table["EnsemblGeneID"] = ""
    return table.drop_duplicates("GeneID").set_index("GeneID")
