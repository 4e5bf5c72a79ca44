"""Donors of two conditions compared in one call, from cells, pseudobulks, bulk samples or arrays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fatescore import gene_sets as sets
from fatescore import stats
from fatescore.config import Contrast
from fatescore.errors import InputError, NotScorable, nearest
from fatescore.gene_sets import DEFAULT_INDEX, Index
from fatescore.gene_sets.forms import GeneSets
from fatescore.stats import Audit
from fatescore.stats.confounding import DEFAULT_IGNORE
from fatescore.stats.contrast import check_labels
from fatescore.tables import CONFOUNDING, CONTRASTS, CONTRIBUTIONS, Note
from fatescore.tables import columns as col
from fatescore.tables.codes import NoteCode
from fatescore.tables.column import Table
from fatescore.tl._contrast import ComparisonInputs, Expression, compare_samples, stack
from fatescore.tl._samples import GROUP, Columns, Samples, make_samples
from fatescore.tl._source import Source, advice, label, read_source
from fatescore.tl.comparison import Comparison
from fatescore.tl.fate_bias import METHOD, as_index, scorable_weights
from fatescore.tl.score_gene_sets import score_gene_sets
from fatescore.tl.scores_table import SampleScores, sample_scores
from fatescore.typing import Organism, StrPath

if TYPE_CHECKING:
    from anndata import AnnData

_TABLES = (CONTRASTS, CONFOUNDING, CONTRIBUTIONS)
_RESERVED = (*col.IDENTITY, col.OBS_NAME)  # columns of the tables of stats, which a field may not be
_SUFFIX = " (obs)"


def compare(
    data: AnnData | pd.DataFrame,
    *,
    organism: Organism,
    donor: str,
    condition: str,
    case: object,
    control: object,
    sample: str | None = None,
    groupby: str | None = None,
    covariates: Sequence[str] = (),
    block: str = "",
    gene_sets: GeneSets | StrPath | None = None,
    index: str | Index = DEFAULT_INDEX,
    layer: str | None = None,
    gene_symbols: str | None = None,
    obs: pd.DataFrame | None = None,
    min_cells: int = 10,
    min_counts: float = 0,
    ignore: Sequence[str] = (),
    expected: str = "",
    kind: str = "other",
    seed: int = 0,
) -> Comparison:
    """Compare the donors of two conditions in the index and every gene set, and ask what else could explain it.

    Rows of one donor in one condition (and group) are cells: their raw counts are summed to a pseudobulk. One row each
    are samples, which are taken as they are; several samples of a donor, named by ``sample``, are averaged. The
    donor is the unit; donors who are all in both conditions are paired, and where only some are, a mixed model is
    fitted.

    Parameters
    ----------
    data
        AnnData of cells, pseudobulks, bulk samples or arrays, in memory or backed; or a DataFrame (observations x
        genes) with ``obs``. Not changed.
    organism
        One of :func:`fatescore.organisms.names`.
    donor, condition
        Columns of ``obs``.
    case, control
        The two values of ``condition``; a difference is case minus control. Other rows play no part.
    sample
        Column that names the samples of a donor, where there are several in a condition; cells are summed by sample.
    groupby
        Column of ``obs``, such as the cell type: a comparison for every group, with its own pseudobulks and audit.
    covariates, block
        Columns to hold constant in a linear model, and one whose values share something, a random intercept. They are
        the same for all cells of a sample, or are numbers, of which the mean is taken.
    gene_sets
        Sets to compare instead of the review's, in any form of :func:`fatescore.gene_sets.as_weights`.
    index
        Definition of the index, as in :func:`fate_bias`.
    layer
        Layer of the counts of cells or values of samples, or ``"X"``; by default ``layers["counts"]`` where it is, else
        ``X``.
    gene_symbols
        Column of ``var`` with the symbols; by default ``var_names``. Counts of one symbol are summed.
    obs
        Of a DataFrame: what is known of its rows, by the same index.
    min_cells, min_counts
        Sums of fewer cells or counts are left out.
    ignore
        Regular expressions for columns of ``obs`` that only restate the condition, as in :func:`fs.stats.confounding`.
    expected
        Sign of ``fate_bias`` that was expected before the data were looked at: ``"+"`` (bone), ``"-"`` (fat).
    kind
        ``"disease"``, ``"known_fate"`` or ``"other"``, written into the table.
    seed
        Of permutations that are too many to enumerate.

    Returns
    -------
    :class:`fatescore.tl.Comparison`. Rows of ``table`` are the five measures of the index and ``set:<name>``. ``padj``
    is Benjamini-Hochberg over all measures of all groups together, ``p_moderated`` is of each group by itself. A group
    with too few cells or donors has rows with a note and no p.

    Notes
    -----
    The audit looks at every other column of ``obs`` that is the same for all rows of a sample, at the mean per sample
    of numbers that vary (percent mitochondrial), and at cells and counts per sample. Scores of fatescore are no fields;
    text that varies within samples cannot be used, and is named.

    Raises
    ------
    InputError
        When a column or condition is not in the data, a row has no donor, or cells have no raw counts.
    NotScorable
        When the index cannot be computed from the genes, or every sample is too small.

    Examples
    --------
    >>> import fatescore as fs
    >>> adata = fs.simulate.single_cell(n_donors=8, cells_per_donor=40, n_genes=400, seed=0)
    >>> adata.obs = adata.obs[["donor", "condition", "age", "sex"]].rename(columns={"donor": "patient"})
    >>> found = fs.tl.compare(adata, organism="human", donor="patient", condition="condition",
    ...     case="osteoporosis", control="control")
    >>> row = found.table.set_index("measure").loc["fate_bias"]
    >>> int(row["n_case"]), int(row["n_control"]), round(float(row["p_smallest"]), 4)
    (4, 4, 0.0286)
    >>> print(found)  # doctest: +ELLIPSIS
    osteoporosis against control, donors as replicates
    fate_bias: ...
    """
    check_labels(kind, expected)
    columns = Columns(donor, condition, sample or "", groupby or "")
    sides = {"case": label(case), "control": label(control)}
    if sides["case"] == sides["control"]:
        raise InputError(f'case and control are both "{case}"', fix="name two conditions")
    if groupby in set(CONTRASTS.names) - {str(col.DATASET)}:
        raise InputError(f'groupby="{groupby}" is a column of the result', fix="rename that column of obs")
    source = read_source(data, obs, layer, gene_symbols)
    samples = make_samples(source, columns, **sides, min_cells=min_cells, min_counts=min_counts)
    _check_fields([*covariates, *([block] if block else [])], source, samples, columns)
    definition = as_index(index, organism)
    scored = _score(samples, source, organism, definition, gene_sets)
    names = {str(name): f"{name}{_SUFFIX}" for name in _RESERVED if name in samples.fields}
    one = Contrast(
        id=f"{sides['case']} against {sides['control']}", case=sides["case"], control=sides["control"], datasets=(),
        kind=kind, expected=expected,
        covariates=tuple(names.get(name, name) for name in covariates), block=names.get(block, block),
        ignore=(*ignore, *_ignored(names, ignore)),
    )  # fmt: skip
    audits: dict[str, Audit] = {}
    parts: dict[Table, list[pd.DataFrame]] = {table: [] for table in _TABLES}
    for group, inputs in _inputs(samples, scored, definition, names, sides):
        audits[group], found = compare_samples(one, inputs, seed=seed)
        for kept in _TABLES:
            parts[kept].append(_of_group(found.get(kept, kept.frame()), group, columns))
    table, confounding, contributions = (stack(parts[kept], kept) for kept in _TABLES)
    table["padj"] = stats.bh(table["p_value"].astype(float))
    return Comparison(
        **sides, table=table, audit=audits if columns.group else audits[""], confounding=confounding,
        contributions=contributions, scores=_named(scored.scores, columns), left_out=_named(samples.left_out, columns),
        notes=() if samples.recorded else (Note(NoteCode.NO_SAMPLE_FIELDS),), not_audited=samples.not_audited,
        columns=columns.given,
    )  # fmt: skip


def _check_fields(wanted: Sequence[str], source: Source, samples: Samples, columns: Columns) -> None:
    for name in wanted:
        if name in samples.fields:
            continue
        if name in columns.given.values():
            raise InputError(
                f'"{name}" cannot be held constant: it names what is compared', fix="choose another column"
            )
        if name in source.obs:
            raise InputError(
                f'"{name}" differs among the rows of a sample', expected="a column that is the same for all of them",
                fix="leave it out, or compare within its groups with groupby=",
            )  # fmt: skip
        raise InputError(f'obs has no column "{name}" to adjust for', fix=nearest(name, map(str, samples.fields)))


def _score(
    samples: Samples, source: Source, organism: Organism, index: Index, own: GeneSets | StrPath | None
) -> SampleScores:
    """Score the samples; of gene sets the review's, or the user's own."""
    given = {} if own is None else sets.as_weights(own)
    try:
        found = sample_scores(samples.adata, organism=organism, unit=samples.unit, index=index)
    except NotScorable as error:
        raise NotScorable(error.found, reason=error.reason, fix=advice(source, organism)) from error
    scores = found.scores
    scores.insert(0, GROUP, samples.adata.obs[GROUP].to_numpy())
    if given:
        bare = samples.adata.copy()
        score_gene_sets(bare, given, method=METHOD)
        own_scores = bare.obsm[col.score_key(METHOD)].add_prefix(col.SET_PREFIX).reset_index(drop=True)
        review = [name for name in scores if str(name).startswith(col.SET_PREFIX)]
        scores = pd.concat([scores.drop(columns=review), own_scores], axis=1)
    return SampleScores(scores, found.contributions)


def _ignored(names: dict[str, str], ignore: Sequence[str]) -> Iterator[str]:
    """Yield patterns for fields that had to be renamed and are to be ignored under their own name."""
    for name, internal in names.items():
        if any(re.fullmatch(pattern, name, re.IGNORECASE) for pattern in (*DEFAULT_IGNORE, *ignore)):
            yield re.escape(internal)


def _inputs(
    samples: Samples, scored: SampleScores, index: Index, names: dict[str, str], sides: dict[str, str]
) -> Iterator[tuple[str, ComparisonInputs]]:
    """Yield what is compared in every group."""
    weights = scorable_weights(index, samples.adata.var_names)
    arms = np.select([weights > 0, weights < 0], [col.OSTEOGENIC, col.ADIPOGENIC], "").tolist()
    measures = [
        str(name) for name in scored.scores if name in col.INDEX_MEASURES or str(name).startswith(col.SET_PREFIX)
    ]
    identity = samples.adata.obs[list(col.IDENTITY)].reset_index(drop=True)
    fields = pd.concat([identity, samples.fields.rename(columns=names)], axis=1)
    genes = scored.contributions
    for group in samples.groups:
        rows = (samples.adata.obs[GROUP] == group).to_numpy()
        scores = scored.scores[rows].drop(columns=GROUP)
        yield group, ComparisonInputs(
            dataset="", scores=scores, genes=genes[rows], fields=fields[rows], recorded=samples.recorded,
            content=scores[[col.DATASET, col.SAMPLE]], measures=measures, conditions=list(sides.values()),
            arms=dict(zip(weights.index, arms, strict=True)),
            factors=sets.leave_one_out_factors(index, list(genes.columns)),
            expression=Expression(samples.log_values[rows], identity[rows]) if rows.any() else None,
            field_names={internal: name for name, internal in names.items()},
        )  # fmt: skip


def _of_group(table: pd.DataFrame, group: str, columns: Columns) -> pd.DataFrame:
    """Return the rows of a group with its name in the first column."""
    if not columns.group:
        return table
    out = table.drop(columns=columns.group, errors="ignore")
    out.insert(0, columns.group, group)
    return out


def _named(table: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Return a table of samples with the user's names of the columns."""
    unnamed = [name for name in (col.DATASET, GROUP, col.SAMPLE) if name in table and name not in columns.given]
    return table.drop(columns=unnamed).rename(columns=columns.given).reset_index(drop=True)
