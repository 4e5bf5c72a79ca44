from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

Study = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def study() -> Study:
    """A table of one sample per donor: arms of given sizes, normal values, an effect in standard deviations."""

    def make(n_case: int = 5, n_control: int = 4, *, effect: float = 0.0, seed: int = 0) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        n = n_case + n_control
        is_case = np.arange(n) < n_case
        return pd.DataFrame(
            {
                "sample": [f"S{i}" for i in range(n)],
                "donor": [f"D{i}" for i in range(n)],
                "condition": np.where(is_case, "sick", "well"),
                "fate_bias": rng.normal(size=n) + effect * is_case,
                "osteogenic": rng.normal(size=n),
            }
        )

    return make
