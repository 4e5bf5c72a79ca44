from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from fatescore.errors import InputError
from fatescore.stats.fdr import bh


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 5))
def test_bh_equals_statsmodels_and_passes_missing_values_by(p_values: list[float], missing: int) -> None:
    expected = multipletests(p_values, method="fdr_bh")[1]
    mixed = [*p_values, *[np.nan] * missing]
    np.testing.assert_allclose(bh(mixed)[: len(p_values)], expected, rtol=1e-12, atol=1e-15)
    assert np.isnan(bh(mixed)[len(p_values) :]).all()


def test_bh_of_nothing_tested() -> None:
    assert np.isnan(bh([np.nan, np.nan])).all()
    assert bh([]).shape == (0,)


def test_bh_refuses_what_is_no_p_value() -> None:
    with pytest.raises(InputError, match="outside 0 to 1"):
        bh([0.5, 1.5])
