"""What one accession needs, in which order, and how each file of it is pinned."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fatescore.errors import FetchError
from fatescore.files import sha256
from fatescore.geo._faults import MissingError
from fatescore.geo._lock import Lock
from fatescore.geo._mirror import Mirror
from fatescore.geo._names import choose, few, holds_values
from fatescore.geo._partial import Partial
from fatescore.geo._peek import has_rows, platform_ids, supplementary_names
from fatescore.geo.accession import Accession, join


@dataclass
class Job:
    """Brings the files of one accession to ``folder``; ``get_*`` each one kind of them."""

    accession: Accession
    folder: Path
    mirror: Mirror
    lock: Lock
    file: str
    refresh: bool
    notes: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    heads: list[str] | None = None  # the series matrices, once they are here

    def get_auto(self) -> None:
        """Bring the matrix, and what has the values when it has none."""
        if self.accession.kind == "GPL":
            self.get_platform()
            return
        matrices = self._matrices()
        if not matrices:
            self.notes.append(f"{self.accession} has no series matrix at {self.mirror.base}")
        if any(has_rows(self.folder / name) for name in matrices):
            self.get_platform()
            return
        self.get_suppl()
        supplement = self.lock.what["suppl"]
        if not matrices and not supplement:
            raise self._unknown()
        if any(holds_values(self.folder / name) for name in supplement):
            return
        self._route_to_counts(supplement)

    def _route_to_counts(self, supplement: list[str]) -> None:
        named = self._named_in_head()
        if supplement:
            why = f"no supplementary file can hold values, to judge by the names ({few(_bare(supplement))})"
        else:
            why = "no supplementary file is to be had" if named else "there are no supplementary files"
        self.notes.append(f"routed to the counts that NCBI makes: {why}")
        self.get_counts()
        if not self.lock.what["counts"]:
            genomes = " and ".join(made.genome for made in self.accession.counts(self.mirror.base))
            self.notes.append(
                f"{self.accession} has no values at {self.mirror.base}: looked for rows in its series matrix, for "
                f"supplementary files (the header names {few(named) or 'none'}) and for NCBI's counts on {genomes}"
            )

    def get_matrix(self) -> None:
        """Bring the series matrices."""
        if not self._matrices():
            raise self._unknown("series matrix")

    def get_soft(self) -> None:
        """Bring the family SOFT file."""
        if self._pinned("soft") is None:
            name = f"soft/{self.accession.family}"
            if not self._brought(join(self.accession.part("soft"), self.accession.family), name):
                raise self._unknown("family SOFT file")
            self._complete("soft", [name])

    def get_suppl(self) -> None:
        """Bring the supplementary files; where the mirror lists none, those that the matrix names in its head."""
        if self._pinned("suppl") is not None:
            return
        names = self.mirror.supplementary(self.accession) or self._named_in_head()
        notes = [] if names else [f"{self.accession} has no supplementary files at {self.mirror.base}"]
        brought = []
        for name in choose(names, self.file):
            if self._brought(join(self.accession.part("suppl"), name), f"suppl/{name}"):
                brought.append(f"suppl/{name}")
            else:
                notes.append(f"{name} is named as a supplementary file but is not at {self.mirror.base}")
        self._complete("suppl", brought, notes)

    def get_counts(self) -> None:
        """Bring the counts that NCBI made, if it did, and the names of the genes that they number."""
        if self._pinned("counts") is not None:
            return
        for _, counts, genes in self.accession.counts(self.mirror.base):
            if not self._brought(counts.address, f"counts/{counts.name}"):
                continue
            brought, notes = [f"counts/{counts.name}"], []
            if self._brought(genes.address, f"counts/{genes.name}"):
                brought.append(f"counts/{genes.name}")
            else:
                url = self.mirror.url(genes.address)
                notes = [f"{url} is missing: the GeneIDs of {counts.name} cannot be named without it"]
            self._complete("counts", brought, notes)
            return
        self._complete("counts", [], [f"NCBI has made no counts of {self.accession}"])

    def get_platform(self) -> None:
        """Bring the annotation of every platform."""
        if self._pinned("platform") is not None:
            return
        brought, notes = [], []
        for platform in self._platforms():
            name = f"platform/{platform}.annot.gz"
            if self._brought(Accession.parse(platform).annotation, name):
                brought.append(name)
            else:
                notes.append(f"{platform} has no annotation file at {self.mirror.base}")
        if self.accession.kind == "GPL" and not brought:
            raise self._unknown("annotation file")
        self._complete("platform", brought, notes)

    # --- what is known ----------------------------------------------------------------------------------

    def _matrices(self) -> list[str]:
        """Return the series matrices, brought here at the first call; none where the mirror has none."""
        if self.heads is None:
            self.heads = self._pinned("matrix")
        if self.heads is None:
            self.heads = self._bring_matrices()
        return self.heads

    def _bring_matrices(self) -> list[str]:
        names, guessed = self.mirror.matrices(self.accession)
        brought = []
        for name in names:
            if not self._brought(join(self.accession.part("matrix"), name), f"matrix/{name}"):
                if guessed:
                    return []
                raise self._unknown(name)
            brought.append(f"matrix/{name}")
        self._complete("matrix", brought)
        return brought

    def _platforms(self) -> list[str]:
        if self.accession.kind == "GPL":
            return [str(self.accession)]
        return sorted({name for path in self._matrices() for name in platform_ids(self.folder / path)})

    def _named_in_head(self) -> list[str]:
        if self.accession.kind == "GPL":
            return []
        heads = [self.folder / path for path in self._matrices()]
        return sorted({name for path in heads for name in supplementary_names(path, self.accession.folder)})

    def _pinned(self, kind: str) -> list[str] | None:
        names = self.lock.what.get(kind)
        if names is None or self.refresh or not all(self.lock.is_whole(self.folder, name) for name in names):
            return None
        self.files.update(names)
        self.notes += self.lock.notes.get(kind, [])
        return names

    def _complete(self, kind: str, names: list[str], notes: list[str] | None = None) -> None:
        self.notes += notes or []
        self.lock.what[kind] = sorted(names)
        self.lock.notes[kind] = notes or []
        self.lock.write(self.folder)

    # --- one file ---------------------------------------------------------------------------------------

    def _brought(self, relative: str, name: str) -> bool:
        """Bring a file that may be missing; tell whether it is here."""
        try:
            self._bring(relative, name)
        except MissingError as error:
            if name not in self.lock.files:
                return False
            url = self.mirror.url(relative)
            if not self.lock.is_whole(self.folder, name):
                raise FetchError(
                    f"{url}, pinned in {self.folder / 'lock.json'}, is gone", expected="the pinned file",
                    fix="restore it from a copy, or remove its entry from the lock file",
                ) from error  # fmt: skip
            self.changed.append(url)
            self.files.add(name)
        return True

    def _bring(self, relative: str, name: str) -> None:
        """Fetch one file to ``name`` unless the pinned copy is whole."""
        whole = self.lock.is_whole(self.folder, name)
        if whole and not self.refresh:
            self.files.add(name)
            return
        url = self.mirror.url(relative)
        final = self.folder / name
        final.parent.mkdir(parents=True, exist_ok=True)
        pin = self.lock.files.get(name)
        part = Partial(final)
        date = self.mirror.bring(relative, part)
        new = {"url": url, "size": part.path.stat().st_size, "sha256": sha256(part.path), "date": date}
        changed = pin is not None and new["sha256"] != pin["sha256"]
        if not changed:
            part.finish()
        else:
            part.discard()
            if not whole:
                raise FetchError(
                    f"{url} is no longer the file pinned in {self.folder / 'lock.json'}",
                    expected=f"sha256 {pin['sha256'] if pin else ''}, found {new['sha256']}",
                    fix="remove its entry from the lock file to accept the new one",
                )
            self.changed.append(url)
        self.files.add(name)
        if pin is None:
            self.lock.files[name] = new
            self.lock.write(self.folder)

    def _unknown(self, wanted: str = "") -> FetchError:
        lacking = f" (no {wanted})" if wanted else ""
        return FetchError(
            f"{self.accession} is not at {self.mirror.base}{lacking}", fix="check the accession or the mirror"
        )


def _bare(files: list[str]) -> list[str]:
    return [name.rsplit("/", 1)[-1] for name in files]
