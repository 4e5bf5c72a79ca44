"""Single-cell libraries, one per file or triplet: their samples, their species, and how they become one matrix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore import organisms
from fatescore.errors import InputError, few
from fatescore.ingest import archive
from fatescore.ingest.matrix import Raw
from fatescore.ingest.readers import Layout
from fatescore.typing import Organism

_GSM = re.compile(r"GSM\d+")
_RAW = re.compile(r"(?<![a-z])raw(?![a-z]|[._-]?(count|data|umi))")
# CellRanger's own names of files and folders do not name the sample.
_CELLRANGER = re.compile(
    r"[._-]?(filtered|raw)([._-](feature|gene)[._-]bc[._-]matri(x|ces))?([._-]h5)?$", re.IGNORECASE
)
_SILENT = re.compile(r"bc_matri|^(outs|count|\.|/)$")
_ASSEMBLY = {organism: re.compile("|".join(organisms.get(organism).assemblies)) for organism in organisms.names()}
_PREFIX = re.compile(
    rf"^(?P<genome>(?:{'|'.join(pattern.pattern for pattern in _ASSEMBLY.values())})[A-Za-z0-9.-]*)_+(?=.)"
)


@dataclass(frozen=True)
class Library:
    """Cells x features of one library: ``features`` has ``id``, ``name`` and ``type``, ``cells`` the barcodes."""

    name: str
    matrix: sp.csr_matrix
    features: pd.DataFrame
    cells: list[str]


def sample_name(member: str, prefix: str) -> str:
    """Return the name of the sample that a file holds: its GSM accession, else its prefix, else its folder.

    Examples
    --------
    >>> sample_name("GSE5/GSM12_op1_filtered_feature_bc_matrix.h5", "GSM12_op1_filtered_feature_bc_matrix")
    'GSM12'
    >>> sample_name("op1/outs/filtered_feature_bc_matrix.h5", "filtered_feature_bc_matrix")
    'op1'
    """
    file = PurePosixPath(member)
    accession = _GSM.search(file.name) or _GSM.search(member)
    if accession:
        return accession[0]
    genome = genome_folder(member)
    folders = [part for part in file.parts[:-1] if not _SILENT.search(part) and part != genome]
    return _CELLRANGER.sub("", prefix) or (folders[-1] if folders else "")


def genome_folder(member: str) -> str:
    """Return the genome that CellRanger 2 names the folder of a file by, or an empty text.

    Examples
    --------
    >>> genome_folder("op1/filtered_gene_bc_matrices/mm10/matrix.mtx"), genome_folder("mm10/matrix.mtx")
    ('mm10', '')
    """
    folders = PurePosixPath(member).parts[:-1]
    return folders[-1] if len(folders) > 1 and "gene_bc_matrices" in folders[-2] else ""


def choose_members(layout: Layout, source: Path, file: str, notes: list[str]) -> dict[str, str]:
    """Return the files of a source to read, each with the sample that it holds.

    ``notes`` receives what was left out.
    """
    members = archive.names(source, file)
    named = {name: sample_name(name, layout.prefix_of(name)) for name in members if layout.accepts_name(name)}
    if not named:
        raise InputError(
            f"{source} holds no {layout.title}; its files are {few(members)}",
            expected=f"files named ...{' or ...'.join(layout.endings)}",
            fix='set "layout" or "file" for this data set',
        )
    kept = prefer_filtered([(sample, name) for name, sample in named.items()], source, notes)
    return {name: named[name] for name in kept}


def prefer_filtered(named: list[tuple[str, str]], source: Path, notes: list[str]) -> list[str]:
    """Return the members to read, one per sample: filtered barcodes where there are raw ones too.

    ``named`` has sample and member of every library found; ``notes`` receives what was left out.
    """
    raw = {member for _, member in named if _RAW.search(member.lower())}
    filtered = {sample for sample, member in named if member not in raw}
    left_out = [member for sample, member in named if member in raw and sample in filtered]
    if left_out:
        notes.append(f"raw barcodes left out because there are filtered ones: {few(left_out)}")
    only_raw = sorted({sample or source.name for sample, member in named if member in raw and sample not in filtered})
    if only_raw:
        notes.append(f"only raw barcodes, empty droplets among them: {few(only_raw)}")
    kept = [(sample, member) for sample, member in named if member not in left_out]
    for sample in dict.fromkeys(sample for sample, _ in kept):
        own = [member for other, member in kept if other == sample]
        if len(own) > 1:
            raise InputError(
                f'{source} has several matrices for the sample "{sample}": {few(own)}', expected="one per sample",
                fix='set "file" to a pattern that fits one of them, or move the others away',
            )  # fmt: skip
    return [member for _, member in kept]


def trim(library: Library, where: str) -> Library:
    """Leave out features that are no genes (antibodies, guides) and barcodes without a count."""
    genes = library.features["type"].isin(["", "Gene Expression"]).to_numpy()
    if not genes.any():
        types = sorted(set(library.features["type"]))
        raise InputError(
            f"{where} has no genes, only {few(types) or 'nothing'}", expected='features of type "Gene Expression"'
        )
    matrix = library.matrix
    matrix.eliminate_zeros()
    used = matrix.getnnz(axis=1) > 0  # not the sum: a negative or missing value must reach the check of the scale
    if not used.any():
        used[:] = True  # an empty sample is a finding of quality control, not an absent sample
    kept = [cell for cell, keep in zip(library.cells, used, strict=True) if keep]
    features = library.features[genes].reset_index(drop=True)
    return Library(library.name, matrix[used][:, genes], features, kept)


def join(libraries: list[Library], inputs: list[Path], notes: list[str]) -> Raw:
    """Return libraries as one matrix of cells, every cell under its sample's name."""
    matrix, ids = _stack(libraries, notes)
    known: dict[str, str] = {}
    for library in reversed(libraries):
        known.update(zip(library.features["id"], library.features["name"], strict=True))
    return Raw(
        matrix=matrix,
        ids=ids,
        columns=[library.name for library in libraries for _ in library.cells],
        barcodes=[cell for library in libraries for cell in library.cells],
        other_names=[known.get(name, "") for name in ids],
        inputs=inputs,
        notes=notes,
    )


def _stack(libraries: list[Library], notes: list[str]) -> tuple[sp.csr_matrix, list[str]]:
    lists = [list(library.features["id"]) for library in libraries]
    if all(ids == lists[0] for ids in lists):
        return sp.csr_matrix(sp.vstack([library.matrix for library in libraries])), lists[0]
    names = list(dict.fromkeys(name for ids in lists for name in ids))
    notes.append("samples list different features; one that a sample does not list counts as zero there")
    place = {name: position for position, name in enumerate(names)}
    aligned = []
    for library, ids in zip(libraries, lists, strict=True):
        columns = np.array([place[name] for name in ids])
        shift = sp.csr_matrix((np.ones(len(columns)), (np.arange(len(columns)), columns)), (len(columns), len(names)))
        aligned.append(sp.csr_matrix(library.matrix @ shift, dtype=np.float32))
    return sp.csr_matrix(sp.vstack(aligned)), names


def species_of(genome: str) -> str:
    """Return the organism that an assembly's name speaks for, or an empty text.

    Examples
    --------
    >>> species_of("GRCh38"), species_of("mm10"), species_of("EGFP")
    ('human', 'mouse', '')
    """
    return next((organism for organism, pattern in _ASSEMBLY.items() if pattern.match(genome)), "")


def without_others(members: list[str], organism: Organism | None, notes: list[str]) -> list[str]:
    """Leave out the files of CellRanger 2 that are in a folder named by the genome of another species.

    Examples
    --------
    >>> files = ["filtered_gene_bc_matrices/hg19/matrix.mtx", "filtered_gene_bc_matrices/mm10/matrix.mtx"]
    >>> without_others(files, "mouse", notes := []), notes
    (['filtered_gene_bc_matrices/mm10/matrix.mtx'], ['the genomes hg19 were left out'])
    """
    genomes = {name: genome_folder(name) for name in members}
    if organism is None or organism not in map(species_of, genomes.values()):
        return members
    others = sorted({genome for genome in genomes.values() if species_of(genome) not in ("", organism)})
    if others:
        notes.append(f"the genomes {few(others)} were left out")
    return [name for name, genome in genomes.items() if genome not in others]


def of_organism(library: Library, organism: Organism | None, notes: list[str]) -> Library:
    """Leave out the features of other species, and take the genome off the names of those that stay.

    CellRanger writes ``GRCh38_RUNX2`` and ``mm10___Runx2`` when its reference holds two species. Features without
    such a prefix (transgenes, antibodies) stay. Cells of the other species stay too: this reads, it does not judge.
    ``None`` keeps all under the names they have; ``notes`` receives what was left out, once for all libraries alike.
    """
    genomes = [match["genome"] if (match := _PREFIX.match(name)) else "" for name in library.features["id"]]
    species = [species_of(genome) for genome in genomes]
    if organism is None or organism not in species:
        return library
    keep = [one in ("", organism) for one in species]
    if not all(keep):
        others = sorted({genome for genome, kept in zip(genomes, keep, strict=True) if not kept})
        note = f"{keep.count(False)} features of {few(others)} were left out; cells of that species may still be there"
        if note not in notes:
            notes.append(note)
    features = library.features[keep].reset_index(drop=True)
    for name in ("id", "name"):
        features[name] = features[name].str.replace(_PREFIX, "", regex=True)
    return Library(library.name, library.matrix[:, keep], features, library.cells)
