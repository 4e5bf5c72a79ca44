from __future__ import annotations

import io
import json
import os
import re
import sys
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fatescore.errors import InputError
from simulated_geo import mirror
from simulated_geo.__main__ import main

SERIES = [f"GSE90000000{i}" for i in (1, 2, 3, 4)]
SMALL = {"cells_per_donor": 40, "n_genes": 500}


def home(tree: Path, accession: str) -> Path:
    return tree / "series" / "GSE900000nnn" / accession


def matrix(tree, text, accession):
    return text(home(tree, accession) / "matrix" / f"{accession}_series_matrix.txt.gz").splitlines()


def sample_field(lines, key):
    rows = [line.split("\t")[1:] for line in lines if line.startswith(f"!Sample_{key}\t")]
    return [[value.strip('"') for value in row] for row in rows]


def samples(tree, accession):
    return pd.read_csv(tree / "truth" / f"{accession}_samples.tsv", sep="\t", dtype={"donor": str})


def test_the_layout_is_geos(tree):
    files = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
    for accession in SERIES:
        folder = f"series/GSE900000nnn/{accession}"
        assert f"{folder}/matrix/{accession}_series_matrix.txt.gz" in files
        assert f"{folder}/soft/{accession}_family.soft.gz" in files
        assert {f"truth/{accession}.json", f"truth/{accession}_samples.tsv"} <= files
    assert "platforms/GPL900000nnn/GPL900000001/annot/GPL900000001.annot.gz" in files
    assert "series/GSE900000nnn/GSE900000002/suppl/GSE900000002_counts.txt.gz" in files
    assert "series/GSE900000nnn/GSE900000003/suppl/GSE900000003_RAW.tar" in files
    assert "series/GSE900000nnn/GSE900000004/suppl/GSE900000004_gene_counts.csv.gz" in files
    assert (tree / "README.txt").read_text().startswith("SIMULATED")


@pytest.mark.parametrize("accession", SERIES)
def test_series_matrix_grammar(tree, text, accession):
    lines = matrix(tree, text, accession)
    blank = lines.index("")
    begin, end = lines.index("!series_matrix_table_begin"), lines.index("!series_matrix_table_end")
    assert lines[0].startswith('!Series_title\t"SIMULATED: ')
    assert all(re.match(r'^!Series_\w+\t"[^"]*"$', line) for line in lines[:blank])
    body = lines[blank + 1 : begin]
    names = sample_field(lines, "geo_accession")[0]
    assert all(re.match(r'^!Sample_\w+(\t"[^"]*")+$', line) for line in body)
    assert {len(line.split("\t")) for line in body} == {len(names) + 1}
    assert lines[begin + 1].split("\t") == ['"ID_REF"', *(f'"{name}"' for name in names)]
    assert end == len(lines) - 1
    assert (end == begin + 2) == (accession != SERIES[0])
    listed = next(line for line in lines if line.startswith("!Series_sample_id")).split("\t")[1].strip('"').split()
    assert listed == names == list(samples(tree, accession)["sample"])


def test_header_fields_of_the_real_series_are_known_here(tree, text, real_data):
    # Every kind of sample line that GEO's own header-only series has, except those about real files, is in ours.
    path = real_data / "geo" / "series" / "GSE99nnn" / "GSE99709" / "matrix" / "GSE99709_series_matrix.txt.gz"
    ours, theirs = (
        {line.split("\t")[0] for line in lines if line.startswith("!Sample_")}
        for lines in (matrix(tree, text, SERIES[1]), text(path).splitlines())
    )
    left = {"treatment_protocol_ch1", "growth_protocol_ch1", "relation", "library_selection", "library_source"}
    assert theirs - ours <= {f"!Sample_{key}" for key in left}


def test_array_characteristics_are_shifted_for_the_patients(tree, text):
    rows = sample_field(matrix(tree, text, SERIES[0]), "characteristics_ch1")
    keys = [{value.split(": ")[0] for value in row if value} for row in rows]
    assert keys[2] == {"tissue", "diagnosis"}
    assert keys[-1] == {"sample id"}
    assert rows[-1][0] == ""
    assert rows[-1][-1].startswith("sample id: ")


def test_array_values_are_the_simulated_ones_and_annotated(tree, text):
    lines = matrix(tree, text, SERIES[0])
    begin = lines.index("!series_matrix_table_begin")
    table = pd.read_csv(io.StringIO("\n".join(lines[begin + 1 : -1])), sep="\t", index_col=0)
    assert table.shape[1] == 12
    assert (table > 0).all().all()
    assert table.max().max() > 5000  # linear
    annot = text(tree / "platforms/GPL900000nnn/GPL900000001/annot/GPL900000001.annot.gz").splitlines()
    begin = annot.index("!platform_table_begin")
    probes = pd.read_csv(io.StringIO("\n".join(annot[begin + 1 : -1])), sep="\t", index_col="ID", dtype=str)
    assert annot[-1] == "!platform_table_end"
    assert list(probes.index) == list(table.index)
    assert (probes["Gene symbol"] == "PMF1-BGLAP///PMF1///BGLAP").sum() == 1
    assert probes["Gene symbol"].isna().any()


def test_annotation_has_the_columns_of_geos_own(tree, text, real_data):
    def header(lines):
        return lines[lines.index("!platform_table_begin") + 1]

    theirs = text(real_data / "geo/platforms/GPLnnn/GPL97/annot/GPL97.annot.gz").splitlines()
    ours = text(tree / "platforms/GPL900000nnn/GPL900000001/annot/GPL900000001.annot.gz").splitlines()
    assert header(ours) == header(theirs)


def test_soft_and_matrix_agree(tree, text):
    soft = text(home(tree, SERIES[0]) / "soft" / f"{SERIES[0]}_family.soft.gz")
    blocks = soft.split("^SAMPLE = ")[1:]
    lines = matrix(tree, text, SERIES[0])
    rows = [line.split("\t") for line in lines[lines.index("!series_matrix_table_begin") + 2 : -1]]
    assert len(blocks) == 12
    for number, block in enumerate(blocks, start=1):
        table = block[block.index("ID_REF\t") :].splitlines()[1:-1]
        assert [line.split("\t")[1] for line in table] == [row[number] for row in rows]
    assert " /// " in soft
    assert "\t---\n" in soft


def test_bulk_counts_are_named_by_title_and_versioned_id(tree, text):
    lines = matrix(tree, text, SERIES[1])
    table = pd.read_csv(
        io.StringIO(text(home(tree, SERIES[1]) / "suppl" / f"{SERIES[1]}_counts.txt.gz")), sep="\t", index_col=0
    )
    titles = sample_field(lines, "title")[0]
    assert sorted(table.columns) == sorted(titles)
    assert list(table.columns) != titles  # another order: only names may join them
    assert not set(table.columns) & set(sample_field(lines, "geo_accession")[0])
    assert table.index.str.fullmatch(r"ENSG\d{11}\.\d+").all()
    assert table.index.str.split(".").str[0].is_unique
    assert (table.dtypes == np.int64).all()


def test_bulk_columns_carry_the_bias_of_their_title(tree, text):
    # The truth table and the columns must not be shuffled against each other.
    table = pd.read_csv(
        io.StringIO(text(home(tree, SERIES[1]) / "suppl" / f"{SERIES[1]}_counts.txt.gz")), sep="\t", index_col=0
    )
    table.index = table.index.str.split(".").str[0]
    genes = pd.read_csv(tree / "truth" / f"{SERIES[1]}_genes.tsv", sep="\t").set_index("ensembl_id")
    loading = genes["loading"].reindex(table.index)
    share = np.log2(table / table.sum() + 1e-8)
    ratio = share[loading > 0.5].mean() - share[loading < -0.5].mean()
    truth = samples(tree, SERIES[1]).set_index("title")["true_bias"]
    assert ratio.corr(truth[ratio.index]) > 0.9


def test_mouse_counts_are_a_csv_of_symbols(tree, text):
    raw = text(home(tree, SERIES[3]) / "suppl" / f"{SERIES[3]}_gene_counts.csv.gz")
    assert raw.startswith('"","sham_1"')
    table = pd.read_csv(io.StringIO(raw), index_col=0)
    assert {"Bglap", "Bglap2", "Runx2", "Pparg"} <= set(table.index)
    assert list(table.columns) == list(samples(tree, SERIES[3])["title"])
    assert set(samples(tree, SERIES[3])["condition"]) == {"sham", "ovariectomy"}


def test_single_cells_read_with_scanpy_and_match_the_truth(tree, tmp_path):
    import scanpy as sc

    people = samples(tree, SERIES[2])
    with tarfile.open(home(tree, SERIES[2]) / "suppl" / f"{SERIES[2]}_RAW.tar") as archive:
        members = archive.getmembers()
        for member in members:  # one by one: Python 3.11.2 has no filter for extractall yet
            (tmp_path / member.name).write_bytes(archive.extractfile(member).read())
    assert all(member.isreg() and member.mtime == 0 and member.uid == 0 for member in members)
    expected = {
        f"{row.sample_}_{row.title}_{end}"
        for row in people.rename(columns={"sample": "sample_"}).itertuples()
        for end in ("barcodes.tsv.gz", "features.tsv.gz", "matrix.mtx.gz")
    }
    assert {member.name for member in members} == expected
    cells = pd.read_csv(tree / "truth" / f"{SERIES[2]}_cells.tsv.gz", sep="\t", index_col="obs_name")
    for sample, title in zip(people["sample"], people["title"], strict=True):
        adata = sc.read_10x_mtx(tmp_path, prefix=f"{sample}_{title}_", var_names="gene_symbols")
        assert adata.shape == (40, 500)
        truth = cells.loc[sample + "_" + adata.obs_names]
        red = np.asarray(adata[:, ["HBB", "HBA1"]].X.sum(axis=1)).ravel() / np.asarray(adata.X.sum(axis=1)).ravel()
        assert ((red > 0.25) == (truth["true_lineage"] == "erythroid").to_numpy()).all()


def test_filelist_names_what_is_there(tree):
    folder = home(tree, SERIES[2]) / "suppl"
    listing = pd.read_csv(folder / "filelist.txt", sep="\t")
    archive = listing[listing["#Archive/File"] == "Archive"].iloc[0]
    assert (folder / archive["Name"]).stat().st_size == archive["Size"]
    with tarfile.open(folder / archive["Name"]) as tar:
        inside = {member.name: member.size for member in tar.getmembers()}
    files = listing[listing["#Archive/File"] == "File"].set_index("Name")["Size"].to_dict()
    assert files == inside


@pytest.mark.parametrize("accession", SERIES)
def test_truth_is_written_with_its_sign(tree, accession):
    truth = json.loads((tree / "truth" / f"{accession}.json").read_text())
    table = samples(tree, accession)
    assert truth["simulated"] is True
    assert truth["sign"] == "-"
    means = table.groupby("condition")["true_bias"].mean()
    assert means[truth["case"]] - means[truth["control"]] == pytest.approx(truth["realised"], abs=1e-5)
    assert truth["realised"] == pytest.approx(truth["effect"], abs=1.5)
    assert table["donor"].is_unique


def test_donors_of_different_series_are_different_people(tree):
    donors = [donor for accession in SERIES for donor in samples(tree, accession)["donor"]]
    assert len(donors) == len(set(donors)) == 38


def test_no_sample_field_separates_the_conditions_by_accident(tree):
    for accession in SERIES:
        table = samples(tree, accession)
        case = table["condition"].isin(["osteoporosis", "ovariectomy"])
        for column in set(table.columns) & {"sex", "passage", "batch"}:
            assert set(table.loc[case, column]) & set(table.loc[~case, column]), (accession, column)


def test_same_seed_same_bytes_and_dates(tree, tmp_path, digest):
    again = mirror(tmp_path / "again", seed=0, **SMALL)
    assert digest(again) == digest(tree)
    for path in again.rglob("*"):
        if path.name != "README.txt":
            assert path.stat().st_mtime == 1_577_836_800, path


def test_another_seed_changes_every_table(tree, tmp_path, digest):
    other, first = digest(mirror(tmp_path / "other", seed=1, **SMALL)), digest(tree)
    assert set(other) == set(first)
    same = {name for name in first if first[name] == other[name]}
    # The chip, the genes and the header-only matrices without ages do not depend on the seed.
    assert not any("suppl/GSE" in name or name.endswith("_samples.tsv") for name in same)
    assert "series/GSE900000nnn/GSE900000001/matrix/GSE900000001_series_matrix.txt.gz" not in same


def test_positive_effect_is_recorded(tmp_path):
    tree = mirror(tmp_path / "up", effect=2.0, **SMALL)
    assert json.loads((tree / "truth" / f"{SERIES[0]}.json").read_text())["sign"] == "+"


def test_an_earlier_mirror_is_replaced_and_nothing_is_left_beside_it(tmp_path, digest):
    target = tmp_path / "geo"
    mirror(target, seed=1, **SMALL)
    before = digest(target)
    mirror(target, seed=2, **SMALL)
    assert digest(target) != before
    assert os.listdir(tmp_path) == ["geo"]  # noqa: PTH208


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "geo").mkdir()
    assert (mirror(tmp_path / "geo", **SMALL) / "README.txt").is_file()


@pytest.mark.parametrize("case", ["foreign", "file", "extra"])
def test_what_is_not_ours_is_never_touched(tmp_path, case):
    target = tmp_path / "geo"
    if case == "file":
        target.write_text("mine")
    else:
        if case == "extra":
            mirror(target, **SMALL)
        else:
            target.mkdir()
        (target / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="geo") as caught:
        mirror(target, **SMALL)
    assert "\n" not in str(caught.value)
    assert (target if case == "file" else target / "thesis.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["geo"]


def test_a_failure_half_way_keeps_the_old_mirror(tmp_path, digest, monkeypatch):
    target = mirror(tmp_path / "geo", **SMALL)
    before = digest(target)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys.modules["simulated_geo.mirror"], "_write_truth", full)
    with pytest.raises(InputError, match="No space left"):
        mirror(target, seed=1, **SMALL)
    assert digest(target) == before
    assert [path.name for path in tmp_path.iterdir()] == ["geo"]


@pytest.mark.parametrize(("argument", "value"), [("seed", -1), ("seed", 0.5), ("n_genes", 5), ("cells_per_donor", 1)])
def test_bad_parameters_leave_nothing(tmp_path, argument, value):
    with pytest.raises(InputError, match=argument):
        mirror(tmp_path / "geo", **{**SMALL, argument: value})
    assert list(tmp_path.iterdir()) == []


def test_the_command(tmp_path, capsys):
    options = ["--cells-per-donor", "20", "--n-genes", "400", "--seed", "3", "--effect", "-1.5"]
    assert main(["--output", str(tmp_path / "geo"), *options]) == 0
    assert "seed 3, effect -1.5" in (tmp_path / "geo" / "README.txt").read_text()
    (tmp_path / "file").write_text("")
    assert main(["--output", str(tmp_path / "file" / "geo"), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("simulated_geo: error: ")
    assert "cannot be written" in line
