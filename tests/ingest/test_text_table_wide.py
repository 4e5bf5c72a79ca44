"""Few rows and very many columns: the fast parser returns what pandas returns."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.ingest import text_table
from fatescore.ingest.matrix import Located, ReadOptions
from fatescore.ingest.readers import count_table
from fatescore.ingest.text_table import parse, read_wide

NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.integers(-(10**20), 10**20).map(str)
CELLS = NUMBERS | st.sampled_from(
    ["", "NA", "null", "#N/A", " 5", "nan", "x", "1_0", '"3"', "TRUE", "inf", "-Infinity", "1e400", "1e-400", "0x10",
     "+5",     "5.", ".5", "1,5", "1 5", "#VALUE!", "<1", "\u0661", "1e5 ", "-", "NAN", "1d3", "5\u00a0"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from(["RUNX2", '"ALPL"', "NA", "1-Mar", "__no_feature", "a b"]), CELLS, CELLS)),
    separator=st.sampled_from(["\t", ","]),
)
def test_as_pandas(rows: list[tuple[str, str, str]], separator: str) -> None:
    text = "\n".join(separator.join(row) for row in [("gene", "s1", "s2"), *rows]).encode()

    def outcome(columns: int) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(text_table, "_WIDE_COLUMNS", columns)
            try:
                return parse(text, Path("t.tsv")).data
            except InputError as error:
                return str(error)

    fast, by_pandas = outcome(0), outcome(10)
    if isinstance(by_pandas, str):
        assert fast == by_pandas
    else:
        pd.testing.assert_frame_equal(fast, by_pandas, check_exact=True)


def test_what_is_left_to_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["gene", "s1", "s2"]
    assert read_wide(["RUNX2\t1\t2"], "\t", names) is None
    monkeypatch.setattr(text_table, "_WIDE_COLUMNS", 2)
    frame = read_wide(['"RUNX2"  1 NA'], " ", names)
    assert frame is not None
    assert frame.fillna(-1).to_dict("index") == {"RUNX2": {"s1": 1, "s2": -1}}
    for line in ("RUNX2\t1\tNAN", "RUNX2\t1", "RUNX2\t1\t2\t3", "RUNX2\t1\tx", "RUNX2\t1\t1_000", 'RU"NX2\t1\t2'):
        assert read_wide([line], "\t", names) is None
    assert read_wide(["RUNX2\t1\t2"] * 500, "\t", names) is None


def test_a_hundred_thousand_cells_take_seconds(tmp_path: Path) -> None:
    n = 100_000
    counts = np.arange(3 * n).reshape(3, n) % 7
    genes = ["RUNX2", "PPARG", "ALPL"]
    rows = "".join(f"{gene}\t" + "\t".join(map(str, row)) + "\n" for gene, row in zip(genes, counts, strict=True))
    path = tmp_path / "t.tsv"
    path.write_text("gene\t" + "\t".join(f"c{i}" for i in range(n)) + "\n" + rows)
    start = perf_counter()
    raw = count_table.LAYOUT.read(Located("count_table", path), ReadOptions(None))
    assert perf_counter() - start < 5  # pandas: 8 and more
    assert np.array_equal(raw.matrix.toarray().T, counts)
