"""A user's own gene sets: files, tables of miRNA targets, libraries by name."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path

import gseapy
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fatescore import gene_sets
from fatescore.errors import InputError
from fatescore.gene_sets.formats import write_json_sets
from fatescore.gene_sets.library import read_library

MIRTARBASE = (
    "miRTarBase ID\tmiRNA\tSpecies (miRNA)\tTarget Gene\tTarget Gene (Entrez ID)\tSpecies (Target Gene)"
    "\tExperiments\tSupport Type\tReferences (PMID)\n"
    "M1\thsa-miR-204-5p\tHomo sapiens\tCBFA1\t860\tHomo sapiens\tqPCR\tFunctional MTI\t1\n"
    "M1\thsa-miR-204-5p\tHomo sapiens\tCBFA1\t860\tHomo sapiens\tblot\tFunctional MTI\t2\n"
    "M2\thsa-miR-204-5p\tHomo sapiens\tBCL2\t596\tHomo sapiens\tCLIP\tFunctional MTI (Weak)\t3\n"
    "M3\thsa-miR-204-5p\tHomo sapiens\tSP7\t1\tHomo sapiens\tqPCR\tNon-Functional MTI\t4\n"
    "M4\tmmu-miR-204-5p\tMus musculus\tRunx2\t1\tMus musculus\tqPCR\tFunctional MTI\t5\n"
    "M5\thsa-miR-27b-3p\tHomo sapiens\tPPARG\t5468\tHomo sapiens\tqPCR\tFunctional MTI\t6\n"
    "M6\tebv-miR-1\tEpstein Barr virus\tPPARG\t5468\tHomo sapiens\tqPCR\tFunctional MTI\t7\n"
    "M7\thsa-miR-27b-3p\tHomo sapiens\tCebpa\t1\tMus musculus\tqPCR\tFunctional MTI\t8\n"
)
TARGETSCAN = (
    "Gene ID\tGene Symbol\tTranscript ID\tGene Tax ID\tmiRNA\tSite Type\tweighted context++ score\n"
    "E1\tRUNX2\tT1\t9606\thsa-miR-204-5p\t1\t-0.5\n"
    "E1\tRUNX2\tT1\t9606\thsa-miR-204-5p\t1\t-0.25\n"
    "E1\tRUNX2\tT2\t9606\thsa-miR-204-5p\t1\t-0.6\n"
    "E2\tBCL2\tT3\t9606\thsa-miR-204-5p\t1\tNULL\n"
    "E3\tSP7\tT4\t9606\thsa-miR-204-5p\t1\t0.0\n"
    "E4\tRunx2\tT5\t10090\tmmu-miR-204-5p\t1\t-0.4\n"
)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def _write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return _write


def test_genes_get_their_current_symbols_and_the_file_its_hash(write: Callable) -> None:
    path = write("mine.gmt", "bone\t\tCBFA1\tENSG00000170374\tnobody\tPPARG-\n")
    library = read_library(path, organism="human")
    assert library.sets == {"bone": {"RUNX2": 1.0, "SP7": 1.0, "nobody": 1.0, "PPARG": -1.0}}
    assert library.source == str(path)
    assert library.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert library.notes == (
        "2 of 4 genes were given their current symbol",
        "1 of 4 genes are not known, or not by one gene: nobody",
    )


def test_a_gene_named_twice_takes_the_weight_of_its_own_symbol(write: Callable) -> None:
    for text in ('{"s": {"CBFA1": 2, "RUNX2": 3}}', '{"s": {"RUNX2": 3, "CBFA1": 2}}'):
        assert read_library(write("s.json", text), organism="human").sets == {"s": {"RUNX2": 3.0}}
    with pytest.raises(InputError, match='"s" holds RUNX2 with both signs'):
        read_library(write("s.json", '{"s": {"CBFA1": -2, "RUNX2": 3}}'), organism="human")


symbols = st.sampled_from(["RUNX2", "SP7", "PPARG", "CEBPA", "ALPL", "BGLAP"])
weights = st.floats(allow_nan=False, allow_infinity=False).filter(bool)
sets_of_weights = st.dictionaries(
    st.text("abc", min_size=1), st.dictionaries(symbols, weights, min_size=1), min_size=1, max_size=4
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(sets_of_weights)
def test_current_symbols_stay_as_they_are(tmp_path: Path, sets: dict[str, dict[str, float]]) -> None:
    write_json_sets(sets, tmp_path / "s.json")
    assert read_library(tmp_path / "s.json", organism="human").sets == sets


@pytest.mark.parametrize(("name", "separator"), [("t.tsv", "\t"), ("t.txt.gz", "\t"), ("t.csv", ",")])
def test_mirtarbase(write: Callable, name: str, separator: str) -> None:
    library = read_library(write(name, MIRTARBASE.replace("\t", separator)), organism="human")
    assert library.sets == {"hsa-miR-204-5p": {"BCL2": -1.0, "RUNX2": -1.0}, "hsa-miR-27b-3p": {"PPARG": -1.0}}
    assert "3 rows of another species were left out" in library.notes
    assert "1 rows that say that there is no effect were left out" in library.notes
    strong = read_library(write(name, MIRTARBASE.replace("\t", separator)), organism="human", weak=False)
    assert strong.sets["hsa-miR-204-5p"] == {"RUNX2": -1.0}
    mouse = read_library(write(name, MIRTARBASE.replace("\t", separator)), organism="mouse")
    assert mouse.sets == {"mmu-miR-204-5p": {"Runx2": -1.0}}


def test_targetscan_adds_sites_and_takes_the_strongest_transcript(write: Callable) -> None:
    library = read_library(write("t.txt", TARGETSCAN), organism="human")
    assert library.sets == {"hsa-miR-204-5p": {"RUNX2": -0.75}}
    assert "2 targets without a score below 0 were left out" in library.notes
    assert read_library(write("t.txt", TARGETSCAN), organism="mouse").sets == {"mmu-miR-204-5p": {"Runx2": -0.4}}
    with pytest.raises(InputError, match='row 3, column "weighted context.. score": "much" is no number'):
        read_library(write("t.txt", TARGETSCAN.replace("-0.25", "much")), organism="human")


def test_targets_of_the_rat(write: Callable) -> None:
    head = "miRNA\tSpecies (miRNA)\tTarget Gene\tSpecies (Target Gene)\n"
    rows = [
        "rno-miR-204-5p\tRattus norvegicus\tRunx2\tRattus norvegicus",
        "mmu-miR-204-5p\tMus musculus\tRunx2\tMus musculus",
        "rno-miR-27b-3p\tRattus norvegicus\tPPARG\tHomo sapiens",
    ]
    library = read_library(write("t.tsv", head + "\n".join(rows)), organism="rat")
    assert library.sets == {"rno-miR-204-5p": {"Runx2": -1.0}}
    family = "miR Family\tGene Symbol\tSpecies ID\nmiR-21-5p\tTrp53\t10116\nmiR-21-5p\tTrp53\t10090\n"
    assert read_library(write("f.txt", family), organism="rat").sets == {"miR-21-5p": {"Tp53": -1.0}}


def test_libraries_that_nobody_has_of_the_rat(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a library of rat; expected Hs for human, Mm for mouse"):
        read_library("mh.all.v2024.1.Mm", organism="rat", cache_dir=tmp_path)
    with pytest.raises(InputError, match="Enrichr has no libraries of rat"):
        read_library("KEGG_2021", organism="rat", cache_dir=tmp_path)


@pytest.mark.parametrize("family", ["miR-204-5p/211-5p", "let-7-5p/98-5p"])
def test_targetscan_families_without_scores(write: Callable, family: str) -> None:
    text = f"miR Family\tGene ID\tGene Symbol\tSpecies ID\n{family}\tE1\tRUNX2\t9606\n{family}\tE1\tRunx2\t10090\n"
    assert read_library(write("t.txt", text), organism="human").sets == {family: {"RUNX2": -1.0}}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(["miR-21", "let-7"]), symbols, st.floats(-2, -1e-3)), min_size=1, max_size=12
    ).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows)))
)
def test_targetscan_does_not_depend_on_the_order_of_rows(tmp_path: Path, rows: tuple) -> None:
    results = []
    for order in rows:
        lines = [f"{mirna}\t{gene}\t{score!r}" for mirna, gene, score in order]
        (tmp_path / "t.tsv").write_text("\n".join(["miR Family\tGene Symbol\tweighted context++ score", *lines]))
        results.append(read_library(tmp_path / "t.tsv", organism="human").sets)
    assert results[0] == results[1]
    for mirna, genes in results[0].items():
        for gene, weight in genes.items():
            assert weight == math.fsum(score for name, symbol, score in rows[0] if (name, symbol) == (mirna, gene))


def test_targets_of_the_real_table(write: Callable, real_data: Path) -> None:
    table = gene_sets.collection.mirna_targets()  # made from the same source by another way
    rows = [line.split("\t") for line in (real_data / "mirna_targets/strong_evidence.tsv").read_text().splitlines()]
    text = "\n".join(["miRNA\tTarget Gene", *(f"{row[1]}\t{row[2]}" for row in rows[1:] if row[0] == "human")])
    sets = read_library(write("strong.tsv", text), organism="human").sets
    ours = set(table.loc[(table["mirna"] == "miR-188") & table["species"].str.contains("human"), "gene"])
    theirs = {gene for name, genes in sets.items() if name.startswith("hsa-miR-188-") for gene in genes}
    assert theirs
    assert theirs <= ours | {"HDAC9"}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.tsv", "a\tb\n1\t2\n", r"no table of miRNA targets \(columns a, b\)"),
        ("t.tsv", "", "cannot be read as a table"),
        ("t.tsv", "miRNA\tMIRNA\tTarget Gene\nx\ty\tz\n", "two columns of one name"),
        ("t.tsv", "miRNA\tTarget Gene\n", "no targets for human"),
        ("t.tsv", "miRNA\tTarget Gene\nmmu-miR-21\tRunx2\n", "no targets for human"),
        ("t.xlsx", "PK", "openpyxl|cannot be read"),
        ("t.bin", "x", "is of no known kind"),
        ("t.gmt", "bone\t\tnobody\tnoone\n", "no known human gene.*check the organism"),
    ],
)
def test_bad_files(write: Callable, name: str, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read_library(write(name, text), organism="human")
    assert "\n" not in str(error.value)


def test_absent_files_and_damaged_gzip(tmp_path: Path) -> None:
    for name in ("no.gmt", "no.tsv.gz"):
        with pytest.raises(InputError, match="does not exist"):
            read_library(str(tmp_path / name), organism="human")
    with pytest.raises(InputError, match="is a folder"):
        read_library(tmp_path, organism="human")
    whole = gzip.compress(MIRTARBASE.encode())
    for damaged in (whole[:60], whole[:30] + b"\xff" * 20 + whole[50:], b"no gzip"):
        (tmp_path / "t.tsv.gz").write_bytes(damaged)
        with pytest.raises(InputError, match="cannot be read as a table"):
            read_library(tmp_path / "t.tsv.gz", organism="human")


# --- libraries by name -------------------------------------------------------------------------------


class Server:
    """Stands for gseapy's network; counts calls."""

    def __init__(self) -> None:
        self.calls: list[tuple] = []
        self.answer: object = {"Bone": ["CBFA1", "SP7"], "HLA-": ["PPARG"], "Empty": []}

    def library(self, name: str, organism: str = "Human", min_size: int = 0, max_size: int = 2000) -> object:
        self.calls.append((name, organism, max_size > 100_000))
        return self.reply()

    def gmt(self, category: str = "h.all", dbver: str = "2023.1.Hs", entrez: bool = False) -> object:
        self.calls.append((category, dbver, entrez))
        return self.reply()

    def reply(self) -> object:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(gseapy, "get_library", server.library)
    monkeypatch.setattr(gseapy.Msigdb, "get_gmt", server.gmt)
    return server


def test_a_library_is_fetched_once_and_its_hash_recorded(server: Server, tmp_path: Path) -> None:
    first = read_library("Bone_2023", organism="human", cache_dir=tmp_path)
    assert first.sets == {"Bone": {"RUNX2": 1.0, "SP7": 1.0}, "HLA-": {"PPARG": 1.0}}
    assert server.calls == [("Bone_2023", "Human", True)]
    copy = tmp_path / "libraries/human/Bone_2023.json"
    assert first.sha256 == hashlib.sha256(copy.read_bytes()).hexdigest()
    assert json.loads((tmp_path / "libraries/human/Bone_2023.json.manifest.json").read_text()) == {
        "name": "Bone_2023", "organism": "human", "sha256": first.sha256,
    }  # fmt: skip
    server.answer = requests.ConnectionError("no network")
    assert read_library("Bone_2023", organism="human", cache_dir=tmp_path) == first
    assert len(server.calls) == 1


def test_the_name_of_a_library_is_a_form_of_gene_sets(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    sets = gene_sets.as_weights("MSigDB_Hallmark_2020")
    assert sets == {"Bone": {"CBFA1": 1.0, "SP7": 1.0}, "HLA-": {"PPARG": 1.0}}  # as the library names them
    assert gene_sets.match("MSigDB_Hallmark_2020", ["RUNX2"], organism="human")["Bone"] == {"RUNX2": 1.0}
    assert gene_sets.as_net("MSigDB_Hallmark_2020", organism="mouse")["source"].tolist() == ["Bone", "Bone", "HLA-"]
    assert [call[1] for call in server.calls] == ["Human", "Mouse"]


def test_offline_the_error_says_what_to_do(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    server.answer = requests.ConnectionError("no network")
    with pytest.raises(InputError, match=r"MSigDB_Hallmark_2020.*could not be fetched.*download it as GMT elsewhere"):
        gene_sets.as_weights("MSigDB_Hallmark_2020")


def test_a_table_of_targets_needs_an_organism(write: Callable) -> None:
    path = write("t.txt", MIRTARBASE)
    with pytest.raises(InputError, match='one or more species; give organism="human"'):
        gene_sets.as_weights(path)
    assert gene_sets.as_weights(path, organism="mouse") == {"mmu-miR-204-5p": {"Runx2": -1.0}}


def test_a_changed_or_lost_copy_is_refused(server: Server, tmp_path: Path) -> None:
    read_library("L", organism="human", cache_dir=tmp_path)
    copy = tmp_path / "libraries/human/L.json"
    copy.write_text(copy.read_text().replace("SP7", "SP8"))
    with pytest.raises(InputError, match="not what was fetched.*delete .*L.json.manifest.json to fetch"):
        read_library("L", organism="human", cache_dir=tmp_path)
    copy.unlink()
    with pytest.raises(InputError, match="sha256 absent"):
        read_library("L", organism="human", cache_dir=tmp_path)
    manifest = tmp_path / "libraries/human/L.json.manifest.json"
    manifest.write_text("{")
    with pytest.raises(InputError, match="cannot be read; delete it"):
        read_library("L", organism="human", cache_dir=tmp_path)
    manifest.unlink()
    assert read_library("L", organism="human", cache_dir=tmp_path).sets["Bone"] == {"RUNX2": 1.0, "SP7": 1.0}


def test_organisms_do_not_share_a_copy(server: Server, tmp_path: Path) -> None:
    server.answer = {"Bone": ["RUNX2", "SP7"]}  # Enrichr writes mouse genes in capitals
    assert read_library("L", organism="mouse", cache_dir=tmp_path).sets == {"Bone": {"Runx2": 1.0, "Sp7": 1.0}}
    read_library("L", organism="human", cache_dir=tmp_path)
    assert [call[1] for call in server.calls] == ["Mouse", "Human"]


def test_msigdb_by_collection_and_version(server: Server, tmp_path: Path) -> None:
    read_library("h.all.v2024.1.Hs", organism="human", cache_dir=tmp_path)
    read_library("c2.cp.v2023.2.Hs.symbols", organism="human", cache_dir=tmp_path)
    assert server.calls == [("h.all", "2024.1.Hs", False), ("c2.cp", "2023.2.Hs", False)]
    with pytest.raises(InputError, match="is not a library of mouse; expected Hs for human, Mm for mouse"):
        read_library("h.all.v2024.1.Hs", organism="mouse", cache_dir=tmp_path)
    server.answer = None  # gseapy's word for 404
    with pytest.raises(InputError, match="has no gene sets for human"):
        read_library("h.al.v2024.1.Hs", organism="human", cache_dir=tmp_path)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (requests.ConnectionError("down\nand out"), r"could not be fetched \(ConnectionError\).*expected a network"),
        (requests.exceptions.JSONDecodeError("no json", "", 0), "could not be fetched"),
        (Exception("Error getting the Enrichr libraries"), "could not be fetched"),
        (ValueError("could be be found"), 'neither a file nor a library that Enrichr has for human'),
        ({}, "has no gene sets"),
    ],
)  # fmt: skip
def test_what_cannot_be_fetched_leaves_nothing(server: Server, tmp_path: Path, answer: object, message: str) -> None:
    server.answer = answer
    with pytest.raises(InputError, match=message) as error:
        read_library("L", organism="human", cache_dir=tmp_path)
    assert "\n" not in str(error.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_cache_follows_xdg(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    read_library("L", organism="human")
    assert (tmp_path / "xdg/fatescore/libraries/human/L.json").is_file()
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # the standard says to ignore it
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    read_library("L", organism="human")
    assert (tmp_path / "home/.cache/fatescore/libraries/human/L.json").is_file()


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 200, "../../etc/passwd", "a/b"])
def test_names_that_are_no_names(server: Server, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        read_library(name, organism="human", cache_dir=tmp_path)
    assert not server.calls
