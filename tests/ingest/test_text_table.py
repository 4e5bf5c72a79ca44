"""Text tables as submitters write them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.ingest import ingest, read_table
from fatescore.ingest.identifiers import to_genes
from fatescore.ingest.locate import read_raw
from fatescore.ingest.matrix import Located, ReadOptions
from fatescore.ingest.readers import count_table
from fatescore.ingest.text_table import parse


def write(tmp_path: Path, text: str, name: str = "t.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("gene\ta\tb\nRUNX2\t1\t2\nALPL\t3\t4\n", "t.tsv"),
        ("gene,a,b\nRUNX2,1,2\nALPL,3,4\n", "t.csv.gz"),
        ('"","a","b"\n"RUNX2",1,2\n"ALPL",3,4\n', "t.csv"),
        ("a\tb\nRUNX2\t1\t2\nALPL\t3\t4\n", "write.table.txt"),
        ('"a" "b"\n"RUNX2" 1 2\n"ALPL" 3 4\n', "spaces.txt"),
        ("gene;a;b\nRUNX2;1;2\nALPL;3;4\n", "t.csv"),
        ("gene\ta\tb\r\nRUNX2\t1\t2\r\nALPL\t3\t4\r\n", "dos.tsv"),
        ("\ufeffgene\ta\tb\nRUNX2\t1\t2\nALPL\t3\t4\n", "bom.tsv"),
        ("# Program:featureCounts\nGeneid\tChr\tStart\tEnd\tStrand\tLength\ta\tb\n"
         "RUNX2\t1;1\t5;7\t6;8\t+;+\t4\t1\t2\nALPL\t1\t5\t6\t+\t2\t3\t4\n", "featureCounts.txt"),
        ("gene\ta\tb\nRUNX2\t1\t2\nALPL\t3\t4\n__no_feature\t9\t9\nN_unmapped\t1\t1\n", "htseq.txt"),
        (",gene_name,a,b\n0,RUNX2,1,2\n1,ALPL,3,4\n", "counted.csv"),
        ("gene\ta\tb\tdescription\nRUNX2\t1\t2\ta, b\nALPL\t3\t4\tNA\n", "described.tsv"),
        ("#gene\ta\tb\nRUNX2\t1\t2\nALPL\t3\t4\n", "hash.tsv"),
        ("gene,a,b,,\nRUNX2,1,2,,\nALPL,3,4,,\n", "excel.csv"),
        ("gene\tscaffold\ta\tb\nRUNX2\t1\t1\t2\nALPL\tX\t3\t4\n__no_feature\tY\t3\t4\n", "chromosomes.tsv"),
        ("gene\ta\tb\tremark\nRUNX2\t1\t2\tx\nALPL\t3\t4\ty\n", "text.tsv"),
    ],
)  # fmt: skip
def test_shapes(tmp_path: Path, text: str, name: str) -> None:
    table = read_table(write(tmp_path, text, name))
    assert list(table.data.index) == ["RUNX2", "ALPL"]
    assert table.data.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


def test_symbols_beside_ids(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "gene_id\tgene_name\ta\nENSG1\tRUNX2\t1\nENSG2\t\t2\n"))
    assert list(table.data.index) == ["ENSG1", "ENSG2"]
    assert table.other_names == ["RUNX2", ""]


def test_huge_row_numbers_are_ids(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "id\tgene_name\ta\n99999999999999999999\tRUNX2\t1\n"))
    assert list(table.data.index) == ["99999999999999999999"]


def test_missing_values_and_text_ids(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, "g\ta\tb\nNA\tNA\t1\n1-Mar\t\t2\n"))
    assert list(table.data.index) == ["NA", "1-Mar"]
    assert table.data["a"].isna().all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no rows"),
        ("gene\ta\n", "has no rows"),
        ("hello world\nthis is not a table at all\n", "the header has 2 cells and the first row 7"),
        ("gene\ta\nRUNX2\tx\n", "has no column of numbers"),
        ("gene\ta\ta\nRUNX2\t1\t2\n", "has the column a more than once"),
        ("gene\ta\tb\nRUNX2\t1\t2\nALPL\t1\t2\t3\n", "cannot be read as a table"),
        ("\0\1\2", "is a binary file"),
    ],
)
def test_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_table(write(tmp_path, text))


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_table(tmp_path / "no.tsv")


@settings(max_examples=60, deadline=None)
@given(
    separator=st.sampled_from(["\t", ",", ";"]),
    counts=st.lists(st.lists(st.integers(0, 10**6), min_size=3, max_size=3), min_size=1, max_size=6),
    short=st.booleans(),
    quote=st.booleans(),
    packed=st.booleans(),
)
def test_round_trip(
    separator: str, counts: list[list[int]], short: bool, quote: bool, packed: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    def q(text: str) -> str:
        return f'"{text}"' if quote else text

    head = [q(name) for name in (["s1", "s2", "s3"] if short else ["gene", "s1", "s2", "s3"])]
    lines = [head, *([q(f"G{n}"), *map(str, row)] for n, row in enumerate(counts))]
    text = "\n".join(separator.join(line) for line in lines) + "\n"
    path = write(tmp_path_factory.mktemp("t"), text, "t.txt.gz" if packed else "t.txt")
    table = read_table(path).data
    assert list(table.columns) == ["s1", "s2", "s3"]
    assert np.array_equal(table.to_numpy(), counts)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("gse35958/expression_log2.tsv.gz", (22_189, 9)),
        ("mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", (46_206, 10)),
        ("mouse_inguinal_fat/counts.tsv.gz", (25_760, 16)),
        ("3t3l1_timecourse/log2_ratio_to_t0.tsv.gz", (24_213, 7)),
        ("msc_osteogenic_lowdepth/counts.tsv.gz", (35_789, 102)),
    ],
)
def test_real_tables(real_data: Path, name: str, shape: tuple[int, int]) -> None:
    table = read_table(real_data / name).data
    assert table.shape == shape
    plain = pd.read_csv(real_data / name, sep="\t", keep_default_na=False)
    assert np.array_equal(table.to_numpy(), plain.iloc[:, 1:].astype(float).to_numpy())
    assert list(table.index) == plain.iloc[:, 0].astype(str).tolist()


def test_unicode_text_of_excel(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_bytes("gene\tsämple\r\nRUNX2\t1\r\n".encode("utf-16"))
    assert list(read_table(path).data.columns) == ["sämple"]


def test_numbers_beyond_64_bits_stay_numbers(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, f"gene\ta\nRUNX2\t{10**25}\nALPL\t1\n"))
    assert table.data["a"].tolist() == [1e25, 1]
    table = read_table(write(tmp_path, f"gene\ta\nRUNX2\t{2**64}\nALPL\t1.0492418169334885e+47\n"))
    assert table.data["a"].tolist() == [2.0**64, 1.0492418169334885e47]  # to the last digit


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RUNX2\t5\t7\nALPL\t3\t4\n", r'has no header: its first line is the gene "RUNX2"'),
        ("gene\ta\tb\nRUNX2\t1\t2\nALPL\t3\tfour\n", r'has "four" in row ALPL, column b'),
        ("gene\ta\t\tb\nRUNX2\t1\t2\t3\n", r"column 3 has no name"),
        ("gene;a;b\nRUNX2;1,5;2,5\nALPL;3,5;4,5\n", r'has "1,5" in row RUNX2, column a \(line 2\).*with a point'),
        ("gene\ta\nRUNX2\tTRUE\nALPL\tFALSE\n", r"has no column of numbers"),
    ],
)
def test_what_was_lost_without_a_word(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_table(write(tmp_path, text))


HUMAN = ["RUNX2", "PPARG", "ALPL"]


@pytest.mark.parametrize("name", ["t.txt", "t.txt.gz"])
@pytest.mark.parametrize(
    "text",
    [
        '"a" "b"\n"RUNX2" 1 2\n"PPARG" 3 4\n"ALPL" 5 6\n',
        "a b\nRUNX2 1 2\nPPARG 3 4\nALPL 5 6\n",
        "   a  b\nRUNX2   1  2\nPPARG   3  4\nALPL    5  6  \n",
        "a b\nRUNX2|860 1 2\nPPARG|5468 3 4\nALPL|249 5 6\n",
    ],
)
def test_space_separated_with_a_header_one_short(tmp_path: Path, text: str, name: str) -> None:
    table = read_table(write(tmp_path, text, name)).data
    assert [gene.split("|")[0] for gene in table.index] == HUMAN
    assert table.to_dict("list") == {"a": [1, 3, 5], "b": [2, 4, 6]}


def test_featurecounts_of_several_bams(tmp_path: Path) -> None:
    head = '# Program:featureCounts v2.0.1; Command:"featureCounts" "-a" "x.gtf"\n'
    columns = "Geneid\tChr\tStart\tEnd\tStrand\tLength\tbam/op 1.sorted.bam\tbam/op 2.sorted.bam\n"
    rows = "RUNX2\tchr6;chr6\t5;7\t6;8\t+;+\t4\t1\t2\nALPL\tchr1\t5\t6\t-\t2\t3\t4\n"
    table = read_table(write(tmp_path, head + columns + rows, "t.txt.gz"))
    assert table.data.to_dict("list") == {"op 1": [1, 3], "op 2": [2, 4]}
    assert "samples are called op 1, op 2, such as bam/op 1.sorted.bam" in table.notes[-1]


@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz"])
@pytest.mark.parametrize("ids", ["{s}|{e}", "{e}|{s}", "{s} | {n}", "{n}|{s}|x"])
def test_names_with_pipes_and_repeated_symbols_are_summed(tmp_path: Path, name: str, ids: str) -> None:
    rows = [("RUNX2", "ENSG00000124813", 860, 1), ("ALPL", "ENSG00000162551", 249, 2), ("RUNX2", "ENSG1", 1, 40)]
    text = "gene\ts1\ts2\n" + "".join(f"{ids.format(s=s, e=e, n=n)}\t{count}\t0\n" for s, e, n, count in rows)
    raw = count_table.LAYOUT.read(Located("count_table", write(tmp_path, text, name)), ReadOptions(None))
    genes = to_genes(raw.matrix, raw.ids, "human", "counts")
    found = dict(zip(genes.var.index, genes.matrix.toarray()[0], strict=True))
    assert found == {"RUNX2": 41, "ALPL": 2}


def test_names_that_are_no_accessions(tmp_path: Path) -> None:
    text = "gene\tOP patient 1\t2020-03-1\t17\nRUNX2\t900\t2\t3\nALPL\t4\t5\t6\n"
    names = ["OP patient 1", "2020-03-1", "17"]
    samples = pd.DataFrame({"sample": names, "donor": names, "condition": ["op", "op", "control"]})
    result = ingest(
        write(tmp_path, text, "t.tsv"), samples=samples, dataset="d", organism="human", assay="bulk", scale="counts"
    )
    assert result.adata.to_df()["RUNX2"].to_dict() == {"OP patient 1": 900, "2020-03-1": 2, "17": 3}


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from(HUMAN), st.integers(0, 1000), st.integers(0, 1000)), min_size=1),
    packed=st.booleans(),
)
def test_repeated_symbols_keep_the_sum(
    rows: list[tuple[str, int, int]], packed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = "gene\ta\tb\n" + "".join(f"{gene}\t{a}\t{b}\n" for gene, a, b in rows)
    raw = count_table.LAYOUT.read(
        Located("count_table", write(tmp_path_factory.mktemp("t"), text, "t.tsv.gz" if packed else "t.tsv")),
        ReadOptions(None),
    )
    genes = to_genes(raw.matrix, raw.ids, "human", "counts")
    for gene, (a, b) in zip(genes.var.index, genes.matrix.toarray().T, strict=True):
        assert a == sum(row[1] for row in rows if row[0] == gene)
        assert b == sum(row[2] for row in rows if row[0] == gene)


# --- which column names the rows

TABLE = pd.DataFrame({"s1": [5, 0, 7, 2], "s2": [1, 2, 3, 4]})
SYMBOLS = ["RUNX2", "ALPL", "SP7", "TNFRSF11B"]
IDS = ["ENSG00000124813", "ENSG00000162551", "ENSG00000170374", "ENSG00000164761"]


@pytest.mark.parametrize("number", [[1, 2, 3, 4], [0, 5, 6, 90], ["1", "2", "3", "4"]])
@pytest.mark.parametrize("corner", ["", "X", "Unnamed: 0"])
@pytest.mark.parametrize(
    "name",
    ["gene", "Gene", "GENE", "hgnc_symbol", "mgi_symbol", "features", "GeneName", "SYMBOL", "Symbol", "name",
     "Gene.symbol", "Row.names", "external_gene_name", "Unnamed: 0.1", "approved", "what"],
)  # fmt: skip
def test_row_numbers_before_the_names(name: str, corner: str, number: list[int], tmp_path: Path) -> None:
    frame = pd.DataFrame({corner: number, name: SYMBOLS, **TABLE})
    for columns in (list(frame), [corner, "s1", "s2", name]):
        table = read_table(write(tmp_path, frame[columns].to_csv(index=False), "t.csv"))
        assert list(table.data.index) == SYMBOLS
        assert table.data.to_dict("list") == TABLE.to_dict("list")
        assert table.notes[0] == f'rows are named by the column "{name}"; the first column counts them'


def test_of_several_columns_the_best_known_names_the_rows(tmp_path: Path) -> None:
    frame = pd.DataFrame({"": range(4), "name": ["a1", "b2", "c3", "d4"], "gene_id": IDS, "Symbol": SYMBOLS, **TABLE})
    frame["nearest"] = ["IBSP", "PPARG", "FABP4", "SPP1"]
    table = read_table(write(tmp_path, frame.to_csv(index=False), "t.csv"))
    assert (list(table.data.index), table.other_names) == (SYMBOLS, IDS)
    assert "columns left out because they hold text: nearest" in table.notes


def test_ids_that_are_known_stay_and_a_symbol_is_second(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": ["p1", *IDS[1:]], "nearest": ["IBSP"] * 4, "symbol": SYMBOLS, **TABLE})
    table = read_table(write(tmp_path, frame.to_csv(index=False), "t.csv"))
    assert (list(table.data.index), table.other_names) == (["p1", *IDS[1:]], SYMBOLS)
    entrez = pd.DataFrame({"GeneID": [860, 861, 862, 863], "Symbol": SYMBOLS, **TABLE})
    table = read_table(write(tmp_path, entrez.to_csv(index=False), "t.csv"))
    assert (list(table.data.index), table.other_names) == (["860", "861", "862", "863"], SYMBOLS)


# --- cells that are no numbers


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 1])
@pytest.mark.parametrize(
    "cell", ["1,234", "12 345", "1.234,5", "#VALUE!", "#DIV/0!", "<0.1", "3*", "5 %", "12\u00a0345", "~7", "1'000"]
)
def test_a_sample_is_never_left_out_for_a_cell(cell: str, share: float, tmp_path: Path) -> None:
    n = 100
    frame = pd.DataFrame({"gene": [f"G{k}" for k in range(n)], "s1": "5", "s2": "7"})
    frame.loc[n - int(share * n) :, "s2"] = cell
    path = write(tmp_path, "title\n\n" + frame.to_csv(index=False, sep="\t"))
    row = n - int(share * n)
    with pytest.raises(InputError) as error:
        read_table(path)
    shown = " ".join(cell.split())
    assert f'has "{shown}" in row G{row}, column s2 (line {row + 4}); expected a number' in str(error.value)
    frame["s2"] = "7"
    assert list(read_table(write(tmp_path, frame.to_csv(index=False, sep="\t"))).data) == ["s1", "s2"]


@pytest.mark.parametrize("word", ["-", "n.d.", "ND", "missing", "low"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_words_for_missing_values_are_quoted(word: str, share: float, tmp_path: Path) -> None:
    column = [word] * int(200 * share) + ["5"] * (200 - int(200 * share))
    frame = pd.DataFrame({"gene": [f"G{k}" for k in range(200)], "s1": 5, "s2": column})
    with pytest.raises(InputError, match=rf'has "{re.escape(word)}" in row G0, column s2 \(line 2\)'):
        read_table(write(tmp_path, frame.to_csv(index=False)))


@pytest.mark.parametrize(
    "values",
    [
        ["1", "X", "MT", "Y"], ["chr1", "2", "GL000195.1", "KI270728.1"], ["kinase", "-", "-", "-"],
        ["1p36", "2", "Xq", "7"],        ["2020-03-01", "x", "y", "z"],
    ],
)  # fmt: skip
def test_words_are_left_out_with_a_note(values: list[str], tmp_path: Path) -> None:
    frame = pd.DataFrame({"gene": SYMBOLS, **TABLE, "remark": values})
    table = read_table(write(tmp_path, frame.to_csv(index=False)))
    assert list(table.data) == ["s1", "s2"]
    assert table.notes == ["columns left out because they hold text: remark"]


MANY = [(name, 1200 + 37 * n, n) for n, name in enumerate(["RUNX2", "SP7", "ALPL", "IBSP", "PPARG", "CEBPA"] * 5)]


def test_points_that_mark_thousands_are_refused() -> None:
    lines = [f"{gene};{a:,};{b}".replace(",", ".") for gene, a, b in MANY]
    with pytest.raises(
        InputError, match=r'numbers such as "1\.200", always with three digits .*thousands without a mark'
    ):
        parse("\n".join(["gene;CT1;CT2", *lines]).encode(), Path("t.csv"))
    written = parse("\n".join(["gene;CT1;CT2", *(line.replace(".", "") for line in lines)]).encode(), Path("t.csv"))
    assert written.data["CT1"].tolist() == [a for _, a, _ in MANY]
    decimals = parse("\n".join(["gene;CT1;CT2", *(f"{g};{a / 1000:.4f};{b}" for g, a, b in MANY)]).encode(), Path("t"))
    assert decimals.data["CT1"].iloc[0] == 1.2


@pytest.mark.parametrize("form", ["{:.3f}", "{:.2f}", "{}"])
def test_decimals_are_decimals(form: str) -> None:
    values = [*(a / 1000 for _, a, _ in MANY[1:]), 0.512]
    lines = [f"{gene}\t{form.format(value)}" for (gene, _, _), value in zip(MANY, values, strict=True)]
    assert len(parse("\n".join(["gene\tCT1", *lines]).encode(), Path("t.tsv")).data) == len(MANY)


@pytest.mark.parametrize("row", ["__no_feature", "no_feature", "alignment_not_unique", "N_unmapped", "Total", "SUM"])
def test_tallies_are_no_genes(row: str) -> None:
    lines = ["gene\tCT1", "RUNX2\t5", f"{row}\t900", "SP7\t2"]
    assert list(parse("\n".join(lines).encode(), Path("t.tsv")).data.index) == ["RUNX2", "SP7"]


def test_a_column_of_any_name_serves_where_the_first_names_no_genes(tmp_path: Path) -> None:
    text = "id\tmy label\tkind\ta\tb\np_1\tENSG00000124813_RUNX2\tx\t1\t2\np_2\tENSG00000162551_ALPL\ty\t3\t4\n"
    raw = read_raw(Located("count_table", write(tmp_path, text)), "human")
    assert raw.other_names == ["ENSG00000124813_RUNX2", "ENSG00000162551_ALPL"]
    assert 'rows are named by the column "my label": the first column has p_1, p_2' in raw.notes
    genes = to_genes(raw.matrix, raw.ids, "human", "counts", other_names=raw.other_names)
    assert dict(zip(genes.var.index, np.asarray(sp.csr_matrix(genes.matrix).todense()).T.tolist(), strict=True)) == {
        "RUNX2": [1, 2],
        "ALPL": [3, 4],
    }
    known = text.replace("p_1", "SP7").replace("p_2", "IBSP")
    assert not any("my label" in note and "named" in note for note in
                   read_raw(Located("count_table", write(tmp_path, known)), "human").notes)  # fmt: skip
