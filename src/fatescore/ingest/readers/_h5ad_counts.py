"""Which matrix of an AnnData file is meant: ``X``, the layer ``counts``, or the one place that holds whole counts."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fatescore.errors import InputError, few
from fatescore.ingest.blocks import Blocks
from fatescore.ingest.readers._h5ad_file import H5adFile, Values
from fatescore.typing import Scale


def choose_values(file: H5adFile, scale: Scale | None, notes: list[str]) -> Values:
    """Return the layer ``counts``, else ``X``; where counts are declared and ``X`` has none, the place that has."""
    main = file.counts_layer or file.matrices.get("X")
    if main is None:
        raise InputError(f'{file.where} has neither X nor layers["counts"]', expected="an expression matrix")
    raw = file.matrices.get("raw.X")
    if scale != "counts" or file.counts_layer is not None:
        check_sign(file, main)
        return main
    if is_whole(main.matrix):
        if raw is not None and len(raw.genes) > len(main.genes):
            notes.append(f"X was read, with {len(main.genes)} genes; raw.X has {len(raw.genes)}")
        return main
    whole = [one for place, one in file.matrices.items() if place != "X" and is_whole(one.matrix)]
    if not whole:
        check_sign(file, main)
        return main
    if not all(_equal(one, whole[0]) for one in whole[1:]):
        raise _several(file, whole)
    notes.append(f"the counts are those of {whole[0].place}: X holds other values")
    return whole[0]


def check_sign(file: H5adFile, main: Values) -> None:
    """Refuse scaled values and negative counts, and say where better ones are."""
    low = min((float(block.min()) for block in main.matrix if 0 not in block.shape), default=0.0)
    if low >= 0 or np.isnan(low):
        return
    if file.counts_layer is not None:
        raise InputError(
            f'{file.where}: layers["counts"] has negative values (down to {low:.4g})', expected="counts",
            fix="put the counts there, or remove the layer",
        )  # fmt: skip
    if "raw.X" in file.matrices:
        raise InputError(
            f"{file.where}: X has negative values (down to {low:.4g}) and the values before scaling are in .raw",
            expected="counts or log values in X",
            fix="write adata.raw.to_adata() to a file and use that",
        )


def is_whole(matrix: Blocks) -> bool:
    """Tell whether a matrix holds whole counts: never negative or missing, and not only 0 and 1."""
    high = 0.0
    for block in matrix:
        values = np.asarray(block.data if sp.issparse(block) else block)
        if not values.size:
            continue
        if not (np.isfinite(values).all() and values.min() >= 0 and (values == np.rint(values)).all()):
            return False
        high = max(high, float(values.max()))
    return high > 1


def _equal(one: Values, other: Values) -> bool:
    """Tell whether two places hold the same; of equal matrices the blocks are equal, too."""
    if one.matrix.shape != other.matrix.shape or one.ids != other.ids:
        return False
    for first, second in zip(one.matrix, other.matrix, strict=False):
        if first.shape != second.shape or abs(sp.csr_matrix(first) - sp.csr_matrix(second)).max() != 0:
            return False
    return True


def _several(file: H5adFile, whole: list[Values]) -> InputError:
    copied = next(one.place for one in whole if one.place.startswith("layers")).replace('"', "'")
    return InputError(
        f"{file.where}: X holds no whole counts, and several places do: {few([one.place for one in whole])}",
        expected='one of them in layers["counts"]',
        fix="copy the right one there, such as: python -c \"import anndata; a = anndata.read_h5ad('IN.h5ad'); "
        f"a.layers['counts'] = a.{copied}; a.write_h5ad('OUT.h5ad')\"",
    )
