"""Matrix Market: values as they are written, or a refusal."""

from __future__ import annotations

import io

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fatescore.errors import InputError
from fatescore.ingest import matrix_market
from fatescore.ingest.matrix_market import MatrixMarketReader

HEAD = b"%%MatrixMarket matrix coordinate integer general\n"


def dense(data: bytes, block: int = 1 << 20) -> np.ndarray:
    blocks = (data[place : place + block] for place in range(0, len(data), block))
    reader = MatrixMarketReader(blocks, "x.mtx")
    out = np.zeros(reader.shape)
    for part in reader.entries():
        np.add.at(out, (part.rows, part.columns), part.counts)
    return out


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_as_scipy_reads_it_in_blocks_of_any_size(data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 6)))
    values = data.draw(st.lists(st.integers(0, 10**9), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    matrix = np.array(values).reshape(shape)
    out = io.BytesIO()
    scipy.io.mmwrite(out, sp.coo_matrix(matrix), comment=data.draw(st.sampled_from(["", "a\n b"])), symmetry="general")
    text = out.getvalue().replace(b"\n", data.draw(st.sampled_from([b"\n", b"\r\n"])))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matrix_market, "_AT_ONCE", data.draw(st.integers(1, 60)))
        assert np.array_equal(dense(text, data.draw(st.integers(1, 60))), matrix)


@pytest.mark.parametrize("entry", [b"1 1 8.7", b"1\t1\t8.7", b" 1  1  8.7 ", b"1 1 87e-1"])
def test_a_fraction_under_an_integer_header_stays_one_and_is_known(entry: bytes) -> None:
    reader = MatrixMarketReader(iter([HEAD + b"2 2 2\n" + entry + b"\n2 2 3\n"]), "x.mtx")
    assert [part.counts.tolist() for part in reader.entries()] == [[8.7, 3.0]]
    assert reader.fractions == "8.7"


def test_a_pattern_has_ones_and_a_missing_value_is_missing() -> None:
    assert dense(HEAD.replace(b"integer", b"pattern") + b"2 2 1\n2 1\n").tolist() == [[0, 0], [1, 0]]
    assert np.isnan(dense(HEAD + b"2 2 2\n1 1 nan\n2 2\n")[[0, 1], [0, 1]]).all()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "does not begin with %%MatrixMarket"),
        (b"gene,a\nRUNX2,1\n", "does not begin with"),
        (HEAD.replace(b"coordinate", b"array") + b"1 1\n1\n", "holds a array integer general matrix"),
        (HEAD.replace(b"general", b"symmetric") + b"1 1 1\n1 1 1\n", "holds a coordinate integer symmetric"),
        (HEAD + b"2 2\n", "line of sizes"),
        (HEAD + b"2 99999999999 0\n", "it says 2 x 99999999999"),
        (HEAD + b"2 2 1\n1 1 1,234\n", "1,234"),
        (HEAD + b"2 2 2\n1 1 1\n2 2 x\n", "x"),
        (HEAD + b"2 2 1\n1 1 1 7\n", "4 fields"),
        (HEAD + b"2 2 2\n1 1 1\n2 2 1 7\n", "Expected 3 fields"),
        (HEAD + b"2 2 1\n1.5 1 1\n", "int64 for float64"),
        (HEAD + b"2 2 1\n0 1 1\n", "an entry at 0 of 2"),
        (HEAD + b"2 2 1\n1 3 1\n", "an entry at 3 of 2"),
        (HEAD + b"2 2 2\n1 1 1\n", "has 1 entries, and its header says 2"),
        (HEAD + b"2 2 1\n1 1 1\n2 2 1\n", "more entries than its header says"),
    ],
)
def test_refused(text: bytes, why: str) -> None:
    with pytest.raises(InputError, match=rf"x.mtx: the matrix cannot be read \(.*{why}"):
        dense(text)
