"""Autoencoders by name: the two that ship, folders of weights, and any that `diffusers` opens.

SIGMA calibrates against a round trip through "the" VAE; editors use many. The more there are, the less a model can
learn of a single one's traces (our choice: names are drawn uniformly).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sigmask.data.hub_name import PREFIX, parse_hub_name
from sigmask.errors import CorpusError, MissingExtraError, WeightsError
from sigmask.synthesis.small_autoencoder import SmallAutoencoder
from sigmask.synthesis.vae_roundtrip import Autoencoder, TinyAutoencoder

SHIPPED = "shipped"
"""Names the autoencoders that come with the package."""
_SHIPPED_FOLDER = Path(__file__).parents[1] / "weights" / "autoencoders"
_CLASSES = ("AutoencoderKL", "AutoencoderTiny")
_PROBE = 64  # pixels a side, to learn an autoencoder's stride from


class DiffusersAutoencoder:
    """An `AutoencoderKL` or `AutoencoderTiny` of the package `diffusers`, as `round_trip` takes it.

    The latent is the posterior's mode: its noise is the round trip's to add.

    Attributes:
        stride: image pixels a latent cell, down and across.
    """

    def __init__(self, model: Any) -> None:
        self._model = model.eval().requires_grad_(False)
        with torch.inference_mode():
            self.stride = _PROBE // int(self.encoder(torch.zeros(1, 3, _PROBE, _PROBE)).shape[-1])

    def encoder(self, pixels: Tensor) -> Tensor:
        """(B, 3, H, W) in [0, 1] → (B, C, H / stride, W / stride)."""
        encoded = self._model.encode(2 * pixels - 1)
        latent: Tensor = encoded.latents if hasattr(encoded, "latents") else encoded.latent_dist.mode()
        return latent

    def decoder(self, latent: Tensor) -> Tensor:
        """(B, C, h, w) → (B, 3, h · stride, w · stride), about [0, 1], not clamped."""
        decoded: Tensor = self._model.decode(latent).sample
        return decoded / 2 + 0.5

    @classmethod
    def load(cls, source: str | Path) -> DiffusersAutoencoder:
        """From a folder that `diffusers` wrote, or `hf:OWNER/NAME[:SUBFOLDER][@REVISION]` (safetensors only).

        Raises:
            MissingExtraError: `diffusers` is not installed.
            CorpusError: the name is not of this form.
            WeightsError: there is no such autoencoder, or it is of another class.
        """
        name, where = _place(str(source))
        try:
            import diffusers
        except ImportError as error:
            raise MissingExtraError("diffusers", "vae", f"the autoencoder '{source}'") from error
        try:
            kind = diffusers.AutoencoderKL.load_config(name, **where).get("_class_name")
            if kind not in _CLASSES:
                raise WeightsError(f"expected {' or '.join(_CLASSES)} at '{source}', got '{kind}'")
            model = getattr(diffusers, kind).from_pretrained(name, use_safetensors=True, **where)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            if _is_out_of_reach(error):
                raise WeightsError(
                    f"cannot open the autoencoder '{source}': the Hugging Face Hub cannot be reached, and its "
                    "local cache has no copy. Get a network, or name a folder that diffusers wrote"
                ) from error
            raise WeightsError(f"cannot open the autoencoder '{source}': {error}") from error
        return cls(model)


def _place(source: str) -> tuple[str, dict[str, Any]]:
    """A folder or a repository on the Hub, and where in it the autoencoder lies, as `diffusers` takes both."""
    if not source.startswith(PREFIX):
        return source, {}
    try:
        hub = parse_hub_name(source)
    except CorpusError as error:  # which speaks of data sets
        raise CorpusError(
            "expected hf:OWNER/NAME, hf:OWNER/NAME:SUBFOLDER or hf:OWNER/NAME@REVISION of an autoencoder, got "
            f"'{source}'"
        ) from error
    return hub.repository, {"revision": hub.revision, "subfolder": hub.config}


def _is_out_of_reach(error: BaseException | None) -> bool:
    """Whether the Hub did not answer: diffusers then says that the repository has no such file."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    while error is not None:
        if isinstance(error, LocalEntryNotFoundError | ConnectionError):
            return True
        error = error.__cause__ or error.__context__
    return False


def load_autoencoders(sources: Sequence[str | Path]) -> list[Autoencoder]:
    """Every autoencoder that `sources` name, in their order; see `named_autoencoders`."""
    return [autoencoder for _, autoencoder in named_autoencoders(sources)]


def named_autoencoders(sources: Sequence[str | Path]) -> list[tuple[str, Autoencoder]]:
    """Every autoencoder that `sources` name, in their order, each with a name to tell it by.

    A name is the file's without its ending, "taef2", or the source; the file's whole path where two would have one.

    Args:
        sources: "shipped" (the two that come with the package), `hf:OWNER/NAME[:SUBFOLDER][@REVISION]` (extra `vae`),
            a safetensors file of our own, or folders: those that `diffusers` wrote, and those with `taef2_*` pairs or
            our own `vae*.safetensors`. A string may name several, separated by commas.

    Raises:
        CorpusError: if a source holds none, or there is no source.
        WeightsError: if one is damaged.
        MissingExtraError: `diffusers` is needed and not installed.
    """
    found: list[tuple[str, str, Autoencoder]] = []
    for source in (part for given in sources for part in _separated(given)):
        before = len(found)
        path = _SHIPPED_FOLDER if source == SHIPPED else Path(source)
        if str(source).startswith(PREFIX) or (path / "config.json").is_file():
            found.append((str(source), str(source), DiffusersAutoencoder.load(source)))
            continue
        if (path / "taef2_encoder.safetensors").is_file():
            found.append(("taef2", str(path / "taef2"), TinyAutoencoder.from_folder(path)))
        files = [path] if path.is_file() else sorted(path.glob("vae*.safetensors"))
        found += [(file.stem, str(file.with_suffix("")), SmallAutoencoder.load(file)) for file in files]
        if len(found) == before:  # one of several may be missed for long
            raise CorpusError(f"expected autoencoder weights in {source}; found none")
    if not found:
        raise CorpusError("expected a source of autoencoders, got none")
    times = Counter(name for name, _, _ in found)
    return [(name if times[name] == 1 else whole, autoencoder) for name, whole, autoencoder in found]


def _separated(source: str | Path) -> list[str | Path]:
    """ "shipped,runs/autoencoders" → both; a path with a comma in it that is there is one."""
    if isinstance(source, Path) or Path(source).exists():
        return [source]
    return [part.strip() for part in source.split(",") if part.strip()]
