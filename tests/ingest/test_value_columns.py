"""Which columns are samples: by name, by what they hold, by what is declared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fatescore.errors import InputError
from fatescore.gene_sets import symbols
from fatescore.ingest import ingest, read_expression
from fatescore.ingest.text_table import Table, parse

SAMPLES = ["CT1", "CT2", "CT3", "OP1", "OP2", "OP3"]
RANDOM = np.random.default_rng(7)
GENES = ["RUNX2", "PPARG", "ALPL", *sorted(symbols.approved_symbols("human"))[2000:2197]]
LEVELS = RANDOM.lognormal(4, 2, len(GENES))
COUNTS = pd.DataFrame({name: RANDOM.poisson(LEVELS * RANDOM.lognormal(0, 0.2, len(GENES))) for name in SAMPLES})
DECLARED: dict[str, Any] = {"dataset": "d", "organism": "human", "assay": "bulk", "scale": "counts"}
WHOLE = RANDOM.integers(200, 10**7, len(GENES))
SHARE = RANDOM.uniform(0, 1, len(GENES)).round(4)
REAL = RANDOM.normal(0, 3, len(GENES)).round(4)


def text(columns: dict[str, Any], separator: str = "\t") -> bytes:
    return pd.DataFrame({"gene": GENES, **columns}).to_csv(sep=separator, index=False, na_rep="NA").encode()


def read(columns: dict[str, Any], **options: Any) -> Table:
    return parse(text(columns), Path("t.tsv"), **options)


def is_counts(table: Table, names: list[str] = SAMPLES) -> bool:
    return list(table.data.columns) == names and np.array_equal(table.data.to_numpy(), COUNTS.to_numpy())


@pytest.mark.parametrize(
    ("columns", "left_out"),
    [
        ({"gene_start": WHOLE, "gene_end": WHOLE + 9, "width": WHOLE}, ["gene_start", "gene_end", "width"]),
        ({"baseMean": SHARE * 90, "log2FoldChange": REAL, "lfcSE": SHARE, "stat": REAL, "pvalue": SHARE, "padj": SHARE},
         ["baseMean", "log2FoldChange", "lfcSE", "stat", "pvalue", "padj"]),
        ({"logFC": REAL, "AveExpr": REAL, "t": REAL, "P.Value": SHARE, "adj.P.Val": SHARE, "B": REAL},
         ["logFC", "AveExpr", "t", "P.Value", "adj.P.Val", "B"]),
        ({"entrezgene_id": WHOLE, "Gene % GC content": SHARE, "Transcription start site": WHOLE, "n_exons": WHOLE},
         ["entrezgene_id", "Gene % GC content", "Transcription start site", "n_exons"]),
        ({"start": WHOLE, "end": WHOLE + 1}, ["start", "end"]),
        ({"log2(OP/CT)": REAL, "OP_vs_CT.FDR": SHARE, "q_value": SHARE}, ["log2(OP/CT)", "OP_vs_CT.FDR", "q_value"]),
        ({"CT_mean": COUNTS.iloc[:, :3].mean(axis=1)}, ["CT_mean"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("first", [True, False])
def test_columns_that_are_no_samples(columns: dict[str, Any], left_out: list[str], first: bool, tmp_path: Path) -> None:
    whole = {**columns, **COUNTS} if first else {**COUNTS, **columns}
    table = read(whole)
    assert is_counts(table)
    assert table.notes == [f"columns left out because they are no samples: {', '.join(left_out)}"]
    (tmp_path / "t.tsv").write_bytes(text(whole))
    assert list(read_expression(tmp_path / "t.tsv", "human").obs_names) == SAMPLES


@pytest.mark.parametrize(
    "columns", [{"conservation": SHARE}, {"midpoint": WHOLE}, {"score_7": REAL}, {"midpoint": WHOLE, "phase": SHARE}]
)
def test_a_column_of_another_kind_is_refused_by_name(columns: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"may be no samples: {', '.join(columns)} .*row in the sample table"):
        read({**COUNTS, **columns})
    assert list(read({**COUNTS, **columns}, declared=["midpoint", "conservation", "score_7", "phase"]).data) == [
        *SAMPLES, *columns,
    ]  # fmt: skip


def test_samples_that_differ_are_samples() -> None:
    """Another tissue, a failed library, ratios and cells must not be taken for descriptions of genes."""
    liver = RANDOM.poisson(LEVELS * RANDOM.lognormal(0, 1.5, len(GENES)))
    assert len(read({**COUNTS, "liver": liver, "failed": 0, "thin": RANDOM.poisson(LEVELS / 500)}).data.columns) == 9
    ratios = {name: REAL * share + RANDOM.normal(0, 1, len(GENES)) for share, name in enumerate(SAMPLES)}
    assert list(read(ratios).data) == SAMPLES
    cells = {f"cell{n}": RANDOM.poisson(LEVELS / 300) for n in range(40)}
    assert len(read(cells).data.columns) == 40


def test_samples_with_the_names_of_places(tmp_path: Path) -> None:
    names = ["start", "CT2", "CT3", "OP1", "OP2", "end"]
    columns = dict(zip(names, COUNTS.to_numpy().T, strict=True))
    with pytest.raises(
        InputError, match=r"may be no samples: start, end \(by name .* by their numbers they are samples"
    ):
        read(columns)
    path = tmp_path / "t.tsv"
    path.write_bytes(text(columns))
    table = pd.DataFrame({"sample": names, "donor": names, "condition": ["c"] * 3 + ["o"] * 3})
    result = ingest(path, samples=table, **DECLARED)  # as the refusal says
    assert list(result.adata.obs_names) == names
    table["use"] = ["", "", "", "", "", "no"]
    assert list(ingest(path, samples=table, **DECLARED).adata.obs_names) == names[:-1]


def test_a_declared_column_is_a_sample_whatever_its_name() -> None:
    columns = {**COUNTS, "mean": COUNTS["CT1"], "gene_start": WHOLE}
    assert list(read(columns).data) == SAMPLES
    assert list(read(columns, declared=["mean"]).data) == [*SAMPLES, "mean"]
    assert list(read(columns, declared=["gene_start"]).data) == [*SAMPLES, "gene_start"]


FPKM = (COUNTS * 0.37).round(3)
TPM = (COUNTS / COUNTS.sum() * 1e6).round(3)
PAIRS = {f"{name}_{kind}": part[name] for name in SAMPLES for kind, part in (("count", COUNTS), ("FPKM", FPKM))}
BLOCKS = {f"{kind}.{name}": part[name] for kind, part in (("TPM", TPM), ("counts", COUNTS)) for name in SAMPLES}


def test_one_kind_of_value_by_scale() -> None:
    for columns in (PAIRS, BLOCKS):
        for scale in (None, "counts"):
            table = read(columns, scale=scale)
            assert is_counts(table)
            assert "counts were read; samples are called CT1, CT2" in table.notes[-1]
    assert np.array_equal(read(BLOCKS, scale="tpm").data, TPM)
    assert np.array_equal(read(PAIRS, scale="linear").data, FPKM)


def test_several_kinds_and_none_that_is_wanted() -> None:
    with pytest.raises(InputError, match=r"counts \(CT1_count, .*; fpkm \(CT1_FPKM, .*set scale to counts or linear"):
        read(PAIRS, scale="tpm")
    uneven = {name: column for name, column in PAIRS.items() if name != "OP3_count"}
    with pytest.raises(InputError, match="for the same samples"):
        read(uneven)
    assert list(read(uneven, declared=["CT1_FPKM", "CT2_FPKM"]).data.columns) == list(uneven)
    whole = [name for name in uneven if name.endswith("FPKM")]
    assert list(read(uneven, declared=whole).data.columns) == whole


def test_plain_names_beside_another_kind() -> None:
    columns = {**COUNTS, **FPKM.add_suffix("_FPKM")}
    assert is_counts(read(columns, scale="counts"))
    assert np.array_equal(read(columns, scale="linear").data, FPKM)


@pytest.mark.parametrize(
    "name", ["{s}.AVG_Signal {s}.Detection Pval {s}.BEAD_STDERR {s}.Avg_NBEADS {s}.NARRAYS {s}.ARRAY_STDEV",
             "AVG_Signal-{s} Detection Pval-{s}", "{s}.Signal {s}.Detection", "Signal_{s} Detection_{s}"],
)  # fmt: skip
def test_signals_between_detection_values(name: str) -> None:
    kinds = name.replace("Detection Pval", "Detection\0Pval").split()
    columns = {
        kind.replace("\0", " ").format(s=sample): COUNTS[sample] if "ignal" in kind else SHARE
        for sample in SAMPLES for kind in kinds
    }  # fmt: skip
    table = read(columns)
    assert is_counts(table)
    assert "no samples: " in table.notes[0]


def test_repeated_detection_columns() -> None:
    head = "\t".join(["ID_REF", *(f"SAMPLE {n}\tDetection Pval" for n in range(1, 7))])
    rows = ["\t".join([gene, *(f"{n}\t0.01" for n in row)]) for gene, row in zip(GENES, COUNTS.to_numpy(), strict=True)]
    table = parse("\n".join([head, *rows]).encode(), Path("t.txt"))
    assert is_counts(table, [f"SAMPLE {n}" for n in range(1, 7)])
    assert table.notes == ["columns left out because they are no samples: Detection Pval"]


def test_alignments_are_called_by_their_file() -> None:
    paths = {f"/data/{name}Aligned.sortedByCoord.out.bam": COUNTS[name] for name in SAMPLES}
    table = read({"Length": WHOLE, **paths})
    assert is_counts(table)
    assert "samples are called CT1, CT2" in table.notes[-1]
    assert list(read(paths, declared=list(paths)).data.columns) == list(paths)
    twice = {f"{name}.{step}.bam": COUNTS[name] for name in SAMPLES[:3] for step in ("sorted", "dedup")}
    assert list(read(twice).data.columns) == list(twice)


MEANS = {"CT": COUNTS.iloc[:, :3].mean(axis=1), "OP": COUNTS.iloc[:, 3:].mean(axis=1)}


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        ({"CT": COUNTS.iloc[:, :3].sum(axis=1), "OP": COUNTS.iloc[:, 3:].sum(axis=1)}, "CT, OP"),
        ({name: column.round() for name, column in MEANS.items()}, "CT, OP"),
        ({"all": COUNTS.sum(axis=1)}, "all"),
        ({"pair": COUNTS[["CT1", "OP3"]].mean(axis=1).round()}, "pair"),
    ],
)
def test_sums_and_means_are_refused_whatever_they_are_called(columns: dict[str, Any], found: str) -> None:
    with pytest.raises(InputError, match=rf"no samples: {found} \(they are the sums or means of other columns\)"):
        read({**COUNTS, **columns})
    assert list(read({**COUNTS, **columns}, declared=[*columns]).data) == [*SAMPLES, *columns]


def test_means_of_logarithms() -> None:
    logs = np.log2(COUNTS + 1).round(3)
    assert list(read(dict(logs)).data) == SAMPLES
    with pytest.raises(InputError, match="no samples: CT "):
        read({**logs, "CT": logs.iloc[:, :3].mean(axis=1).round(3)})


def test_what_is_nearly_a_sum_is_a_sample() -> None:
    deeper = RANDOM.poisson(COUNTS.iloc[:, :3].sum(axis=1))
    assert len(read({**COUNTS, "deeper": deeper, "failed": 0, "CT1 again": COUNTS["CT1"]}).data.columns) == 9


@pytest.mark.parametrize("flag", [RANDOM.integers(0, 2, len(GENES)), np.full(len(GENES), 11)])
def test_flags_and_constants_are_refused(flag: Any) -> None:
    flags = {f"{name} probes": flag for name in SAMPLES}
    with pytest.raises(InputError, match="no samples: CT1 probes, .*OP3 probes .*another kind"):
        read({**COUNTS, **flags})


def test_a_second_block_of_other_numbers_is_refused() -> None:
    with pytest.raises(InputError, match=r"no samples: CT1\.1, .*OP3\.1 .*another kind"):
        read({**COUNTS, **FPKM.add_suffix(".1")})


@pytest.mark.parametrize(
    ("value", "beside"),
    [("{s}:gProcessedSignal", "{s}:gIsFound"), ("gProcessedSignal({s})", "gIsWellAboveBG({s})"),
     ("{s}.CHP Signal", "{s}_Stat Pairs Used"), ("{s}(signal)", "CT_avg")],
)  # fmt: skip
def test_columns_of_scanners(value: str, beside: str) -> None:
    columns = {value.format(s=sample): COUNTS[sample] + 0.5 for sample in SAMPLES}
    columns |= {beside.format(s=sample): SHARE for sample in SAMPLES}
    table = read(columns, scale="intensity")
    assert list(table.data) in (SAMPLES, [value.format(s=sample) for sample in SAMPLES])
    assert np.array_equal(table.data, COUNTS + 0.5)
