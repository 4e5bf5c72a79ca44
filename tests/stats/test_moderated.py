"""Variances shrunk towards each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from fatescore.errors import InputError
from fatescore.stats.moderated import _inverse_trigamma, moderated_p, variance_prior

# Five donors against four (measures x donors). p values, prior df and prior variance are those of eBayes in the
# Python port of limma in inmoose 0.9.1 (lmFit, then eBayes, default options).
LIMMA = {
    "spread": (
        [
            [0.2077, 1.7889, 0.9254, -0.2706, 0.7483, -0.719, -0.3889, -0.3016, -0.4409],
            [1.05, 0.7715, 0.5337, 0.9851, 1.1749, -0.7422, -0.116, -0.4431, -0.0782],
            [-0.3109, 0.8178, 0.7674, 0.5378, -0.1028, -0.3413, -0.9402, -1.1676, 0.1937],
            [-0.6277, 2.3061, 1.7222, -1.7711, 1.1502, -1.4178, 0.0425, 0.0562, -2.559],
            [0.3385, 0.2943, 2.702, -1.5358, 2.2592, -2.1728, -0.655, -1.6617, 2.8643],
            [1.4069, 3.3972, 1.4856, 1.7025, 1.6979, -0.6479, -0.0748, 1.4423, -0.4235],
            [0.9355, 0.7848, 1.2373, 0.5381, 0.6906, 0.174, 0.0739, -0.6209, 0.643],
            [-0.0108, 0.05, -0.0009, 1.4038, 0.5748, -0.6064, -0.7094, 0.263, -0.6587],
            [-1.1935, 1.7622, -1.0754, 0.2947, 0.7894, -0.6979, -0.0848, 2.098, -0.81],
            [-2.5583, -4.0982, 0.2539, -0.1394, 1.5069, -1.238, -1.2764, -1.9236, -1.3861],
            [0.9887, 0.352, 0.9183, 3.0392, 1.3643, -1.8563, 2.0418, 0.4097, -1.1088],
            [1.2328, 0.8084, 0.5065, 0.4977, 0.326, 0.023, 0.5099, -0.1551, 0.2008],
        ],
        [
            0.0208233399591,
            0.00107430822833,
            0.0448935991256,
            0.132640646754,
            0.327128618261,
            0.00838502195612,
            0.0356432880722,
            0.0590594783576,
            0.989368502848,
            0.675344666845,
            0.112309188967,
            0.0942679601812,
        ],
        2.10919418895,
        0.415428987278,
    ),
    "alike": (
        [
            [0.2684, 0.8544, 1.5222, 1.0966, 1.6687, 0.4614, 0.488, 1.8266, 0.6232],
            [0.9295, 1.5099, -0.1191, 0.4623, 1.5932, 0.6308, 1.5484, 0.0105, -1.4623],
            [2.7472, 1.8929, -0.2587, 2.1758, 0.8324, -1.8139, -0.4204, -0.5089, 1.5908],
            [0.0079, 0.5464, 0.5232, 0.421, -0.1141, 0.2191, 1.0768, 0.624, -0.9275],
            [-0.3498, 0.919, 0.0934, 0.1698, -0.8797, 1.9505, 0.9166, -0.9739, 0.9082],
            [2.1425, -1.5896, 0.2511, 0.412, 1.4483, -0.1215, -0.2304, -0.0584, 1.8533],
            [2.96, 0.2752, -0.1262, 3.4926, -0.1797, -0.5734, 0.0366, 0.4832, 1.029],
            [1.191, -0.0724, 1.3064, 1.0499, 2.6769, -0.015, -1.337, -1.045, 1.4502],
        ],
        [
            0.716335956772,
            0.321297830506,
            0.024270519554,
            0.964081726756,
            0.304729806303,
            0.816342789654,
            0.186955621913,
            0.0472935055203,
        ],
        20.5351424972,
        1.06898991361,
    ),
}


def parts(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    case, control = y[:, :5], y[:, 5:]
    pooled = (4 * case.var(axis=1, ddof=1) + 3 * control.var(axis=1, ddof=1)) / 7
    return case.mean(axis=1) - control.mean(axis=1), pooled


@pytest.mark.parametrize("name", LIMMA)
def test_limma_gives_the_same(name: str) -> None:
    values, p_values, df, variance = LIMMA[name]
    difference, pooled = parts(np.array(values))
    prior = variance_prior(pooled, 7)
    assert prior.df == pytest.approx(df, rel=1e-8)
    assert prior.variance == pytest.approx(variance, rel=1e-8)
    np.testing.assert_allclose(moderated_p(difference, pooled, 7, 1 / 5 + 1 / 4), p_values, rtol=1e-8)


def test_equal_variances_are_one_variance() -> None:
    """Where variances spread less than chance makes them, all measures share one, on the residuals of all."""
    from scipy import stats

    p_value = moderated_p([1.0, 2.0], [0.5, 0.5], 4, 0.5)
    shared = variance_prior([0.5, 0.5], 4).variance
    np.testing.assert_allclose(p_value, 2 * stats.t.sf(np.array([1.0, 2.0]) / np.sqrt(shared * 0.5), 8))


def test_order_and_scale_do_not_matter() -> None:
    difference, pooled = parts(np.array(LIMMA["spread"][0]))
    once = moderated_p(difference, pooled, 7, 0.45)
    np.testing.assert_allclose(moderated_p(difference[::-1], pooled[::-1], 7, 0.45)[::-1], once, rtol=1e-12)
    np.testing.assert_allclose(moderated_p(1000 * difference, 1e6 * pooled, 7, 0.45), once, rtol=1e-9)


def test_measures_without_variance_get_no_p_and_lend_nothing() -> None:
    difference, pooled = parts(np.array(LIMMA["spread"][0]))
    with_gaps = moderated_p([*difference, 1.0, 2.0], [*pooled, 0.0, np.nan], 7, 0.45)
    np.testing.assert_allclose(with_gaps[:-2], moderated_p(difference, pooled, 7, 0.45), rtol=1e-12)
    assert np.isnan(with_gaps[-2:]).all()
    assert np.isnan(moderated_p([1.0], [1.0], 5, 0.5)).all()
    with pytest.raises(InputError, match="1 measures have a variance"):
        variance_prior([1.0, 0.0], 5)


@pytest.mark.parametrize("x", [1e-3, 0.1, 1.0, 7.5, 400.0])
def test_the_inverse_of_trigamma(x: float) -> None:
    assert _inverse_trigamma(float(special.polygamma(1, x))) == pytest.approx(x, rel=1e-9)


def test_type_one_error_with_three_donors_an_arm() -> None:
    """Twenty normal measures whose variances spread: 5 % of p values lie below 0.05."""
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(400):
        sd = np.sqrt(6 / rng.chisquare(6, 20))
        y = rng.normal(size=(20, 6)) * sd[:, None]
        case, control = y[:, :3], y[:, 3:]
        pooled = (case.var(axis=1, ddof=1) + control.var(axis=1, ddof=1)) / 2
        rates.append((moderated_p(case.mean(axis=1) - control.mean(axis=1), pooled, 4, 2 / 3) < 0.05).mean())
    assert np.mean(rates) == pytest.approx(0.05, abs=4 * np.std(rates) / 20)
