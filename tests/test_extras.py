"""A package of an extra that is not installed is one line that names it and what installs it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from fatescore import _extras, pl, report
from fatescore.errors import FatescoreError

GENES = pd.DataFrame({"gene": ["RUNX2"], "arm": ["osteogenic"], "contribution": [0.1]})


def test_every_package_stands_in_its_extra() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name, extra in _extras._PACKAGES.values():
        assert any(one.startswith(f"{name}>=") for one in project["optional-dependencies"][extra]), name
        assert not any(one.startswith(f"{name}>=") for one in project["dependencies"]), name


def test_a_chart_without_altair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)  # as if it were not there
    with pytest.raises(FatescoreError, match=r"^altair is not installed; pip install 'fatescore\[report\]'$") as error:
        pl.charts.waterfall(GENES)
    assert isinstance(error.value, ImportError)


def test_a_chart_that_is_saved_without_vl_convert(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chart = pl.charts.waterfall(GENES)
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(
        FatescoreError, match=r"^vl-convert-python is not installed; pip install 'fatescore\[report\]'$"
    ):
        pl.save(chart, tmp_path / "genes.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_language_without_babel(monkeypatch: pytest.MonkeyPatch) -> None:
    from fatescore import i18n

    i18n._catalogue.cache_clear()
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(FatescoreError, match=r"^Babel is not installed"), report.language("zh"):
        pl.labels.label("age")


def test_a_module_that_is_broken_in_itself_is_not_called_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "altair.py").write_text("import nothing_of_this_name\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "altair", raising=False)
    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name"):
        _ = _extras.altair.Chart


def test_the_library_is_imported_without_any_extra() -> None:
    code = (
        "import sys\n"
        f"for name in {list(_extras._PACKAGES)}: sys.modules[name] = None\n"
        "import fatescore as fs\n"
        "for name in fs.__all__: getattr(fs, name)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
