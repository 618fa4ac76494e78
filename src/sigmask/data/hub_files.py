"""The files of a data set on the Hugging Face Hub: listed, and opened for reading by range, without downloading them.

Files that lie in the Hub's local cache are read there. Without a network, or with HF_HUB_OFFLINE set, the cache is all
there is. Retries with growing waits, and the token (HF_TOKEN or `hf auth login`), are those of `huggingface_hub`.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from sigmask.data.hub_name import HubName
from sigmask.errors import CorpusError, SigmaskWarning

BLOCK_BYTES = 8 * 1024 * 1024
"""How much is asked for at once (our choice: a second of a slow line, and few requests for a row group)."""


class HubUnreachableError(CorpusError):
    """The Hub did not answer, or broke off. Nothing is wrong with the data; the same can be tried again."""


@dataclass(frozen=True)
class HubFiles:
    """A data set at one commit. Made by `hub_files`; holds no connection, so it may go to other processes.

    Attributes:
        commit: the commit that the revision stood for when it was opened; every later read is of that one.
        names: the data set's files, sorted.
        snapshot: the folder of the local cache in which files of that commit lie, None if there is none.
        offline: whether only the snapshot may be read.
    """

    name: HubName
    commit: str
    names: tuple[str, ...]
    snapshot: Path | None
    offline: bool

    @property
    def pinned(self) -> HubName:
        """The name that opens the very same files later on, whatever was pushed to the branch since."""
        return replace(self.name, revision=self.commit)

    def with_suffix(self, suffixes: tuple[str, ...]) -> tuple[str, ...]:
        """The names of files of these kinds."""
        return tuple(name for name in self.names if name.lower().endswith(suffixes))

    def open(self, name: str) -> BinaryIO:
        """A seekable file; reading it asks the Hub for ranges unless it is in the cache.

        Raises:
            HubUnreachableError: when opening or any later read fails.
        """
        local = None if self.snapshot is None else self.snapshot / name
        if local is not None and local.is_file():
            return cast(BinaryIO, local.open("rb"))
        if self.offline:
            raise HubUnreachableError(
                f"'{name}' of {self.name} is not in the Hub's local cache, and there is no network"
            )
        path = f"datasets/{self.name.repository}@{self.commit}/{name}"
        try:
            remote = _file_system(_endpoint()).open(path, "rb", block_size=BLOCK_BYTES, cache_type="readahead")
        except Exception as error:
            raise _unreachable(self.name, f"opening '{name}'", error) from error
        return cast(BinaryIO, _RemoteFile(remote, self.name, name))


def hub_files(name: HubName) -> HubFiles:
    """Ask the Hub which commit the revision is, and what files it has.

    Raises:
        CorpusError: no such data set, revision or configuration; or it is gated and the token does not open it.
        HubUnreachableError: no answer, and nothing of it in the local cache.
    """
    if _offline():
        return _cached(name, "HF_HUB_OFFLINE is set")
    from huggingface_hub import HfApi
    from huggingface_hub import errors as hub_errors

    try:
        info = HfApi(endpoint=_endpoint()).dataset_info(name.repository, revision=name.revision, timeout=30)
    except hub_errors.GatedRepoError as error:
        raise CorpusError(
            f"{name} is gated: accept its terms at {_endpoint()}/datasets/{name.repository}, and set HF_TOKEN (or run "
            "'hf auth login') to a token of that account"
        ) from error
    except hub_errors.RevisionNotFoundError as error:
        raise CorpusError(f"{name}: the data set '{name.repository}' has no revision '{name.revision}'") from error
    except hub_errors.RepositoryNotFoundError as error:
        raise CorpusError(
            f"no such data set '{name.repository}' on {_endpoint()}, or it is private: check the spelling, and set "
            "HF_TOKEN if it is yours. 'sigmask corpora' lists the known ones"
        ) from error
    except Exception as error:  # the client lets through the errors of the HTTP library that it happens to use
        cached = _cached(name, f"{_endpoint()} cannot be reached ({_one_line(error)})")
        warnings.warn(f"{_endpoint()} cannot be reached; reading {name} from the local cache", SigmaskWarning, 2)
        return cached
    commit = str(info.sha)
    names = (sibling.rfilename for sibling in info.siblings or ())
    chosen = _of_config(name, names, info.card_data)
    snapshot = _cache_folder(name) / "snapshots" / commit
    return HubFiles(name, commit, chosen, snapshot if snapshot.is_dir() else None, offline=False)


def _cached(name: HubName, why: str) -> HubFiles:
    folder = _cache_folder(name)
    reference = folder / "refs" / name.revision
    commit = reference.read_text().strip() if reference.is_file() else name.revision
    snapshot = folder / "snapshots" / commit
    if not snapshot.is_dir():
        raise HubUnreachableError(
            f"cannot open {name}: {why}, and there is no copy in the local cache '{folder.parent}'. Get a network, "
            f"or download it where there is one: hf download {name.repository} --repo-type dataset"
        )
    names = (path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file())
    return HubFiles(name, commit, _of_config(name, names, _card(snapshot)), snapshot, offline=True)


def _of_config(name: HubName, names: Iterable[str], card: Any) -> tuple[str, ...]:
    """The files of the configuration that the data set's card declares, else those in folders called so."""
    found = tuple(sorted(names))
    if name.config is None:
        return found
    declared = {str(each.get("config_name")): each for each in _configs(card)}
    if name.config in declared:
        patterns = _patterns(declared[name.config].get("data_files"))
        chosen = tuple(each for each in found if any(_matches(each, pattern) for pattern in patterns))
    else:
        chosen = tuple(each for each in found if name.config in PurePosixPath(each).parts[:-1])
    if not chosen:
        folders = {part for each in found for part in PurePosixPath(each).parts[:-1]}
        known = ", ".join(sorted(declared) or sorted(folders)) or "none"
        raise CorpusError(f"{name}: no files belong to the configuration '{name.config}'. Known: {known}")
    return chosen


def _configs(card: Any) -> list[dict[str, Any]]:
    """The `configs` of a card's metadata, where they are as the Hub documents them."""
    data = card if isinstance(card, dict) else getattr(card, "to_dict", dict)()
    configs = data.get("configs") if isinstance(data, dict) else None
    return [each for each in configs if isinstance(each, dict)] if isinstance(configs, list) else []


def _patterns(data_files: Any) -> list[str]:
    """`data_files` is a pattern, a list of them, or a list of {split, path}."""
    if isinstance(data_files, str):
        return [data_files]
    if isinstance(data_files, dict):
        return _patterns(data_files["path"]) if "path" in data_files else _patterns(list(data_files.values()))
    return [pattern for each in data_files for pattern in _patterns(each)] if isinstance(data_files, list) else []


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(name, pattern.replace("**/", "")) or name == pattern


def _card(snapshot: Path) -> dict[str, Any]:
    """The metadata at the head of README.md, empty if there is none."""
    import yaml

    readme = snapshot / "README.md"
    text = readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else ""
    if not text.startswith("---"):
        return {}
    try:
        data = yaml.safe_load(text[3:].partition("\n---")[0])
    except yaml.YAMLError:
        return {}
    return data if isinstance(data, dict) else {}


class _RemoteFile:
    """A file of the Hub whose failures are `HubUnreachableError`, so that nobody takes them for damaged data."""

    def __init__(self, file: Any, dataset: HubName, name: str) -> None:
        self._file = file
        self._dataset = dataset
        self._name = name
        self.closed = False

    def read(self, size: int | None = -1) -> bytes:
        try:
            return bytes(self._file.read(-1 if size is None else size))
        except Exception as error:
            raise _unreachable(self._dataset, f"reading '{self._name}'", error) from error

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def size(self) -> int:
        return int(self._file.size)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True
        self._file.close()

    def __enter__(self) -> _RemoteFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _unreachable(dataset: HubName, doing: str, error: Exception) -> HubUnreachableError:
    return HubUnreachableError(
        f"{dataset}: {doing} failed, after retries: {_one_line(error)}. Nothing that was finished is lost; run the "
        "same command again to go on"
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


@lru_cache(maxsize=8)
def _file_system(endpoint: str) -> Any:
    from huggingface_hub import HfFileSystem

    return HfFileSystem(endpoint=endpoint, skip_instance_cache=True)


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def _offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").strip().lower() in ("1", "on", "yes", "true")


def _cache_folder(name: HubName) -> Path:
    """Where the Hub's client keeps the data set: datasets--OWNER--NAME below its cache."""
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    cache = Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()
    return cache / f"datasets--{name.repository.replace('/', '--')}"
