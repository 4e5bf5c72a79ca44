"""NCBI's own counts of RNA-seq series: GeneIDs that a table beside them names."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.ingest import ingest, locate, read_expression
from fatescore.ingest.locate import read_raw
from fatescore.ingest.readers import ncbi_counts

BULK: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "bulk", "scale": "counts"}
COUNTS = "GeneID\tGSM1\tGSM2\tGSM3\tGSM4\n860\t1\t2\t3\t4\n632\t5\t6\t7\t8\n249\t9\t0\t0\t0\n99999999\t5\t5\t5\t5\n"
TPM = COUNTS.replace("\t1\t2\t3\t4", "\t1000.5\t2000.5\t3000.5\t4000.5")
ANNOTATION = (
    "GeneID\tSymbol\tDescription\tSynonyms\tGeneType\tEnsemblGeneID\tStatus\tChrAcc\n"
    '860\tRUNX2\ta "quoted" name\tCBFA1|OSF2\tprotein-coding\tENSG00000124813\tactive\tNC_1\n'
    "632\tBGP_OLD\tbone protein\t\tprotein-coding\tENSG00000242252\tactive\tNC_1\n"
    "249\tALPL\talkaline phosphatase\t\tprotein-coding\t\tactive\n"
    "5468\tPPARG\tnuclear receptor\t\tprotein-coding\tENSG00000132170\tactive\tNC_1\n"
)
RAW, GENES = "GSE5_raw_counts_GRCh38.p13_NCBI.tsv.gz", "Human.GRCh38.p13.annot.tsv.gz"


@pytest.fixture
def fetched(series: Callable[..., Path]) -> Callable[..., Path]:
    def write(counts: dict[str, str] | None = None, **suppl: bytes) -> Path:
        folder = series(rows="", annotation="", **suppl)
        (folder / "counts").mkdir()
        for name, text in ({RAW: COUNTS, GENES: ANNOTATION} if counts is None else counts).items():
            (folder / "counts" / name).write_bytes(gzip.compress(text.encode(), mtime=0))
        return folder

    return write


def test_gene_ids_get_their_symbols(fetched: Callable[..., Path], samples: pd.DataFrame) -> None:
    folder = fetched()
    for source in (folder, folder / "counts", folder / "counts" / RAW):
        result = ingest(source, samples=samples, **BULK)
        expected = {"RUNX2": [1, 2, 3, 4], "BGLAP": [5, 6, 7, 8], "ALPL": [9, 0, 0, 0]}
        assert result.adata.to_df().to_dict("list") == expected
        assert f"1 GeneIDs are not in {GENES} and were dropped: 99999999" in result.facts["notes"]
        assert {Path(one["path"]).name for one in result.facts["inputs"]} >= {RAW, GENES}
    assert ingest(folder, samples=samples, **BULK).sample_fields["characteristics: age"].tolist()[0] == "80"
    assert set(read_expression(folder, "human").var_names) == {"RUNX2", "BGLAP", "ALPL"}


@pytest.mark.parametrize(("name", "said"), [("GSE5_counts.rds", True), ("GSE5_RAW.pdf", False), ("GSE5.bed", False)])
def test_values_that_cannot_be_read_are_not_replaced_in_silence(
    fetched: Callable[..., Path], samples: pd.DataFrame, name: str, *, said: bool
) -> None:
    notes = ingest(fetched(**{name: b"x"}), samples=samples, **BULK).facts["notes"]
    note = f"these are the counts that NCBI made; the submitter's own values may be in {name}, not read"
    assert (note in notes) == said


def test_supplementary_values_go_first(fetched: Callable[..., Path], tarred: Any) -> None:
    folder = fetched(**{"GSE5_counts.tsv": b"gene\tGSM1\nRUNX2\t5\n"})
    assert locate(folder).layout == "count_table"
    assert locate(folder, "ncbi_counts").path.name == RAW
    assert locate(folder, file="*NCBI*").path.name == RAW
    (folder / "suppl" / "GSE5_more.tsv").write_bytes(b"gene\tGSM1\nRUNX2\t5\n")
    with pytest.raises(InputError, match="2 files with values"):  # to choose is the user's, not a reason to go on
        locate(folder)
    for name in ("GSE5_counts.tsv", "GSE5_more.tsv"):
        (folder / "suppl" / name).unlink()
    (folder / "suppl" / "GSE5_RAW.tar").write_bytes(tarred({"GSM1_a.bw": b"x"}))
    assert locate(folder).layout == "ncbi_counts"
    with pytest.raises(InputError, match=r"holds no|has no"):
        locate(folder, "count_table")


def test_other_scales_by_name(fetched: Callable[..., Path], samples: pd.DataFrame) -> None:
    name = "GSE5_norm_counts_TPM_GRCh38.p13_NCBI.tsv.gz"
    folder = fetched({RAW: COUNTS, name: TPM, GENES: ANNOTATION})
    assert locate(folder).path.name == RAW
    result = ingest(folder, samples=samples, file="*TPM*", **{**BULK, "scale": "tpm"})
    assert result.adata.to_df()["RUNX2"].tolist() == [1000.5, 2000.5, 3000.5, 4000.5]
    (folder / "counts" / RAW).unlink()
    with pytest.raises(InputError, match=f'no tables made by NCBI; .*{name}.*"file"'):
        locate(folder)


def test_samples_that_ncbi_left_out_are_named(fetched: Callable[..., Path], samples: pd.DataFrame) -> None:
    short = "GeneID\tGSM3\tGSM1\n860\t3\t1\n"
    folder = fetched({RAW: short, GENES: ANNOTATION})
    note = "2 samples of the series have no values in the data: GSM2, GSM4"
    assert note in read_raw(locate(folder), "human").notes
    used = samples.iloc[[0, 2]]
    assert note in ingest(folder, samples=used, **BULK).facts["notes"]
    with pytest.raises(InputError, match="names samples .* that are not in the data: GSM2, GSM4"):
        ingest(folder, samples=samples, **BULK)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({RAW: COUNTS}, f"no table that names them; expected one {GENES} beside it; fetch the counts again, or put"),
        (
            {RAW: COUNTS, "Mouse.GRCm39.annot.tsv.gz": ANNOTATION},
            f"no table that names them for GRCh38.p13; expected one {GENES} beside it",
        ),
        (
            {RAW: COUNTS, GENES: ANNOTATION, "My.GRCh38.p13.annot.tsv": ANNOTATION},
            f"2 tables that name them: {GENES}, My.GRCh38.p13.annot.tsv",
        ),
        ({RAW: COUNTS, GENES: "GeneID\tName\n860\tRUNX2\n"}, "has no column Symbol, but GeneID, Name"),
        ({RAW: COUNTS, GENES: ""}, "has no column GeneID, Symbol, but nothing"),
        (
            {RAW: COUNTS, GENES: "GeneID\tSymbol\n860\tRUNX2\n"},
            r"names 25% of the GeneIDs of GSE5_raw.*\(not 632, 249, 99999999\)",
        ),
        ({"GSE5_raw_counts_GRCm39_NCBI.tsv.gz": COUNTS}, "expected one Mouse.GRCm39.annot.tsv.gz beside it"),
    ],
)
def test_refused(files: dict[str, str], message: str, fetched: Callable[..., Path]) -> None:
    found = locate(fetched(files))
    with pytest.raises(InputError, match=message):
        read_raw(found, "human")


def test_gene_ids_of_another_origin_are_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "counts.tsv"
    path.write_text(COUNTS)
    with pytest.raises(InputError, match='numbers such as 860, 632, 249 .*NCBI GeneIDs.*the layout "ncbi_counts" do'):
        read_raw(locate(path), "human")
    with pytest.raises(InputError, match="NCBI GeneIDs"):
        read_expression(path, "human")
    (tmp_path / GENES).write_text(ANNOTATION)
    assert read_raw(locate(path, "ncbi_counts"), "human").ids == ["RUNX2", "BGP_OLD", "ALPL"]
    path.write_text("GeneID\tSymbol\tGSM1\n860\tRUNX2\t5\n")
    assert read_raw(locate(path), "human").other_names == ["RUNX2"]


@settings(max_examples=30, deadline=None)
@given(
    counts=st.dictionaries(st.integers(1, 10**8), st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1),
    dropped=st.booleans(),
)
def test_values_are_those_of_the_table(
    counts: dict[int, tuple[int, int]], dropped: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("ncbi")
    path = folder / "GSE9_raw_counts_GRCh38.p13_NCBI.tsv"
    path.write_text("GeneID\tGSM1\tGSM2\n" + "".join(f"{gene}\t{a}\t{b}\n" for gene, (a, b) in counts.items()))
    named = list(counts)[1:] if dropped and len(counts) > 2 else list(counts)
    (folder / GENES).write_text("GeneID\tSymbol\n" + "".join(f"{gene}\tG{gene}\n" for gene in reversed(named)))
    raw = ncbi_counts.read(path)
    assert raw.ids == [f"G{gene}" for gene in named]
    assert np.array_equal(raw.matrix.toarray().T, [counts[gene] for gene in named])
