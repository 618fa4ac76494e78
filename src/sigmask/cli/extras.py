"""What commands import where they need it, and which extra brings it."""

from __future__ import annotations

EXTRA_OF = {
    "torch": ("torch", "torch"),
    "torchvision": ("torchvision", "torch"),
    "timm": ("timm", "torch"),
    "openvino": ("openvino", "openvino"),
    "diffusers": ("diffusers", "vae"),
    "ray": ("ray", "ray"),
    "skimage": ("scikit-image", "demo"),
}
"""Module → its package and the package's extra."""
