"""Gene sets in memory: every form that users pass becomes one, with the same cleaning."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterable, Mapping
from numbers import Real

import pandas as pd

from fatescore.errors import InputError, few

GeneSets = Mapping[str, Iterable[str] | Mapping[str, float]] | pd.DataFrame | pd.Series

BREAK = re.compile(r"[\t\n\r]")
# also the blanks of no width that spreadsheets and web pages leave, which str.strip does not know
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u2060\ufeff"
_EXPECTED = (
    "a map of names to genes, a net (DataFrame source, target, weight), a GMT or JSON file, or the name of a library"
)
_WEIGHTS = ("weight", "mor")  # decoupler's name today, and before
_LINE, _WHOLE, _ROWS = 90, 200, 20  # characters of a list of names and of a whole dictionary; rows of a table


class GeneSetDict(dict[str, dict[str, float]]):
    """A dictionary of gene sets that prints as a few lines.

    Examples
    --------
    >>> from fatescore import gene_sets
    >>> gene_sets.load()
    19 gene sets: osteogenic (6 genes), adipogenic (2), osteogenic_early (3), osteogenic_late (3), ... and 15 more
    """

    def __repr__(self) -> str:
        """Return the names and sizes of the first sets; a few genes as of any dictionary."""
        if sum(map(len, self.values())) <= _ROWS and len(whole := super().__repr__()) <= _WHOLE:
            return whole
        sizes = [f"{name} ({len(genes)})" for name, genes in self.items()]
        sizes[0] = sizes[0].removesuffix(")") + " genes)"
        n = 1
        while n < len(sizes) and len(", ".join(sizes[: n + 1])) <= _LINE:
            n += 1
        left = f", ... and {len(sizes) - n} more" if n < len(sizes) else ""
        return f"{len(sizes)} gene set{'s' if len(sizes) > 1 else ''}: {', '.join(sizes[:n])}{left}"

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><td>{html.escape(name)}</td><td>{len(genes)}</td><td>{html.escape(few(list(genes)))}</td></tr>"
            for name, genes in list(self.items())[:_ROWS]
        ]
        left = f"<p>... and {len(self) - len(rows)} more</p>" if len(self) > len(rows) else ""
        head = "<thead><tr><th>gene set</th><th>genes</th><th>such as</th></tr></thead>"
        return f"<table>{head}<tbody>{''.join(rows)}</tbody></table>{left}"


def weights_of(gene_sets: GeneSets | object) -> GeneSetDict:
    """Return gene sets of any form in memory as set name -> {gene: weight}; see :func:`fatescore.gene_sets.as_weights`.

    Examples
    --------
    >>> weights_of({"s": [" RUNX2", "PPARG-", None]})
    {'s': {'RUNX2': 1.0, 'PPARG': -1.0}}
    """
    if not isinstance(gene_sets, Mapping | pd.DataFrame | pd.Series):
        fix = 'give a list of genes a name: {"mine": [...]}' if isinstance(gene_sets, Iterable) else ""
        raise InputError(f"gene sets are a {type(gene_sets).__name__}", expected=_EXPECTED, fix=fix)
    if not len(gene_sets):
        raise InputError("no gene set was given", expected=_EXPECTED)
    out = GeneSetDict()
    for given, genes in _of_net(gene_sets) if isinstance(gene_sets, pd.DataFrame) else gene_sets.items():
        name = checked_name(given, "gene sets")
        if name in out:
            raise InputError(f'gene set "{name}" is repeated', expected="every name once", fix="rename one")
        out[name] = _weights(name, genes)
    return out


def checked_name(name: object, where: str) -> str:
    """Return the name of a set or gene without blanks around it; refuse what is none."""
    cleaned = cleaned_name(name)
    if not cleaned or BREAK.search(cleaned):
        raise InputError(f"{where}: {name!r} is not a name", expected="text without tabs and line breaks")
    return cleaned


def cleaned_name(name: object) -> str:
    """Return a text without blanks around it, and nothing for what is no text."""
    return str(name).strip(_BLANKS) if isinstance(name, str) else ""


def renamed(
    name: str, genes: Mapping[str, float], names: Mapping[str, str], source: str = "gene sets"
) -> dict[str, float]:
    """Rename the genes of a set; those without another name are left out.

    Where two genes get one name, the gene that had the name already decides the weight, else the first does.
    """
    out: dict[str, float] = {}
    for gene, weight in genes.items():
        if (target := names.get(gene)) is None:
            continue
        known = genes.get(target, out.get(target, weight))
        if (known < 0) != (weight < 0):
            raise InputError(f'{source}: gene set "{name}" holds {target} with both signs', fix="keep one of them")
        out[target] = known
    return out


def _weights(name: str, genes: object) -> dict[str, float]:
    where = f'gene set "{name}"'
    if isinstance(genes, str):
        raise InputError(f"{where} is one string", expected="a list of genes", fix=f'use ["{genes}"]')
    weights: dict[str, float] = {}
    for gene, weight in _members(genes, where):
        symbol = checked_name(gene, where)
        if weights.setdefault(symbol, weight) != weight:
            two = "both signs" if weights[symbol] * weight < 0 else f"the weights {weights[symbol]:g} and {weight:g}"
            raise InputError(f"{where} holds {symbol} with {two}", fix="keep one of them")
    if not weights:
        raise InputError(f"{where} is empty", expected="at least one gene", fix="leave it out")
    return weights


def _members(genes: object, where: str) -> Iterable[tuple[object, float]]:
    """Yield the genes that a set holds and their weights; what is missing (None, NaN, blank) is no gene."""
    pairs: Iterable[tuple[object, object]] | None = None
    if isinstance(genes, Mapping) or (isinstance(genes, pd.Series) and pd.api.types.is_numeric_dtype(genes.dtype)):
        pairs = genes.items()
    elif isinstance(genes, pd.DataFrame) or not isinstance(genes, Iterable):
        found = "a table" if isinstance(genes, pd.DataFrame) else f"{genes!r:.40}"
        raise InputError(f"{where} is {found}", expected="a list of genes, or a map of genes to weights")
    if pairs is not None:
        yield from ((gene, _finite(weight, gene, where)) for gene, weight in pairs if not _is_missing(gene))
    else:
        if isinstance(genes, set | frozenset):
            genes = sorted(genes, key=str)  # the order of a set is another in every process
        yield from (_split_sign(checked_name(gene, where)) for gene in genes if not _is_missing(gene))


def _is_missing(gene: object) -> bool:
    if isinstance(gene, str):
        return not cleaned_name(gene)
    return gene is None or gene is pd.NA or gene is pd.NaT or (isinstance(gene, float) and math.isnan(gene))


def _of_net(net: pd.DataFrame) -> Iterable[tuple[object, object]]:
    """Yield every source of a net and its targets, as pairs with their weights where the net has any."""
    found = few([str(column) for column in net.columns])
    for column in ("source", "target"):
        if list(net.columns).count(column) != 1:
            raise InputError(
                f'the table of gene sets has no column "{column}" of its own (found {found})',
                expected="a net: source (the set), target (the gene) and, where genes have weights, weight",
                fix='rename its columns, or give {"mine": list_of_genes}',
            )  # fmt: skip
    net = net.reset_index(drop=True)
    columns = [net[name] for name in _WEIGHTS if name in net]
    if len(columns) == 2 and not columns[0].equals(columns[1]):
        raise InputError("the net has weight and mor, which differ", expected="one of them", fix="drop the other")
    nameless = [row for row, source in zip(net.index, net["source"], strict=True) if _is_missing(source)]
    if nameless:
        raise InputError(
            f"the net has no source in row {nameless[0]}", expected="the name of a set", fix="drop the row"
        )
    for source, rows in net.groupby("source", sort=False, observed=True):
        targets = [target for target in rows["target"] if not _is_missing(target)]
        if not columns:
            yield source, targets
            continue
        values = columns[0][rows.index][[not _is_missing(target) for target in rows["target"]]]
        pairs = zip(values, targets, strict=True)
        weights = [_finite(value, target, f'gene set "{source}"') for value, target in pairs]
        yield source, pd.Series(weights, index=targets, dtype=float)


def _finite(weight: object, gene: object, where: str) -> float:
    try:
        number = math.nan if isinstance(weight, bool) or not isinstance(weight, Real) else float(weight)
    except OverflowError:
        number = math.inf
    if number == 0 or not math.isfinite(number):
        raise InputError(
            f"{where} has the weight {weight!r:.40} for {gene}", expected="a finite number other than 0",
            fix="leave that gene out",
        )  # fmt: skip
    return number


def _split_sign(gene: str) -> tuple[str, float]:
    if gene.endswith("-"):
        return gene[:-1], -1.0
    return gene.removesuffix("+"), 1.0
