"""Finds the bytes of an image cell, whatever form a corpus gives it, without ever reading outside the corpus's root."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from sigmask.data.unreadable_cell import UnreadableCell
from sigmask.errors import BadReason, SampleError

MAX_FILE_BYTES = 512 * 1024 * 1024
"""Files larger than this are refused unread (our choice)."""


@runtime_checkable
class StoredImage(Protocol):
    """A cell whose image lies elsewhere than in the cell or in a file of its own."""

    def encoded(self) -> bytes:
        """The image file's bytes; raises `SampleError`."""
        ...


_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_LEAST_BASE64 = 64


def is_null(cell: Any) -> bool:
    """Whether the cell holds nothing: None, NaN, blank text, or a struct without bytes and path."""
    if cell is None:
        return True
    if isinstance(cell, str):
        return not cell.strip()
    if isinstance(cell, Mapping):
        path = cell.get("path")
        return is_image_struct(cell) and cell.get("bytes") is None and not isinstance(path, Mapping) and is_null(path)
    return isinstance(cell, float) and cell != cell  # NaN is how pandas writes an absent value


def cell_bytes(cell: Any, root: Path | None) -> bytes:
    """The encoded image that a cell (bytes, struct, base64 text, path, URL, `StoredImage`) holds or names.

    A string counts as base64 when it is at least 64 characters long and has only base64's alphabet, in which there
    is no dot: a path long enough to be mistaken has a suffix. Whether it is an image is the decoder's question.

    Raises:
        SampleError: NOT_AN_IMAGE for a cell of another kind or a struct within a struct, BAD_ROW for an
            `UnreadableCell`, and the reasons of `read_inside`.
    """
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell)
    if isinstance(cell, Mapping) and is_image_struct(cell):
        held = cell.get("path") if cell.get("bytes") is None else cell.get("bytes")
        if isinstance(held, Mapping):
            raise SampleError(BadReason.NOT_AN_IMAGE, "expected bytes or a path in an image struct, got another struct")
        return cell_bytes(held, root)
    if isinstance(cell, StoredImage):
        return cell.encoded()
    if isinstance(cell, UnreadableCell):
        raise SampleError(BadReason.BAD_ROW, cell.problem)
    if isinstance(cell, Path):
        return read_inside(cell, root)
    if isinstance(cell, str):
        return _text_bytes(cell, root)
    raise SampleError(
        BadReason.NOT_AN_IMAGE,
        f"expected a path, bytes, base64 text, image struct, PIL image or numpy array, got {type(cell).__name__}",
    )


def named_path(cell: Any) -> str | None:
    """The path that a cell names; None for anything else: bytes, base64 text, URLs."""
    if isinstance(cell, Mapping) and is_image_struct(cell):
        cell = cell.get("path") if cell.get("bytes") is None else None
    if not isinstance(cell, str) or is_null(cell) or cell[:5].lower() == "data:" or _URL.match(cell):
        return None
    return None if _is_base64(cell) else cell


def is_image_struct(keys: Container[str]) -> bool:
    """Whether an object, or a struct type, of these keys is an image as Hugging Face writes it: bytes or a path."""
    return "bytes" in keys or "path" in keys


def read_inside(path: Path, root: Path | None) -> bytes:
    """The file's bytes; with a root, only if the file lies below it once every link and `..` is followed.

    Raises:
        SampleError: PATH_ESCAPES_ROOT, MISSING_FILE, NOT_AN_IMAGE (a folder or device), EMPTY_FILE or TOO_LARGE.
    """
    try:
        found = path if root is None else _inside(path, root)
        if not found.exists():
            raise SampleError(BadReason.MISSING_FILE, f"no file '{path}'{_below(root)}")
        if not found.is_file():
            raise SampleError(BadReason.NOT_AN_IMAGE, f"'{path}' is not a file; expected an image file")
        size = found.stat().st_size
        if size == 0:
            raise SampleError(BadReason.EMPTY_FILE, f"'{path}' has zero bytes")
        if size > MAX_FILE_BYTES:
            raise SampleError(BadReason.TOO_LARGE, f"'{path}' has {size:,} bytes; the limit is {MAX_FILE_BYTES:,}")
        return found.read_bytes()
    except (OSError, ValueError, RuntimeError) as error:  # name too long, no permission, a NUL inside, a loop of links
        shown = str(path)[:200]
        raise SampleError(BadReason.MISSING_FILE, f"cannot read '{shown}'{_below(root)}: {error}") from error


def _inside(path: Path, root: Path) -> Path:
    real_root = root.resolve()
    if path.is_absolute() and real_root != Path(real_root.anchor):
        raise SampleError(
            BadReason.PATH_ESCAPES_ROOT,
            f"'{path}' is absolute; paths must be relative to the corpus's root '{root}', unless you allow every "
            "path with --root /",
        )
    found = (real_root / path).resolve()
    if not found.is_relative_to(real_root):
        raise SampleError(
            BadReason.PATH_ESCAPES_ROOT,
            f"'{path}' leads out of the corpus's root '{root}'; move the file below the root, or name a wider --root",
        )
    return found


def _text_bytes(text: str, root: Path | None) -> bytes:
    if text[:5].lower() == "data:":
        header, comma, body = text.partition(",")
        if not comma or not header.lower().endswith(";base64"):
            raise SampleError(BadReason.NOT_AN_IMAGE, f"expected 'data:image/...;base64,...', got '{text[:40]}...'")
        return _base64_bytes(body)
    if _URL.match(text):
        return _url_bytes(text, root)
    if _is_base64(text):
        return _base64_bytes(text)
    return read_inside(Path(text), root)


def _is_base64(text: str) -> bool:
    return len(text) >= _LEAST_BASE64 and _BASE64.fullmatch(text) is not None


def _base64_bytes(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SampleError(BadReason.NOT_AN_IMAGE, f"expected base64 text, got '{text[:40]}...': {error}") from error


def _url_bytes(url: str, root: Path | None) -> bytes:
    """The local file that stands for a URL: root / the URL's whole path, else root / its last part."""
    advice = "download the images and name their folder with --root"
    if root is None:
        raise SampleError(BadReason.URL_WITHOUT_ROOT, f"'{url[:200]}' is a URL, and sigmask opens none; {advice}")
    try:
        path = unquote(urlsplit(url).path).lstrip("/")
    except ValueError as error:
        raise SampleError(BadReason.URL_WITHOUT_ROOT, f"'{url[:200]}' is not a URL: {error}") from error
    for name in (path, Path(path).name):
        try:
            if name:
                return read_inside(Path(name), root)
        except SampleError as error:
            if error.reason is not BadReason.MISSING_FILE:
                raise
    raise SampleError(
        BadReason.URL_WITHOUT_ROOT, f"'{url[:200]}' is a URL, and '{path[:200]}' is not below '{root}'; {advice}"
    )


def _below(root: Path | None) -> str:
    return "" if root is None else f" below '{root}'"
