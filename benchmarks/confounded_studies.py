"""How often the audit of fields catches a planted confounder, and how often it flags a clean study.

python benchmarks/confounded_studies.py [--studies 200] [--seed 101] [--only clean kit]   (prints Markdown)

A study is a table of samples, one per donor, with 14 fields as GEO and QC have them: nine texts (one of them the same
everywhere) and five numbers (one a date). In a clean study every field is drawn without a look at the condition; text
fields have the few values of real studies, and genes detected follow depth. Then one field (kit, date or operator) is
tied to the condition:

- perfect: no value (dates: no range) is shared by the arms; two kits, four operators, dates a month apart
- one exception: the same, but one donor (of a random arm) has a value of the other arm
- 80 to 20: every donor has a value of its own arm with probability 0.8
- none: a clean study

`fs.stats.confounding` judges the fields and `fs.stats.audit_summary` the study. "Named" means that the summary names
the planted field; it names only the fields of complete separation where there are any. Rates are per cent with their
exact binomial (Clopper-Pearson) 95 % interval. The seed is one that no threshold was tuned on.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import pandas as pd
from _studies import CASE, CONTROL, Clock, rate, show

import fatescore as fs
from fatescore.stats.confounding import P_PARTIAL
from fatescore.tables.codes import AuditVerdict, FieldVerdict

FLAGGED = (FieldVerdict.COMPLETE_SEPARATION, FieldVerdict.PARTIAL_SEPARATION)

DESIGNS = ((3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8), (3, 6), (4, 8))
PLANTED = ("kit", "date", "operator")
STRENGTHS = ("perfect", "one exception", "80 to 20")
TIME = "With the default of 100 studies about 10 minutes of one processor."
START = pd.Timestamp("2019-03-04")
VALUES = {"kit": (("RNeasy Mini Kit",), ("TRIzol Reagent",)), "operator": (("AK", "BL"), ("CM", "DN"))}
TEXTS: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {
    "kit": (("RNeasy Mini Kit", "TRIzol Reagent"), (0.5, 0.5)),
    "operator": (("AK", "BL", "CM", "DN"), (0.25, 0.25, 0.25, 0.25)),
    "extract_protocol_ch1": (
        ("Cells were lysed in the dish and RNA was bound to a column.", "Cells were pelleted and frozen before lysis."),
        (0.7, 0.3),
    ),
    "platform_id": (("GPL570", "GPL6244"), (0.8, 0.2)),
    "characteristics: sex": (("female", "male"), (0.7, 0.3)),
    "characteristics: tissue": (("femoral head", "iliac crest", "vertebral body"), (0.6, 0.2, 0.2)),
    "lane": (("L1", "L2", "L3", "L4"), (0.25, 0.25, 0.25, 0.25)),
    "library_source": (("centre A", "centre B"), (0.5, 0.5)),
    "molecule_ch1": (("total RNA",), (1.0,)),
}


def clean_study(n_case: int, n_control: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return fields that know nothing of the condition."""
    n = n_case + n_control
    donors = [f"D{i}" for i in range(n)]
    fields = pd.DataFrame({"sample": donors, "donor": donors, "condition": [CASE] * n_case + [CONTROL] * n_control})
    for name, (values, weights) in TEXTS.items():
        fields[name] = rng.choice(values, n, p=weights)
    fields["date"] = dates(rng.integers(0, 8, n) * 7)
    fields["characteristics: age"] = [f"{age:.0f} yrs" for age in rng.normal(78, 6, n)]
    fields["characteristics: passage"] = [f"P{passage}" for passage in rng.integers(1, 4, n)]
    depth = rng.lognormal(np.log(2e7), 0.4, n)
    fields["total_counts"] = depth.round()
    fields["n_genes_by_counts"] = (14_000 + 2000 * np.log2(depth / 2e7) + rng.normal(0, 600, n)).round()
    return fields


def dates(days: np.ndarray) -> list[str]:
    return [(START + pd.Timedelta(days=int(day))).strftime("%b %d %Y") for day in days]


def plant(fields: pd.DataFrame, field: str, strength: str, rng: np.random.Generator) -> pd.DataFrame:
    """Tie a field to the condition."""
    side = (fields["condition"] == CASE).to_numpy().astype(int)
    if strength == "one exception":
        odd = rng.integers(len(side))
        side[odd] = 1 - side[odd]
    elif strength == "80 to 20":
        side = np.where(rng.random(len(side)) < 0.8, side, 1 - side)
    if field == "date":
        return fields.assign(date=dates(rng.integers(0, 3, len(side)) * 7 + 42 * side))
    return fields.assign(**{field: [rng.choice(VALUES[field][one]) for one in side]})


def audit(fields: pd.DataFrame) -> tuple[pd.DataFrame, fs.stats.Audit]:
    table = fs.stats.confounding(fields, case=CASE, control=CONTROL)
    return table, fs.stats.audit_summary(table)


def of_planted(field: str, studies: int, rng: np.random.Generator) -> None:
    rows = []
    for strength in STRENGTHS:
        for a, b in DESIGNS:
            judged, audits = [], []
            for _ in range(studies):
                table, summary = audit(plant(clean_study(a, b, rng), field, strength, rng))
                own = table.loc[table["field"] == field, "verdict"]
                judged.append(own.iloc[0] if len(own) else "no row")
                audits.append(summary)
            verdicts = pd.Series(judged)
            named = pd.Series([field in summary.fields for summary in audits])
            not_clean = pd.Series([summary.verdict != AuditVerdict.CLEAN for summary in audits])
            row: dict[str, object] = {"planted": strength, "donors": f"{a} v {b}", "studies": studies}
            row |= {str(code): rate(verdicts == code) for code in FLAGGED}
            row |= {"missed": rate(~verdicts.isin(FLAGGED)), "named": rate(named)}
            rows.append(row | {"study not clean": rate(not_clean)})
    show(f"A planted {field}: what the audit says of it", rows)


def of_clean(studies: int, rng: np.random.Generator) -> None:
    per_study, parts = [], []
    for a, b in DESIGNS:
        audits = []
        for number in range(2 * studies):
            table, summary = audit(clean_study(a, b, rng))
            audits.append(summary.verdict)
            parts.append(table.assign(design=f"{a} v {b}", study=f"{a} v {b} {number}"))
        verdicts = pd.Series(audits)
        own = pd.concat(parts[-2 * studies :])
        row: dict[str, object] = {"donors": f"{a} v {b}", "studies": len(verdicts)}
        codes = (AuditVerdict.CLEAN, AuditVerdict.PARTIALLY_CONFOUNDED, AuditVerdict.COMPLETELY_CONFOUNDED)
        row |= {str(code): rate(verdicts == code) for code in codes}
        row |= {"fields flagged, mean": f"{own['verdict'].ne(FieldVerdict.CLEAN).sum() / len(verdicts):.2f}"}
        row |= {f"per field: {code}": rate(own["verdict"] == code) for code in FLAGGED}
        rows_flagged = own["verdict"].isin(FLAGGED)
        row |= {f"per field: either, wanted at most {100 * P_PARTIAL:g}": rate(rows_flagged)}
        per_study.append(row)
    show("Clean studies: how often the audit flags them", per_study)
    found = pd.concat(parts)
    rows = []
    for name, part in found.groupby("field", sort=False):
        row = {"field": name, "judged": f"{len(part):,}"}
        row |= {str(code): rate(part["verdict"] == code) for code in FLAGGED}
        for design in ("3 v 3", "5 v 5", "8 v 8"):
            row[f"either, {design}"] = rate(part.loc[part["design"] == design, "verdict"] != FieldVerdict.CLEAN)
        rows.append(row)
    show("Clean studies: each field, all designs together", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=TIME)
    parser.add_argument("--studies", type=int, default=100, help="per row; clean studies twice as many")
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--only", nargs="+", choices=("clean", *PLANTED), default=("clean", *PLANTED))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    clock = Clock()
    for number, part in enumerate(("clean", *PLANTED)):
        if part in options.only:
            rng = np.random.default_rng([options.seed, 100 + number])
            if part == "clean":
                of_clean(options.studies, rng)
            else:
                of_planted(part, options.studies, rng)
            clock.tick(part)


if __name__ == "__main__":
    main()
