"""A GEO-shaped tree of simulated series, usable as a base URL ``file://...``."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fatescore.errors import InputError
from fatescore.files import write_json, write_text
from fatescore.simulate._noise import whole
from fatescore.tables import columns as col
from fatescore.tables.io import write_tsv
from fatescore.typing import StrPath
from simulated_geo import series as series_of
from simulated_geo.formats import family_soft, platform_annot, series_folder, series_matrix, stub
from simulated_geo.series import Planted

_README = "README.txt"
_FIRST_LINE = "SIMULATED: a GEO-shaped mirror made by fatescore; no value in it was measured."
_OWN = {_README, "series", "platforms", "truth"}
# Files carry a fixed date, so that a mirror made again cannot be told from the first one.
_EPOCH = 1_577_836_800  # 2020-01-01


def mirror(
    dest: StrPath,
    *,
    seed: int = 0,
    effect: float = -2.0,
    cells_per_donor: int = 250,
    n_genes: int = 3000,
) -> Path:
    """Write four simulated series in GEO's layout, with the truth beside them.

    ``series/`` and ``platforms/`` are what GEO would serve: GSE900000001 (array), GSE900000002 (bulk RNA-seq),
    GSE900000003 (10x) and GSE900000004 (mouse bulk). ``truth/`` holds for each ``<GSE>.json`` (parameters and sign),
    ``<GSE>_samples.tsv`` (true bias of every sample), ``<GSE>_genes.tsv`` (loadings) and for the cells
    ``<GSE>_cells.tsv.gz``. The tree appears whole or not at all; an earlier simulated mirror is replaced.

    Parameters
    ----------
    dest
        Folder to write.
    seed
        Whole number from 0; the same arguments give the same bytes.
    effect
        Planted difference in true bias, cases minus controls, the same in all series.
    cells_per_donor, n_genes
        Size, see :func:`fatescore.simulate.single_cell`.

    Returns
    -------
    The folder.

    Raises
    ------
    InputError
        ``dest`` holds something that is not a simulated mirror, or a parameter is out of range.

    Examples
    --------
    >>> import tempfile
    >>> from simulated_geo import mirror
    >>> folder = tempfile.mkdtemp()
    >>> tree = mirror(folder + "/geo", cells_per_donor=20, n_genes=500)
    >>> sorted(path.name for path in tree.iterdir())
    ['README.txt', 'platforms', 'series', 'truth']
    """
    number = whole("seed", seed, 0, 2**64 - 1)
    seeds = np.random.SeedSequence(number).spawn(4)
    target = Path(dest).absolute()
    _refuse_foreign(target)
    planted = [
        series_of.array_series(seeds[0], effect, n_genes),
        series_of.bulk_series(seeds[1], effect, n_genes),
        series_of.single_cell_series(seeds[2], effect, n_genes, cells_per_donor),
        series_of.mouse_series(seeds[3], effect, n_genes),
    ]
    with _replaced(target) as folder:
        for one in planted:
            _write_series(folder, one)
            _write_truth(folder / "truth", one, number)
        for path in sorted(folder.rglob("*")):
            os.utime(path, (_EPOCH, _EPOCH))
        # Written last and with today's date: it can serve a build tool as the sign that the mirror is there.
        write_text(folder / _README, _readme(planted, number, effect))
    return target


def _write_series(folder: Path, planted: Planted) -> None:
    series = planted.series
    home = folder / series_folder(series.accession)
    _write_gz(home / "matrix" / f"{series.accession}_series_matrix.txt.gz", series_matrix(series).encode())
    _write_gz(home / "soft" / f"{series.accession}_family.soft.gz", family_soft(series).encode())
    if series.platform.probes is not None:
        name = series.platform.accession
        place = folder / "platforms" / stub(name) / name / "annot" / f"{name}.annot.gz"
        _write_gz(place, platform_annot(series.platform).encode())
    listing = ["#Archive/File\tName\tTime\tSize\tType"]
    for name, text in planted.tables.items():
        path = home / "suppl" / name
        _write_gz(path, text.encode())
        listing.append(_listed("File", path.name, path.stat().st_size))
    if planted.archive:
        members = {name: gzip.compress(data, 6, mtime=0) for name, data in sorted(planted.archive.items())}
        path = home / "suppl" / f"{series.accession}_RAW.tar"
        _write(path, _tar(members))
        listing.append(_listed("Archive", path.name, path.stat().st_size))
        listing += [_listed("File", name, len(data)) for name, data in members.items()]
    if len(listing) > 1:
        _write(home / "suppl" / "filelist.txt", ("\n".join(listing) + "\n").encode())


def _write_truth(folder: Path, planted: Planted, seed: int) -> None:
    name = planted.series.accession
    effect = planted.truth["effect"]
    expected = {
        "simulated": True,
        "accession": name,
        "seed": seed,
        "sign": "-" if effect < 0 else "+" if effect > 0 else "0",
        "effect_unit": "true bias (log2 of bone over fat programme), mean of cases minus mean of controls",
        "loadings": {str(k): float(v) for k, v in planted.genes["loading"].items() if v},
        "realised": _realised(planted),
        **{key: _plain(value) for key, value in planted.truth.items()},
    }
    write_json(folder / f"{name}.json", expected)
    write_tsv(folder / f"{name}_samples.tsv", planted.samples.drop(columns=["n", "simulated_sample"]))
    genes = planted.genes[["ensembl_id", "role", "loading"]]
    write_tsv(folder / f"{name}_genes.tsv", genes.rename_axis("gene").reset_index())
    if planted.cells is not None:
        cells = planted.cells.to_csv(sep="\t", index=False, lineterminator="\n")
        _write_gz(folder / f"{name}_cells.tsv.gz", cells.encode())


def _realised(planted: Planted) -> float:
    """Return the difference in mean true bias that the drawn donors have: ``effect`` plus chance."""
    means = planted.samples.groupby(col.CONDITION)["true_bias"].mean()
    return round(float(means[planted.truth["case"]] - means[planted.truth["control"]]), 6)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _readme(planted: list[Planted], seed: int, effect: float) -> str:
    lines = [
        _FIRST_LINE,
        "",
        f"seed {seed}, effect {effect:g} (true bias, cases minus controls; negative means away from bone)",
        "Use this folder as the base URL: file://<this folder>. The planted truth is in truth/.",
        "Addresses of ftp.ncbi.nlm.nih.gov inside the files imitate GEO's layout; nothing is there.",
        "",
    ]
    lines += [f"{one.series.accession}  {one.series.title}, {len(one.samples)} samples" for one in planted]
    return "\n".join(lines) + "\n"


def _listed(kind: str, name: str, size: int) -> str:
    suffix = name.removesuffix(".gz").rsplit(".", 1)[-1].upper()
    return f"{kind}\t{name}\t01/01/2020 00:00:00\t{size}\t{suffix}"


def _tar(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _write_gz(path: Path, data: bytes) -> None:
    _write(path, gzip.compress(data, 6, mtime=0))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _refuse_foreign(target: Path) -> None:
    """Refuse to replace anything but a simulated mirror with nothing else in it."""
    fix = "choose a new or empty folder"
    if not target.exists() and not target.is_symlink():
        return
    if not target.is_dir():
        raise InputError(f"{target} is not a folder", fix=fix)
    names = {path.name for path in target.iterdir()}
    if not names:
        return
    readme = target / _README
    ours = readme.is_file() and readme.read_text("utf-8", errors="replace").startswith(_FIRST_LINE)
    if not ours:
        raise InputError(f"{target} is not empty and not a simulated mirror", fix=fix)
    if names - _OWN:
        raise InputError(f"{target} also holds {sorted(names - _OWN)[0]}, which is not part of the mirror", fix=fix)


@contextlib.contextmanager
def _replaced(target: Path) -> Iterator[Path]:
    """Yield a new folder beside ``target``; put it in the place of ``target`` when the block ends well."""
    target = target.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".part-{target.name}-", dir=target.parent))
    except OSError as error:
        raise InputError(f"{target} cannot be written ({error.strerror})", fix="choose another folder") from error
    try:
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o777 & ~mask)
        yield part
        if target.exists():
            old = part.with_name(part.name + ".old")
            target.rename(old)
            part.rename(target)
            shutil.rmtree(old)
        else:
            part.rename(target)
    except OSError as error:
        raise InputError(f"{target} cannot be written ({error.strerror})", fix="choose another folder") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
