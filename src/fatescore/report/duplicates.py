"""Sentences on samples that occur twice, one per pair of data sets."""

from __future__ import annotations

import pandas as pd

from fatescore.i18n import gettext as _
from fatescore.i18n import ngettext
from fatescore.pl.labels import code_label
from fatescore.report import formatting
from fatescore.tables.codes import DuplicateKind, YesNo


def duplicate_sentences(duplicates: pd.DataFrame, declared: bool) -> list[str]:
    """Put the pairs of ``duplicates.tsv`` into sentences.

    There is one per pair of data sets, in the order of the table, on the pairs that are ``declared`` or on the others.

    Examples
    --------
    >>> row = {"dataset_a": "A", "sample_a": "a1", "dataset_b": "B", "sample_b": "b1", "kind": "identical"}
    >>> duplicate_sentences(pd.DataFrame([row | {"declared": "no"}]), declared=False)
    ['1 sample of A is identical to a sample of B; declare overlap_group so that their donors are counted once']
    """
    if duplicates.empty:
        return []
    rows = duplicates[duplicates["declared"] == (YesNo.YES if declared else YesNo.NO)]
    groups = rows.groupby(["dataset_a", "dataset_b"], sort=False)
    text = _("{found}; {advice}")
    return [
        text.format(found=_found(str(a), str(b), pairs), advice=_advice(a == b, declared)) for (a, b), pairs in groups
    ]


def _found(a: str, b: str, pairs: pd.DataFrame) -> str:
    identical = set(pairs.loc[pairs["kind"] == DuplicateKind.IDENTICAL, "sample_a"])
    near = set(pairs["sample_a"]) - identical
    if identical and near:
        text = _("Of the samples of {a}, {identical} and {near} to other samples of {b}")
        if a != b:
            text = _("Of the samples of {a}, {identical} and {near} to samples of {b}")
        return text.format(
            a=a, b=b,
            identical=ngettext("{n} is identical", "{n} are identical", len(identical)).format(n=len(identical)),
            near=ngettext("{n} is near-identical", "{n} are near-identical", len(near)).format(n=len(near)),
        )  # fmt: skip
    n, kind = len(identical | near), DuplicateKind.IDENTICAL if identical else DuplicateKind.NEAR_IDENTICAL
    text = ngettext(
        "{n} sample of {a} is {kind} to a sample of {b}", "{n} samples of {a} are {kind} to samples of {b}", n
    )
    if a == b:
        text = ngettext(
            "{n} sample of {a} is {kind} to another sample of {b}",
            "{n} samples of {a} are {kind} to other samples of {b}",
            n,
        )
    return text.format(n=formatting.number(n), a=a, b=b, kind=code_label(kind))


def _advice(within: bool, declared: bool) -> str:
    texts = {
        (True, True): _("declared: each pair is of one donor"),
        (True, False): _("leave duplicates out (use = no in the sample table)"),
        (False, True): _("declared: overlap_group is the same, so that one of these data sets is pooled"),
        (False, False): _("declare overlap_group so that their donors are counted once"),
    }
    return texts[within, declared]
