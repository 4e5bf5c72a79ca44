"""What the steps write into tables, in the language of the page.

Tables hold English whatever a page speaks. Their fixed wordings are listed here, so that a page can show them in its
language; whatever is not listed (names, reasons of a kind that occurs once) stays as it was written.
"""

from __future__ import annotations

import functools
import re

from fatescore._language import current, mark, tr

TEXTS = (
    # outcomes, verdicts and calls
    mark("ok"), mark("not scorable"), mark("failed"), mark("separates perfectly"), mark("partly separates"),
    mark("clean"), mark("not judged"), mark("states the condition"), mark("evidence"),
    mark("cannot be judged with so few donors"), mark("agrees"), mark("opposite"), mark("not told apart from zero"),
    mark("not tested"), mark("described, not tested"), mark("osteogenic"), mark("adipogenic"), mark("dual"),
    mark("uncommitted"), mark("identical"), mark("near-identical"), mark("yes"), mark("no"), mark("kept"),
    # kinds of things
    mark("disease"), mark("known_fate"), mark("sample"), mark("donor"), mark("pseudobulk"), mark("cell mean"),
    mark("array"), mark("bulk"), mark("single_cell"), mark("human"), mark("mouse"), mark("bmsc"), mark("unknown"),
    mark("female"), mark("male"), mark("unclear"), mark("not measured"),
    mark("commitment"), mark("maturation"), mark("stromal"), mark("haematopoietic"), mark("endothelial"),
    mark("erythroid"), mark("muscle"), mark("schwann"), mark("number"), mark("text"), mark("counts"), mark("linear"),
    mark("all genes"), mark("leave one out"), mark("population"), mark("assay"), mark("organism"),
    # tests and estimators
    mark("permutation"), mark("sign flips"), mark("permutation of the slope"), mark("permutation of F"),
    mark("permutation of the slope within donors"), mark("permutation of F within donors"),
    mark("restricted maximum likelihood"),
    # steps
    mark("fetch"), mark("ingest"), mark("qc"), mark("normalise"), mark("score"), mark("contrast"),
    # names of axes (index.yaml); those of miRNAs are a form below
    mark("osteogenic, early"), mark("osteogenic, late"), mark("the index: bone genes"), mark("the index: fat genes"),
    mark("Epigenetic for bone"), mark("Epigenetic against bone"), mark("Wnt (canonical)"),
    # notes
    mark("one data set, nothing to pool"), mark("no data set can be pooled"), mark("Hedges' g of one data set"),
    mark("data sets agree better than chance: classical standard error used"), mark("no variation between donors"),
    mark("no variation between donors: no interval"), mark("no variation between donors: no interval, no g"),
    mark("paired by donor: p from sign flips, interval from paired t, no Welch p"),
    mark("every donor has every level: labels exchanged within donors"),
    mark("difference is the slope per step over the levels"), mark("interval from the donors' own slopes"),
    mark("shares of all cells"), mark("p, g and AUROC of their arcsine square roots"),
    mark("the method gives no value"), mark("no stromal cells"), mark("all genes have the same value"),
)  # fmt: skip

# Wordings around a number or a name. The first that fits is taken.
FORMS = (
    mark("cannot be separated from {fields}"),
    mark("partly confounded: {fields}"),
    mark("described, not tested: n={case} against {control} donor"),
    mark("described, not tested: n={case} against {control} donors"),
    mark("described only: n={case} against {control}"),
    mark("this design cannot reach p < {alpha}"),
    mark("audit of {case} against {control} only"),
    mark("population {populations}"),
    mark("donors shared with {dataset}"),
    mark("{datasets} counted already"),
    mark("linear model with {fields}"),
    mark("{field} does not vary"),
    mark("the condition cannot be told apart from {fields}"),
    mark("{samples} samples averaged within {donors} donors"),
    mark("{n} {side} donor without a value"),
    mark("{n} {side} donors without a value"),
    mark("eta squared {value}"),
    mark("partial eta squared (donors taken out) {value}"),
    mark("exact {test}, {n} arrangements"),
    mark("Monte Carlo {test}, {n} draws, seed {seed}"),
    mark("random effects ({estimator}), Hartung-Knapp interval"),
    mark("{share} % of {n} genes differ at p < {alpha}"),
    mark("{share} % expected when labels are permuted, in {part} % of them at most {most} %"),
    mark("{values}, standardised difference {difference}"),
    mark("{counts} counts, {needed} needed"),
    mark("all {n} samples are too shallow: median {counts} counts a sample, {needed} needed"),
    mark("{middle} ({low} to {high})"),
    mark("miR-{name} activity"),
    mark("female ({n})"),
    mark("male ({n})"),
    mark("unclear ({n})"),
    mark("not measured ({n})"),
    # doubts of the quality control
    mark("stands out in {metric} high ({n} deviations)"),
    mark("stands out in {metric} low ({n} deviations)"),
    mark("{metric} high ({n} deviations)"),
    mark("{metric} low ({n} deviations)"),
    mark("{tissue} markers above those of stroma"),
    mark("{dataset} ({reason})"),
)
_SAID = {
    "reason",
    "test",
    "estimator",
    "tissue",
    "values",
}  # fields that hold such a text; the others hold names, numbers
_NUMBERS = {"n", "low", "high", "middle"}  # fields that hold a number and nothing else
_SIMPLE = set(TEXTS)


def written(text: str) -> str:
    """Return a text of a table in the language spoken now.

    Several notes stand in one text, with semicolons between them. A text that no step writes word for word comes back
    as it is.

    Examples
    --------
    >>> from fatescore._language import language
    >>> written("clean")
    'clean'
    >>> with language("zh"):
    ...     written("one data set, nothing to pool; seen by hand")
    '仅一个数据集，无需合并；seen by hand'
    """
    return text if current() == "en" else _translated(text, current())


@functools.lru_cache(maxsize=10_000)
def _translated(text: str, code: str) -> str:  # the language is a part of the cache's key
    if text in _SIMPLE:
        return tr(text)
    for separator in ("; ", ", "):
        parts = text.split(separator)
        said = [_one(part) for part in parts]
        known = any(one != part for one, part in zip(said, parts, strict=True))
        if len(parts) > 1 and known and (separator == "; " or _SIMPLE.issuperset(parts)):
            return tr(separator).join(said)
    return _one(text)


def _one(text: str) -> str:
    if text in _SIMPLE:
        return tr(text)
    for form, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found:
            values = found.groupdict()
            said = {name: written(value) for name, value in values.items() if name in _SAID}
            # What stands in brackets behind a name is a reason only if it is one of those above.
            known = "reason" not in said or said["reason"] != values["reason"]
            return tr(form).format(**values | said) if known else text
    return text


@functools.cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return every form with the expression that reads its fields."""
    return tuple((form, re.compile(re.sub(r"\\{(\w+)\\}", _read, re.escape(form)), re.DOTALL)) for form in FORMS)


def _read(field: re.Match[str]) -> str:
    return f"(?P<{field[1]}>{r'[-+.,e0-9]+' if field[1] in _NUMBERS else '.+?'})"
