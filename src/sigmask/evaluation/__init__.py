"""Evaluation: metrics, benchmarks, rivals and tables. `evaluate_masks` is the one call for arrays at hand."""

from __future__ import annotations

from sigmask.evaluation.protocols import PROTOCOLS, evaluate_masks

__all__ = ["PROTOCOLS", "evaluate_masks"]
