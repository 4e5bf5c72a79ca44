"""A loopback server that serves a small GEO tree and misbehaves on request."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HEAD = (
    '!Series_title\t"t"\n!Series_geo_accession\t"GSE5"\n!Series_platform_id\t"GPL7"\n\n'
    '!Sample_title\t"one"\t"two"\n!Sample_geo_accession\t"GSM1"\t"GSM2"\n!series_matrix_table_begin\n'
    '"ID_REF"\t"GSM1"\t"GSM2"\n'
)
ROWS = '"p1"\t1.5\t2\n"p2"\t3\t4\n'
END = "!series_matrix_table_end\n"


def gz(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def tar(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


MATRIX = "/series/GSEnnn/GSE5/matrix/GSE5_series_matrix.txt.gz"
SUPPL = "/series/GSEnnn/GSE6/suppl/"
TREE = {
    MATRIX: gz(HEAD + ROWS + END),
    "/platforms/GPLnnn/GPL7/annot/GPL7.annot.gz": gz(
        "^Annotation\n!Annotation_platform = GPL7\n!platform_table_begin\nID\tGene symbol\np1\tRUNX2\np2\tPPARG\n"
        "!platform_table_end\n"
    ),
    "/series/GSEnnn/GSE6/matrix/GSE6_series_matrix.txt.gz": gz((HEAD + END).replace("GSE5", "GSE6")),
    SUPPL + "GSE6_counts.txt.gz": gz("gene\tone\ttwo\nRUNX2\t1\t2\n"),
    SUPPL + "GSE6_RAW.tar": tar(**{"GSM1_a.txt.gz": gz("x" * 3000), "GSM2_a.txt.gz": gz("y")}),
    SUPPL + "filelist.txt": b"#Archive/File\tName\tTime\tSize\tType\nArchive\tGSE6_RAW.tar\t\t1\tTAR\n"
    b"File\tGSM1_a.txt.gz\t\t1\tTXT\nFile\tGSE6_counts.txt.gz\t\t1\tTXT\n",
}


@dataclass
class Server:
    """``files`` by path; ``faults`` maps a path to a function that answers in its place; ``asked`` logs requests."""

    url: str
    files: dict[str, bytes]
    faults: dict[str, Callable[[BaseHTTPRequestHandler, int], bool]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    index: bool = True
    ranges: bool = True

    def count(self, path: str) -> int:
        return self.asked.count(path)


def answer(handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> bool:
    handler.send_response(status)
    headers = {"Content-Length": str(len(body)), **{key.replace("_", "-"): text for key, text in headers.items()}}
    for key, text in headers.items():
        if text:
            handler.send_header(key, text)
    handler.end_headers()
    handler.wfile.write(body)
    return True


def tag_of(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:16]}"'


def serve(handler: BaseHTTPRequestHandler, data: bytes, *, ranges: bool) -> None:
    """Answer with the file, or with the rest of it to who has the first part of this version."""
    more = {"Last_Modified": "Wed, 22 Feb 2012 10:00:00 GMT", "ETag": tag_of(data)}
    asked = handler.headers.get("Range", "")
    if ranges and asked and handler.headers.get("If-Range") == tag_of(data):
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        if start >= len(data):
            answer(handler, 416, Content_Range=f"bytes */{len(data)}")
            return
        more["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        answer(handler, 206, data[start:], **more)
        return
    answer(handler, 200, data, **more)


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server("", dict(TREE))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            state.headers.append(dict(self.headers))
            fault = state.faults.get(self.path)
            if fault is not None and fault(self, state.count(self.path)):
                return
            if self.path in state.files:
                serve(self, state.files[self.path], ranges=state.ranges)
            elif self.path.endswith("/") and any(name.startswith(self.path) for name in state.files):
                if not state.index:
                    answer(self, 403)
                    return
                names = {name[len(self.path) :].split("/")[0] for name in state.files if name.startswith(self.path)}
                links = "".join(f'<a href="{name}">{name}</a>' for name in sorted(names))
                page = f'<html><a href="?C=N;O=D">Name</a><a href="/up/">Parent</a>{links}<a href="https://x.example/">x</a>'
                answer(self, 200, page.encode(), Content_Type="text/html")
            else:
                answer(self, 404)

        def do_HEAD(self) -> None:
            state.asked.append(self.path)
            found = self.path in state.files
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(state.files[self.path])) if found else "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield state
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The same tree as a folder."""
    root = tmp_path / "mirror"
    for name, data in TREE.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root
