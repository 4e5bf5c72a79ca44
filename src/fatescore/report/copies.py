"""What is said of samples that occur twice, one sentence per pair of data sets."""

from __future__ import annotations

import pandas as pd

from fatescore._language import tr, tr_n
from fatescore.report import _format
from fatescore.tables.codes import DuplicateKind, YesNo


def copies_said(copies: pd.DataFrame, declared: bool) -> list[str]:
    """Put the pairs of ``copies.tsv`` into sentences.

    Parameters
    ----------
    copies
        Rows of :func:`fatescore.pp.twins`; may be empty.
    declared
        Whether to tell of the pairs that are declared, or of the others.

    Returns
    -------
    One sentence per pair of data sets, in the order of the table.

    Examples
    --------
    >>> row = {"dataset_a": "A", "sample_a": "a1", "dataset_b": "B", "sample_b": "b1", "kind": "identical"}
    >>> copies_said(pd.DataFrame([row | {"declared": "no"}]), declared=False)
    ['1 sample of A is identical to a sample of B; declare overlap_group so that their donors are counted once']
    """
    if copies.empty:
        return []
    rows = copies[copies["declared"] == (YesNo.YES if declared else YesNo.NO)]
    groups = rows.groupby(["dataset_a", "dataset_b"], sort=False)
    text = tr("{found}; {advice}")
    return [
        text.format(found=_found(str(a), str(b), pairs), advice=_advice(a == b, declared)) for (a, b), pairs in groups
    ]


def _found(a: str, b: str, pairs: pd.DataFrame) -> str:
    identical = set(pairs.loc[pairs["kind"] == DuplicateKind.IDENTICAL, "sample_a"])
    near = set(pairs["sample_a"]) - identical
    if identical and near:
        text = tr("Of the samples of {a}, {identical} and {near} to other samples of {b}")
        if a != b:
            text = tr("Of the samples of {a}, {identical} and {near} to samples of {b}")
        return text.format(
            a=a, b=b,
            identical=tr_n("{n} is identical", "{n} are identical", len(identical)).format(n=len(identical)),
            near=tr_n("{n} is near-identical", "{n} are near-identical", len(near)).format(n=len(near)),
        )  # fmt: skip
    n = len(identical | near)
    text = _of_one_kind_within(n, bool(identical)) if a == b else _of_one_kind(n, bool(identical))
    return text.format(n=_format.number(n), a=a, b=b)


def _of_one_kind(n: int, identical: bool) -> str:
    if identical:
        return tr_n(
            "{n} sample of {a} is identical to a sample of {b}", "{n} samples of {a} are identical to samples of {b}", n
        )
    return tr_n(
        "{n} sample of {a} is near-identical to a sample of {b}",
        "{n} samples of {a} are near-identical to samples of {b}",
        n,
    )


def _of_one_kind_within(n: int, identical: bool) -> str:
    if identical:
        return tr_n(
            "{n} sample of {a} is identical to another sample of {b}",
            "{n} samples of {a} are identical to other samples of {b}",
            n,
        )
    return tr_n(
        "{n} sample of {a} is near-identical to another sample of {b}",
        "{n} samples of {a} are near-identical to other samples of {b}",
        n,
    )


def _advice(within: bool, declared: bool) -> str:
    if within:
        if declared:
            return tr("declared: each pair is of one donor")
        return tr("leave copies out (use = no in the sample table)")
    if declared:
        return tr("declared: overlap_group is the same, so that one of these data sets is pooled")
    return tr("declare overlap_group so that their donors are counted once")
