"""What runs the model: torch itself, or an engine that the model is exported to."""

from sigmask.annotation.backends.backend import Backend, RawOutput
from sigmask.annotation.backends.choice import BACKENDS, create_backend
from sigmask.annotation.backends.model_source import ModelSource

__all__ = ["BACKENDS", "Backend", "ModelSource", "RawOutput", "create_backend"]
