"""What a comparison of donors found, in a few lines and as tables."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from fatescore.errors import InputError, few, nearest
from fatescore.stats import Audit
from fatescore.tables import columns as col
from fatescore.tables import parse_notes
from fatescore.tables.codes import AuditVerdict, NoteCode, Test
from fatescore.tables.notes import Note

FDR = 0.05
_GROUPS = 4  # that the short form shows
_TESTS = {
    Test.EXACT_PERMUTATION: "exact, donors permuted",
    Test.MONTE_CARLO_PERMUTATION: "donors permuted at random",
    Test.EXACT_SIGN_FLIP: "exact, signs of the pairs flipped",
    Test.MONTE_CARLO_SIGN_FLIP: "signs of the pairs flipped at random",
}
_VERDICTS = {
    AuditVerdict.CLEAN: "clean",
    AuditVerdict.PARTIALLY_CONFOUNDED: "partially confounded with",
    AuditVerdict.COMPLETELY_CONFOUNDED: "completely confounded with",
    AuditVerdict.NOT_ASSESSABLE: "not assessable, too few donors",
    AuditVerdict.NO_FIELDS: "no field of the donors is recorded (age, sex, batch): nothing but depth was looked at",
}


@dataclass(frozen=True, repr=False)
class Comparison:
    """Donors of two conditions, compared by :func:`fatescore.tl.compare`.

    Attributes
    ----------
    case, control
        The conditions; every difference is case minus control.
    table
        One row per measure, columns as of ``contrasts.tsv`` (:data:`fatescore.tables.CONTRASTS`); with ``groupby`` one
        per group and measure, with the group in the first column.
    audit
        Verdict of the confounding audit and the fields behind it; with ``groupby`` a dictionary by group.
    confounding
        One row per field of the audit.
    contributions
        What each gene of the index adds to the difference of ``fate_bias``.
    scores
        One row per sample (and group): the user's columns, ``n_obs``, the measures.
    left_out
        Samples that are too small for a pseudobulk, with the reason as a note.
    notes
        What else must be known of the comparison.
    not_audited
        Columns of ``obs`` that the audit cannot use: text that varies within samples.
    columns
        The user's columns: ``donor``, ``condition`` and, where they were named, ``sample`` and ``group``.
    """

    case: str
    control: str
    table: pd.DataFrame
    audit: Audit | dict[str, Audit]
    confounding: pd.DataFrame
    contributions: pd.DataFrame
    scores: pd.DataFrame
    left_out: pd.DataFrame
    notes: tuple[Note, ...] = ()
    not_audited: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        first, *others = map(html.escape, self._lines())
        return f"<p><b>{first}</b><br>{'<br>'.join(others)}</p>"

    def plot(
        self, measure: str = col.FATE_BIAS, *, group: object = None, ax: Any = None, show: bool | None = None,
        return_fig: bool = False,
    ) -> Any:  # fmt: skip
        """Draw the donors' values of a measure, as :func:`fatescore.pl.donors` does.

        Parameters
        ----------
        measure
            A measure of the table.
        group
            The group to draw, where there are several.
        ax, show, return_fig
            As in :func:`fatescore.pl.donors`.
        """
        from fatescore import pl

        scores, title = self.scores, ""
        by = self.columns.get("group")
        if by:
            groups = list(dict.fromkeys(self.table[by]))
            if str(group) not in groups:
                raise InputError(f'"{group}" is none of the groups', fix=nearest(str(group), groups))
            scores, title = scores[scores[by] == str(group)], str(group)
        donor, condition = self.columns[col.DONOR], self.columns[col.CONDITION]
        draw: Any = pl.donors
        return draw(
            scores, measure, donor=donor, condition=condition, sample=self.columns.get(col.SAMPLE, ""), case=self.case,
            control=self.control, title=title, ax=ax, show=show, return_fig=return_fig,
        )  # fmt: skip

    def _lines(self) -> Iterator[str]:
        by = self.columns.get("group")
        index = self.table[self.table["measure"] == col.FATE_BIAS]
        yield f"{self.case} against {self.control}, donors as replicates" + (f", by {by}" if by else "")
        if by:
            for _, row in index[:_GROUPS].iterrows():
                verdict = str(row["audit_verdict"]).replace("_", " ")
                yield f"{row[by]}: {_difference(row)}; {_p_value(row)}; audit: {verdict}"
            if len(index) > _GROUPS:
                yield f"and {len(index) - _GROUPS} more groups in .table"
        else:
            (row,) = (row for _, row in index.iterrows())
            yield f"fate_bias: {_difference(row)}; {_donors(row)}"
            yield _p_value(row)
            yield f"audit: {self._audited()}"
        yield self._sets()
        if len(self.left_out):
            yield f"left out: {len(self.left_out)} samples with too few cells or counts (.left_out)"

    def _audited(self) -> str:
        assert isinstance(self.audit, Audit)
        text = _VERDICTS[self.audit.verdict]
        if self.audit.fields:
            text += f" {few(self.audit.fields)}"
        elif self.audit.verdict == AuditVerdict.CLEAN:
            text += f" in {few([str(name) for name in self.confounding['field'] if name != 'all genes'])}"
        return text + (f"; not looked at: {few(self.not_audited, 4)}" if self.not_audited else "")

    def _sets(self) -> str:
        sets = self.table[self.table["measure"].str.startswith(col.SET_PREFIX)]
        tested = sets[sets["p_value"].notna()]
        if not len(tested):
            return f"gene sets: none of {len(sets)} tested"
        found = tested[tested["padj"] < FDR].sort_values("padj", kind="stable")
        names = list(dict.fromkeys(found["measure"].str.removeprefix(col.SET_PREFIX)))
        return f"gene sets: {len(found)} of {len(tested)} differ at FDR 5 %" + (f": {few(names, 4)}" if names else "")


def _difference(row: pd.Series) -> str:
    value = row["difference"]
    if math.isnan(value):
        return "no difference can be given"
    where = "higher, towards bone" if value > 0 else "lower, towards fat" if value < 0 else "the same"
    text = f"{value:+.3g} ({where})"
    if math.isnan(row["difference_low"]):
        return text
    return f"{text}, 95 % interval {row['difference_low']:+.3g} to {row['difference_high']:+.3g}"


def _donors(row: pd.Series) -> str:
    if _has(row, NoteCode.PAIRED):
        return f"{row['n_case']} donors in both conditions (paired)"
    return f"{row['n_case']} against {row['n_control']} donors"


def _p_value(row: pd.Series) -> str:
    if not math.isnan(row["p_value"]):
        how = _TESTS[Test(parse_notes(row["p_method"])[0].code)]
        return f"p = {row['p_value']:.3g} ({how}), smallest that these donors can reach {row['p_smallest']:.3g}"
    if _has(row, NoteCode.PARTIALLY_PAIRED):
        model = "" if math.isnan(row["p_adjusted"]) else f"; mixed model p = {row['p_adjusted']:.3g}"
        return f"no exact p: some donors are in both conditions, not all{model}"
    return f"not tested: {row['n_case']} against {row['n_control']} donors, 3 in each are needed"


def _has(row: pd.Series, code: NoteCode) -> bool:
    return any(note.code == code for note in parse_notes(row["note"]))
