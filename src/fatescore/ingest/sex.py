"""Which sex each sample's expression says, to check a sample sheet. It never guesses: ``unclear`` is an answer.

Arrays and sequencing need different yardsticks. On an array a silent gene is not zero, it glows with its probe's
background, so genes are placed by their rank within the sample. In sequencing a rank moves with depth (in a shallow
library one read is the 80th percentile), so genes are compared with the X copies of the Y genes: nearly every cell
uses those, in both sexes, they are as long, and a read placed on the wrong copy comes from them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.stats import rankdata

from fatescore import organisms
from fatescore.errors import InputError, nearest
from fatescore.tables import columns as col
from fatescore.typing import ASSAYS, FloatArray, Matrix

if TYPE_CHECKING:
    from anndata import AnnData

FEMALE, MALE, UNCLEAR, NOT_MEASURED = "female", "male", "unclear", "not measured"
PERCENTILE, X_COPIES = "percentile", "x copies"
COLUMNS = ("sex_expressed", "xist", "y_genes", "y_genes_found", "unit")


@dataclass(frozen=True)
class _Limits:
    """At least ``on`` is expressed, at most ``off`` is silent; in between nothing is said."""

    xist_on: float
    xist_off: float
    y_on: float
    y_off: float


# Percentiles, 24 human arrays (GSE35958; GSE781 on GPL96, without its patient 035, declared female and male by every
# gene): XIST at most 36 in men, at least 85 in women; Y genes at least 60 in men, at most 42 in women.
# X copies, 26 libraries of mouse bone and fat, sex not given but plain: Xist at most 0.004, Y genes at
# least 0.23; the female end is from 125 single cells with Xist (9.5) and no Y read (0), no deep female library.
_LIMITS = {PERCENTILE: _Limits(80, 60, 55, 45), X_COPIES: _Limits(0.1, 0.03, 0.1, 0.03)}
_MIN_GENES = 1_000  # percentiles of a panel say nothing: all of its genes were chosen
_MIN_X_GENES = 3
_MIN_X_READS = 59.5  # reads on the X copies, below which the yardstick itself is a guess
_MIN_READS = 4.5  # five, however the table was rounded
# Silence needs a depth at which this level, the least of a whole sample of the other sex, could not have been missed.
_XIST_MISSED, _Y_MISSED = 0.3, 0.1


def expressed_sex(adata: AnnData) -> pd.DataFrame:
    """Say which sex each sample's expression shows.

    XIST is expressed from the silenced X of female cells, Y genes in male cells. ``female``: XIST expressed and the
    Y genes silent; ``male``: the reverse; ``unclear``: both (mixed donors), neither (cultured female cells can lose
    XIST), something in between, or too shallow to tell. Where only one side is measured its expression still counts
    (mixed donors cannot be seen then), its silence does not.

    Parameters
    ----------
    adata
        Observations x genes as :func:`fatescore.ingest.ingest` writes it.

    Returns
    -------
    DataFrame indexed by sample, in order of appearance: ``sex_expressed`` (``female | male | unclear | not
    measured``), ``xist``, ``y_genes`` (for arrays the mean of the stronger half of the Y genes, some probes being
    deaf; otherwise of all), ``y_genes_found``, and ``unit`` of the two numbers: ``percentile`` of the sample's genes
    (arrays) or ``x copies``, multiples of the mean level of the Y genes' X copies (sequencing).

    Raises
    ------
    InputError
        When ``adata`` does not say its samples, organism, assay and scale.

    Examples
    --------
    >>> import anndata
    >>> import pandas as pd
    >>> genes = ["Xist", "Ddx3y", "Kdm5d", "Uty", "Ddx3x", "Kdm5c", "Kdm6a", "Usp9x", "Actb"]
    >>> counts = [[900, 0, 1, 0, 800, 500, 300, 600, 9000], [1, 400, 200, 100, 800, 500, 300, 600, 9000]]
    >>> obs = pd.DataFrame({"sample": ["a", "b"]}, index=["a", "b"])
    >>> adata = anndata.AnnData(pd.DataFrame(counts, index=["a", "b"], columns=genes, dtype=float), obs=obs)
    >>> adata.uns["fatescore"] = {"organism": "mouse", "assay": "bulk", "scale": "counts"}
    >>> expressed_sex(adata)["sex_expressed"].to_dict()
    {'a': 'female', 'b': 'male'}
    """
    organism, assay, scale = _declared(adata)
    facts = organisms.get(organism)
    place = {str(gene): i for i, gene in enumerate(adata.var_names)}
    xist, y, x = (
        [place[gene] for gene in genes if gene in place] for genes in ((facts.xist,), facts.y_genes, facts.x_genes)
    )
    unit = PERCENTILE if assay == "array" else X_COPIES
    of_row = adata.obs[col.SAMPLE].astype(str).to_numpy()
    names = pd.unique(of_row)
    rows = []
    for name in names:
        part = adata.X[np.flatnonzero(of_row == name)]
        if assay == "array" or scale == "log2":
            part = np.asarray(part.todense() if sp.issparse(part) else part, dtype=float)
        if scale == "log2" and _ratios(part):
            found = _Found()
        elif assay == "array":
            found = _by_rank(part.mean(axis=0), xist, y)
        else:
            found = _by_x_copies(_profile(part, scale), xist, y, x)
        rows.append((_call(found, _LIMITS[unit]), found.xist, found.y_genes, found.n_y, unit))
    return pd.DataFrame(rows, columns=list(COLUMNS), index=pd.Index(names, name=col.SAMPLE))


def _declared(adata: AnnData) -> tuple[str, str, str]:
    if col.SAMPLE not in adata.obs:
        raise InputError(f'obs has no column "{col.SAMPLE}"', expected="the sample of every observation")
    known = adata.uns.get(col.UNS, {})
    for key, choices in (("organism", organisms.names()), ("assay", ASSAYS)):
        value = str(known.get(key, ""))
        if value not in choices:
            raise InputError(f'uns["{col.UNS}"] has {key} "{value}"', fix=nearest(value, choices))
    return str(known["organism"]), str(known["assay"]), str(known.get("scale", ""))


@dataclass
class _Found:
    """What one sample shows: levels, and for XIST and the Y genes whether a voice and a silence can be trusted."""

    has_xist: bool = False
    n_y: int = 0
    xist: float = np.nan
    y_genes: float = np.nan
    heard: tuple[bool, bool] = (True, True)
    silence: tuple[bool, bool] = (True, True)


def _call(found: _Found, limits: _Limits) -> str:
    if not found.has_xist and not found.n_y:
        return NOT_MEASURED
    xist_on = found.heard[0] and found.xist >= limits.xist_on
    y_on = found.heard[1] and found.y_genes >= limits.y_on
    xist_off = not found.has_xist or (found.silence[0] and found.xist <= limits.xist_off)
    y_off = not found.n_y or (found.silence[1] and found.y_genes <= limits.y_off)
    if xist_on and y_off:
        return FEMALE
    return MALE if y_on and xist_off else UNCLEAR


def _ratios(values: FloatArray) -> bool:
    """Say whether values are log ratios to other samples: how genes compare within the sample is lost then."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return True
    low, high = np.quantile(finite, [0.05, 0.95])
    return bool((finite < 0).mean() > 0.05 and high - low < 4)


def _by_rank(values: FloatArray, xist: list[int], y: list[int]) -> _Found:
    measured = np.isfinite(values)
    xist, y = [i for i in xist if measured[i]], [i for i in y if measured[i]]
    found = _Found(has_xist=bool(xist), n_y=len(y))
    if measured.sum() < _MIN_GENES:
        return found
    percentile = np.full(values.size, np.nan)
    percentile[measured] = (rankdata(values[measured]) - 0.5) / measured.sum() * 100
    if xist:
        found.xist = float(percentile[xist[0]])
    if y:
        found.y_genes = float(np.sort(percentile[y])[len(y) // 2 :].mean())
    return found


def _profile(part: Matrix, scale: str) -> FloatArray:
    """Sum a sample's observations, as amounts that start at zero."""
    if scale != "log2":
        return np.asarray(part.sum(axis=0, dtype=float)).ravel()
    amounts = np.exp2(part)
    # log2(x + 1), log2(x + 0.01), vst: whatever was added shows where nothing was measured
    return np.asarray((amounts - np.nanmin(amounts, axis=1, keepdims=True)).sum(axis=0))


def _by_x_copies(profile: FloatArray, xist: list[int], y: list[int], x: list[int]) -> _Found:
    xist, y, x = ([i for i in genes if np.isfinite(profile[i])] for genes in (xist, y, x))
    found = _Found(has_xist=bool(xist), n_y=len(y))
    level = float(profile[x].mean()) if x else 0.0
    if len(x) < _MIN_X_GENES or level <= 0:
        return found
    on_xist, on_y = float(profile[xist].sum()), float(profile[y].sum())
    if xist:
        found.xist = on_xist / level
    if y:
        found.y_genes = on_y / len(y) / level
    read = _one_read(profile)
    enough = level * len(x) >= _MIN_X_READS * read
    found.heard = enough and on_xist >= _MIN_READS * read, enough and on_y >= _MIN_READS * read
    found.silence = (
        enough and _most(on_xist / read) * read <= _XIST_MISSED * level,
        enough and _most(on_y / read) * read <= _Y_MISSED * level * len(y),
    )
    return found


def _most(reads: float) -> float:
    """Return how many reads could have been expected where so many came: about 99 %, exact for none."""
    return float(reads + 2.3 * reads**0.5 + 4.6)


def _one_read(profile: FloatArray) -> float:
    """Return the amount of one read, or a little more: what the least of the expressed genes have.

    The 10th percentile of what is not zero is 1 in counts, also among RSEM's fractions. In TPM it is a read on a long
    gene, and the X copies are long. In a deep or filtered table it is several reads, and few will be needed.
    """
    present = profile[profile > 0]
    return float(np.quantile(present, 0.1, method="lower")) if present.size else 1.0


_LETTERS = {"f": FEMALE, "m": MALE}  # only alone: "3 m" is an age
_WORDS = {FEMALE: r"females?|woman|women|girl", MALE: r"males?|man|men|boy"}


def sex_notes(declared: pd.Series[str], expressed: pd.DataFrame) -> list[str]:
    """Name the samples whose expression contradicts the sample table, one sentence each with its evidence.

    ``declared`` is the sex as the sample table gives it (``f``, ``Female``, ``woman``, ``male``), indexed by sample.
    Anything else is ignored, and so are samples that ``expressed``, from :func:`expressed_sex`, does not have.

    Examples
    --------
    >>> columns = ["sex_expressed", "xist", "y_genes", "y_genes_found", "unit"]
    >>> expressed = pd.DataFrame([["male", 12.0, 80.4, 5, "percentile"]], index=["GSM1"], columns=columns)
    >>> sex_notes(pd.Series({"GSM1": "F"}), expressed)
    ['sample GSM1 is female in the sample table, its expression says male (XIST at percentile 12 and 5 Y genes at
    percentile 80 of its genes)']
    """
    rows = expressed.to_dict("index")
    notes = []
    for sample, value in declared.items():
        said, row = _sex(value), rows.get(str(sample), {})
        shown = str(row.get(COLUMNS[0], UNCLEAR))
        if said and shown in (FEMALE, MALE) and shown != said:
            notes.append(
                f"sample {sample} is {said} in the sample table, its expression says {shown} ({_evidence(row)})"
            )
    return notes


def _sex(value: object) -> str:
    text = str(value).strip().casefold()
    if text in _LETTERS:
        return _LETTERS[text]
    found = [sex for sex, words in _WORDS.items() if re.search(rf"\b({words})\b", text)]
    return found[0] if len(found) == 1 else ""  # "male and female" names no sex


def _evidence(row: dict[Any, Any]) -> str:
    rank = row["unit"] == PERCENTILE
    measured, missing = [], ""
    for name, value in (("XIST", row["xist"]), (f"{row['y_genes_found']} Y genes", row["y_genes"])):
        if np.isnan(value):
            missing = f", {name.removeprefix('0 ')} not measured"
        else:
            measured.append(f"{name} at percentile {value:.0f}" if rank else f"{name} at {value:.2g}")
    return " and ".join(measured) + (" of its genes" if rank else " times the level of the Y genes' X copies") + missing
