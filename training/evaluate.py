"""Scores of a network on a manifest of known truth: `evaluate.py --model FILE.pt --manifest FILE.json --only music_`."""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

from decoding import measure
from features import decode, mel_power
from model import BeatNetwork
from train import probabilities

SAME_ONSET_SECONDS = 0.03


def power_of(path: Path, cache: Path | None) -> np.ndarray:
    """Mel power of a file, kept in `cache` under its path."""
    kept = cache / ("eval-" + "_".join(path.parts[-2:]) + ".npy") if cache else None
    if kept and kept.exists():
        return np.load(kept)
    power = mel_power(decode(path)).astype(np.float32)
    if kept:
        np.save(kept, power)
    return power


def apart(onsets: list[float]) -> list[float]:
    """Onsets within SAME_ONSET_SECONDS of the one before taken as one: some truths list instruments that sound together one by one."""
    result: list[float] = []
    for onset in sorted(onsets):
        if not result or onset - result[-1] > SAME_ONSET_SECONDS:
            result.append(onset)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, action="append")
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--only", default="")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    items = [item for item in json.loads(options.manifest.read_text())["items"] if item["file"].startswith(options.only) and (item.get("beats") or item.get("onsets"))]
    if not items:
        raise SystemExit(f"no item in {options.manifest} whose file starts with {options.only!r} and that has beats or onsets")
    for path in options.model:
        saved = torch.load(path)
        shape = saved["shape"]
        model = BeatNetwork(shape["bands"], shape["channels"], shape["kernel"], tuple(shape["dilations"]))
        model.load_state_dict(saved["state"])
        groups: dict[str, list[dict[str, float]]] = defaultdict(list)
        for item in items:
            item["onsets"] = apart(item.get("onsets") or [])
            scores = measure(probabilities(model, power_of(options.manifest.parent / item["file"], options.cache)), item)
            if item.get("doubts"):
                scores = {name: value for name, value in scores.items() if not name.startswith("onset")}
            groups[item["file"].split("/")[0]].append(scores)
            if options.each:
                print(item["file"], {name: round(value, 3) for name, value in scores.items()})
        for group, rows in groups.items():
            names = sorted({name for row in rows for name in row})
            print(path.name, group, len(rows), {name: round(float(np.mean([row[name] for row in rows if name in row])), 3) for name in names}, flush=True)


if __name__ == "__main__":
    main()
