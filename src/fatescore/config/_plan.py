"""The configuration: tables and settings in, frozen and checked records out.

Every error names the file, the row, the column and the nearest valid value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fatescore import catalogue
from fatescore._schema import check_patterns, filled, schema, validate, whole_numbers
from fatescore.config._records import Contrast, Dataset, Plan, Sample
from fatescore.config._tables import READABLE, read_datasets, read_samples
from fatescore.errors import ConfigError, InputError, nearest
from fatescore.files import check_input
from fatescore.gene_sets.library import is_file, read_sets
from fatescore.gene_sets.own import check_names
from fatescore.typing import StrPath


def load_plan(settings: Mapping[str, Any], *, name: str = "config.yaml", root: StrPath = ".") -> Plan:
    """Check the settings and read the two tables that they name.

    Parameters
    ----------
    settings
        Content of config.yaml, for example Snakemake's ``config``.
    name
        What to call the settings in errors.
    root
        Folder that the tables' paths are relative to.

    Returns
    -------
    The validated plan.

    Raises
    ------
    ConfigError
        Naming the file, row and column, what was found and what is valid.

    Examples
    --------
    >>> from fatescore import config
    >>> config.load_plan({"datasets": "no.tsv", "samples": "no.tsv"})
    Traceback (most recent call last):
    fatescore.errors.ConfigError: no.tsv does not exist; expected a tab-separated table; correct ...
    """
    checked = filled(settings, schema("config"))
    validate(checked, "config", name)
    checked = whole_numbers(checked, schema("config"))
    for group in ("qc", "pseudobulk"):
        for key, value in checked[group].items():
            # YAML has .nan and .inf, a schema lets them through
            if isinstance(value, float) and not math.isfinite(value):
                raise ConfigError(f"{name}, key {group}.{key}: {value}", expected="a finite number")
    if isinstance(checked["gene_sets"], str):
        checked["gene_sets"] = [checked["gene_sets"]] if checked["gene_sets"] else []
    _check_gene_sets(checked["gene_sets"], Path(root), name)
    known = {accession: catalogue.load(accession) for accession in checked["catalogue"]}
    datasets = read_datasets(Path(root) / checked["datasets"], known) if checked["datasets"] else {}
    datasets = _with_patterns({**_known_datasets(known, datasets), **datasets}, known, checked["patterns"], name)
    if not datasets:
        raise ConfigError(f"{name} names no data set", expected='a table under "datasets", or names under "catalogue"')
    samples = read_samples(Path(root) / checked["samples"], datasets) if checked["samples"] else ()
    _check_sampled(datasets, samples, checked["samples"] or name)
    own = [_contrast(given, name) for given in checked["contrasts"]]
    contrasts = (*own, *_known_contrasts(known, {contrast.id for contrast in own}))
    _check_contrasts(contrasts, datasets, samples, name)
    return Plan(checked, datasets, samples, contrasts)


def _check_gene_sets(sources: Iterable[str], root: Path, name: str) -> None:
    """Read the names of the sets in files, so that a run does not stop at scoring; libraries wait for their network."""
    seen: list[tuple[str, Iterable[str]]] = []
    for source in sources:
        path = root / source
        if not (is_file(source) or path.exists()):
            continue
        try:
            check_input(path, "a file of gene sets")
            # what a table of miRNA targets holds depends on the organism
            is_plain = path.name.lower().removesuffix(".gz").endswith((".gmt", ".json"))
            sets = read_sets(path, None).sets if is_plain else {}
            check_names([*seen, (source, sets)])
        except InputError as error:
            raise ConfigError(f"{name}, gene_sets: {error.found}", expected=error.expected, fix=error.fix) from error
        seen.append((source, sets))


def _check_sampled(datasets: Mapping[str, Dataset], samples: tuple[Sample, ...], where: str) -> None:
    """Every data set has samples with a donor and a condition: from the table, or by patterns."""
    for name, dataset in datasets.items():
        lacking = [column for column in READABLE if column not in dataset.patterns]
        if lacking and not any(sample.dataset == name for sample in samples):
            known = catalogue.load(name).unknown if name in catalogue.names() else {}
            raise ConfigError(
                f'{where} has no sample for data set "{name}", and no pattern reads the {lacking[0]}',
                expected=known.get(lacking[0]) or "at least one row",
                fix=f"give its samples rows, or set patterns: {name}: {lacking[0]}",
            )


def _contrast(given: Mapping[str, Any], name: str) -> Contrast:
    """Return a contrast of the settings, which has case and control, or levels."""
    where, levels = f'{name}, contrast "{given["id"]}"', given.get("levels")
    kind = given.get("kind") or ("other" if levels else "disease")
    if not levels:
        absent = [key for key in ("case", "control") if key not in given]
        if absent:
            told = schema("config")["properties"]["contrasts"]["items"]["properties"][absent[0]]["description"]
            raise ConfigError(f'{where}: key "{absent[0]}" is missing', expected=told)
        ends = {}
    else:
        both = [key for key in ("case", "control", "across", "covariates", "block") if given.get(key)]
        if both:
            raise ConfigError(f"{where}: levels and {both[0]} are both given", expected="one of them")
        if kind == "disease" or (not given["ordered"] and (given["expected"] or kind != "other")):
            order = "" if given["ordered"] else " without order"
            raise ConfigError(
                f'{where}: levels{order} with kind {kind}, expected "{given["expected"]}"',
                expected="kind other or known_fate (not disease, which is pooled); without order other, and no sign",
            )
        ends = {"case": levels[-1], "control": levels[0]}
    record = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items()}
    return Contrast(**{**record, **ends, "kind": kind})


def _check_contrasts(
    contrasts: Iterable[Contrast], datasets: Mapping[str, Dataset], samples: tuple[Sample, ...], name: str
) -> None:
    seen: set[str] = set()
    for contrast in contrasts:
        where = f'{name}, contrast "{contrast.id}"'
        for pattern in contrast.ignore:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ConfigError(f'{where}, ignore: "{pattern}" is not a regular expression ({error})') from error
        if contrast.id in seen:
            raise ConfigError(f"{where} stands twice", fix="give each contrast its own id")
        seen.add(contrast.id)
        if contrast.case == contrast.control:
            raise ConfigError(f'{where}: case and control are both "{contrast.case}"', expected="two conditions")
        for dataset in contrast.datasets:
            if dataset not in datasets:
                raise ConfigError(f'{where}, datasets: "{dataset}" is not a data set', fix=nearest(dataset, datasets))
        scopes = [contrast.datasets] if contrast.across else [(dataset,) for dataset in contrast.datasets]
        for scope in scopes:
            each = [_conditions(datasets[dataset], samples) for dataset in scope]
            conditions = {value for found in each for value in found or ()}
            roles = [("levels", level) for level in contrast.levels]
            for role, value in roles or [("case", contrast.case), ("control", contrast.control)]:
                if None not in each and value not in conditions:
                    raise ConfigError(
                        f'{where}, {role}: no sample of {"+".join(scope)} has the condition "{value}"',
                        fix=nearest(value, sorted(conditions)),
                    )


def _conditions(dataset: Dataset, samples: tuple[Sample, ...]) -> set[str] | None:
    """Return the conditions of a data set's samples; ``None`` when a pattern may find any."""
    listed = {s.condition for s in samples if s.dataset == dataset.dataset and s.use != "no"} - {""}
    pattern = dataset.patterns.get("condition")
    if pattern is None:
        return listed
    return None if "values" not in pattern else listed | set(pattern["values"]) | {pattern.get("otherwise", "")} - {""}


def _known_datasets(known: Mapping[str, catalogue.Entry], own: Mapping[str, Dataset]) -> dict[str, Dataset]:
    """Return the data sets of the catalogue that have no row of their own."""
    found = {}
    for name, entry in known.items():
        if name in own:
            continue
        lacking = [column for column in schema("datasets")["required"] if column not in entry.dataset]
        if lacking:
            raise ConfigError(
                f'the catalogue does not know the {lacking[0]} of "{name}"', expected=entry.unknown[lacking[0]],
                fix="give it a row in the table of data sets",
            )  # fmt: skip
        found[name] = Dataset(**entry.dataset)  # type: ignore[arg-type]
    return found


def _with_patterns(
    datasets: Mapping[str, Dataset], known: Mapping[str, catalogue.Entry], own: Mapping[str, Any], name: str
) -> dict[str, Dataset]:
    """Give each data set its patterns; those of the settings come before those of the catalogue."""
    for dataset, patterns in own.items():
        if dataset not in datasets:
            raise ConfigError(f'{name}, patterns: "{dataset}" is not a data set', fix=nearest(dataset, datasets))
        check_patterns(patterns, f"{name}, patterns, {dataset}")
    entries = {key: dict(entry.patterns) for key, entry in known.items()}
    return {
        key: replace(dataset, patterns={**entries.get(key, {}), **own.get(key, {})})
        for key, dataset in datasets.items()
    }


def _known_contrasts(known: Mapping[str, catalogue.Entry], own: Collection[str]) -> list[Contrast]:
    """Return the contrasts that the catalogue proposes, each over its data sets, unless the settings have their own."""
    proposed = [(name, contrast) for name, entry in known.items() for contrast in entry.contrasts]
    found = {}
    for _, contrast in proposed:
        if contrast["id"] not in own:
            datasets = tuple(name for name, other in proposed if other["id"] == contrast["id"])
            found[contrast["id"]] = Contrast(**{**contrast, "datasets": datasets})
    return list(found.values())
