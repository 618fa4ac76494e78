"""A method by its name: a model, or a rival; what `sigmask evaluate --methods` accepts."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import sigmask
from sigmask.annotation.doubtful import LEAST_QUALITY
from sigmask.errors import ConfigError, WeightsError, unknown_name
from sigmask.evaluation.baselines import BASELINES, Need, create_baseline, split_by_availability
from sigmask.evaluation.run import Method
from sigmask.types import Annotation, EditPair

VARIANT_SIGN = "@"
"""`tiny@uniform-prior` is `tiny` with its prior used as `prior_variants` says."""
_MODEL_CODE = ("models", "annotation", "data", "instruction")
"""Packages whose code decides what a model's mask is."""


@dataclass(frozen=True, slots=True)
class NamedMethod:
    """A method that is ready to be scored.

    Attributes:
        call: see `sigmask.evaluation.run.Method`.
        fingerprint: equal ones give equal maps; a hash of weights, values and code.
        origin: where its weights or values come from, in words.
        rival: a rival that owes nothing to the model under test; its parts shown alone are none.
    """

    name: str
    call: Method
    fingerprint: str
    origin: str
    rival: bool


def create_method(name: str, model: str = "tiny", least_quality: float = LEAST_QUALITY) -> NamedMethod:
    """The rival of that name, or else the model: a name, folder or Hub id, maybe with a variant: `tiny@naive-prior`.

    Args:
        model: the model under test, for the rivals that show a part of it alone.
        least_quality: expected IoU under which the model gives a mask up.

    Raises:
        ConfigError: there is neither a rival nor a model of that name, or it cannot be run here; the message says why.
    """
    if name in BASELINES:
        baseline = create_baseline(name, model=model)
        reason = baseline.available()
        if reason is not None:
            raise ConfigError(f"rival '{name}' cannot be run here: {reason}")
        needs = set(baseline.rival.needs)
        shares_code = needs & {Need.MODEL, Need.TORCH, Need.INSTRUCTION, Need.WEIGHTS}
        fingerprint = baseline.fingerprint() + (code_fingerprint(_MODEL_CODE) if shares_code else "")
        return NamedMethod(name, baseline, fingerprint, baseline.origin, rival=Need.MODEL not in needs)
    base, _, variant = name.partition(VARIANT_SIGN)
    return _of_model(name, base, variant, least_quality)


def _of_model(name: str, base: str, variant: str, least_quality: float) -> NamedMethod:
    """The model `base`; with a variant, its prior is used in another way."""
    # Imported here, so that the rivals alone start without torch.
    from sigmask.annotation.annotator import Annotator
    from sigmask.evaluation.prior_variants import PRIOR_VARIANTS
    from sigmask.models.weights_folder import EMBEDDED

    if variant not in PRIOR_VARIANTS and "/" in base and not Path(base).is_dir():
        base, variant = name, ""  # a Hub id with its revision
    if variant and variant not in PRIOR_VARIANTS:
        raise ConfigError(unknown_name("way to use the prior", variant, PRIOR_VARIANTS))
    try:
        # one engine for all that is compared: variants reach into the model, and an exported one cannot be reached into
        backend = "torch" if variant or importlib.util.find_spec("torch") is not None else "auto"
        annotator = Annotator.from_pretrained(base, backend=backend, least_quality=least_quality)
    except WeightsError as error:
        known = base in EMBEDDED or Path(base).is_dir()
        unknown = "" if known else f"{unknown_name('method', base, [*EMBEDDED, *BASELINES])} As a model: "
        raise ConfigError(f"{unknown}{error}") from error

    def annotate(pair: EditPair) -> Annotation:
        return annotator(pair.original, pair.edited, pair.instruction)

    fingerprint, origin = annotator.fingerprint + code_fingerprint(_MODEL_CODE), f"weights {annotator.fingerprint[:12]}"
    if not variant:
        return NamedMethod(name, annotate, fingerprint, origin, rival=False)
    fingerprint += f"{variant}{code_fingerprint(('evaluation',))}"
    return NamedMethod(name, PRIOR_VARIANTS[variant](annotator), fingerprint, origin, rival=False)


def method_names(names: Iterable[str], model: str) -> tuple[list[str], dict[str, str]]:
    """The names without repetition, 'all' spelled out as the model and every rival that can be run here.

    Returns:
        The names, and for each rival that 'all' leaves out the reason.
    """
    chosen, reasons = list(names), dict[str, str]()
    everything: list[str] = []
    if "all" in chosen:
        ready, reasons = split_by_availability(model=model)
        everything = [model, *(baseline.rival.name for baseline in ready)]
    expanded = [each for name in chosen for each in (everything if name == "all" else [name])]
    return list(dict.fromkeys(expanded)), reasons


@functools.cache
def code_fingerprint(packages: tuple[str, ...], without: tuple[str, ...] = ()) -> str:
    """Hash of the modules and YAML files that lie directly in these subpackages of sigmask, 16 hex digits.

    Args:
        without: names of modules that do not count.
    """
    root, digest = Path(sigmask.__file__).parent, hashlib.sha256()
    for package in packages:
        for file in sorted((root / package).iterdir()):
            if file.suffix not in (".py", ".yaml") or file.stem in without:
                continue
            digest.update(f"{package}/{file.name}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
