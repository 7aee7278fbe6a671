"""Mel power of every clip's mix and stems: `extract.py --data DIR --cache DIR`. Skips what is there already."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from features import decode, mel_power

FULL_SCALE = 32768.0


def extract(data: Path, cache: Path, part: str) -> int:
    """Writes PART-NNNN.npy: [1 + stems][frames][bands], square roots of mel power as float16; the mix first."""
    made = 0
    for truth in sorted((data / part).glob("*.json")):
        target = cache / f"{part}-{truth.stem}.npy"
        if target.exists():
            continue
        sounds = [decode(truth.with_suffix(".flac"))]
        if part == "train":
            sounds.extend(np.load(data / "stems" / f"{truth.stem}.npy").astype(np.float64) / FULL_SCALE)
        powers = np.stack([mel_power(sound) for sound in sounds])
        np.save(target, np.sqrt(powers).astype(np.float16))
        (cache / f"{part}-{truth.stem}.json").write_text(json.dumps(json.loads(truth.read_text())))
        made += 1
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    for part in ("valid", "train"):
        print(part, extract(options.data, options.cache, part))


if __name__ == "__main__":
    main()
