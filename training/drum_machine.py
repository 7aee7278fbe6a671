"""A drum machine with a new kit for every clip, so that a network does not learn four soundfonts' samples by heart.

Sines that fall in pitch, filtered noise and inharmonic partials, as analogue machines made drums.
"""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfilt

SAMPLE_RATE = 22050
FAMILIES = {
    35: "kick", 36: "kick", 38: "snare", 40: "snare", 39: "clap", 37: "rim", 31: "rim", 42: "hat", 44: "hat", 46: "open", 51: "ride", 53: "ride", 59: "ride",
    49: "crash", 57: "crash", 52: "crash", 55: "crash", 41: "tom", 43: "tom", 45: "tom", 47: "tom", 48: "tom", 50: "tom", 54: "shaker", 69: "shaker", 70: "shaker", 82: "shaker",
    56: "bell", 80: "bell", 81: "bell",
}


def envelope(seconds: float, decay: float, curve: float = 1.0) -> np.ndarray:
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.exp(-((time / decay) ** curve))


def sweep(start: float, end: float, bend: float, seconds: float) -> np.ndarray:
    """A sine that falls from `start` to `end` Hz with the time constant `bend`."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.sin(2 * np.pi * np.cumsum(end + (start - end) * np.exp(-time / bend)) / SAMPLE_RATE)


def band_noise(rng: np.random.Generator, seconds: float, low: float, high: float) -> np.ndarray:
    sections = butter(2, [low, min(high, SAMPLE_RATE * 0.49)], "bandpass", fs=SAMPLE_RATE, output="sos")
    return sosfilt(sections, rng.normal(0, 1, int(seconds * SAMPLE_RATE)))


def metal(rng: np.random.Generator, seconds: float, low: float) -> np.ndarray:
    """Inharmonic partials and noise above `low` Hz."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tone = sum(np.sign(np.sin(2 * np.pi * hz * time)) for hz in rng.uniform(300, 5200, 6)) / 6
    sections = butter(3, low, "highpass", fs=SAMPLE_RATE, output="sos")
    share = rng.uniform(0, 1)
    return sosfilt(sections, share * tone + (1 - share) * rng.normal(0, 0.7, len(time)))


def one_shot(rng: np.random.Generator, family: str, pitch: int) -> np.ndarray:
    """One drum at full velocity."""
    if family == "kick":
        decay = rng.uniform(0.06, 0.45)
        low = rng.uniform(38, 70)
        x = sweep(low * rng.uniform(1.5, 6), low, rng.uniform(0.006, 0.05), 0.7) * envelope(0.7, decay, rng.uniform(1, 2))
        click = band_noise(rng, 0.7, 1000, 9000) * envelope(0.7, rng.uniform(0.002, 0.008))
        return x + rng.uniform(0, 0.5) * click
    if family == "snare":
        body = sweep(rng.uniform(200, 420), rng.uniform(140, 220), 0.02, 0.5) * envelope(0.5, rng.uniform(0.03, 0.12))
        wires = band_noise(rng, 0.5, rng.uniform(300, 1800), rng.uniform(5000, 10500)) * envelope(0.5, rng.uniform(0.04, 0.2))
        return rng.uniform(0.2, 1) * body + rng.uniform(0.4, 1) * wires
    if family == "clap":
        x = band_noise(rng, 0.5, rng.uniform(600, 1100), rng.uniform(2500, 7000))
        gate = envelope(0.5, rng.uniform(0.05, 0.18)) * 0.6
        for delay in (0.0, 0.009, 0.018):
            at = int(delay * SAMPLE_RATE)
            gate[at : at + 180] += np.exp(-np.arange(180) / 60)
        return x * gate
    if family in ("hat", "open", "ride", "crash"):
        decay = {"hat": rng.uniform(0.012, 0.06), "open": rng.uniform(0.12, 0.4), "ride": rng.uniform(0.25, 0.8), "crash": rng.uniform(0.5, 1.3)}[family]
        seconds = min(2.0, decay * 4 + 0.05)
        return metal(rng, seconds, rng.uniform(2500, 7000)) * envelope(seconds, decay)
    if family == "shaker":
        x = band_noise(rng, 0.15, rng.uniform(3000, 6000), 10800)
        return x * envelope(0.15, rng.uniform(0.015, 0.05)) * np.minimum(1, np.arange(len(x)) / (rng.uniform(0.001, 0.012) * SAMPLE_RATE))
    if family == "bell":
        hz = rng.uniform(500, 900)
        return (sweep(hz, hz, 1, 0.4) + sweep(hz * 1.48, hz * 1.48, 1, 0.4)) * envelope(0.4, rng.uniform(0.03, 0.15))
    if family == "rim":
        hz = rng.uniform(400, 1900)
        return sweep(hz, hz * 0.9, 0.01, 0.15) * envelope(0.15, rng.uniform(0.008, 0.03)) + 0.3 * band_noise(rng, 0.15, 1500, 9000) * envelope(0.15, 0.006)
    hz = (60 + (pitch - 35) * 9 if family == "tom" else 120 + (pitch * 37) % 260) * rng.uniform(0.8, 1.3)
    return sweep(hz * rng.uniform(1.1, 1.8), hz, 0.04, 0.6) * envelope(0.6, rng.uniform(0.05, 0.25)) + 0.15 * band_noise(rng, 0.6, 500, 6000) * envelope(0.6, 0.01)


def drums(rng: np.random.Generator, hits: list[tuple[float, int, int]], seconds: float) -> np.ndarray:
    """Hits (seconds, GM drum, velocity) played on a random kit; those before 0 are left out."""
    total = int(seconds * SAMPLE_RATE)
    x = np.zeros(total + 3 * SAMPLE_RATE)
    kit: dict[int, np.ndarray] = {}
    gains: dict[int, float] = {}
    for start, pitch, velocity in hits:
        if pitch not in kit:
            shot = one_shot(rng, FAMILIES.get(pitch, "conga"), pitch)
            kit[pitch] = shot / (np.max(np.abs(shot)) + 1e-9)
            loud = {"kick": 1.0, "snare": 0.8, "clap": 0.6, "tom": 0.7, "crash": 0.35, "ride": 0.25}.get(FAMILIES.get(pitch, ""), 0.3)
            gains[pitch] = loud * 10 ** (rng.normal(0, 3) / 20)
        at = int(start * SAMPLE_RATE)
        if 0 <= at < total:
            x[at : at + len(kit[pitch])] += kit[pitch] * gains[pitch] * (velocity / 127) ** 1.5
    return x[:total].astype(np.float32)
