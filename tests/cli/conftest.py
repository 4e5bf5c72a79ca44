from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

from fatescore.cli import main
from fatescore.tables.io import write_tsv

ContrastVerb = Callable[..., int]
Tables = Mapping[str, Sequence[pd.DataFrame]]


@pytest.fixture
def contrast_verb(tmp_path: Path) -> ContrastVerb:
    """Run ``fatescore contrast`` on tables, by the names of their options; its own tables land in ``tmp_path``."""

    def call(
        inputs: Mapping[str, Sequence[pd.DataFrame]], contrasts: Sequence[object], more: Sequence[str] = ()
    ) -> int:
        words = ["contrast"]
        for option, tables in inputs.items():
            words.append(f"--{option}")
            for number, table in enumerate(tables):
                write_tsv(tmp_path / f"{option}{number}.tsv", table)
                words.append(str(tmp_path / f"{option}{number}.tsv"))
        for spec in contrasts:
            words += ["--contrast", spec if isinstance(spec, str) else json.dumps(spec)]
        for name in ("output", "confounding", "contributions"):
            words += [f"--{name}", str(tmp_path / f"{name}.tsv")]
        return main([*words, *more])

    return call
