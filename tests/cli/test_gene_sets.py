"""The verb ``gene-sets``."""

from __future__ import annotations

from pathlib import Path

import pytest

import fatescore as fs
from fatescore import organisms
from fatescore.cli import main
from fatescore.gene_sets.claims import load_claims

INDEX_GENES = ["RUNX2", "ALPL", "COL1A1", "SP7", "IBSP", "BGLAP", "PPARG", "CEBPA"]


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    assert main(["gene-sets", *argv]) == 0
    return capsys.readouterr().out.splitlines()


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(["gene-sets", *argv]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    lines = streams.err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mine.tsv"
    others = ["GAPDH", "ACTB", "TP53", "MYC", "KDM4B", "KDM6B", "ALKBH1"]
    lines = [f"{gene}\t{i}\t{20 - i}\t3" for i, gene in enumerate([*INDEX_GENES, *others], start=1)]
    path.write_text("\n".join(["gene\ts1\ts2\ts3", *lines]) + "\n")
    return path


def test_list_has_a_line_per_set_with_what_it_favours(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [line.split("\t") for line in printed(capsys, "list")]
    loaded = fs.gene_sets.load()
    assert [(name, int(size)) for name, size, *_ in rows] == [(name, len(genes)) for name, genes in loaded.items()]
    favours = {row[0]: row[3] for row in rows}
    assert favours["osteogenic_late"] == favours["bmp_smad"] == "bone"
    assert favours["adipogenic"] == favours["mir_21"] == "fat"
    assert favours["nfkb"] == favours["epigenetic_anti"] == "against bone"
    assert favours["tgfb"] == "against fat"
    assert favours["mir_335"] == favours["mir_138"] == "against both fates"
    assert favours["notch"] == "both fates (no sign)"


@pytest.mark.parametrize("organism", organisms.names())
def test_show_every_set(capsys: pytest.CaptureFixture[str], organism: str) -> None:
    silent = fs.gene_sets.not_measurable(organism)
    for name, genes in fs.gene_sets.load(organism=organism).items():
        rows = [line.split("\t") for line in printed(capsys, "show", name, "--organism", organism)]
        assert {row[0]: float(row[1]) for row in rows if len(row) == 2} == pytest.approx(genes, rel=1e-4)
        assert {row[0]: row[2] for row in rows if len(row) > 2} == {
            gene: f"not measurable: {reason}" for gene, reason in silent.get(name, {}).items()
        }


def test_show_says_what_mrna_cannot_measure(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "show", "wnt_canonical", "--organism", "mouse")
    assert "Wnt10b\t+1" in lines
    assert any(line.startswith("Gsk3b\t0\tnot measurable: ") for line in lines)


def test_sets_that_are_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert 'did you mean "hedgehog"' in refused(capsys, "show", "hedgehogs")
    assert "mir_705" in refused(capsys, "show", "mir_705")  # mouse only, and too few targets there
    assert 'did you mean "mouse"' in refused(capsys, "list", "--organism", "mousse")
    assert 'did you mean "review"' in refused(capsys, "list", "--collection", "reviews")


def test_why_names_claim_section_sentence_and_reference(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "why", "HDAC9")
    assert lines[0] == "HDAC9 is in epigenetic_pro (+) because of"
    claim = load_claims().set_index("claim_id").loc["C145"]
    assert f"  C145 (1.3:7, [43], inferred): HDAC9: {claim['mechanism']}" in lines


def test_why_of_what_cannot_be_measured_and_of_what_is_no_gene(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "why", "CTNNB1")
    assert lines[0] == "CTNNB1 is in wnt_canonical (+, weight 0) because of"
    assert any(line.startswith("  Not measurable here: ") for line in lines)
    assert printed(capsys, "why", "PEMF")[0] == "PEMF is in no gene set."
    assert "HDAC9" in refused(capsys, "why", "HDAC99")


def test_why_of_a_target_the_review_does_not_name(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "why", "ALPL")
    start = lines.index("ALPL is in mir_204 (-, weight 0) though the review does not name it there:")
    assert "PubMed 23472141" in lines[start + 1]


@pytest.mark.parametrize("organism", organisms.names())
@pytest.mark.parametrize("kind", ["gmt", "json"])
def test_export_reads_back(capsys: pytest.CaptureFixture[str], tmp_path: Path, organism: str, kind: str) -> None:
    out = tmp_path / "new" / "folder"
    lines = printed(capsys, "export", "--organism", organism, "--format", kind, "--output", str(out))
    path = out / f"review.{organism}.{kind}"
    assert lines == [str(path)]
    assert [*out.iterdir()] == [path]
    back, loaded = fs.gene_sets.as_weights(path), fs.gene_sets.load(organism=organism)
    if kind == "json":
        assert back == loaded
    signs = {name: {gene: weight > 0 for gene, weight in genes.items()} for name, genes in loaded.items()}
    assert {name: {gene: weight > 0 for gene, weight in genes.items()} for name, genes in back.items()} == signs


@pytest.mark.parametrize("organism", organisms.names())
def test_the_shipped_gmt_is_a_fresh_export(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, root: Path, organism: str
) -> None:
    printed(capsys, "export", "--organism", organism, "--output", str(tmp_path))
    name = f"review.{organism}.gmt"
    shipped = root / "gene_sets" / "gmt" / name
    fix = f"run: fatescore gene-sets export --organism {organism} --output gene_sets/gmt"
    assert shipped.read_bytes() == (tmp_path / name).read_bytes(), fix


def test_export_cannot_write_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    assert "is not a folder" in refused(capsys, "export", "--output", str(tmp_path / "file"))
    assert 'did you mean "gmt"' in refused(capsys, "export", "--format", "gtm", "--output", str(tmp_path))
    assert (tmp_path / "file").read_text() == "kept"


def test_coverage_names_what_is_missing(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    lines = printed(capsys, "coverage", str(table), "--organism", "human")
    assert "osteogenic: 6 of 6 found" in lines
    assert "epigenetic_pro: 3 of 4 found; missing HDAC9" in lines
    assert "index core: scorable" in lines


def test_coverage_names_aliases(capsys: pytest.CaptureFixture[str], table: Path) -> None:
    table.write_text(table.read_text().replace("RUNX2", "CBFA1"))
    assert "osteogenic: 6 of 6 found; by alias RUNX2 (as CBFA1)" in printed(
        capsys, "coverage", str(table), "--organism", "human"
    )


@pytest.mark.parametrize("how", ["absent", "never seen"])
def test_coverage_says_why_the_index_is_not_scorable(capsys: pytest.CaptureFixture[str], table: Path, how: str) -> None:
    kept = [line for line in table.read_text().splitlines() if not line.startswith("CEBPA")]
    table.write_text("\n".join([*kept, *(["CEBPA\t0\t0\t0"] if how == "never seen" else [])]) + "\n")
    lines = printed(capsys, "coverage", str(table), "--organism", "human")
    (line,) = [line for line in lines if line.startswith("index core")]
    assert line == "index core: not scorable: 1 of 2 adipogenic genes measured, 2 needed; missing CEBPA"
    with pytest.raises(fs.errors.NotScorable, match="missing CEBPA"):  # as scoring says
        fs.tl.observation_scores(fs.ingest.read_expression(table, "human"), organism="human")


def test_coverage_of_own_sets(capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.gmt"
    mine.write_text("bone\t\tCBFA1\tSP7\tHOXA10\n")
    lines = printed(capsys, "coverage", str(table), "--organism", "human", "--sets", str(mine))
    assert "bone: 2 of 3 found; missing HOXA10" in lines
    assert not any(line.startswith("bmp_smad") for line in lines)
    assert lines[0].startswith(f"{mine} (sha256 ")


def test_coverage_of_bad_input(capsys: pytest.CaptureFixture[str], table: Path, tmp_path: Path) -> None:
    assert "no.tsv" in refused(capsys, "coverage", str(tmp_path / "no.tsv"), "--organism", "human")
    (tmp_path / "x.tsv").write_text("gene\ts1\nnobody\t1\n")
    assert "gene" in refused(capsys, "coverage", str(tmp_path / "x.tsv"), "--organism", "human")
    assert 'did you mean "human"' in refused(capsys, "coverage", str(table), "--organism", "humen")


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "organism", "osteogenic"),
    [
        ("gse35958/expression_log2.tsv.gz", "human", "osteogenic: 6 of 6 found"),
        ("matsushita2023/matsushita2023_250cells.h5ad", "mouse", "osteogenic: 7 of 7 found"),
    ],
)
def test_coverage_of_real_data(
    capsys: pytest.CaptureFixture[str], real_data: Path, name: str, organism: str, osteogenic: str
) -> None:
    lines = printed(capsys, "coverage", str(real_data / name), "--organism", organism)
    assert osteogenic in lines
    assert "adipogenic: 2 of 2 found" in lines
    assert "index core: scorable" in lines
