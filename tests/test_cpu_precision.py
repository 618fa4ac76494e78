from __future__ import annotations

import pytest
import torch

from sigmask.cpu_precision import cpu_multiplies_bfloat16


@pytest.mark.parametrize(
    ("avx512", "tiles", "onednn", "expected"),
    [(True, False, True, True), (False, True, True, True), (True, True, False, False), (False, False, True, False)],
)
def test_instructions_and_onednn_are_both_needed(
    monkeypatch: pytest.MonkeyPatch, avx512: bool, tiles: bool, onednn: bool, expected: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: tiles)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: onednn)
    assert cpu_multiplies_bfloat16.__wrapped__() is expected
