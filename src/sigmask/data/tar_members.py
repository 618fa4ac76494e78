"""Walks over the members of a tar archive without unpacking it, past damage, and never outside it.

Nothing is written to disk and no name is used as a path. Links, devices and names that lead out of the archive are
refused; so is a member that claims to be larger than any image.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from sigmask.data.image_cell import MAX_FILE_BYTES
from sigmask.errors import BadReason

MAX_ZEROS = 64 * 1024 * 1024
"""An archive's end is padded with zeros; more of them than this many bytes is damage (our choice)."""

_BLOCK = 512
_CHUNK = 1 << 20
_MOST_SKIPPED = 4 * 1024 * 1024 * 1024  # of a compressed archive, in bytes: passing over data means unpacking it
_MAGIC = b"ustar"
_MAGIC_AT = 257


@dataclass(frozen=True, slots=True)
class TarMember:
    """A file in the archive. `content` is None where it was not read, and `problem` says why it cannot be used."""

    name: str
    offset: int
    content: bytes | None
    problem: tuple[BadReason, str] | None = None


@dataclass(frozen=True, slots=True)
class TarDamage:
    """A stretch of the archive that is no tar, from `offset`; `ends` where nothing readable follows."""

    offset: int
    message: str
    ends: bool


def tar_members(
    file: BinaryIO, start: int = 0, *, read: bool = True, compressed: bool = False
) -> Iterator[TarMember | TarDamage]:
    """Every file from the header at byte `start` on, in order.

    Args:
        file: seekable, at least forwards (a decompressing reader is).
        start: where a member's header begins.
        read: whether to read the members' contents; without, their data is passed over.
        compressed: whether passing over data costs as much as reading it, so that there is a limit to it.
    """
    offset = start
    while True:
        try:
            file.seek(offset)
            block = file.read(_BLOCK)
            if not block:
                return
            if not block.strip(b"\0"):
                zeros = _zeros(file, offset)
                if zeros > MAX_ZEROS:
                    yield TarDamage(offset, f"there are over {MAX_ZEROS:,} zeros from byte {offset:,} on", True)
                    return
                offset += zeros
                continue
            member, after = _member_at(file, offset, read=read)
            if compressed and after - offset > _MOST_SKIPPED:
                raise OSError(f"a member claims to be {after - offset:,} bytes long")
            offset = after
        except _DamagedHeaderError as error:
            found = _next_header(file, offset + _BLOCK)
            yield TarDamage(offset, f"bytes {offset:,} to {_shown(found)} are damaged: {error}", found is None)
            if found is None:
                return
            offset = found
            continue
        except Exception as error:  # decompressors raise EOFError, zlib.error, lzma.LZMAError, OSError
            yield TarDamage(offset, f"the archive cannot be read from byte {offset:,} on: {error}", True)
            return
        if member is not None:
            yield member


def _member_at(file: BinaryIO, offset: int, *, read: bool) -> tuple[TarMember | None, int]:
    """The member whose header (with any extensions of it) begins here, None for a folder, and where the next begins.

    Raises:
        _DamagedHeaderError: there is no valid header.
    """
    try:
        # One archive object for each member: it reads the header, and keeps no list of what it has seen.
        file.seek(offset)
        archive = tarfile.TarFile(fileobj=cast(BinaryIO, _ShortReads(file)), mode="r")
        info = archive.next()
    except (tarfile.TarError, ValueError, KeyError, IndexError, RecursionError) as error:
        raise _DamagedHeaderError(str(error)) from error
    if info is None or info.size < 0 or archive.offset <= offset:
        raise _DamagedHeaderError("expected a member's header")
    if info.isdir() or not (info.isreg() or info.islnk() or info.issym() or info.isdev()):
        return None, archive.offset
    problem = _refused(info)
    if problem is not None or not read:
        return TarMember(info.name, offset, None, problem), archive.offset
    file.seek(info.offset_data)
    content = file.read(info.size)
    if len(content) < info.size:
        message = f"the archive ends within '{info.name}', after {len(content):,} of its {info.size:,} bytes"
        return TarMember(info.name, offset, None, (BadReason.TRUNCATED, message)), archive.offset
    return TarMember(info.name, offset, content), archive.offset


class _ShortReads:
    """What tarfile reads headers through: an extended header that claims to be huge comes out short, not huge."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, _CHUNK))


def _refused(info: tarfile.TarInfo) -> tuple[BadReason, str] | None:
    path = PurePosixPath(info.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts:
        return BadReason.PATH_ESCAPES_ROOT, f"the member '{info.name[:200]}' leads out of the archive"
    if not info.isreg() or info.issparse():
        return BadReason.PATH_ESCAPES_ROOT, f"the member '{info.name[:200]}' is a link or a device, not a plain file"
    if info.size > MAX_FILE_BYTES:
        size = f"{info.size:,} bytes; the limit is {MAX_FILE_BYTES:,}"
        return BadReason.TOO_LARGE, f"the member '{info.name[:200]}' has {size}"
    return None


def _zeros(file: BinaryIO, offset: int) -> int:
    """How many zero bytes there are from a zero block on, in whole blocks, counted to a little over the limit."""
    file.seek(offset)
    count = 0
    while count <= MAX_ZEROS and (chunk := file.read(_CHUNK)):
        rest = len(chunk.lstrip(b"\0"))
        count += len(chunk) - rest
        if rest:
            return count - count % _BLOCK
    return count


def _next_header(file: BinaryIO, offset: int) -> int | None:
    """The next block from `offset` on that is a header by its mark and checksum."""
    while True:
        file.seek(offset)
        chunk = file.read(_CHUNK)
        for position in range(0, len(chunk) - _BLOCK + 1, _BLOCK):
            if chunk[position + _MAGIC_AT : position + _MAGIC_AT + len(_MAGIC)] != _MAGIC:
                continue
            try:
                tarfile.TarInfo.frombuf(chunk[position : position + _BLOCK], "utf-8", "surrogateescape")
            except (tarfile.TarError, ValueError):
                continue
            return offset + position
        if len(chunk) < _CHUNK:
            return None
        offset += _CHUNK


def _shown(offset: int | None) -> str:
    return "the end" if offset is None else f"{offset - 1:,}"


class _DamagedHeaderError(Exception):
    """There is no valid header where one was expected."""
