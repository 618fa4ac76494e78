"""Instructions: parsed into edit tuples, and their concepts turned into vectors."""

from sigmask.instruction.parser import parse
from sigmask.instruction.text_encoder import SentenceTextEncoder, StaticTextEncoder, TextEncoder

__all__ = ["SentenceTextEncoder", "StaticTextEncoder", "TextEncoder", "parse"]
