"""The files of one accession: which kinds it needs, in which order, and the manifest that pins each by its hash."""

from __future__ import annotations

import json
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fatescore.errors import FetchError, InputError, few
from fatescore.files import sha256, write_json
from fatescore.geo.accession import Accession, select_files
from fatescore.geo.matrix_header import MatrixHeader, read_header
from fatescore.geo.mirror import Mirror
from fatescore.geo.transport import MissingError, PartialFile

FILE_NAME = "manifest.json"


@dataclass
class Manifest:
    """The pinned files of one accession.

    ``files`` maps a path below the accession's folder to ``url``, ``size``, ``sha256`` and ``date``; ``kinds`` maps
    each kind that was fetched completely to its files, and ``notes`` to its notes, which are repeated when nothing
    is requested again.
    """

    accession: str
    base_url: str
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    kinds: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path, accession: str, base_url: str) -> Manifest:
        """Read the manifest of ``folder``; an absent one is empty."""
        path = folder / FILE_NAME
        if not path.exists():
            return cls(accession, base_url)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            tables = (dict(content[name]) for name in ("files", "kinds", "notes"))
            return cls(content["accession"], content["base_url"], *tables)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path} is not a manifest ({type(error).__name__})",
                expected="JSON written by fatescore fetch",
                fix="remove it to pin the files anew",
            ) from error

    def write(self, folder: Path) -> None:
        """Write the manifest."""
        write_json(folder / FILE_NAME, asdict(self))

    def is_intact(self, folder: Path, relative: str) -> bool:
        """Tell whether the file is there with the pinned size and hash."""
        pin = self.files.get(relative)
        path = folder / relative
        return (
            pin is not None and path.is_file() and path.stat().st_size == pin["size"] and sha256(path) == pin["sha256"]
        )


@dataclass
class AccessionFiles:
    """Fetches the files of one accession to ``folder``; each ``get_*`` method one kind."""

    accession: Accession
    folder: Path
    mirror: Mirror
    manifest: Manifest
    file: str
    refresh: bool
    can_hold_values: Callable[[str], bool]
    notes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    matrices: list[str] | None = None  # once they are here

    def get_auto(self) -> None:
        """Fetch the matrix, and what has the values when it has none."""
        if self.accession.kind == "GPL":
            self.get_platform()
            return
        matrices = self._matrices()
        if not matrices:
            self.notes.append(f"{self.accession} has no series matrix at {self.mirror.base}")
        if any(header.has_rows for header in self._headers):
            self.get_platform()
            return
        self.get_suppl()
        supplement = self.manifest.kinds["suppl"]
        if not matrices and not supplement:
            raise self._not_found()
        if any(self.can_hold_values(name) for path in supplement for name in _file_names(self.folder / path)):
            return
        self._fall_back_to_counts(supplement)

    def _fall_back_to_counts(self, supplement: list[str]) -> None:
        named = self._supplementary_in_header()
        if supplement:
            names = few([Path(name).name for name in supplement], 5)
            why = f"no supplementary file can be read for values, to judge by the names ({names})"
        else:
            why = "no supplementary file is to be had" if named else "there are no supplementary files"
        self.notes.append(f"routed to the counts that NCBI makes: {why}")
        self.get_counts()
        if not self.manifest.kinds["counts"]:
            genomes = " and ".join(made.genome for made in self.accession.counts(self.mirror.base))
            in_header = few(named, 5) or "none"
            self.notes.append(
                f"{self.accession} has no values at {self.mirror.base}: looked for rows in its series matrix, for "
                f"supplementary files (the header names {in_header}) and for NCBI's counts on {genomes}"
            )

    def get_matrix(self) -> None:
        """Fetch the series matrices."""
        if not self._matrices():
            raise self._not_found("series matrix")

    def get_soft(self) -> None:
        """Fetch the family SOFT file."""
        if self._pinned("soft") is None:
            name = f"soft/{self.accession.family}"
            if not self._fetch_if_present(f"{self.accession.subfolder('soft')}/{self.accession.family}", name):
                raise self._not_found("family SOFT file")
            self._record("soft", [name])

    def get_suppl(self) -> None:
        """Fetch the supplementary files; where the mirror lists none, those that the matrix names in its header."""
        if self._pinned("suppl") is not None:
            return
        names = self.mirror.supplementary(self.accession) or self._supplementary_in_header()
        notes = [] if names else [f"{self.accession} has no supplementary files at {self.mirror.base}"]
        folder = self.accession.subfolder("suppl")
        fetched, missing = self._fetch_all(
            "suppl", {name: f"{folder}/{name}" for name in select_files(names, self.file)}
        )
        notes += [f"{name} is named as a supplementary file but is not at {self.mirror.base}" for name in missing]
        self._record("suppl", fetched, notes)

    def get_counts(self) -> None:
        """Fetch the counts that NCBI made, if it did, and its table of the genes behind their GeneIDs."""
        if self._pinned("counts") is not None:
            return
        for _, counts, genes in self.accession.counts(self.mirror.base):
            if not self._fetch_if_present(counts.address, f"counts/{counts.name}"):
                continue
            fetched, missing = self._fetch_all("counts", {genes.name: genes.address})
            url = self.mirror.url(genes.address)
            notes = [f"{url} is missing: the GeneIDs of {counts.name} cannot be named without it" for _ in missing]
            self._record("counts", [f"counts/{counts.name}", *fetched], notes)
            return
        self._record("counts", [], [f"NCBI has made no counts of {self.accession}"])

    def get_platform(self) -> None:
        """Fetch the annotation of every platform; where the mirror lacks one, what else has the platform's table."""
        if self._pinned("platform") is not None:
            return
        if self.accession.kind == "GPL":
            platforms = [str(self.accession)]
        else:
            platforms = sorted({name for header in self._headers for name in header.platforms})
        addresses = {f"{name}.annot.gz": Accession.parse(name).annotation for name in platforms}
        fetched, missing = self._fetch_all("platform", addresses)
        if self.accession.kind == "GPL" and missing:
            raise self._not_found("annotation file")
        notes = []
        for name in (file.removesuffix(".annot.gz") for file in missing):
            instead = self._platform_in_soft(Accession.parse(name))
            fetched += [instead] if instead and instead not in fetched else []
            notes.append(
                f"{name} has no annotation file at {self.mirror.base}"
                + (f": its table is in {instead}" if instead else "")
            )
        self._record("platform", fetched, notes)

    def _platform_in_soft(self, platform: Accession) -> str:
        """Fetch a SOFT file with the table of a platform: the family of the series, or of the platform, if any.

        At GEO a platform's family holds every sample that was ever measured on it, the series' one only its own.
        """
        for owner, kind in ((self.accession, "soft"), (platform, "platform")):
            path = f"{kind}/{owner.family}"
            if self._fetch_if_present(f"{owner.subfolder('soft')}/{owner.family}", path):
                return path
        return ""

    def _matrices(self) -> list[str]:
        """Return the series matrices, fetched at the first call; none where the mirror has none."""
        if self.matrices is None:
            self.matrices = self._pinned("matrix")
        if self.matrices is None:
            names, guessed = self.mirror.matrices(self.accession)
            folder = self.accession.subfolder("matrix")
            self.matrices, missing = self._fetch_all("matrix", {name: f"{folder}/{name}" for name in names})
            if missing and not guessed:
                raise self._not_found(missing[0])
            if not missing:
                self._record("matrix", self.matrices)
        return self.matrices

    @cached_property
    def _headers(self) -> list[MatrixHeader]:
        return [read_header(self.folder / path, self.accession.folder) for path in self._matrices()]

    def _supplementary_in_header(self) -> list[str]:
        if self.accession.kind == "GPL":
            return []
        return sorted({name for header in self._headers for name in header.supplementary})

    def _pinned(self, kind: str) -> list[str] | None:
        """Return the files of a kind that was fetched completely and is intact."""
        names = self.manifest.kinds.get(kind)
        if names is None or self.refresh or not all(self.manifest.is_intact(self.folder, name) for name in names):
            return None
        self.files.update(names)
        self.notes += self.manifest.notes.get(kind, [])
        return names

    def _record(self, kind: str, names: list[str], notes: Sequence[str] = ()) -> None:
        """Write into the manifest that a kind was fetched completely."""
        self.notes += notes
        self.manifest.kinds[kind] = sorted(names)
        self.manifest.notes[kind] = list(notes)
        self.manifest.write(self.folder)

    def _fetch_all(self, kind: str, addresses: Mapping[str, str]) -> tuple[list[str], list[str]]:
        """Fetch files by name into the folder of a kind; return the paths of those here, the names of those missing."""
        here = [f"{kind}/{name}" for name in addresses if self._fetch_if_present(addresses[name], f"{kind}/{name}")]
        return here, [name for name in addresses if f"{kind}/{name}" not in here]

    def _fetch_if_present(self, relative: str, name: str) -> bool:
        """Fetch a file that the mirror may lack; tell whether it is here."""
        try:
            self._fetch(relative, name)
        except MissingError as error:
            if name not in self.manifest.files:
                return False
            url = self.mirror.url(relative)
            if not self.manifest.is_intact(self.folder, name):
                raise FetchError(
                    f"{url}, pinned in {self.folder / FILE_NAME}, is gone", expected="the pinned file",
                    fix="restore it from a copy, or remove its entry from the manifest",
                ) from error  # fmt: skip
            self.changed.append(url)
        self.files.add(name)
        return True

    def _fetch(self, relative: str, name: str) -> None:
        """Fetch one file to ``name`` unless the pinned copy is intact."""
        intact = self.manifest.is_intact(self.folder, name)
        if intact and not self.refresh:
            return
        url = self.mirror.url(relative)
        target = PartialFile(self.folder / name)
        target.final.parent.mkdir(parents=True, exist_ok=True)
        date = self.mirror.download(relative, target)
        pin = self.manifest.files.get(name)
        entry = {"url": url, "size": target.path.stat().st_size, "sha256": sha256(target.path), "date": date}
        if pin is not None and entry["sha256"] != pin["sha256"]:
            target.discard()
            if not intact:
                raise FetchError(
                    f"{url} is no longer the file pinned in {self.folder / FILE_NAME}",
                    expected=f"sha256 {pin['sha256']}, found {entry['sha256']}",
                    fix="remove its entry from the manifest to accept the new one",
                )
            self.changed.append(url)
            return
        target.finish()
        if pin is None:
            self.manifest.files[name] = entry
            self.manifest.write(self.folder)

    def _not_found(self, what: str = "") -> FetchError:
        missing = f" (no {what})" if what else ""
        return FetchError(
            f"{self.accession} is not at {self.mirror.base}{missing}", fix="check the accession or the mirror"
        )


def _file_names(path: Path) -> Iterator[str]:
    """Yield the bare names of the members of an archive, or that of any other file."""
    if path.suffix.lower() == ".zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            yield from (name.rsplit("/", 1)[-1] for name in packed.namelist() if not name.endswith("/"))
        return
    if not tarfile.is_tarfile(path):
        yield path.name
        return
    with tarfile.open(path) as archive:
        yield from (member.name.rsplit("/", 1)[-1] for member in archive if member.isfile())
