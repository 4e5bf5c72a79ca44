"""The species that a name speaks for."""

from __future__ import annotations

import pytest

from fatescore.ingest.genome_prefix import species_in, split_genome


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("GRCh38.p13_RUNX2", ("GRCh38.p13", "RUNX2")), ("GRCh38-2020-A_RUNX2", ("GRCh38-2020-A", "RUNX2")),
        ("mm10_premrna_Runx2", ("mm10_premrna", "Runx2")), ("RUNX2_HUMAN", ("HUMAN", "RUNX2")),
        ("Homo_sapiens_RUNX2", ("Homo_sapiens", "RUNX2")), ("RUNX2", ("", "RUNX2")), ("hg38", ("", "hg38")),
        ("RN7SK", ("", "RN7SK")), ("Rn7s1", ("", "Rn7s1")), ("HUMANIN_1", ("", "HUMANIN_1")),
        ("mm10_" + "x" * 600, ("", "mm10_" + "x" * 600)),
    ],
)  # fmt: skip
def test_genomes(name: str, split: tuple[str, str]) -> None:
    assert split_genome(name) == split


@pytest.mark.parametrize(
    ("name", "species"),
    [
        ("ENSG00000124813.23", {"human"}), ("ENSMUSG00000039153|Runx2", {"mouse"}),
        ("gene:ENSRNOG00000020193", {"rat"}),
        ("ENSMUST00000113571.2", {"mouse"}), ("ENSDARG00000040261", {"ENSDAR"}), ("RUNX2", set()), ("MENS12", set()),
        ("ENSG00000124813_ENSMUSG00000039153", {"human", "mouse"}), ("hg38_ENSG00000124813", {"human"}),
        ("ENSG000001248139", set()), ("x" * 600 + "ENSG00000124813", set()),
    ],
)  # fmt: skip
def test_species(name: str, species: set[str]) -> None:
    assert species_in(name) == species
