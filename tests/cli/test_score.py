"""The verb ``score`` on files of a user's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fatescore as fs
from fatescore.cli import main
from fatescore.tables import columns as col


@pytest.fixture(scope="module")
def samples() -> pd.DataFrame:
    """Genes x samples."""
    adata = fs.simulate.bulk(n_donors=6, n_genes=400, seed=2)
    return pd.DataFrame(adata.X.toarray().T, index=adata.var_names, columns=adata.obs_names)


def run(path: Path, output: Path, organism: str = "human") -> pd.DataFrame:
    assert main(["score", str(path), "--organism", organism, "--output", str(output)]) == 0
    return pd.read_parquet(output) if output.suffix == ".parquet" else pd.read_csv(output, sep=None, engine="python")


@pytest.mark.parametrize("name", ["t.tsv", "t.csv", "t.tsv.gz", "t.csv.gz", "t.h5ad"])
@pytest.mark.parametrize("output", ["out.tsv"])
def test_every_format_gives_the_same_table(samples: pd.DataFrame, tmp_path: Path, name: str, output: str) -> None:
    if name.endswith(".h5ad"):
        import anndata as ad

        ad.AnnData(samples.T).write_h5ad(tmp_path / name)
    else:
        samples.to_csv(tmp_path / name, sep="," if ".csv" in name else "\t")
    table = run(tmp_path / name, tmp_path / output)
    assert list(table.columns) == ["obs_name", *col.INDEX_COLUMNS]
    expected = fs.tl.fate_bias(samples.T, organism="human")
    assert list(table["obs_name"]) == list(expected.index)
    np.testing.assert_allclose(table["fate_bias"], expected["fate_bias"], atol=1e-8)
    np.testing.assert_allclose(table["fate_bias_z"], expected["fate_bias_z"], atol=1e-7)
    assert list(table["fate_call"]) == list(expected["fate_call"])


@pytest.mark.parametrize("output", ["out.csv", "out.parquet"])
def test_output_formats(samples: pd.DataFrame, tmp_path: Path, output: str) -> None:
    samples.to_csv(tmp_path / "t.tsv", sep="\t")
    assert len(run(tmp_path / "t.tsv", tmp_path / output)) == samples.shape[1]


def test_two_runs_give_the_same_bytes(samples: pd.DataFrame, tmp_path: Path) -> None:
    samples.to_csv(tmp_path / "t.tsv", sep="\t")
    run(tmp_path / "t.tsv", tmp_path / "a.tsv")
    run(tmp_path / "t.tsv", tmp_path / "b.tsv")
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()


@pytest.mark.realdata
def test_real_poles_of_the_mouse(real_data: Path, tmp_path: Path) -> None:
    """Ensembl ids, expected counts that are not whole, two tables: bone must stand far above fat."""
    bone = run(real_data / "mouse_bone_emtab5533/rsem_expected_counts.tsv.gz", tmp_path / "bone.tsv", "mouse")
    fat = run(real_data / "mouse_inguinal_fat/counts.tsv.gz", tmp_path / "fat.tsv", "mouse")
    assert bone["fate_bias"].min() > fat["fate_bias"].max() + 3


@pytest.mark.realdata
def test_shallow_samples_are_not_scorable(real_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = real_data / "msc_osteogenic_lowdepth/counts.tsv.gz"
    assert main(["score", str(path), "--organism", "human", "--output", str(tmp_path / "out.tsv")]) == 2
    assert "missing CEBPA" in capsys.readouterr().err


@pytest.fixture(scope="module")
def table_file(samples: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("score") / "t.tsv"
    samples.to_csv(path, sep="\t")
    return path


def gene_sets_file(folder: Path) -> Path:
    path = folder / "mine.gmt"
    path.write_text("bone\tmine\tRUNX2\tSP7\tIBSP\nsigned\tmine\tRUNX2\tPPARG-\n")
    return path


def test_gene_sets_of_ones_own_with_a_null(samples: pd.DataFrame, table_file: Path, tmp_path: Path) -> None:
    sets, output = gene_sets_file(tmp_path), tmp_path / "out.tsv"
    words = ["--gene-sets", str(sets), "--method", "ucell", "--max-rank", "200", "--null", "matched", "--jobs", "2"]
    assert main(["score", str(table_file), "--organism", "human", "--output", str(output), *words]) == 0
    table = pd.read_csv(output, sep="\t", index_col=0)
    expected = fs.tl.score_gene_sets(samples.T, sets, method="ucell", max_rank=200, null="matched")
    assert list(table) == ["bone", "signed", "bone:z", "signed:z", "bone:pval", "signed:pval"]
    for name in ("score", "z", "pval"):
        columns = ["bone", "signed"] if name == "score" else [f"bone:{name}", f"signed:{name}"]
        np.testing.assert_allclose(table[columns], expected[name], rtol=1e-8)


def test_a_kept_null_is_the_reference_of_another_run(samples: pd.DataFrame, table_file: Path, tmp_path: Path) -> None:
    null, output = tmp_path / "null.tsv", tmp_path / "out.tsv"
    words = ["score", str(table_file), "--organism", "human", "--output", str(output)]
    assert main([*words, "--save-null", str(null)]) == 0
    whole = pd.read_csv(output, sep="\t", index_col=0)
    samples.iloc[:, :2].to_csv(tmp_path / "two.tsv", sep="\t")
    assert main(["score", str(tmp_path / "two.tsv"), *words[2:], "--null", str(null)]) == 0
    two = pd.read_csv(output, sep="\t", index_col=0)
    np.testing.assert_allclose(two["fate_bias_z"], whole["fate_bias_z"].iloc[:2], rtol=1e-8)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--null", "uniform"], "--null uniform is for --gene-sets"),
        (["--null", "nowhere.tsv"], "is not a fitted null"),
        (["--jobs", "0"], "n_jobs is 0"),
        (["--gene-sets", "SETS", "--method", "ucel"], 'did you mean "ucell"'),
        (["--gene-sets", "SETS", "--n-up", "9"], '"n_up" is not a parameter of rank_log'),
        (["--gene-sets", "SETS", "--method", "ssgsea", "--null", "matched"], "no closed-form null"),
    ],
)
def test_mistakes_end_in_one_line(
    table_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    words = [str(gene_sets_file(tmp_path)) if word == "SETS" else word for word in words]
    output = tmp_path / "out.tsv"
    assert main(["score", str(table_file), "--organism", "human", "--output", str(output), *words]) == 2
    printed = capsys.readouterr().err.strip()
    assert message in printed
    assert "\n" not in printed
    assert not output.exists()


@pytest.mark.parametrize("pattern", ["{}", "gene-{}", "hg38_{}", "{}__chr6", "{}|NM_001.2|Reference_end", "{} (860)"])
def test_joined_names_give_the_same_scores(samples: pd.DataFrame, tmp_path: Path, pattern: str) -> None:
    samples.rename(index=pattern.format).to_csv(tmp_path / "t.tsv", sep="\t")
    table = run(tmp_path / "t.tsv", tmp_path / "out.tsv")
    expected = fs.tl.fate_bias(samples.T, organism="human")
    np.testing.assert_allclose(table["fate_bias"], expected["fate_bias"], atol=1e-8)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("PROBE_{}", "no human gene is known among"), ("ENST{:011}.2", "the names are transcripts, not genes"),
        ("NM_{:06}", "the names are transcripts, not genes"),
    ],
)  # fmt: skip
def test_names_that_are_no_genes_are_refused_in_one_line(
    samples: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str], pattern: str, words: str
) -> None:
    samples.set_axis([pattern.format(n + 900_000) for n in range(len(samples))]).to_csv(tmp_path / "t.tsv", sep="\t")
    command = ["score", str(tmp_path / "t.tsv"), "--organism", "human", "--output", str(tmp_path / "out.tsv")]
    assert main(command) == 2
    error = capsys.readouterr().err.strip()
    assert words in error
    assert "\n" not in error
    assert not (tmp_path / "out.tsv").exists()


# --- sets and table under the same names -----------------------------------------------------------------


def score_own(table: pd.DataFrame, sets: str, folder: Path, *words: str) -> pd.DataFrame:
    """Score a table of genes x samples and return the scores of every sample."""
    table.to_csv(folder / "t.tsv", sep="\t")
    (folder / "sets.gmt").write_text(sets)
    command = ["score", str(folder / "t.tsv"), "--organism", words[0] if words else "human"]
    assert main([*command, "--gene-sets", str(folder / "sets.gmt"), "--output", str(folder / "o.tsv")]) == 0
    return pd.read_csv(folder / "o.tsv", sep="\t", index_col=0)


FORMER = {"CCN1": "CYR61", "CCN2": "CTGF", "CAVIN1": "PTRF", "ACP3": "ACPP"}
IDS = {"RUNX2": "ENSG00000124813", "SP7": "ENSG00000170374", "IBSP": "ENSG00000029559", "BGLAP": "ENSG00000242252"}


@pytest.mark.parametrize("names", [FORMER, IDS])
@pytest.mark.parametrize(("old_table", "old_sets"), [(True, True), (True, False), (False, True), (False, False)])
def test_sets_go_through_the_same_names_as_the_table(
    samples: pd.DataFrame, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str],
    names: dict[str, str], old_table: bool, old_sets: bool,
) -> None:  # fmt: skip
    table = samples[~samples.index.isin(names)].head(300)
    values = np.random.default_rng(0).integers(0, 900, (len(names), table.shape[1]))
    table = pd.concat([table, pd.DataFrame(values, index=list(names), columns=table.columns)])
    table = table.rank(method="first").astype(int)
    right = np.log2(len(table) / (len(table) + 1 - table.loc[list(names)])).mean()  # the mean of log2(N / rank)
    written = table.rename(index=names) if old_table else table
    sets = "\t".join(["mine", "", *(names.values() if old_sets else names)])
    with caplog.at_level("INFO"):
        scores = score_own(written, f"{sets}\n", tmp_path)
    np.testing.assert_allclose(scores["mine"], right, rtol=1e-8)
    assert ("4 genes of the sets have another name in the data" in caplog.text) == old_sets
    assert "warning" not in capsys.readouterr().err


def test_mouse_sets_in_the_case_of_human(samples: pd.DataFrame, tmp_path: Path) -> None:
    mouse = samples.rename(index=str.capitalize)
    scores = score_own(mouse, "mine\t\tRUNX2\tSP7\tIBSP\n", tmp_path, "mouse")
    expected = fs.tl.score_gene_sets(mouse.T, {"mine": ["Runx2", "Sp7", "Ibsp"]})
    np.testing.assert_allclose(scores["mine"], expected["mine"], rtol=1e-8)


def test_what_is_missing_of_a_set_is_said_in_one_line(
    samples: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = "\t".join(f"no{i}" for i in range(49))
    score_own(samples, f"poor/set\t\t SP7\t{missing}\nwhole\t\tRUNX2\n", tmp_path)
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines == ["fatescore score: warning: fewer than half of the genes are in the data of poor/set (1 of 50)"]
    assert (tmp_path / "o.tsv").read_text().startswith("obs_name\tpoor/set\twhole\n")


def test_a_slash_stays_in_the_columns_with_a_null(samples: pd.DataFrame, table_file: Path, tmp_path: Path) -> None:
    (tmp_path / "s.gmt").write_text("a/b\t\tRUNX2\tSP7\n")
    words = ["--gene-sets", str(tmp_path / "s.gmt"), "--null", "matched", "--output", str(tmp_path / "o.tsv")]
    assert main(["score", str(table_file), "--organism", "human", *words]) == 0
    assert list(pd.read_csv(tmp_path / "o.tsv", sep="\t")) == ["obs_name", "a/b", "a/b:z", "a/b:pval"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s\t\tCBFA1\tRUNX2-\n", 'gene set "s" holds RUNX2 with both signs'),
        ("s\t\tno1\tno2\n", "none of the genes of the gene sets is in the data"),
        ("s RUNX2\n", "no genes after name and description"),
    ],
)
def test_bad_sets_end_in_one_line(
    table_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (tmp_path / "s.gmt").write_text(text)
    words = ["--gene-sets", str(tmp_path / "s.gmt"), "--output", str(tmp_path / "o.tsv")]
    assert main(["score", str(table_file), "--organism", "human", *words]) == 2
    told = capsys.readouterr().err.strip()
    assert message in told
    assert "\n" not in told
    assert not (tmp_path / "o.tsv").exists()
