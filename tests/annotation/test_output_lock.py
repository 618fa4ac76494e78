from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sigmask.annotation import output_lock
from sigmask.annotation.output_lock import EXPIRY_SECONDS, LockLostError, OutputLock, OutputLockedError, Owner
from sigmask.annotation.sharding import Shard
from sigmask.errors import SigmaskWarning

WHOLE = Shard()


def write_lock(folder: Path, *, age: float = 0.0, name: str = "lock-0-of-1.json", **changes: Any) -> Path:
    """The lock of another process, last touched `age` seconds ago."""
    values = {"host": "elsewhere", "machine": "other", "pid": 1, "shard": "0/1", "started": "then", "token": "t"}
    path = folder / name
    path.write_text(json.dumps(values | changes))
    os.utime(path, (time.time() - age,) * 2)
    return path


def gone_process() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_a_second_process_is_told_who_writes(tmp_path: Path) -> None:
    ledger = tmp_path / "out" / ".ledger"
    ledger.mkdir(parents=True)
    with (
        OutputLock(ledger, WHOLE),
        pytest.raises(OutputLockedError, match=rf"out is being written by process {os.getpid()} on .* since"),
        OutputLock(ledger, WHOLE),
    ):
        pass
    assert list(ledger.iterdir()) == []


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ((0, 3), (1, 3), True),
        ((0, 3), (0, 3), False),
        ((0, 3), (1, 2), False),
        ((0, 3), (0, 1), False),
        ((0, 1), (1, 2), False),
    ],
)
def test_only_different_shards_of_one_split_go_together(
    first: tuple[int, int], second: tuple[int, int], together: bool, tmp_path: Path
) -> None:
    with OutputLock(tmp_path, Shard(*first)):
        if together:
            with OutputLock(tmp_path, Shard(*second)):
                assert len(list(tmp_path.iterdir())) == 2
        else:
            with pytest.raises(OutputLockedError), OutputLock(tmp_path, Shard(*second)):
                pass
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_another_machine_that_is_touched_again_is_a_living_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_lock(tmp_path, age=EXPIRY_SECONDS - 20)
    looks: list[float] = []

    def look_again(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            os.utime(path)

    monkeypatch.setattr(output_lock.time, "sleep", look_again)
    with (
        pytest.warns(SigmaskWarning, match="no sign of life for 100 s"),
        pytest.raises(OutputLockedError, match=r"process 1 on elsewhere since then.*expires by itself 120 s"),
    ):
        OutputLock(tmp_path, WHOLE).__enter__()
    assert len(looks) == 3
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("ends", ["in silence", "released"])
def test_a_lock_of_another_machine_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str) -> None:
    path = write_lock(tmp_path, age=EXPIRY_SECONDS - 20)

    def time_passes(seconds: float) -> None:
        if ends == "released":
            path.unlink()
        else:
            os.utime(path, (path.stat().st_mtime - 15,) * 2)

    monkeypatch.setattr(output_lock.time, "sleep", time_passes)
    with pytest.warns(SigmaskWarning, match="process 1 on elsewhere"), OutputLock(tmp_path, WHOLE) as lock:
        lock.confirm()
    assert list(tmp_path.iterdir()) == []


def test_a_stale_lock_of_another_machine_is_taken_over_at_once(tmp_path: Path) -> None:
    write_lock(tmp_path, age=EXPIRY_SECONDS + 20)
    with OutputLock(tmp_path, WHOLE) as lock:
        lock.confirm()
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_a_process_that_is_gone_is_taken_over_at_once(tmp_path: Path) -> None:
    machine = Owner.this_process(WHOLE).machine
    write_lock(tmp_path, machine=machine, pid=gone_process())
    write_lock(tmp_path, machine=machine, pid=gone_process(), name="lock-1-of-3.json", shard="1/3")
    with OutputLock(tmp_path, WHOLE):
        assert len(list(tmp_path.iterdir())) == 1
    write_lock(tmp_path, machine=machine, pid=os.getpid())
    with pytest.raises(OutputLockedError):
        OutputLock(tmp_path, WHOLE).__enter__()


def test_half_a_lock_file_holds_until_it_expires(tmp_path: Path) -> None:
    path = write_lock(tmp_path)
    path.write_text('{"host"')
    with pytest.raises(OutputLockedError, match="another process"):
        OutputLock(tmp_path, WHOLE).__enter__()
    os.utime(path, (time.time() - 2 * EXPIRY_SECONDS,) * 2)
    with OutputLock(tmp_path, WHOLE):
        pass


def test_the_holder_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_lock, "HEARTBEAT_SECONDS", 0.01)
    with OutputLock(tmp_path, WHOLE):
        (path,) = tmp_path.iterdir()
        os.utime(path, (0, 0))
        waited_until = time.monotonic() + 10
        while path.stat().st_mtime < 1 and time.monotonic() < waited_until:
            time.sleep(0.01)
        assert path.stat().st_mtime > 1


def test_who_lost_the_lock_learns_it_and_leaves_the_new_owner_alone(tmp_path: Path) -> None:
    with OutputLock(tmp_path, WHOLE) as lock:
        (path,) = tmp_path.iterdir()
        write_lock(tmp_path, token="another")
        with pytest.raises(LockLostError, match="another process took over"):
            lock.confirm()
    assert json.loads(path.read_text())["token"] == "another"


def test_who_watches_another_s_lock_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output_lock, "HEARTBEAT_SECONDS", 0.01)
    other = write_lock(tmp_path, age=EXPIRY_SECONDS - 20)
    own = tmp_path / "lock-0-of-2.json"
    sleep = time.sleep
    touched: list[bool] = []

    def look_again(seconds: float) -> None:
        os.utime(own, (0, 0))
        waited_until = time.monotonic() + 10
        while own.stat().st_mtime < 1 and time.monotonic() < waited_until:
            sleep(0.01)
        touched.append(own.stat().st_mtime > 1)
        other.unlink()

    monkeypatch.setattr(output_lock.time, "sleep", look_again)
    with pytest.warns(SigmaskWarning, match="no sign of life"), OutputLock(tmp_path, Shard(0, 2)):
        assert touched == [True]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("has_hard_links", [True, False])
def test_the_lock_of_a_third_that_was_faster_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_hard_links: bool
) -> None:
    rename = Path.rename

    def third_comes_first(source: Path, target: Path) -> Path:
        write_lock(tmp_path, token="of the third")
        return rename(source, target)

    def refuse(source: object, target: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    write_lock(tmp_path, age=2 * EXPIRY_SECONDS)
    monkeypatch.setattr(Path, "rename", third_comes_first)
    if not has_hard_links:
        monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(output_lock.OutputLock, "_falls_silent", lambda *_: False)
    with pytest.raises(OutputLockedError, match="process 1 on elsewhere"), OutputLock(tmp_path, WHOLE):
        pass
    (left,) = tmp_path.iterdir()
    assert json.loads(left.read_text())["token"] == "of the third"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux says it in /proc")
def test_a_process_that_ended_and_was_not_reaped_holds_no_lock(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and stays listed
    try:
        machine = Owner.this_process(WHOLE).machine
        write_lock(tmp_path, machine=machine, pid=ended.pid)
        with OutputLock(tmp_path, WHOLE):
            pass
    finally:
        ended.wait()
