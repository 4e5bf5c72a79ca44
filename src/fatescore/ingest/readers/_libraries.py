"""Single-cell libraries, one per file or triplet: their samples, their species, and how they become one matrix."""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest.archive import Files
from fatescore.ingest.blocks import Blocks, chained, in_memory
from fatescore.ingest.genome_prefix import species_of, split_genome
from fatescore.ingest.matrix import Raw, samples_of
from fatescore.ingest.readers import Layout
from fatescore.tables import columns as col
from fatescore.typing import Matrix, Organism

_GSM = re.compile(r"GSM\d+")
_RAW = re.compile(r"(?<![a-z])(raw|unfiltered)(?![a-z]|[._-]?(count|data|umi))")
# Names that CellRanger, STARsolo, kb-python and Parse give to files and folders do not name the sample.
_TOOLS = re.compile(
    r"[._-]?((filtered|raw)([._-](feature|gene)[._-]bc([._-]matri(x|ces))?)?([._-]h5)?|solo\.out)$", re.IGNORECASE
)
_SILENT = re.compile(
    r"bc_matri|^(outs|count|\.|/|solo\.out|gene(full\w*)?|velocyto|filtered|raw|(counts|dge)_(un)?filtered)$",
    re.IGNORECASE,
)
# What 10x measures beside genes. Other tools write a biotype there, or a genome.
_OTHER_TYPES = frozenset(
    ("antibody capture", "antigen capture", "crispr guide capture", "multiplexing capture", "custom", "peaks", "vdj")
)
_SAMPLE_COLUMNS = ("sample", "sampleid", "samplename", "origident")


@dataclass(frozen=True)
class Library:
    """Cells x features of one library: ``features`` has ``id``, ``name`` and ``type``, ``cells`` the barcodes.

    ``matrix``: CSR, or :class:`Blocks`. ``obs``: what is said of the cells besides, if anything.
    """

    name: str
    matrix: Matrix
    features: pd.DataFrame
    cells: list[str]
    obs: pd.DataFrame | None = None


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
    return _TOOLS.sub("", prefix) or _TOOLS.sub("", folders[-1] if folders else "")


def genome_folder(member: str) -> str:
    """Return the genome that CellRanger 2 names the folder of a file by, or an empty text.

    Examples
    --------
    >>> genome_folder("op1/filtered_gene_bc_matrices/mm10/matrix.mtx"), genome_folder("mm10/matrix.mtx")
    ('mm10', '')
    """
    folders = PurePosixPath(member).parts[:-1]
    return folders[-1] if len(folders) > 1 and "gene_bc_matrices" in folders[-2] else ""


def choose_members(layout: Layout, files: Files, file: str, notes: list[str]) -> dict[str, str]:
    """Return the files of a source to read, each with the sample that it holds.

    ``notes`` receives what was left out.
    """
    source, members = files.path, files.names(file)
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
    genes = ~library.features["type"].str.casefold().isin(_OTHER_TYPES).to_numpy()
    if not genes.any():
        types = sorted(set(library.features["type"]))
        raise InputError(
            f"{where} has no genes, only {few(types) or 'nothing'}", expected='features of type "Gene Expression"'
        )
    # not the sum: a negative or missing value must reach the check of the scale
    blocks = library.matrix if isinstance(library.matrix, Blocks) else in_memory(library.matrix)
    used = blocks.count_stored() > 0
    if not used.any():
        used[:] = True  # an empty sample is a finding of quality control, not an absent sample
    return replace(
        library,
        matrix=blocks.keep(used).columns(genes),
        features=library.features[genes].reset_index(drop=True),
        cells=list(itertools.compress(library.cells, used)),
        obs=None if library.obs is None else library.obs[used],
    )


def join(libraries: list[Library], inputs: list[Path], notes: list[str], sample_key: str = "") -> Raw:
    """Return libraries as one matrix of cells, every cell under its sample's name.

    ``sample_key`` is the column of ``obs`` that names samples; without it a library is a sample, unless a column
    ``sample`` says that it holds several, or nothing else names it.
    """
    table = _shared_features(libraries, notes)
    raw = Raw(
        matrix=_stacked([_aligned(one, table) for one in libraries]),
        ids=list(table["id"]),
        columns=[library.name for library in libraries for _ in library.cells],
        barcodes=[cell for library in libraries for cell in library.cells],
        other_names=list(table["name"]),
        inputs=inputs,
        notes=notes,
    )
    if any(one.obs is not None for one in libraries):
        raw.obs = pd.concat([pd.DataFrame(index=one.cells) if one.obs is None else one.obs for one in libraries])
        raw.obs = raw.obs.reset_index(drop=True)
        named = all(_GSM.fullmatch(one.name) for one in libraries)
        key = sample_key or sample_column(raw.obs, [] if named else notes)
        if key and not sample_key and named:  # an accession goes before the name of one and the same sample
            one_each = len(set(zip(raw.columns, raw.obs[key], strict=True))) == len(raw.sample_names)
            key = "" if one_each else key
        if key:
            raw.columns = samples_of(raw.obs, key, "", inputs[0])
    _check_cells_once(raw, libraries)
    return raw


def _check_cells_once(raw: Raw, libraries: list[Library]) -> None:
    """Refuse cells that two files have, such as that of a series and those of its samples."""
    file = np.repeat(np.arange(len(libraries)), [len(one.cells) for one in libraries])
    if len({*zip(raw.columns, file.tolist(), strict=True)}) == len(raw.sample_names):  # no sample is in two files
        return
    cells = pd.DataFrame({"sample": raw.columns, "barcode": raw.barcodes, "file": file}).drop_duplicates()
    twice = cells[cells.duplicated(["sample", "barcode"])]
    if len(twice):
        cell = twice.iloc[0]
        raise InputError(
            f"{len(twice)} cells are in several files, such as {cell['barcode']} of sample {cell['sample']}",
            expected="every cell once", fix='set "file" to a pattern that fits the files to read',
        )  # fmt: skip


def sample_column(obs: pd.DataFrame, notes: list[str]) -> str:
    """Return the column that names the samples of cells, where nobody says which: ``sample``, or one that is noted."""
    if col.SAMPLE in obs and not obs[col.SAMPLE].isna().any():
        return col.SAMPLE
    called = [name for name in obs.columns if re.sub("[^a-z]", "", str(name).casefold()) in _SAMPLE_COLUMNS]
    usual = [str(name) for name in called if 1 < obs[name].nunique(dropna=False) < len(obs)]
    if len(usual) != 1:
        return ""
    notes.append(f'"{usual[0]}" names the samples of the cells; set sample_key if another column does')
    return usual[0]


def _shared_features(libraries: list[Library], notes: list[str]) -> pd.DataFrame:
    """Return the features of all libraries; those of one id are one feature, unless it has several names in a list."""
    first = libraries[0].features
    if all(list(one.features["id"]) == list(first["id"]) for one in libraries):
        known = [pd.Series(list(one.features["name"])) for one in libraries]
        names = functools.reduce(lambda named, more: named.where(named != "", more), known)
        return first.assign(name=names.to_numpy())
    notes.append("samples list different features; one that a sample does not list counts as zero there")
    table = pd.concat([library.features for library in libraries], ignore_index=True)
    return table[~_keys(table, _vague(libraries)).duplicated()].reset_index(drop=True)


def _stacked(parts: list[Matrix]) -> Matrix:
    if any(isinstance(part, Blocks) for part in parts):
        return chained([part if isinstance(part, Blocks) else in_memory(part) for part in parts])
    return sp.csr_matrix(sp.vstack(parts))


def _aligned(library: Library, table: pd.DataFrame) -> Matrix:
    """Return the matrix of a library with the features of all."""
    if list(library.features["id"]) == list(table["id"]):
        return library.matrix
    vague = frozenset(table["id"][table["id"].duplicated()])
    place = {key: position for position, key in enumerate(_keys(table, vague))}
    columns = np.array([place[key] for key in _keys(library.features, vague)])
    shift = sp.csr_matrix(
        (np.ones(len(columns), dtype=np.float32), (np.arange(len(columns)), columns)), (len(columns), len(table))
    )
    return library.matrix @ shift


def _vague(libraries: list[Library]) -> frozenset[str]:
    """Return the ids that stand for several genes in a list, such as the one id of genes that lost theirs."""
    pairs = [library.features[["id", "name"]].drop_duplicates() for library in libraries]
    return frozenset(one for pair in pairs for one in pair["id"][pair["id"].duplicated()])


def _keys(features: pd.DataFrame, vague: frozenset[str]) -> pd.Series[str]:
    named = features["id"].isin(vague)
    return features["id"].where(~named, features["id"] + "\0" + features["name"])


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
    genomes = [split_genome(name)[0] for name in library.features["id"]]
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
        features[name] = [split_genome(text)[1] for text in features[name]]
    blocks = library.matrix if isinstance(library.matrix, Blocks) else in_memory(library.matrix)
    return replace(library, matrix=blocks.columns(np.array(keep)), features=features)
