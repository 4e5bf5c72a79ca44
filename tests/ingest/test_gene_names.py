"""Names of genes as tables decorate them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.gene_sets import symbols
from fatescore.ingest.gene_names import best_names, names_of_features, plain_names, share_known

# Whole names with characters that decorations have, too; most of them are in no table of symbols.
WHOLE = ["HLA-A", "NKX2-5", "MT-CO1", "AC012345.1", "RP11-34P13.7", "Y_RNA", "7SK", "5_8S_rRNA", "ERCC-00002",
         "C1orf112", "GTF2H2C_2", "H2-K1", "mt-Nd1", "Gm42418", "TCONS_00028363", "H_NH0132A01.6"]  # fmt: skip
ENSEMBL = {symbol: identifier for identifier, symbol in symbols._lookup("human").ensembl.items()}
APPROVED = sorted(symbols.approved_symbols("human") & set(ENSEMBL))

Decoration = Callable[[str, str, int], str]
DECORATIONS: dict[str, Decoration] = {
    "none": lambda gene, ensembl, n: gene,
    "id_symbol": lambda gene, ensembl, n: f"{ensembl}.{n % 30}_{gene}",
    "symbol_id": lambda gene, ensembl, n: f"{gene}_{ensembl}",
    "symbol;id": lambda gene, ensembl, n: f"{gene};{ensembl}",
    "symbol|id": lambda gene, ensembl, n: f"{gene}|{ensembl}.{n % 30}",
    "id, symbol": lambda gene, ensembl, n: f"{ensembl}, {gene}",
    "Seurat's dash": lambda gene, ensembl, n: f"{ensembl}-{gene}",
    "R's dots": lambda gene, ensembl, n: f"{ensembl}.{n % 30}.{gene}",
    "bracket": lambda gene, ensembl, n: f"{ensembl} [{gene}]",
    "GeneID": lambda gene, ensembl, n: f"{gene} ({n})",
    "RaceID": lambda gene, ensembl, n: f"{gene}__chr{(n % 22) or 'X'}",
    "place": lambda gene, ensembl, n: f"{gene}:chr{n % 22}:{n}-{n + 500}",
    "bed": lambda gene, ensembl, n: f"{gene}_chr{n % 22}_{n}_{n + 500}",
    "gff": lambda gene, ensembl, n: f"gene-{gene}",
    "gff id": lambda gene, ensembl, n: f"gene:{gene}",
    "gff and place": lambda gene, ensembl, n: f"gene-{gene}__chr{n % 22}",
    "genome": lambda gene, ensembl, n: f"hg38_{gene}",
    "genome, Seurat": lambda gene, ensembl, n: f"GRCh38-{gene}",
    "CellRanger": lambda gene, ensembl, n: f"GRCh38______{gene}",
    "genome behind": lambda gene, ensembl, n: f"{gene}_hg19",
    "genome and id": lambda gene, ensembl, n: f"hg38_{ensembl}.{n % 30}_{gene}",
    "Rhapsody": lambda gene, ensembl, n: f"{gene}|NM_{n}|Reference_end",
    "gencode": lambda gene, ensembl, n: f"ENST{n:011}.2|{ensembl}.5|-|OTT{n}.1|{gene}-201|{gene}|{n}|lncRNA|",
    "transcript": lambda gene, ensembl, n: f"{gene}-2{n % 100:02}",
    "quoted": lambda gene, ensembl, n: f"'{gene}",
}


def current(names: list[str]) -> list[str]:
    return [symbol for symbol, _ in symbols.look_up(names, "human")]


@settings(max_examples=60, deadline=None)
@given(
    genes=st.lists(st.sampled_from(APPROVED), min_size=30, max_size=120, unique=True),
    whole=st.lists(st.sampled_from(WHOLE), max_size=4, unique=True),
    kind=st.sampled_from(sorted(DECORATIONS)),
    seed=st.integers(0, 1000),
)
def test_decorations_come_off(genes: list[str], whole: list[str], kind: str, seed: int) -> None:
    draw = random.Random(seed)
    names = [*genes, *(name for name in whole if name not in genes)]
    draw.shuffle(names)
    ids = [DECORATIONS[kind](name, ENSEMBL.get(name, "ENSG00000999999"), draw.randrange(1, 10**6)) for name in names]
    plain, done = plain_names(ids, "human")
    assert plain == names
    assert bool(done) == (kind != "none")
    undecorated = [*ids, *whole]  # a name that lacks what the others have is whole already
    assert current(plain_names(undecorated, "human")[0]) == current([*names, *whole])


@pytest.mark.parametrize("kind", sorted(DECORATIONS))
def test_the_organism_may_be_open(kind: str) -> None:
    genes = APPROVED[::400]
    ids = [DECORATIONS[kind](gene, ENSEMBL[gene], n) for n, gene in enumerate(genes)]
    assert plain_names(ids)[0] == genes


def test_lower_and_capital_letters_stay_as_they_are() -> None:
    assert plain_names(["runx2__chr6", "alpl__chr1", "sp7__chr12"], "human")[0] == ["runx2", "alpl", "sp7"]
    assert plain_names(["RUNX2_chr17", "ALPL_chr4", "BGLAP2_chr3"], "mouse")[0] == ["RUNX2", "ALPL", "BGLAP2"]


def test_clones_are_not_cut_to_their_library() -> None:
    clones = [f"{library}-{n}P{n % 24}.{n % 9}" for n in range(600) for library in ("RP11", "RP5", "CTD", "KB")]
    names = [*APPROVED[::40], *clones]
    assert plain_names(names, "human") == (names, "")


def test_versions_stay() -> None:
    ids = [f"{ENSEMBL[gene]}.{n}" for n, gene in enumerate(APPROVED[::400])] + ["ENSG00000182378.15_PAR_Y"]
    assert plain_names(ids, "human") == (ids, "")


def test_what_is_known_better_is_kept_and_the_other_part_helps_out() -> None:
    ids = [f"{ENSEMBL[gene]}_{'XLOC' if n % 3 else gene}" for n, gene in enumerate(APPROVED[:60])]
    ids += ["ENSG00000999999_RUNX2", "ENSG00000999998_AC1.1"]
    plain, _ = plain_names(ids, "human")
    assert plain[:60] == [ENSEMBL[gene] for gene in APPROVED[:60]]
    assert plain[60:] == ["RUNX2", "ENSG00000999998"]


def test_rows_of_two_genes_are_not_cut_to_one() -> None:
    ids = [f"{one};{other}" for one, other in zip(APPROVED[:100], APPROVED[100:200], strict=True)]
    assert plain_names(ids, "human") == (ids, "")


@pytest.mark.parametrize(("human", "mouse"), [("hg38_", "mm10_"), ("GRCh38-", "GRCm39-"), ("GRCh38.", "GRCm39."),
                                              ("hg19____", "mm10___"), ("HUMAN_", "MOUSE_")])  # fmt: skip
@pytest.mark.parametrize("organism", ["human", "mouse", None])
def test_features_of_another_genome_are_left_out(human: str, mouse: str, organism: str | None) -> None:
    ids = [human + "RUNX2", human + "HLA-A", mouse + "Runx2", mouse + "H2-K1", mouse + "mt-Nd1", "EGFP", "ERCC-00002"]
    plain, done = plain_names([*ids, *([human + "ALPL"] * 4)], organism)  # type: ignore[arg-type]
    if organism == "human":
        assert plain == ["RUNX2", "HLA-A", "", "", "", "EGFP", "ERCC-00002", *["ALPL"] * 4]
        assert done.endswith("3 features of other species were left out: "
                             f"{mouse}Runx2, {mouse}H2-K1, {mouse}mt-Nd1")  # fmt: skip
    if organism == "mouse":
        assert plain == ["", "", "Runx2", "H2-K1", "mt-Nd1", "EGFP", "ERCC-00002", *[""] * 4]
    assert ("RUNX2" in plain) != ("Runx2" in plain)


def test_a_genome_of_another_species_alone_is_no_reason_to_drop_the_table() -> None:
    plain, _ = plain_names(["mm10_Runx2", "mm10_Alpl", "mm10_Sp7"], "human")
    assert "" not in plain


def test_it_says_what_it_did() -> None:
    assert plain_names(["gene-RUNX2", "gene-ALPL"], "human")[1] == (
        "2 names were cut to the part that names the gene: gene-RUNX2 to RUNX2, gene-ALPL to ALPL"
    )


@pytest.mark.parametrize("ids", [[], [""], ["NA", "1", "2"], ["P1", "P2", "P3"], ["x_1", "x_2"], ["___", "|"]])
def test_what_names_no_gene_stays(ids: list[str]) -> None:
    assert plain_names(ids) == (ids, "")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="Ab1_-.|;:() \t'", max_size=9), max_size=30))
def test_any_text_is_survived(ids: list[str]) -> None:
    plain, done = plain_names(ids, "human")
    assert len(plain) == len(ids)
    assert (plain == ids) == (not done)


def test_the_best_column() -> None:
    columns = {
        "index": [str(n) for n in range(40)],
        "missing": ["NA"] * 40,
        "chromosome": [f"chr{n % 22}" for n in range(40)],
        "plate": [f"P{n}" for n in range(40)],
        "ids": [ENSEMBL[gene] if n % 2 else "" for n, gene in enumerate(APPROVED[:40])],
        "joined": [f"{ENSEMBL[gene]}_{gene}" for gene in APPROVED[:40]],
        "symbol": APPROVED[:40],
    }
    assert best_names(columns, "human") == "joined"
    assert best_names({name: columns[name] for name in ("plate", "symbol", "joined", "index")}) == "symbol"
    assert best_names({name: columns[name] for name in ("index", "missing", "chromosome", "plate")}) == ""
    assert best_names({}) == ""


def test_a_gene_counts_once() -> None:
    assert share_known(["RUNX2"] * 99 + ["nobody"], "human") == 0.5


@pytest.mark.parametrize("kind", ["none", "id_symbol", "gencode"])
def test_sixty_thousand_names_take_a_moment(kind: str) -> None:
    genes = (APPROVED * 2)[:60_000]
    ids = [DECORATIONS[kind](gene, ENSEMBL[gene], n) for n, gene in enumerate(genes)]
    start = time.process_time()
    assert plain_names(ids, "human")[0] == genes
    assert time.process_time() - start < 3


SYMBOLS = APPROVED[:40]


def var(index: list[str], **columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns, index=pd.Index(index, dtype=object))


def test_numbers_in_an_index_give_way_to_a_column() -> None:
    numbers = [str(n) for n in range(200, 240)]  # 225 is an alias of EGR1
    places = [f"chr{n % 22}" for n in range(40)]
    table = var(numbers, chromosome=places, n_cells=range(40), anything=[f"{ENSEMBL[g]}_{g}" for g in SYMBOLS])
    names, second = names_of_features(table, "human", notes := [])
    assert (plain_names(names, "human")[0], second) == (SYMBOLS, [])
    assert notes == ['the genes are named by the column "anything": the index has 200, 201, 202 and 37 more']
    assert names_of_features(table[["chromosome"]], "human", notes := []) == (numbers, [])
    assert notes == []


def test_a_column_beside_a_known_index_is_a_second_name() -> None:
    ids = [ENSEMBL[gene] for gene in SYMBOLS]
    table = var(ids, genome=["GRCh38"] * 40, name=SYMBOLS).astype({"genome": "category", "name": "category"})
    assert names_of_features(table, "human", notes := []) == (ids, SYMBOLS)
    assert names_of_features(var(SYMBOLS, gene_ids=ids), None, notes) == (SYMBOLS, ids)
    assert names_of_features(var(SYMBOLS), "human", notes) == (SYMBOLS, [])
    assert notes == []


def test_the_organism_of_two_is_that_of_most_names() -> None:
    mouse = [f"ENSMUSG{n:011}" for n in range(30)]
    human = [ENSEMBL[gene] for gene in SYMBOLS]
    plain, done = plain_names([*mouse, *human])
    assert plain == [*[""] * 30, *human]
    assert done.startswith("30 features of other species were left out: ENSMUSG00000000000")
    assert plain_names([*mouse, *human[:20]])[0] == [*mouse, *[""] * 20]


def test_rows_of_a_gene_on_other_contigs_are_cut_like_the_rest() -> None:
    ids = [*(f"{gene}__chr{n % 22}" for n, gene in enumerate(SYMBOLS)), f"{SYMBOLS[3]}__chr6_random"]
    assert plain_names(ids, "human")[0] == [*SYMBOLS, SYMBOLS[3]]


def test_names_that_make_no_further_gene_known_are_not_cut() -> None:
    ids = [*SYMBOLS, *(f"{gene}-20{n % 3 + 1}" for n, gene in enumerate(SYMBOLS))]
    assert plain_names(ids, "human") == (ids, "")


def test_a_genome_before_what_is_no_gene_stays() -> None:
    ids = [*SYMBOLS, *(f"hg38_chr{n}" for n in range(10))]
    assert plain_names(ids, "human") == (ids, "")


def test_a_gene_as_it_stands_is_not_cut_with_the_others() -> None:
    whole = ["NKX2-1", "HLA-A", "KRTAP5-1"]
    assert plain_names([*(f"{gene}-201" for gene in SYMBOLS), *whole], "human")[0] == [*SYMBOLS, *whole]
