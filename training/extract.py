"""Mel power of every clip's mix and stems: `extract.py --data DIR --cache DIR`. Skips what is there already."""

from __future__ import annotations

import argparse
import json
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from features import decode, mel_power

FULL_SCALE = 32768.0


def extract(data: Path, cache: Path, truth: Path) -> None:
    """Writes PART-NNNN.npy: [1 + stems][frames][bands], square roots of mel power as float16; the mix first."""
    part = truth.parent.name
    target = cache / f"{part}-{truth.stem}.npy"
    if target.exists():
        return
    sounds = [decode(truth.with_suffix(".flac"))]
    if part == "train":
        sounds.extend(np.load(data / "stems" / f"{truth.stem}.npy").astype(np.float32) / FULL_SCALE)
    np.save(target, np.sqrt(np.stack([mel_power(sound) for sound in sounds])).astype(np.float16))
    (cache / f"{part}-{truth.stem}.json").write_text(json.dumps(json.loads(truth.read_text())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    truths = [truth for part in ("valid", "train") for truth in sorted((options.data / part).glob("*.json"))]
    with Pool(2) as pool:
        pool.map(partial(extract, options.data, options.cache), truths, chunksize=8)
    print(len(truths))


if __name__ == "__main__":
    main()
