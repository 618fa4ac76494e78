"""`python -m sigmask`: the command `sigmask`, where its script is not on the path."""

from __future__ import annotations

from sigmask.cli.main import app

if __name__ == "__main__":
    app(prog_name="sigmask")
