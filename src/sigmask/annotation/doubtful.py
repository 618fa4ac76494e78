"""Masks that are given up: those of which the model itself expects that more is wrong than right."""

from __future__ import annotations

LEAST_QUALITY = 0.5
"""A mask that is expected to have a lower IoU than this is given up: more of it would be wrong than right."""
DOUBTFUL = "doubtful"
"""The flag of a mask that was given up; its probability is kept."""
EVERY_MASK = "--least-quality 0 keeps every mask"
"""What to tell a user who misses them."""
