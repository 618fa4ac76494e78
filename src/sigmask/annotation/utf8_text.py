"""Text that any file can hold: Linux file names are bytes, and JSON can spell half a surrogate pair."""

from __future__ import annotations


def utf8_text(text: str) -> str:
    """The text with what UTF-8 cannot hold replaced by U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
