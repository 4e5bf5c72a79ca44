"""Tables of results hold codes, notes, names and numbers: no prose."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from enum import StrEnum

import numpy as np
import pandas as pd
import pytest

from fatescore import stats
from fatescore.tables import TABLES, Kind, Table, join_notes, parse_notes
from fatescore.tables.codes import (
    Agreement,
    Analysis,
    AuditVerdict,
    ContrastKind,
    FieldVerdict,
    Model,
    NoteCode,
    Pooling,
    Test,
    Unit,
)

ARMS = {"case": "sick", "control": "well"}
LEVELS = ["day 0", "day 7", "day 14"]
SIGNS = ("+", "-")
OF_NOTES: dict[str, type[StrEnum]] = {"p_method": Test, "adjusted_for": Model, "method": Pooling}
OF_CODES: dict[str, type[StrEnum]] = {
    "kind": ContrastKind, "unit": Unit, "agreement": Agreement, "audit_verdict": AuditVerdict, "verdict": FieldVerdict,
    "analysis": Analysis,
}  # fmt: skip


def results(study) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every table that stats makes, of designs that are tested, paired, confounded, small or without variation."""
    contrasts, specifications = [], []
    for number, (n_case, n_control, shared) in enumerate([(5, 4, 0), (5, 5, 5), (5, 5, 2), (2, 4, 0), (14, 14, 0)]):
        table = study(n_case, n_control, effect=2.0, seed=number).assign(commitment=lambda t: t["osteogenic"], kit=1.0)
        table["donor"] = [f"D{i}" if i < n_case + n_control - shared else f"D{i - n_case}" for i in range(len(table))]
        fields = table[["sample", "donor", "condition"]].assign(
            age=range(len(table)), kit=table["condition"], lab=["a" if i % 3 else "b" for i in range(len(table))]
        )
        names = {"dataset": f"data set {number}", "contrast": "op"}
        fields.loc[fields["condition"] == "sick", "protocol"] = "kit: 1, of 2; new"
        audit = stats.confounding(fields, **ARMS, **names)
        x = np.random.default_rng(number).normal(size=(len(table), 50))
        shift = stats.expression_shift(x, table["condition"] == "sick", table["donor"].tolist())
        yield "confounding", stats.add_evidence(audit, shift, **names)
        summary = stats.audit_summary(audit.iloc[number:])
        labels = {**names, "kind": "disease", "expected": "-", "audit": summary}
        measures = ["fate_bias", "osteogenic", "kit"]
        contrasts.append(stats.contrast(table, **ARMS, measures=measures, **labels))
        for covariates in (["kit"], ["lab", "age"]):
            yield (
                "contrasts",
                stats.contrast(table, **ARMS, measures=measures, fields=fields, covariates=covariates, **labels),
            )
        doubled = pd.concat([table, table.assign(sample=table["sample"] + "b")], ignore_index=True)
        yield "contrasts", stats.contrast(doubled, **ARMS, measures=measures, **labels)
        shares = table.assign(a=0.1 + 0.01 * table.index, b=0.9 - 0.01 * table.index)
        yield "contrasts", stats.composition(shares, **ARMS, shares={"a": "a", "b": "b"}, audit=summary)
        yield "adjusted_differences", stats.adjusted_differences(table, **ARMS, covariates=["commitment", "kit"])
        spec = pd.concat(
            table.assign(method=method, index="core", unit="sample", reason="") for method in ("rank_log", "ucell")
        ).reset_index(drop=True)
        spec.loc[spec["method"] == "ucell", ["fate_bias", "reason"]] = [np.nan, "no_value"]
        specifications.append(stats.specification(spec, **ARMS, **labels))
    for ordered, repeated in itertools.product([True, False], [0, 2, 4]):
        rows = [
            (f"{level}{i}", f"d{i}" if i < repeated else f"{level} d{i}", level, float(i * k + k))
            for k, level in enumerate(LEVELS) for i in range(4)
        ]  # fmt: skip
        course = pd.DataFrame(rows, columns=["sample", "donor", "condition", "fate_bias"])
        course.loc[0, "fate_bias"] = np.nan
        expected = {"expected": "+", "kind": "known_fate"} if ordered else {}
        for part in (course, course.iloc[2:]):
            yield "contrasts", stats.trend(part, levels=LEVELS, measures=["fate_bias"], ordered=ordered, **expected)
    yield from (("contrasts", table) for table in contrasts)
    yield from (("specification", table) for table in specifications)
    both = pd.concat(contrasts, ignore_index=True)
    populations = {f"data set {number}": "bmsc" for number in range(1, 5)}
    overlaps = dict.fromkeys(populations, "one lab")
    for known, groups, keep in itertools.product([None, populations], [{}, overlaps], [True, False]):
        how = {"populations": known, "overlap_groups": groups, "keep_confounded": keep}
        yield "meta", stats.meta(both, **how)
        facts = {"population": populations, "assay": {"data set 0": "bulk", "data set 1": "array"}}
        yield "meta_robustness", stats.meta_robustness(both, facts=facts, **how)
        yield "meta_specification", stats.meta_specification(pd.concat(specifications), **how)


@pytest.fixture(scope="module")
def tables(study) -> list[tuple[Table, pd.DataFrame]]:
    declared = {table.name: table for table in TABLES}
    return [(declared[name], found) for name, found in results(study)]


def cells(tables: list[tuple[Table, pd.DataFrame]], kind: Kind) -> Iterator[tuple[str, str, str]]:
    for table, found in tables:
        for column in table.columns:
            if column.kind is kind:
                for value in found[column].dropna().unique():
                    yield table.name, str(column), value


def test_every_code_is_declared(tables) -> None:
    checked = set()
    for table, column, value in cells(tables, Kind.CODE):
        if not value or (column in ("method", "index")):  # of scoring: names of a registry
            continue
        assert value in (SIGNS if column == "expected" else list(OF_CODES[column])), (table, column, value)
        assert type(value) is str
        checked.add(column)
    assert checked == {*OF_CODES, "expected"}


def test_every_note_has_a_known_code_and_comes_back(tables) -> None:
    codes = set()
    for table, column, text in cells(tables, Kind.NOTES):
        notes = parse_notes(text)
        assert join_notes(notes) == text
        known = OF_NOTES.get(column, NoteCode) if table != "adjusted_differences" else Model
        for note in notes:
            assert note.code in list(known), (table, column, text)
            codes.add(note.code)
            assert column != "left_out" or note.names("dataset")
    expected = {
        "few_donors", "partially_paired", "paired", "samples_averaged", "missing_values", "blocked_by_donor",
        "incomplete_blocks", "eta_squared", "partial_eta_squared", "arcsine_shares", "no_value", "no_variation",
        "population", "shared_donors", "confounded", "one_data_set", "linear_model", "mixed_model", "aliased",
        "covariate_constant", "exact_permutation", "monte_carlo_permutation", "exact_sign_flip", "random_effects",
    }  # fmt: skip
    assert expected <= codes


def test_texts_hold_no_sentence(tables) -> None:
    """A text is a measure, a level, values of a field, or (of all genes) a note."""
    values = {"case_values", "control_values"}
    assert {column for _, column, _ in cells(tables, Kind.TEXT)} == {"measure", "level"} | values
    for table, found in tables:
        if table.name == "confounding":
            genes = found["field"] == "all genes"
            for text in found.loc[genes, sorted(values)].to_numpy().ravel():
                assert parse_notes(text)[0].code in list(NoteCode)
            for text in found.loc[~genes, sorted(values)].to_numpy().ravel():
                words = ("difference", "missing", " to ", "donors", "more", "expected")
                assert not any(word in text for word in words), text
