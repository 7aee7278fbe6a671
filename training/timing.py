"""From beats to seconds: how players keep, drift from and bend a tempo."""

from __future__ import annotations

import math

import numpy as np

from score import Song


class TimeMap:
    """Piecewise linear from beats to seconds."""

    def __init__(self, times: np.ndarray) -> None:
        self.times = times

    def seconds(self, beats: np.ndarray | float) -> np.ndarray:
        return np.interp(beats, np.arange(len(self.times)), self.times)


def time_map(rng: np.random.Generator, song: Song) -> TimeMap:
    """Machine-steady (a third), human drift, or rubato with phrase arcs and ritardandi in pieces without drums."""
    count = song.beats + 8
    free = song.free and rng.random() < 0.6
    kind = rng.random()
    sigma = rng.uniform(0.02, 0.06) if free else (0.0 if kind < 0.33 else (rng.uniform(0.003, 0.012) if kind < 0.85 else rng.uniform(0.012, 0.03)))
    correlation = 0.9
    shocks = rng.normal(0, sigma * math.sqrt(1 - correlation**2), count)
    deviation = np.zeros(count)
    for beat in range(1, count):
        deviation[beat] = correlation * deviation[beat - 1] + shocks[beat]
    if free:
        phrase = song.beats_per_bar * rng.choice((4, 8))
        position = (np.arange(count) % phrase) / phrase
        deviation += rng.uniform(0.0, 0.06) * np.sin(math.pi * position) - rng.uniform(0.0, 0.25) * np.clip(position - 0.85, 0, 1) / 0.15
    elif rng.random() < 0.06:
        deviation += np.linspace(0, rng.uniform(-0.1, 0.1), count)
    periods = 60 / (song.bpm * np.exp(deviation))
    return TimeMap(np.concatenate([[0.0], np.cumsum(periods)]))
