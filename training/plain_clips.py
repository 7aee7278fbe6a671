"""Clips without music, for training: clicks, and sounds in which there is no beat to find. `plain_clips.py --cache DIR`.

About 6 % of what training hears: half metronomes, half noise, steady tones, near silence and single blows without a pulse.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from augment import ACCOMPANIMENT, DRUMS, MIX
from features import SAMPLE_RATE, mel_power

SECONDS = 30.0
EACH = 40


def struck(rng: np.random.Generator, times: list[float], accents: list[float]) -> np.ndarray:
    """Decaying bursts of a sine or of noise; accented ones higher and louder."""
    x = np.zeros(int(SECONDS * SAMPLE_RATE) + SAMPLE_RATE)
    time = np.arange(SAMPLE_RATE // 5) / SAMPLE_RATE
    hz, decay, noisy = rng.choice((700, 800, 1000, 1500, 2000)), rng.uniform(0.004, 0.04), rng.random() < 0.25
    for start in times:
        accented = start in accents
        wave = rng.normal(0, 0.7, len(time)) if noisy else np.sin(2 * np.pi * hz * (1.5 if accented else 1.0) * time)
        first = int(round(start * SAMPLE_RATE))
        x[first : first + len(time)] += wave * np.exp(-time / decay) * (1.0 if accented else 0.6)
    return x[: int(SECONDS * SAMPLE_RATE)] * rng.uniform(0.1, 0.9)


def metronome(rng: np.random.Generator) -> tuple[np.ndarray, dict]:
    """Clicks at a steady tempo, every second clip with accents that give the metre; without, downbeats are unknown."""
    period, first = 60 / rng.uniform(55, 200), rng.uniform(0, 1.0) * (rng.random() < 0.7)
    beats = [float(time) for time in np.arange(first, SECONDS - 0.1, period)]
    meter = int(rng.choice((2, 3, 4, 4))) if rng.random() < 0.5 else 0
    downbeats = beats[int(rng.integers(meter)) :: meter] if meter else []
    return struck(rng, beats, downbeats), {"beats": beats, "downbeats": downbeats if meter else None, "drum_onsets": beats}


def pulseless(rng: np.random.Generator) -> tuple[np.ndarray, dict]:
    samples = int(SECONDS * SAMPLE_RATE)
    time = np.arange(samples) / SAMPLE_RATE
    kind = rng.choice(("noise", "tone", "silence", "blows"))
    onsets: list[float] = []
    if kind == "noise":
        spectrum = np.fft.rfft(rng.normal(0, 1, samples))
        x = np.fft.irfft(spectrum / np.maximum(1, np.arange(len(spectrum))) ** rng.choice((0.0, 0.5, 1.0)), samples)
        x *= rng.uniform(0.01, 0.5) / np.max(np.abs(x))
    elif kind == "tone":
        pitches = rng.uniform(50, 2000) * 2 ** (np.array(rng.choice(12, rng.integers(1, 5))) / 12)
        x = sum(np.sin(2 * np.pi * hz * number * time + rng.uniform(0, 6)) / number ** rng.uniform(1, 3) for hz in pitches for number in range(1, 7)) * rng.uniform(0.01, 0.2)
    elif kind == "silence":
        x = rng.normal(0, 10 ** (rng.uniform(-110, -60) / 20), samples) * (rng.random() < 0.7)
    else:
        onsets = [float(value) for value in np.cumsum(0.12 + rng.exponential(rng.uniform(0.8, 3.0), 100))]
        onsets = [value for value in onsets if value < SECONDS - 0.1]
        x = struck(rng, onsets, [])
    return x, {"beats": [], "downbeats": [], "drum_onsets": [], "accompaniment_onsets": onsets}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args()
    for name, make, row in (("clicks", metronome, DRUMS), ("pulseless", pulseless, ACCOMPANIMENT)):
        for number in range(EACH):
            sound, truth = make(np.random.default_rng([3, row, number]))
            power = mel_power(sound)
            rows = np.zeros((5, *power.shape))
            rows[[MIX, row]] = power
            np.save(options.cache / f"plain-{name}{number:02d}.npy", np.sqrt(rows).astype(np.float16))
            (options.cache / f"plain-{name}{number:02d}.json").write_text(json.dumps({"genre": name, "meter": 0, "accompaniment_onsets": [], "lead_onsets": [], "soft_onsets": [], **truth}))


if __name__ == "__main__":
    main()
