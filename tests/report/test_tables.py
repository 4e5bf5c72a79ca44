"""What pages are made from: tables of folders, and the sample fields that do not repeat others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.files import write_json
from fatescore.report import DatasetTables, SummaryTables, dataset_page, summary_page
from fatescore.report.tables import without_repeats
from fatescore.tables import CONTRASTS, DUPLICATES
from fatescore.tables.folder import STEPS
from fatescore.tables.io import write_tsv
from tests.report.made import status

COLUMNS = st.lists(st.lists(st.sampled_from(["a", "A", "b", "ß", "1"]), min_size=3, max_size=3), min_size=1, max_size=6)


@given(COLUMNS, st.data())
def test_what_is_left_says_everything_once(columns: list[list[str]], data: st.DataObject) -> None:
    fields = pd.DataFrame({f"f{place}": values for place, values in enumerate(columns)})
    every = [str(name) for name in fields]
    keep = data.draw(st.lists(st.sampled_from(every), unique=True))
    names = data.draw(st.permutations(every))
    left = without_repeats(fields, names, keep=keep)

    def same(one: str, other: str) -> bool:
        return [value.casefold() for value in fields[one]] == [value.casefold() for value in fields[other]]

    assert left == [name for name in names if name in left]
    assert set(keep) <= set(left)
    varied = [name for name in names if len({value.casefold() for value in fields[name]}) > 1]
    assert all(any(same(name, other) for other in left) for name in names)  # nothing is lost
    assert set(names) - set(varied) <= set(left)
    free = [name for name in left if name in varied and name not in keep]
    assert not any(same(name, other) for name in free for other in left if other != name)


def test_numbers_are_compared_as_they_are_shown() -> None:
    fields = pd.DataFrame({"age": [60.0, 70.0], "characteristics: age": ["60", "70"], "kit": [None, "x"]})
    assert without_repeats(fields, ["age", "characteristics: age", "kit"]) == ["age", "kit"]
    assert without_repeats(pd.DataFrame(), ["total_counts"]) == ["total_counts"]


def test_a_folder_gives_the_page_of_its_tables(results: Any, make_results: Callable[..., Any], tmp_path: Path) -> None:
    run = make_results(tmp_path).write()
    for name, made in results.tables.items():
        read = DatasetTables.read(run.dataset(name))
        assert read.dataset == name
        assert list(read.statuses) == list(made.statuses)
        assert len(read.contrasts) == len(made.contrasts)
        page = dataset_page(read)
        assert 'href="../../report.html"' in page
        # Files of a stopped data set are empty: nothing to download but the outcomes.
        assert ('href="contrasts.tsv"' in page) == (len(made.contrasts) > 0)
        assert 'href="status/qc.json"' in page
        # A step that the page does not wait for leaves it as it is.
        write_json(run.dataset(name).status_file("fingerprint"), vars(status(name, "fingerprint")))
        assert dataset_page(DatasetTables.read(run.dataset(name))) == page


def test_the_folder_of_a_run_gives_the_summary(results: Any, make_results: Callable[..., Any], tmp_path: Path) -> None:
    made = make_results(tmp_path)
    run = made.write()
    table = pd.DataFrame([{"dataset_a": "GSE1", "sample_a": "007", "dataset_b": "sc", "sample_b": "8"}])
    run.write(DUPLICATES, table.assign(kind="identical", declared="no").reindex(columns=DUPLICATES.names))
    asked: dict[str, Any] = {"datasets": list(made.tables), "across": ["both"], "title": "A run"}
    read = SummaryTables.read(run, settings={"seed": 1}, **asked)
    assert len(read.statuses) == len(STEPS) * len(made.tables)
    assert len(read.contrasts) == len(made.summary().contrasts)
    assert [name for name, _address in read.files] == ["tables/meta.tsv", "tables/scoreboard.tsv"]
    page = summary_page(read)
    assert page == summary_page(SummaryTables.read(run, settings={"seed": 1}, **asked))
    assert "1 sample of GSE1 is identical to a sample of sc" in page
    assert ">007<" in page
    fewer = SummaryTables.read(run, settings={}, **asked | {"datasets": ["GSE1"]})
    assert set(fewer.contrasts["dataset"]) == {"GSE1"}


def test_a_table_that_lacks_columns_is_refused(make_results: Callable[..., Any], tmp_path: Path) -> None:
    run = make_results(tmp_path).write()
    write_tsv(run.dataset("GSE1").file(CONTRASTS), pd.DataFrame({"dataset": ["GSE1"]}))
    with pytest.raises(InputError, match=r"contrasts\.tsv has no column contrast, "):
        DatasetTables.read(run.dataset("GSE1"))
