"""Processes that work for another one must not outlive it."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.process import BaseProcess


def leave_with_parent() -> None:
    """End this process as soon as the one that started it is gone, whatever it is at; said once, as a worker starts.

    A killed run takes its workers along by itself only where it can still say so: else a worker ends its part and then
    waits for another one for ever, with all of its memory. Files are written whole, so nothing is left half done.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_after, args=(parent,), daemon=True).start()


def _leave_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
