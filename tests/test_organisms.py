"""The organisms: what is known of each, and the orthologs of every gene of the tables."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from fatescore import _data, _schema, gene_sets, organisms
from fatescore.errors import FatescoreError, InputError
from fatescore.gene_sets import symbols
from fatescore.gene_sets.collection import extended, members, mirna_targets
from fatescore.pp.ambient import FOREIGN
from fatescore.pp.cell_type import MARKERS
from fatescore.pp.qc.thresholds import mitochondrial
from fatescore.pp.signatures import G2M_GENES, S_GENES, STRESS_GENES
from fatescore.simulate import _genes

OTHERS = [name for name in organisms.names() if name != organisms.REFERENCE]
BASES = {"same symbol", "mouse symbol", "former symbol", "curated"}


def split(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part]


@pytest.fixture(scope="module")
def wanted() -> set[str]:
    """Every human symbol of the package's tables of genes."""
    lists = [table["gene"] for table in (members(), extended(), mirna_targets())]
    lists += [[gene for cell in gene_sets.load_claims()["symbols"] for gene in split(cell)]]
    lists += [*MARKERS.values(), *FOREIGN.values(), S_GENES, G2M_GENES, STRESS_GENES]
    lists += [pd.read_csv(Path(_genes.__file__).with_name("genes.tsv"), sep="\t")["gene"]]
    return {gene for genes in lists for gene in genes if gene and ":" not in gene}


# ---- facts ----------------------------------------------------------------------------------------------------


def test_the_organisms() -> None:
    assert organisms.names()[0] == "human"
    assert {"human", "mouse", "rat"} <= set(organisms.names())


def test_facts_do_not_clash() -> None:
    facts = [organisms.get(name) for name in organisms.names()]
    for one in ("scientific_name", "taxonomy_id", "reference", "mirna_prefix"):
        assert len({getattr(fact, one) for fact in facts}) == len(facts), one
    assert len({fact.simulation["stream"] for fact in facts}) == len(facts)  # else two organisms share their levels


@pytest.mark.parametrize("organism", organisms.names())
def test_genes_of_the_facts_are_current_symbols(organism: str) -> None:
    facts = organisms.get(organism)
    named = {facts.xist, *facts.y_genes, *facts.x_genes, *(gene for pair in facts.antisense_pairs for gene in pair)}
    assert named <= symbols.approved_symbols(organism)


@pytest.mark.parametrize(
    ("organism", "yes", "no"),
    [
        ("human", ["MT-CO1"], ["mt-Co1", "MT1A", "MTOR"]),
        ("mouse", ["mt-Co1"], ["MT-CO1", "Mt1"]),
        ("rat", ["Mt-co1", "mt-Co1", "mt-Tt"], ["Mt1", "Mt1-ps1", "MT-CO1"]),
    ],
)
def test_mitochondrial_genes(organism: str, yes: list[str], no: list[str]) -> None:
    assert mitochondrial(pd.Index([*yes, *no]), organism).tolist() == [True] * len(yes) + [False] * len(no)


@pytest.mark.parametrize("organism", organisms.names())
def test_every_organism_has_mitochondrial_genes(organism: str) -> None:
    found = mitochondrial(pd.Index(sorted(symbols.approved_symbols(organism))), organism).sum()
    assert 13 <= found <= 100


@pytest.mark.parametrize(
    "call",
    [
        organisms.get,
        organisms.orthologs,
        lambda name: organisms.symbols_of("RUNX2", name),
        lambda name: organisms.spelled(["RUNX2"], name),
        lambda name: mitochondrial(pd.Index(["MT-CO1"]), name),
        lambda name: gene_sets.load(organism=name),
        lambda name: gene_sets.load_index(organism=name),
        lambda name: gene_sets.loss_between(["human", name]),
    ],
)
def test_an_organism_without_data_is_an_error_that_lists_those_there_are(call: Callable[[str], object]) -> None:
    known = ", ".join(organisms.names())
    with pytest.raises(InputError, match=f'"zebrafish" is not known; expected one of: {known}$'):
        call("zebrafish")


# ---- orthologs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("organism", OTHERS)
def test_every_gene_of_the_tables_has_a_row_and_no_other_has(organism: str, wanted: set[str]) -> None:
    table = organisms.orthologs(organism)
    assert list(table.columns) == ["symbols", "basis", "note"]
    assert set(table.index) == wanted
    assert list(table.index) == sorted(wanted)


def test_the_tables_hold_current_human_symbols(wanted: set[str]) -> None:
    assert wanted <= symbols.approved_symbols("human")


def test_orthologs_are_a_copy_to_change() -> None:
    table = organisms.orthologs("rat")
    table.loc["TP53", "symbols"] = "Nobody"
    assert organisms.orthologs("rat").loc["TP53", "symbols"] == "Tp53"


@pytest.mark.parametrize("organism", OTHERS)
def test_orthologs_are_current_symbols_and_none_is_shared(organism: str) -> None:
    named = [symbol for cell in organisms.orthologs(organism)["symbols"] for symbol in split(cell)]
    assert len(named) > 700
    assert set(named) <= symbols.approved_symbols(organism)
    assert len(named) == len(set(named))


@pytest.mark.parametrize("organism", OTHERS)
def test_every_pair_says_how_it_was_found_and_every_gap_why(organism: str) -> None:
    table = organisms.orthologs(organism)
    known = table["symbols"] != ""
    assert set(table.loc[known, "basis"]) <= BASES
    assert (table.loc[~known, "basis"] == "").all()
    assert (table.loc[~known, "note"] != "").all()


@pytest.mark.parametrize("organism", OTHERS)
def test_the_basis_holds(organism: str) -> None:
    reference = symbols.reference_table(organism).set_index("symbol")
    mouse = organisms.orthologs("mouse")["symbols"]
    for gene, row in organisms.orthologs(organism).iterrows():
        for symbol in split(row["symbols"]):
            if row["basis"] == "same symbol":
                assert symbol.upper() == gene
            if row["basis"] == "mouse symbol":
                assert symbol in split(mouse[gene])
            if row["basis"] == "former symbol":
                of_symbol = reference.loc[[symbol]]
                former = split(";".join(of_symbol["prev_symbols"] + "|" + of_symbol["alias_symbols"]).replace("|", ";"))
                assert {name.upper() for name in former} & {gene, *map(str.upper, split(mouse[gene]))}, gene


@pytest.mark.parametrize(
    ("gene", "mouse", "rat"),
    [
        ("TP53", ("Trp53",), ("Tp53",)), ("BGLAP", ("Bglap", "Bglap2"), ("Bglap",)),
        ("ZNF608", ("Zfp608",), ("Zfp608",)), ("FASLG", ("Fasl",), ("Faslg",)),
        ("MT-CYB", ("mt-Cytb",), ("Mt-cyb",)), ("HBB", ("Hbb-bs",), ("Hbb-b1",)),
        ("SCD", ("Scd1",), ("Scd",)), ("UCA1", (), ()), ("MALAT1", ("Malat1",), ()), ("mouse:Mir705", ("Mir705",), ()),
    ],
)  # fmt: skip
def test_orthologs_that_are_not_by_case(gene: str, mouse: tuple[str, ...], rat: tuple[str, ...]) -> None:
    assert organisms.symbols_of(gene, "mouse") == mouse
    assert organisms.symbols_of(gene, "rat") == rat


def test_a_gene_without_a_row_is_an_error() -> None:
    with pytest.raises(InputError, match=r"rat\.tsv has no row of NOBODY"):
        organisms.symbols_of("NOBODY", "rat")


def test_a_caller_cannot_spoil_the_table() -> None:
    table = organisms.orthologs("rat")
    table.loc["RUNX2", "symbols"] = "spoiled"
    assert organisms.symbols_of("RUNX2", "rat") == ("Runx2",)


# ---- what follows from them -----------------------------------------------------------------------------------


def test_rat_loses_nothing_of_the_default_index_and_little_of_the_reviews() -> None:
    assert gene_sets.without_ortholog("extended", organisms.names()) == {}
    assert gene_sets.without_ortholog("review", ["mouse", "rat"]) == {("mouse",): ["Malat1"]}
    assert gene_sets.without_ortholog("review", ["rat", "human", "mouse"]) == {
        ("human",): ["CASC2", "CYTOR", "UCA1", "ZNF350"],
        ("human", "mouse"): ["MALAT1"],
    }
    (note,) = gene_sets.loss_between(organisms.names(), "review")
    assert note.names("human") == ("CASC2", "CYTOR", "UCA1", "ZNF350")
    assert note.names("human+mouse") == ("MALAT1",)


def test_several_genes_of_an_organism_count_as_one() -> None:
    for organism, several in {"mouse": {"Abcb1a", "Abcb1b"}, "rat": {"Abcb1a", "Abcb1b", "Cyp3a2", "Cyp3a9"}}.items():
        genes = gene_sets.load_index("review", organism=organism).genes.set_index("symbol")
        assert several <= set(genes.index)
        assert genes.loc["Abcb1a", "unit"] == genes.loc["Abcb1b", "unit"] == "ABCB1"
        assert genes.loc["Tgfbr1", "unit"] == "Tgfbr1"


# ---- a new one ------------------------------------------------------------------------------------------------


def forget() -> None:
    for cached in (organisms.names, organisms.get, organisms._orthologs, organisms._symbols, _schema.schema):
        cached.cache_clear()


@pytest.fixture
def hamster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An organism of data alone: the rat's, under a name of its own."""
    shutil.copytree(_data.data_dir("organisms"), tmp_path / "organisms")
    for suffix in (".yaml", ".tsv"):
        shutil.copy(tmp_path / "organisms" / f"rat{suffix}", tmp_path / "organisms" / f"hamster{suffix}")
    monkeypatch.setitem(_data._HOMES, "organisms", (tmp_path / "organisms",))
    forget()
    yield tmp_path / "organisms"
    monkeypatch.undo()
    forget()


def test_a_new_organism_is_data_alone(hamster: Path) -> None:
    assert organisms.names()[:2] == ("human", "hamster")
    assert gene_sets.load(organism="hamster") == gene_sets.load(organism="rat")
    assert "hamster" in _schema.schema("datasets")["properties"]["organism"]["enum"]


def test_a_fact_that_is_missing_is_named(hamster: Path) -> None:
    path = hamster / "hamster.yaml"
    path.write_text(path.read_text().replace("taxonomy_id:", "taxid:"))
    with pytest.raises(FatescoreError, match=r"hamster\.yaml has no key 'taxonomy_id'"):
        organisms.get("hamster")
