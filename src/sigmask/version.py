"""The version, in one place that both hatch and the program read."""

__version__ = "0.1.0"
