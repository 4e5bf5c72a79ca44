"""Where the data that ship with fatescore are: inside the wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

from fatescore.errors import InputError

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]
_HOMES = {
    "catalogue": (_PACKAGE / "_data" / "catalogue", _CHECKOUT / "config" / "catalogue"),
    "gene_sets": (_PACKAGE / "_data" / "gene_sets", _CHECKOUT / "gene_sets"),
    "organisms": (_PACKAGE / "_data" / "organisms", _CHECKOUT / "organisms"),
    "schemas": (_PACKAGE / "_data" / "schemas", _CHECKOUT / "workflow" / "schemas"),
    "workflow": (_PACKAGE / "_data" / "workflow", _CHECKOUT),  # holds the Snakefile
}


def data_dir(kind: str) -> Path:
    """Return the folder of shipped data: ``catalogue``, ``gene_sets``, ``organisms``, ``schemas`` or ``workflow``."""
    for home in _HOMES[kind]:
        if home.is_dir():
            return home
    raise InputError(
        f"fatescore's own {kind} are not beside the package in {_PACKAGE}",
        expected="a complete installation",
        fix="install fatescore again",
    )
