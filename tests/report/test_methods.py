"""The methods section names what was done and nothing else, and cites what it names."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.pp import QcLimits
from fatescore.report import dataset_page
from fatescore.report.elements import Listing, Section
from fatescore.report.methods import cited, methods_section, paragraphs, references
from fatescore.tables.folder import Outcome
from tests.report.made import EVIL, status

CITATION = re.compile(r"[^\W\d_a-z][^\W\d_]+ (?:19|20)\d\d")
PLACE = re.compile(r"doi:10\.\d{4,9}/\S+$|arXiv:\d{4}\.\d{4,5}\b")
LIMITS = {
    "n_mads": st.sampled_from([3.0, 5.0]),
    "min_genes": st.integers(1, 999),
    "doublets": st.sampled_from(["drop", "none"]),
    "gate": st.sampled_from(["markers", "none"]),
    "empty_droplets": st.sampled_from(["auto", "none"]),
}
ASSAYS = st.sets(st.sampled_from(["array", "bulk", "single_cell"]))


def done(assay: str, name: str = "A", *, accession: str = "", **limits: Any) -> list[Outcome]:
    """Return the outcomes of a data set that went through, with the limits of a run."""
    return [
        status(
            name,
            "ingest",
            assay=assay,
            scale="log2" if assay == "array" else "counts",
            organism="human",
            n_donors=4,
            accession=accession,
        ),
        status(name, "qc", limits=asdict(QcLimits(**limits))),
        status(name, "normalise", normalised="as pp.normalise describes it"),
        status(name, "score", method="rank_log", index="core"),
        status(name, "contrast", contrasts=["osteoporosis"]),
        status(name, "embed", n_embedded=100 if assay == "single_cell" else 0),
    ]


def references_in(section: Section) -> list[str]:
    return [item.text for part in section.parts if isinstance(part, Listing) for item in part.items]


def text(statuses: list[Outcome], settings: dict[str, Any] | None = None) -> str:
    return " ".join(paragraphs(statuses, settings))


def test_cells_and_samples_are_told_of_where_there_are_any() -> None:
    cells, samples = "Wolf 2018", "Samples of bulk RNA-seq and arrays"
    assert (cells in text(done("single_cell")), samples in text(done("single_cell"))) == (True, False)
    assert (cells in text(done("bulk")), samples in text(done("bulk"))) == (False, True)
    both = text([*done("single_cell"), *done("array", "B")])
    assert cells in both
    assert samples in both


@pytest.mark.parametrize(
    ("limit", "on", "said"),
    [
        ("doublets", "drop", "Scrublet (Wolock 2019)"), ("empty_droplets", "auto", "(Lun 2019)"),
        ("gate", "markers", "marker genes call stromal"), ("gate", "markers", "A sample needed"),
    ],
)  # fmt: skip
def test_a_step_that_was_left_out_is_not_told(limit: str, on: str, said: str) -> None:
    assert said in text(done("single_cell", **{limit: on}))
    assert said not in text(done("single_cell", **{limit: "none"}))
    assert said not in text(done("bulk", **{limit: on}))


def test_the_limits_are_those_of_the_run() -> None:
    limits = {"n_mads": 3.5, "min_genes": 321, "pct_mt_floor": 6.0, "max_pct_mt": 17.0, "min_stromal_cells": 13}
    said = text(done("single_cell", **limits))
    assert "Far means 3.5 robust standard deviations" in said
    assert "a cell needed 321 genes, and the mitochondrial limit lay between 6 % and 17 %." in said
    assert "A sample needed 13 of them." in said
    assert "needed 654,321 counts" in text(done("bulk", min_counts_bulk=654_321.0))
    assert "needed 654,321 counts" not in text(done("array", min_counts_bulk=654_321.0))
    unknown = [one for one in done("single_cell") if one.step != "qc"]
    assert "Far means" not in text(unknown)
    assert "Wolock" not in text(unknown)


def test_geo_is_named_for_its_accessions_only() -> None:
    public, own = done("bulk", "B", accession="GSE35958"), done("bulk")
    assert "GEO (Barrett 2013)" in text([*own, *public])
    assert "B (GSE35958, human, bulk RNA-seq, 4 donors)" in text(public)
    for statuses in (own, done("bulk", "GSE1"), done("bulk", accession="E-MTAB-1")):
        assert "Barrett" not in text(statuses)
    assert "A (local files, human, bulk RNA-seq, 4 donors)" in text(own)


@pytest.mark.parametrize("settings", [{"seed": 0}, {"settings": {"seed": 0}}])
def test_the_seed_is_told_even_when_it_is_zero(settings: dict[str, Any]) -> None:
    assert "Everything random starts from seed 0." in text(done("bulk"), settings)
    assert "seed" not in text(done("bulk"), {"score": {}})


def test_method_index_and_normalisation_are_those_of_the_run() -> None:
    said = text(done("bulk"))
    assert "(method rank_log, definition core)" in said
    assert "with median-of-ratios size factors (Anders 2010)." in said
    cells = text(done("single_cell"))
    assert "Normalisation: log(1 + counts per 10,000) of cells." in cells
    assert "Anders 2010" not in cells
    assert "Normalisation: log2 values as they were deposited." in text(done("array"))
    both = text([*done("single_cell"), *done("array", "B")])
    assert "Normalisation: log(1 + counts per 10,000) of cells; log2 values as they were deposited." in both
    assert "Normalisation" not in text(done("bulk")[:2])


def test_statistics_are_told_of_where_donors_were_compared_and_maps_where_one_was_drawn() -> None:
    for step, said in (("contrast", "Phipson 2010"), ("contrast", "Simonsohn 2020"), ("embed", "McInnes 2018")):
        statuses = done("single_cell")
        assert said in text(statuses)
        assert said not in text([one for one in statuses if one.step != step])
    assert "McInnes" not in text(done("bulk"))


def test_where_nothing_was_scored_there_is_no_method(results: Any) -> None:
    nothing = methods_section(done("bulk")[:2])
    assert nothing.parts[0] == "No index was computed, so there is no method to report."
    assert references_in(nothing) == []
    page = dataset_page(results.tables["lowdepth"])
    assert "there is no method to report" in page
    assert "Hedges 1981" not in page
    assert "Hedges 1981" in dataset_page(results.tables["GSE1"])


def test_hostile_names_stay_text() -> None:
    statuses = done("bulk", EVIL, accession=EVIL)
    assert f"{EVIL} ({EVIL}, human" in text(statuses)
    assert references_in(methods_section(statuses)) == cited(paragraphs(done("bulk")))


@settings(deadline=None)
@given(ASSAYS, st.fixed_dictionaries(LIMITS), st.booleans())
def test_whatever_is_cited_is_among_the_references_and_nothing_else(
    assays: set[str], limits: dict[str, Any], public: bool
) -> None:
    statuses = [
        one for assay in sorted(assays) for one in done(assay, assay, accession="GSE1" if public else "", **limits)
    ]
    section = methods_section(statuses, {"seed": 1})
    keys = set(CITATION.findall(" ".join([part for part in section.parts if isinstance(part, str)])))
    assert len(keys) > 5 or not assays
    assert references_in(section) == [references()["entry"][key] for key in sorted(keys)]


def test_every_entry_can_be_found_and_fits_its_short_form() -> None:
    keys = list(references().index)
    assert keys == sorted(keys)
    for key, entry in references()["entry"].items():
        name, year = key.split(" ")
        assert entry.startswith(f"{name} ")
        assert f"({year})" in entry
        assert PLACE.search(entry), entry
    places = [PLACE.search(entry)[0] for entry in references()["entry"]]  # type: ignore[index]
    assert len(set(places)) == len(places)


def test_every_entry_is_cited_by_some_run() -> None:
    every = [*done("single_cell", accession="GSE1"), status("B", "ingest", assay="bulk", scale="counts")]
    every += [status("B", "normalise", normalised="as pp.normalise describes it")]
    assert cited(paragraphs(every, pooled=True)) == list(references()["entry"])
    assert "random effects" not in " ".join(paragraphs(every))


@settings(deadline=None)
@given(st.lists(st.sampled_from(sorted(references().index))), st.randoms())
def test_a_subset_is_cited_once_and_in_order(keys: list[str], random: Any) -> None:
    parts = [f"Something was done ({key}; again: {key})." for key in keys]
    random.shuffle(parts)
    assert cited(parts) == [references()["entry"][key] for key in sorted(set(keys))]
