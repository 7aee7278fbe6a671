"""Trains the network: `train.py --cache DIR --out FILE.pt --minutes 20`.

Binary cross-entropy on targets widened by one frame (Böck and Schedl, "Enhanced beat tracking with context-aware neural networks",
DAFx 2011), AdamW under a one-cycle schedule over the clock, and the exponential moving average of the weights.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from multiprocessing import Process, Queue
from pathlib import Path

import numpy as np
import torch

from augment import SPEECH, UNKNOWN, example
from decoding import measure
from features import BANDS, log_mel
from model import BeatNetwork

FRAMES = 1200
VALIDATE_EVERY = 1500
BATCH = 8
LOSS_WEIGHTS = (1.0, 1.0, 0.6)
SHARE_OF_METRE = {3: 1.5, 0: 0.55}  # 0: plain clips, of which there are 80
DILATIONS = (1, 2, 5, 14, 40, 110, 300)


def load(cache: Path, part: str) -> list[tuple[np.ndarray, dict]]:
    clips = [(np.load(path.with_suffix(".npy")), json.loads(path.read_text())) for path in sorted(cache.glob(f"{part}-*.json"))]
    if not clips:
        raise SystemExit(f"no {part} clips in {cache}: run generate.py and extract.py first")
    return clips


def shares(clips: list[tuple[np.ndarray, dict]]) -> np.ndarray:
    """How often each clip is drawn."""
    weights = np.array([SHARE_OF_METRE.get(truth["meter"], 1.0) for _, truth in clips])
    return weights / weights.sum()


def produce(queue: Queue, clips: list[tuple[np.ndarray, dict]], seed: int) -> None:
    """Batches without end, in a process of its own."""
    rng, often = np.random.default_rng(seed), shares(clips)
    talk = [clip[SPEECH] for clip, _ in clips if np.any(clip[SPEECH] > 1e-3)]
    while True:
        inputs, targets = [], []
        for index in rng.choice(len(clips), BATCH, p=often):
            speech = np.roll(talk[rng.integers(len(talk))], int(rng.integers(1500)), axis=0) if talk and rng.random() < 0.2 else None
            x, y = example(rng, *clips[index], speech, FRAMES)
            inputs.append(x)
            targets.append(y)
        queue.put((np.stack(inputs).astype(np.float32), np.stack(targets)))


def loss_of(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Weighted over outputs; frames whose truth is open do not count."""
    known = (targets != UNKNOWN).float()
    losses = (torch.nn.functional.binary_cross_entropy_with_logits(logits, targets.clamp(0, 1), reduction="none") * known).mean(dim=(0, 2))
    return (losses * torch.tensor(LOSS_WEIGHTS)).sum()


def probabilities(model: BeatNetwork, power: np.ndarray) -> np.ndarray:
    model.eval()
    with torch.no_grad():
        return torch.sigmoid(model(torch.from_numpy(log_mel(power.astype(np.float32)).T[None])))[0].numpy()


def validate(model: BeatNetwork, clips: list[tuple[np.ndarray, dict]]) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Means over the clips, and by genre."""
    rows = [(truth.get("genre", ""), measure(probabilities(model, clip[0].astype(np.float32) ** 2), truth)) for clip, truth in clips]

    def mean(selected: list[dict[str, float]]) -> dict[str, float]:
        names = sorted({name for row in selected for name in row})
        return {name: round(float(np.mean([row[name] for row in selected if name in row])), 4) for name in names}

    return mean([row for _, row in rows]), {genre: mean([row for name, row in rows if name == genre]) for genre in sorted({name for name, _ in rows})}


def averaged(average: BeatNetwork, model: BeatNetwork, decay: float) -> None:
    with torch.no_grad():
        for kept, new in zip(average.state_dict().values(), model.state_dict().values()):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1 - decay)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--steps", type=int, default=0, help="stop after this many steps instead of by the clock")
    parser.add_argument("--channels", type=int, default=32)
    parser.add_argument("--kernel", type=int, default=3)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="weights to start from")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    clips, held_out = load(options.cache, "train") + load(options.cache, "plain"), load(options.cache, "valid")
    queue: Queue = Queue(4)
    Process(target=produce, args=(queue, clips, options.seed), daemon=True).start()
    model = BeatNetwork(BANDS, options.channels, options.kernel, DILATIONS)
    if options.start:
        model.load_state_dict(torch.load(options.start)["state"])
    average = copy.deepcopy(model)
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=1e-3)
    print(f"{len(clips)} clips, {model.multiply_adds()} multiply-adds a frame", flush=True)
    started, step, running = time.time(), 0, 0.0
    while True:
        done = step / options.steps if options.steps else (time.time() - started) / 60 / options.minutes
        if done >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min(1, step / 100 + 0.01) * (0.5 + 0.5 * math.cos(math.pi * done) + 0.01)
        inputs, targets = (torch.from_numpy(array) for array in queue.get())
        model.train()
        optimiser.zero_grad()
        loss = loss_of(model(inputs), targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        averaged(average, model, min(0.999, step / (step + 10)))
        running += 0.01 * (loss.item() - running) if step > 1 else loss.item()
        if step % VALIDATE_EVERY == 0:
            scores, _ = validate(average, held_out[:40])
            print(f"step {step} of {len(clips)} clips {time.time() - started:.0f} s loss {running:.4f} {scores}", flush=True)
            torch.save({"state": average.state_dict(), "shape": average.shape, "seed": options.seed, "step": step}, options.out)
    scores, by_genre = validate(average, held_out)
    torch.save({"state": average.state_dict(), "shape": average.shape, "seed": options.seed, "step": step, "scores": scores}, options.out)
    print(f"final, {step} steps: {scores}", flush=True)
    for genre, row in by_genre.items():
        print(f"  {genre}: {row}", flush=True)


if __name__ == "__main__":
    main()
