"""What is said of samples that occur twice, one sentence per pair of data sets."""

from __future__ import annotations

import pandas as pd

from fatescore import _keys
from fatescore.report import _format


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
    rows = copies[copies["declared"] == (_keys.DECLARED if declared else _keys.UNDECLARED)]
    groups = rows.groupby(["dataset_a", "dataset_b"], sort=False)
    return [f"{_found(str(a), str(b), pairs)}; {_advice(a == b, declared)}" for (a, b), pairs in groups]


def _found(a: str, b: str, pairs: pd.DataFrame) -> str:
    identical = set(pairs.loc[pairs["kind"] == _keys.IDENTICAL, "sample_a"])
    near = set(pairs["sample_a"]) - identical
    kinds = {_keys.IDENTICAL: len(identical), _keys.NEAR_IDENTICAL: len(near)}
    each = [f"{'is' if n == 1 else 'are'} {kind}" for kind, n in kinds.items() if n]
    if len(each) == 2:
        each = [f"{_format.number(n)} {words}" for n, words in zip(kinds.values(), each, strict=True)]
        first = f"Of the samples of {a}, {' and '.join(each)}"
    else:
        first = f"{_format.count(len(identical | near), 'sample')} of {a} {each[0]}"
    one, more = ("another sample", "other samples") if a == b else ("a sample", "samples")
    return f"{first} to {one if len(identical | near) == 1 else more} of {b}"


def _advice(within: bool, declared: bool) -> str:
    if within:
        return "declared: each pair is of one donor" if declared else "leave copies out (use = no in the sample table)"
    if declared:
        return "declared: overlap_group is the same, so that one of these data sets is pooled"
    return "declare overlap_group so that their donors are counted once"
