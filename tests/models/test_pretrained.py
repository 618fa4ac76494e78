"""Weights in and out: the round trip, and one error for everything that can be wrong with them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file, save_file

from sigmask.errors import ConfigError, WeightsError
from sigmask.models.locator import Locator
from sigmask.models.pretrained import load_locator, save_pretrained, with_decoder_blocks
from sigmask.models.weights_folder import find_weights, text_encoder_for, text_table_of, weights_hash, weights_name
from tests.models.random_locator import no_instruction, random_locator, small_config
from tests.models.small_vit import SMALL_VIT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_pretrained(random_locator(), tmp_path / "weights")
    return tmp_path / "weights"


def test_what_is_saved_comes_back_within_half_precision(folder: Path) -> None:
    model = random_locator()
    loaded, encoder, found = load_locator(str(folder))
    assert found == folder
    assert loaded.config == model.config
    assert encoder.dimension == model.config.text_dimension
    assert not loaded.training
    assert loaded.backbone.frozen
    for name, value in model.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, rtol=2**-11, atol=1e-7)
    pictures = torch.rand(2, 1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(
            loaded(*pictures, no_instruction()).mask_logits,
            model(*pictures, no_instruction()).mask_logits,
            rtol=0.02,
            atol=0.02,
        )


def test_nothing_partial_is_left_and_saving_over_the_same_folder_works(folder: Path) -> None:
    before = weights_hash(folder)
    save_pretrained(load_locator(str(folder))[0], folder, text_table_of(folder))
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors", "text.safetensors"]
    assert weights_hash(folder) == before


def test_the_card_of_weights_that_ship_does_not_stay_beside_others(folder: Path) -> None:
    model, _, _ = load_locator(str(folder))
    (folder / "README.md").write_bytes((find_weights("tiny") / "README.md").read_bytes() + b"a copy of an earlier one")
    save_pretrained(model, folder, text_table_of(folder))
    assert not (folder / "README.md").exists()
    (folder / "README.md").write_text("# Weights of our own\n", encoding="utf-8")
    save_pretrained(model, folder, text_table_of(folder))
    assert (folder / "README.md").read_text(encoding="utf-8") == "# Weights of our own\n"


def test_the_hash_sees_every_file(folder: Path) -> None:
    seen = {weights_hash(folder)}
    for name in ("config.json", "model.safetensors", "text.safetensors"):
        (folder / name).write_bytes((folder / name).read_bytes() + b" ")
        seen.add(weights_hash(folder))
    assert len(seen) == 4


def test_without_a_table_beside_them_weights_go_with_the_embedded_one(folder: Path) -> None:
    (folder / "text.safetensors").unlink()
    assert text_table_of(folder) is None
    assert load_locator(str(folder))[1].dimension == 128


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "cut", "noise"])
def test_damaged_files_are_a_weights_error(folder: Path, name: str, damage: str) -> None:
    content = (folder / name).read_bytes()
    if damage == "missing":
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content[: len(content) // 2] if damage == "cut" else b"\xff\xfe\x00\x81" * 50)
    with pytest.raises(WeightsError, match="does not hold readable weights"):
        load_locator(str(folder))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"token_widht": 32}, "token_widht.*Did you mean 'token_width'"),
        ({"backbone": "resnet"}, "unknown backbone 'resnet'"),
        ({"blocks": "two"}, "'blocks': expected"),
        ({"difference_widths": [8]}, "each of the 3 depths"),
        ({"blocks": 3}, r"model.safetensors does not fit its config.json"),
    ],
)
def test_a_config_that_does_not_fit_is_a_weights_error(folder: Path, change: dict[str, object], message: str) -> None:
    stored = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(stored | change), encoding="utf-8")
    with pytest.raises(WeightsError, match=message):
        load_locator(str(folder))


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(WeightsError, match=r"unknown model 'tinny'. Did you mean 'tiny'.*folder.*Hub id"):
        find_weights("tinny")


def test_a_hub_id_is_fetched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, object]] = []

    def fetch(hub_id: str, *, revision: str | None, **options: object) -> str:
        asked.append((hub_id, revision))
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    for name in ("someone/sigmask-tiny", "someone/sigmask-tiny@v2", "someone/sigmask-tiny@refs/pr/1"):
        assert load_locator(name)[2] == folder
    assert asked == [("someone/sigmask-tiny", revision) for revision in (None, "v2", "refs/pr/1")]


def test_weights_of_one_name_in_two_places_stay_apart(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest, short = "0123abcd4567", "0123abcd"
    assert weights_name("owner/tiny@v2", digest) == f"owner/tiny@v2 ({short})"
    assert weights_name("tiny", digest) == f"tiny ({short})"
    assert weights_name(str(folder) + "/", digest) == f"weights ({short})"
    monkeypatch.chdir(folder)
    assert weights_name(".", digest) == f"weights ({short})"


def test_a_hub_id_that_cannot_be_fetched_is_a_weights_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(hub_id: str, **options: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(WeightsError, match=r"'someone/none' .*could not be fetched.*no network"):
        load_locator("someone/none")


class _Sentences:
    def __init__(self, name_or_folder: str) -> None:
        self.name, self.dimension = name_or_folder, 384


def _with_sentences(folder: Path, text_dimension: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    config = dataclasses.replace(small_config(SMALL_VIT), text_encoder="sentence:a/b", text_dimension=text_dimension)
    monkeypatch.setattr("sigmask.instruction.text_encoder.SentenceTextEncoder", _Sentences)
    save_pretrained(Locator(config), folder / "other")
    return folder / "other"


def test_weights_bring_their_own_text_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _with_sentences(tmp_path, 384, monkeypatch)
    assert sorted(path.name for path in folder.iterdir()) == ["config.json", "model.safetensors"]
    assert load_locator(str(folder))[1].name == "a/b"


def test_a_text_encoder_that_does_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _with_sentences(tmp_path, 128, monkeypatch)
    with pytest.raises(WeightsError, match="gives vectors of 384 numbers, but the model takes 128"):
        load_locator(str(folder))
    with pytest.raises(WeightsError, match="expected text_encoder 'static' or 'sentence:NAME', got 'clip'"):
        text_encoder_for(dataclasses.replace(small_config("tiny"), text_encoder="clip"))


def test_weights_from_before_an_action_was_added_open_and_it_begins_as_nothing_said(folder: Path) -> None:
    name = "grounding.action_token.weight"
    state = load_file(folder / "model.safetensors")
    rows = state[name]
    save_file({**state, name: torch.cat([rows[:-3], rows[-1:]])}, folder / "model.safetensors")  # two members fewer
    opened = load_locator(str(folder))[0].state_dict()[name]
    assert torch.equal(opened[:-3], rows[:-3].float())
    assert all(torch.equal(row, rows[-1].float()) for row in opened[-3:])


def test_a_decoder_gets_further_blocks_and_answers_as_before() -> None:
    model = random_locator()
    larger = with_decoder_blocks(model, outline=1).eval()
    larger = with_decoder_blocks(larger, context=2, affinity=1, original_content=True).eval()
    assert larger.config.original_content
    assert (larger.config.outline_blocks, larger.config.context_blocks, larger.config.affinity_blocks) == (1, 2, 1)
    assert (len(larger.decoder.outline), len(larger.decoder.context), len(larger.affinity)) == (1, 2, 1)
    pictures = torch.rand(2, 1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        answers = [each(*pictures, no_instruction()).mask_logits for each in (model, larger)]
    assert torch.equal(*answers)
    with pytest.raises(ConfigError, match="context_blocks must be at least the weights' own 2, got 1"):
        with_decoder_blocks(larger, context=1)
    with pytest.raises(ConfigError, match="original_content must stay true"):
        with_decoder_blocks(larger, original_content=False)
