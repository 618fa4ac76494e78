"""The model in torch, in the fastest precision that the device multiplies in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sigmask.annotation.backends.backend import OUTPUTS, Backend, Floats, RawOutput
from sigmask.cpu_precision import cpu_multiplies_bfloat16
from sigmask.instruction.instruction_arrays import InstructionArrays
from sigmask.kept_memory import keep_freed_memory
from sigmask.models.instruction_batch import InstructionBatch
from sigmask.models.locator import Locator, LocatorOutput


class TorchBackend(Backend):
    """Runs a `Locator` as it is. On a CPU the process keeps the memory that it frees (`kept_memory`)."""

    name = "torch"

    def __init__(self, model: Locator, device: torch.device) -> None:
        if device.type == "cpu":
            keep_freed_memory()
        self.device = device
        self.model = model.eval().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.dtype = fast_precision(device)
        self.precision = str(self.dtype).removeprefix("torch.")

    def run(self, images: npt.NDArray[np.uint8], instruction: InstructionArrays) -> RawOutput:
        return raw_output(self.forward(images, instruction))

    @torch.inference_mode()
    def forward(self, images: npt.NDArray[np.uint8], instruction: InstructionArrays) -> LocatorOutput:
        """All that the model says, for those who explain it. Arguments as in `Backend.run`."""
        original, edited = torch.from_numpy(images).to(self.device).permute(0, 1, 4, 2, 3).float().div(255)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            output: LocatorOutput = self.model(original, edited, InstructionBatch.of(instruction).to(self.device))
        return output


def raw_output(output: LocatorOutput) -> RawOutput:
    """The part of the model's output that annotations are made of."""
    return RawOutput(*(_floats(getattr(output, name)) for name in OUTPUTS))


def _floats(values: Tensor) -> Floats:
    return values.float().cpu().numpy()


def fast_precision(device: torch.device) -> torch.dtype:
    """bfloat16 where the hardware multiplies in it (three times as fast here), else float32."""
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu" and cpu_multiplies_bfloat16():
        return torch.bfloat16
    return torch.float32
