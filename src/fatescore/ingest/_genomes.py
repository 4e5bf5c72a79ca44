"""Libraries mapped to the genomes of several species: the features of one are kept, without the prefix."""

from __future__ import annotations

import re

from fatescore import organisms
from fatescore.errors import few
from fatescore.ingest.readers._libraries import Library, genome_folder
from fatescore.typing import Organism

_ASSEMBLY = {organism: re.compile("|".join(organisms.get(organism).assemblies)) for organism in organisms.names()}
_PREFIX = re.compile(
    rf"^(?P<genome>(?:{'|'.join(pattern.pattern for pattern in _ASSEMBLY.values())})[A-Za-z0-9.-]*)_+(?=.)"
)


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

    Parameters
    ----------
    library
        As read.
    organism
        Whose features to keep; ``None`` keeps all under the names they have.
    notes
        Receives what was left out, once for all libraries alike.
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
