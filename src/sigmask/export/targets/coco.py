"""COCO: pictures in a folder for each split, masks as compressed RLE in `annotations/instances_SPLIT.json`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from pycocotools import mask as coco_mask

from sigmask.export.sample import Sample
from sigmask.export.targets.target import JsonArray, SplitFolders

EDITED_CATEGORY = 1

_OPENING = """\
```
SPLIT/NAME.jpg                       edited pictures and, with --authentic, originals (.png where it was no JPEG)
annotations/instances_SPLIT.json     COCO: images with all that is known of them, one RLE mask for each edited one
```

A picture in which nothing is marked has no annotation; `authentic` of its image entry says whether it is an original.

```python
from pycocotools.coco import COCO

coco = COCO("{folder}/annotations/instances_train.json")
mask = coco.annToMask(coco.anns[1])
```"""


class CocoTarget:
    """COCO's instance annotations with the one category "edited"."""

    wants_originals = False

    def __init__(self, folder: Path, destination: Path) -> None:
        self._folder = folder
        self._destination = destination
        self._files = SplitFolders(folder)
        self._splits: dict[str, _SplitAnnotations] = {}

    def write(self, sample: Sample) -> None:
        file_name = sample.name + sample.image.suffix
        self._files.write(sample.split, file_name, sample.image.encoded)
        if sample.split not in self._splits:
            self._splits[sample.split] = _SplitAnnotations(
                self._folder / "annotations" / f"instances_{sample.split}.json"
            )
        self._splits[sample.split].append(file_name, sample)

    def close(self) -> None:
        for split in self._splits.values():
            split.close()

    def how_to_open(self) -> str:
        return _OPENING.replace("{folder}", self._destination.name)


class _SplitAnnotations:
    """Two arrays grow at once, so each has a file of its own until they are joined."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._image_path, self._annotation_path = (path.with_suffix(f".{part}") for part in ("images", "annotations"))
        self._images, self._annotations = JsonArray(self._image_path), JsonArray(self._annotation_path)
        self._image_id = self._annotation_id = 0

    def append(self, file_name: str, sample: Sample) -> None:
        self._image_id += 1
        self._images.append(
            {
                "id": self._image_id,
                "file_name": file_name,
                "width": sample.image.width,
                "height": sample.image.height,
                **sample.facts,
            }
        )
        area = int(coco_mask.area(sample.mask.rle))
        if area == 0:
            return
        self._annotation_id += 1
        annotation: dict[str, Any] = {
            "id": self._annotation_id,
            "image_id": self._image_id,
            "category_id": EDITED_CATEGORY,
            "segmentation": sample.mask.rle,
            "area": area,
            "bbox": [float(side) for side in coco_mask.toBbox(sample.mask.rle)],
            "iscrowd": 0,
        }
        self._annotations.append(annotation)

    def close(self) -> None:
        self._images.close()
        self._annotations.close()
        categories = json.dumps([{"id": EDITED_CATEGORY, "name": "edited", "supercategory": "manipulation"}])
        with self._path.open("w", encoding="utf-8") as joined:
            joined.write(f'{{"info": {{"description": "made by sigmask export"}}, "categories": {categories}')
            for key, part in (("images", self._image_path), ("annotations", self._annotation_path)):
                joined.write(f',\n"{key}": ')
                with part.open(encoding="utf-8") as elements:
                    shutil.copyfileobj(elements, joined)
                part.unlink()
            joined.write("}\n")
