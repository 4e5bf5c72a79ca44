"""Tables of one sample each: whose they are, and which column of theirs is read."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.ingest.locate import locate, read_raw

SAMPLES = ["CT1", "OP1", "OP2"]
GENES = ["RUNX2", "ALPL", "SP7", "IBSP", "PPARG"]
COUNTS = np.array([[11, 2, 0, 5, 4], [7, 8, 3, 0, 1], [6, 0, 9, 2, 2]])
TPM = COUNTS * 1000 + 0.5
# gencode's names of transcripts, as salmon and kallisto keep them
LONG = [
    f"ENST0000000000{n}.1|ENSG0000000000{n}.2|-|-|{gene}-201|{gene}|500|protein_coding|" for n, gene in enumerate(GENES)
]


def rows(head: str, row: str, place: int, names: list[str]) -> str:
    filled = (
        row.format(gene=gene, n=n, tpm=tpm) for gene, n, tpm in zip(names, COUNTS[place], TPM[place], strict=True)
    )
    return "\n".join([*([head] if head else []), *filled, ""])


QUANT = "Name\tLength\tEffectiveLength\tTPM\tNumReads"
FORMATS: dict[str, tuple[str, str, list[str], str]] = {
    "salmon": (QUANT, "{gene}\t9\t8.5\t{tpm}\t{n}", LONG, "quant.sf"),
    "salmon genes": (QUANT, "{gene}\t9\t8.5\t{tpm}\t{n}", GENES, "quant.genes.sf"),
    "kallisto": ("target_id\tlength\teff_length\test_counts\ttpm", "{gene}\t9\t8.5\t{n}\t{tpm}", LONG, "abundance.tsv"),
    "RSEM": ("gene_id\ttranscript_id(s)\tlength\teffective_length\texpected_count\tTPM\tFPKM",
             "{gene}\tENST1\t9\t8.5\t{n}\t{tpm}\t1.5", GENES, "rsem.genes.results"),
    "htseq": ("", "{gene}\t{n}", [*GENES], "htseq.txt"),
    "featureCounts": ("# Program:featureCounts\nGeneid\tChr\tStart\tEnd\tStrand\tLength\tx/{sample}.bam",
                      "{gene}\t1;1\t5;7\t6;9\t+;+\t9\t{n}", GENES, "featureCounts.txt"),
    "STAR": ("N_unmapped\t1\t1\t1\nN_multimapping\t1\t1\t1\nN_noFeature\t1\t1\t1\nN_ambiguous\t1\t1\t1",
             "{gene}\t{n}\t0\t0", GENES, "ReadsPerGene.out.tab"),
}  # fmt: skip


def files(kind: str, naming: str) -> dict[str, bytes]:
    head, row, names, name = FORMATS[kind]
    return {
        naming.format(sample=sample, name=name): rows(head.replace("{sample}", sample), row, place, names).encode()
        for place, sample in enumerate(SAMPLES)
    }


def stored(source: Path, members: dict[str, bytes], tarred: Callable[..., bytes]) -> Path:
    if source.suffix == ".tar":
        source.write_bytes(tarred(members))
        return source
    for name, data in members.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return source


@pytest.mark.parametrize("place", ["folder", "all.tar"])
@pytest.mark.parametrize(
    "naming", ["{sample}_{name}", "{sample}/{name}", "run_7/{sample}_out/{name}", "lane1.{sample}.{name}"]
)
@pytest.mark.parametrize("kind", FORMATS)
def test_files_of_ones_own_are_called_by_their_names(
    kind: str, naming: str, place: str, tarred: Any, tmp_path: Path
) -> None:
    members = files(kind, naming) | (files("salmon", naming) if kind == "salmon genes" else {})
    if kind == "kallisto":
        members |= {name.replace(".tsv", ".h5"): b"\x89HDF\r\n\x1a\n" for name in members}
    members |= {
        name.replace(".txt", ".txt.summary"): b"Status\tx\nAssigned\t5\n" for name in files("featureCounts", naming)
    }
    source = stored(tmp_path / place, members, tarred)
    raw = read_raw(locate(source), "human")
    assert raw.columns == SAMPLES
    assert raw.barcodes == []
    assert raw.matrix.toarray().tolist() == COUNTS.tolist()
    assert any(note.startswith("samples are called by their files, such as CT1 by ") for note in raw.notes)
    assert ("transcripts left out" in " ".join(raw.notes)) == (kind == "salmon genes")


@pytest.mark.parametrize("kind", FORMATS)
def test_a_single_file(kind: str, tmp_path: Path) -> None:
    name, data = next(iter(files(kind, "{sample}_{name}").items()))
    (tmp_path / name).write_bytes(data)
    raw = read_raw(locate(tmp_path / name), "human")
    assert (raw.columns, raw.matrix.toarray().tolist()) == (["CT1"], [COUNTS[0].tolist()])


def test_stringtie_has_no_counts(tarred: Any, tmp_path: Path) -> None:
    head = "Gene ID\tGene Name\tReference\tStrand\tStart\tEnd\tCoverage\tFPKM\tTPM"
    members = {
        f"GSM{n}_gene_abund.tab": rows(
            head, "MSTRG.{gene}\t{gene}\tchr1\t+\t{n}\t9\t3.5\t2.5\t{tpm}", n - 1, GENES
        ).encode()
        for n in (1, 2, 3)
    }
    found = locate(stored(tmp_path / "r.tar", members, tarred))
    for scale in (None, "tpm"):
        raw = read_raw(found, "human", scale=scale)
        assert raw.matrix.toarray()[0].tolist() == TPM[0].tolist()
        assert any('of the columns FPKM, TPM "TPM" was read' in note for note in raw.notes)
    with pytest.raises(InputError, match=r"have the columns FPKM, TPM each; .* set scale to linear or tpm"):
        read_raw(found, "human", scale="counts")


def test_isoforms_are_refused_in_words(tmp_path: Path) -> None:
    for sample in SAMPLES:
        (tmp_path / f"{sample}.isoforms.results").write_text("transcript_id\tgene_id\tTPM\nENST1\tRUNX2\t1\n")
    with pytest.raises(InputError, match=r"add RSEM's .genes.results: values of isoforms are not read"):
        locate(tmp_path)


WHOLE = "gene\tCT1\tOP1\nRUNX2\t5\t6\nALPL\t1\t2\n"


@pytest.mark.parametrize(
    "texts",
    [
        {"counts.tsv": WHOLE, "tpm.tsv": WHOLE},
        {"a_counts.tsv": WHOLE, "b_counts.tsv": WHOLE},  # several columns that are no cells
        {"counts.tsv": WHOLE, "samples.tsv": "sample\tage\nCT1\t70\nOP1\t80\n"},
        {"a.tsv": "gene\tcount\nRUNX2\t5\nALPL\t1\n", "b.tsv": "gene\tcount\nSP7\t5\nIBSP\t1\n"},
        {"a.tsv": "gene\tCT1\nRUNX2\t5\nALPL\t1\n", "b.tsv": "gene\tCT1\nRUNX2\t5\nALPL\t1\n"},  # one sample twice
        {"GSE5_x.tsv": "gene\tn\nRUNX2\t5\n", "GSE5.tsv": "gene\tn\nRUNX2\t5\n"},
        {"up.tsv": "gene\tpadj\nRUNX2\t0.5\n", "down.tsv": "gene\tpadj\nRUNX2\t0.5\n"},
        {"CT1.counts.txt": "g\tn\nRUNX2\t5\n", "CT1.fpkm.txt": "g\tn\nRUNX2\t5\n"},
    ],
)
def test_tables_that_only_lie_together_are_not_samples(texts: dict[str, str], tarred: Any, tmp_path: Path) -> None:
    folder = stored(tmp_path / "f", {name: text.encode() for name, text in texts.items()}, tarred)
    with pytest.raises(InputError, match=r'has 2 files with values: .*"file"'):
        locate(folder)
    for name in texts:
        assert locate(folder, file=name).path.name == name
    archive = stored(tmp_path / "x.tar", {name: text.encode() for name, text in texts.items()}, tarred)
    with pytest.raises(InputError, match=r'no layout fits .* set "file" for this data set to a pattern'):
        locate(archive)
    with pytest.raises(InputError, match=r'"file"|choose another file'):
        read_raw(locate(archive, "count_table"), "human")


def test_file_chooses_in_an_archive(series: Callable[..., Path], tarred: Any) -> None:
    members = {
        f"GSM{n}_x.{kind}.txt": f"gene\t{kind}\nRUNX2\t{n}{add}\nALPL\t{n}{add}\n".encode()
        for n in (1, 2, 3, 4) for kind, add in (("counts", ""), ("fpkm", ".5"))
    }  # fmt: skip
    folder = series(rows="", **{"GSE5_RAW.tar": tarred(members)})
    source = folder / "suppl" / "GSE5_RAW.tar"
    for place in (folder, source):
        with pytest.raises(InputError, match=r'"file" for this data set'):
            locate(place)
        raw = read_raw(locate(place, file="*counts*"), "human")
        assert (raw.columns, raw.matrix.toarray()[:, 0].tolist()) == (["GSM1", "GSM2", "GSM3", "GSM4"], [1, 2, 3, 4])
        assert read_raw(locate(place, file="*fpkm*"), "human").matrix.toarray()[0, 0] == 1.5
        one = read_raw(locate(place, file="GSM2*counts*"), "human")
        assert (one.columns, one.matrix.toarray().tolist()) == (["GSM2"], [[2, 2]])


def test_a_whole_table_in_an_archive(tarred: Any, tmp_path: Path) -> None:
    source = stored(tmp_path / "GSE5_tables.tar", {"a/GSE5_counts.tsv": WHOLE.encode(), "readme.md": b"x"}, tarred)
    raw = read_raw(locate(source), "human")
    assert (raw.columns, raw.matrix.toarray().tolist()) == (["CT1", "OP1"], [[5, 1], [6, 2]])


@pytest.mark.parametrize("n", [1, 3])
def test_dense_cells_of_one_sample_in_an_archive(n: int, tarred: Any, tmp_path: Path) -> None:
    cells = [f"ACGTACGTACG{last}" for last in "ACGT"]
    rows = "".join(f"{gene}\t1\t2\t3\t{place}\n" for place, gene in enumerate(GENES))
    text = "\t".join(["GENE", *cells]) + "\n" + rows
    members = {f"GSM{k}_dge.txt": text.encode() for k in range(1, n + 1)}
    raw = read_raw(locate(stored(tmp_path / "RAW.tar", members, tarred)), "human")
    assert raw.columns == [f"GSM{k}" for k in range(1, n + 1) for _ in cells]
    assert raw.barcodes == cells * n
    assert raw.matrix.shape == (4 * n, len(GENES))


def test_columns_of_one_tool_in_another_order(tmp_path: Path) -> None:
    """Files of several versions of a tool are told apart by name, not by place."""
    (tmp_path / "GSM1.tsv").write_text("Name\tTPM\tNumReads\nRUNX2\t0.5\t7\nALPL\t0.5\t8\n")
    (tmp_path / "GSM2.tsv").write_text("Name\tNumReads\tTPM\nRUNX2\t9\t0.5\nALPL\t3\t0.5\n")
    raw = read_raw(locate(tmp_path), "human")
    assert (raw.columns, raw.matrix.toarray().tolist()) == (["GSM1", "GSM2"], [[7, 8], [9, 3]])


def test_cells_that_are_numbered_in_files_of_ones_own(tmp_path: Path) -> None:
    genes = sorted(symbols.approved_symbols("human"))[2000:2030]
    for n, sample in enumerate(("CT1", "OP1")):
        rows = [f"{100 + 7 * cell},{n + 1}{',3' * 29}" for cell in range(12)]
        (tmp_path / f"{sample}_RSEC_MolsPerCell.csv").write_text(
            "\n".join([f"Cell_Index,{','.join(genes)}", *rows, ""])
        )
    raw = read_raw(locate(tmp_path), "human")
    assert raw.columns == ["CT1"] * 12 + ["OP1"] * 12
    assert raw.matrix.toarray()[:, raw.ids.index(genes[0])].tolist() == [1] * 12 + [2] * 12
    assert raw.barcodes[:2] == ["100", "107"]


@pytest.mark.parametrize("names", [["GSM1_CT1.txt", "GSM2_OP1.txt"], ["CT1.txt", "OP1.txt"]])
def test_a_column_that_is_called_as_another_file_is_refused(names: list[str], tmp_path: Path) -> None:
    for columns in (["CT-1", "OP_1"], ["count", "count"], ["L7", "L8"], ["OP1", "CT1"]):
        for name, column in zip(names, columns, strict=True):
            (tmp_path / name).write_text(f"gene\t{column}\nRUNX2\t5\nPPARG\t{len(name)}\nSP7\t2\n")
        if columns != ["OP1", "CT1"]:
            assert read_raw(locate(tmp_path), "human").matrix.shape == (2, 3)
    with pytest.raises(InputError, match='CT1.txt has the column "OP1", which is in the name of .*OP1.txt'):
        read_raw(locate(tmp_path), "human")
    if names[0].startswith("GSM"):
        (tmp_path / names[0]).write_text("gene\tOP1\nRUNX2\t5\n")
        (tmp_path / names[1]).write_text("gene\tOP1\nRUNX2\t5\n")
        with pytest.raises(InputError, match="GSM1_CT1.txt has the column"):
            read_raw(locate(tmp_path), "human")
