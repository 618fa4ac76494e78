"""Whether arithmetic in bfloat16 is quick on this CPU; torch is imported where it is asked."""

from __future__ import annotations

import functools


@functools.cache
def cpu_multiplies_bfloat16() -> bool:
    """Whether this CPU multiplies in bfloat16 (three times as fast as float32 there), and torch makes use of it.

    Without such instructions (AVX-512 BF16, AMX) torch emulates them: an autoencoder's round trip took six to thirteen
    times as long in bfloat16 as in float32 on a CPU of AVX2 alone.
    """
    import torch

    instructions = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    # in this order: builds without oneDNN do not have the second question
    return bool(instructions and torch.ops.mkldnn._is_mkldnn_bf16_supported())
