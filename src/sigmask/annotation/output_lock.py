"""One process per share of an output folder: a lock that says who holds it and that outlives no crash for long.

The lock is a file created exclusively; its holder touches it every few seconds. It is stale, and taken over, when its
process is gone (known at once on the same machine) or when it was not touched for `EXPIRY_SECONDS`. Whoever meets the
lock of another machine watches it until either a touch shows that its holder lives, or it is stale: a task that a batch
system moves to another machine need not be submitted twice. Ages are taken between two files of the same file system,
so clocks of different machines need not agree.

The lock saves work and protects `--overwrite`; no row depends on it. Parts are written under names of their own and
renamed, and two processes that did the same part would write the same bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from sigmask.annotation.exclusive_file import create_file, own_partial
from sigmask.annotation.sharding import Shard
from sigmask.annotation.write_errors import writing
from sigmask.errors import SigmaskError, SigmaskWarning

HEARTBEAT_SECONDS = 10.0
EXPIRY_SECONDS = 120.0
"""Without a sign of life for so long, a holder on another machine is taken for dead. Our choice."""

_PATTERN = "lock-*.json"
_LOOK_SECONDS = 1.0


class OutputLockedError(SigmaskError):
    """Another process writes to the output."""


class LockLostError(SigmaskError):
    """This process stood still for so long that another took its lock."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock. `machine` tells apart reboots and containers, in which process ids mean different processes."""

    host: str
    machine: str
    pid: int
    shard: str
    started: str
    token: str

    @classmethod
    def this_process(cls, shard: Shard) -> Owner:
        """The owner that this process is."""
        started = time.strftime("%Y-%m-%d %H:%M:%S %z")
        return cls(socket.gethostname(), _machine(), os.getpid(), str(shard), started, os.urandom(8).hex())

    def is_gone(self) -> bool:
        """Whether its process is known to have ended; False where that cannot be known from here."""
        if self.machine != _machine():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return _has_ended(self.pid)


class OutputLock:
    """Holds one shard of an output folder for the time of a `with` block.

    Shards of one split exclude each other only where they are the same; splits of different counts overlap, so they
    exclude each other altogether, and a run without `--shard` excludes all.

    Raises, on entering:
        OutputLockedError: a living process holds this share or one that overlaps it.
        OutputWriteError: the lock cannot be written.
    """

    def __init__(self, folder: Path, shard: Shard) -> None:
        self._folder = folder
        self._shard = shard
        self._path = folder / f"lock-{shard.index}-of-{shard.count}.json"
        self._owner = Owner.this_process(shard)
        self._released = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="sigmask-lock", daemon=True)

    def __enter__(self) -> OutputLock:
        with writing(self._path):
            # Create first, look for others after: of two that start at once at least one sees the other.
            while not create_file(self._path, json.dumps(asdict(self._owner)).encode()):
                self._yield_to(self._path)
            self._heart.start()  # from now on: while this process watches another's lock, its own must not look dead
            try:
                for path in sorted(self._folder.glob(_PATTERN)):
                    if path != self._path and not path.name.endswith(f"-of-{self._shard.count}.json"):
                        self._yield_to(path)
            except BaseException:
                self._release()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def _release(self) -> None:
        self._released.set()
        self._heart.join()
        if self._is_ours():
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def confirm(self) -> None:
        """Check before a commit that the lock is still this process's own.

        Raises:
            LockLostError: another process has taken it over.
        """
        if not self._is_ours():
            raise LockLostError(
                f"another process took over {self._path.parent.parent}: this one gave no sign of life for more than "
                f"{EXPIRY_SECONDS:.0f} s (was the machine suspended?). Nothing is lost; let the other one finish"
            )

    def _is_ours(self) -> bool:
        owner = _read(self._path)
        return owner is not None and owner.token == self._owner.token

    def _yield_to(self, path: Path) -> None:
        """Raise if `path` is a living process's lock, else remove it."""
        owner, age = _read(path), self._age(path)
        if age is None:
            return
        if not self._is_stale(owner, age) and (
            owner is None or owner.machine == self._owner.machine or not self._falls_silent(path, owner, age)
        ):
            raise self._refusal(_read(path) or owner, self._age(path) or 0.0)
        # Renamed before it is removed, and looked at again: it may just have been taken over by a third process.
        aside = own_partial(path)
        with contextlib.suppress(FileNotFoundError):
            path.rename(aside)
            if _read(aside) != owner:
                create_file(path, aside.read_bytes())
            aside.unlink()

    @staticmethod
    def _is_stale(owner: Owner | None, age: float) -> bool:
        return age > EXPIRY_SECONDS or (owner is not None and owner.is_gone())

    def _falls_silent(self, path: Path, owner: Owner, age: float) -> bool:
        """Watch another machine's lock: whether it grows stale, or is released, before its holder touches it again."""
        warnings.warn(
            f"{path} belongs to process {owner.pid} on {owner.host}, which gave no sign of life for {age:.0f} s: "
            f"waiting for one, or for {EXPIRY_SECONDS:.0f} s without",
            SigmaskWarning,
            stacklevel=5,
        )
        while True:
            time.sleep(_LOOK_SECONDS)
            now = self._age(path)
            if now is None:
                return True
            if now < age or _read(path) != owner:
                return False
            if self._is_stale(owner, now):
                return True
            age = now

    def _refusal(self, owner: Owner | None, age: float) -> OutputLockedError:
        who = "another process" if owner is None else f"process {owner.pid} on {owner.host} since {owner.started}"
        what = "" if owner is None or owner.shard == "0/1" else f" (shard {owner.shard})"
        return OutputLockedError(
            f"{self._folder.parent} is being written by {who}{what}, last sign of life {age:.0f} s ago. Wait for "
            f"it, give each process its own --shard i/n of the same n, or name another folder with -o. If that "
            f"process is gone, its lock expires by itself {EXPIRY_SECONDS:.0f} s after the last sign"
        )

    def _age(self, path: Path) -> float | None:
        """Seconds since the lock was last touched, by the file system's own clock; None if it is gone."""
        probe = own_partial(self._path)
        try:
            probe.touch()
            return max(0.0, probe.stat().st_mtime - path.stat().st_mtime)
        except FileNotFoundError:
            return None
        finally:
            probe.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self._released.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(OSError):  # a beat missed for a passing reason is made up by the next
                if self._is_ours():
                    os.utime(self._path)


def _read(path: Path) -> Owner | None:
    try:
        return Owner(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _has_ended(pid: int) -> bool:
    """Whether a process that is still listed has ended and only waits for its parent to ask; False where unknown."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in ("Z", "X")


def _machine() -> str:
    """What makes a process id meaningful: this boot of this machine, and this container's process ids."""
    known = [socket.gethostname()]
    with contextlib.suppress(OSError):
        known.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
    with contextlib.suppress(OSError):
        known.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(known)
