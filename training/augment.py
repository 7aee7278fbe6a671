"""Training examples: stems mixed anew in mel power, tone, level, tempo and noise changed, and the targets that go with them."""

from __future__ import annotations

import numpy as np

from features import BANDS, FRAMES_PER_SECOND, MAX_HZ, MIN_HZ, hz_to_mel, log_mel, mel_to_hz

# Rows of a cached training clip.
MIX, DRUMS, ACCOMPANIMENT, LEAD, SPEECH = range(5)
WIDTH = 2.0  # frames from an event to where its target ends
UNKNOWN = -1.0


def decibels(value: np.ndarray | float) -> np.ndarray | float:
    return 10 ** (np.asarray(value) / 10)


def remix(rng: np.random.Generator, clip: np.ndarray, truth: dict, speech: np.ndarray | None) -> tuple[np.ndarray, list[float]]:
    """New gains for the stems, one or two left out: their powers add, as uncorrelated sounds' do. Also the onsets that remain."""
    present = [bool(np.any(clip[row] > 1e-6)) for row in range(5)]
    gains = decibels(rng.normal(0, 4, 5))
    keep = list(present)
    if present[DRUMS] and (present[ACCOMPANIMENT] or present[LEAD]) and rng.random() < 0.12:
        keep[DRUMS] = False
    elif present[DRUMS] and rng.random() < 0.07:
        keep[ACCOMPANIMENT] = keep[LEAD] = False
    elif present[LEAD] and present[ACCOMPANIMENT] and rng.random() < 0.25:
        keep[LEAD] = False
    power = sum((clip[row] * gains[row] for row in (DRUMS, ACCOMPANIMENT, LEAD, SPEECH) if keep[row]), np.zeros_like(clip[MIX]))
    if speech is not None and not present[SPEECH]:
        power = power + speech * decibels(rng.normal(-3, 4))
    onsets = [time for row, name in ((DRUMS, "drum_onsets"), (ACCOMPANIMENT, "accompaniment_onsets"), (LEAD, "lead_onsets")) if keep[row] for time in truth[name]]
    return power, onsets


def compressed(rng: np.random.Generator, power: np.ndarray) -> np.ndarray:
    """Gain reduction after the level of each frame, released slowly: a compressor's pumping."""
    level = 10 * np.log10(power.sum(axis=1) + 1e-6)
    over = np.maximum(0, level - np.percentile(level, rng.uniform(20, 80))) * rng.uniform(0.2, 0.8)
    fall = np.exp(-1 / FRAMES_PER_SECOND / rng.uniform(0.04, 0.3))
    held, reduction = 0.0, np.empty_like(over)
    for frame, value in enumerate(over):
        held = max(value, held * fall)
        reduction[frame] = held
    return power * decibels(-reduction)[:, None]


def coloured(rng: np.random.Generator, power: np.ndarray) -> np.ndarray:
    """A random smooth equaliser, sometimes the band limits of old recordings, sometimes a floor of noise."""
    bands = power.shape[1]
    curve = np.interp(np.arange(bands), np.linspace(0, bands - 1, 6), rng.normal(0, 3.5, 6)) + np.linspace(-1, 1, bands) * rng.normal(0, 4)
    if rng.random() < 0.12:
        curve[: rng.integers(0, 7)] -= 30
        curve[bands - rng.integers(0, 44) :] -= 30
    power = power * decibels(curve)
    if rng.random() < 0.3:
        floor = float(np.mean(power)) * decibels(rng.uniform(-50, -18))
        power = power + floor * rng.gamma(2.0, 0.5, power.shape) * decibels(np.linspace(-1, 1, bands) * rng.normal(0, 5))
    return power


def stretched(power: np.ndarray, factor: float) -> np.ndarray:
    """The same music `factor` times as long."""
    frames = int(len(power) * factor)
    place = np.minimum(np.arange(frames) / factor, len(power) - 1)
    low = place.astype(int)
    high = np.minimum(low + 1, len(power) - 1)
    part = (place - low)[:, None].astype(power.dtype)
    return power[low] * (1 - part) + power[high] * part


CENTRES_HZ = np.array([mel_to_hz(hz_to_mel(MIN_HZ) + (hz_to_mel(MAX_HZ) - hz_to_mel(MIN_HZ)) / (BANDS + 1) * (band + 1)) for band in range(BANDS)])


def transposed(power: np.ndarray, ratio: float) -> np.ndarray:
    """The same music with all frequencies times `ratio`: bands read between bands."""
    place = np.interp(CENTRES_HZ / ratio, CENTRES_HZ, np.arange(BANDS))
    low = np.minimum(place.astype(int), BANDS - 2)
    part = (place - low).astype(power.dtype)
    return power[:, low] * (1 - part) + power[:, low + 1] * part


def target(times: list[float], factor: float, first: int, frames: int) -> np.ndarray:
    """A triangle over each event, 1 at its very time and 0 two frames away: between frames it says where the event is."""
    row = np.zeros(frames, np.float32)
    for time in times:
        place = time * factor * FRAMES_PER_SECOND - first
        for frame in range(int(np.ceil(place - WIDTH)), int(np.floor(place + WIDTH)) + 1):
            if 0 <= frame < frames:
                row[frame] = max(row[frame], 1 - abs(frame - place) / WIDTH)
    return row


def without(row: np.ndarray, times: list[float], factor: float, first: int) -> np.ndarray:
    """Frames where a soft onset leaves open what is true become UNKNOWN, unless a hard one is there."""
    result = row.copy()
    for time in times:
        frame = int(round(time * factor * FRAMES_PER_SECOND)) - first
        for near in range(max(0, frame - 1), min(len(row), frame + 6)):
            if row[near] == 0:
                result[near] = UNKNOWN
    return result


def example(rng: np.random.Generator, clip: np.ndarray, truth: dict, speech: np.ndarray | None, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """([bands][frames] of log mel power, [3][frames] of targets) from a cached clip of square-root powers."""
    clip = clip.astype(np.float32) ** 2
    if rng.random() < 0.4:
        power, onsets = clip[MIX], truth["drum_onsets"] + truth["accompaniment_onsets"] + truth["lead_onsets"]
    else:
        power, onsets = remix(rng, clip, truth, None if speech is None else speech.astype(np.float32) ** 2)
        if rng.random() < 0.5:
            power = compressed(rng, power)
    factor = rng.uniform(0.88, 1.13) if rng.random() < 0.6 else 1.0
    if factor != 1.0:
        power = stretched(power, factor)
    if rng.random() < 0.4:
        power = transposed(power, 2 ** (rng.uniform(-2, 2) / 12))
    first = int(rng.integers(0, max(1, len(power) - frames)))
    power = power[first : first + frames]
    if rng.random() < 0.8:
        power = coloured(rng, power)
    power = power * decibels(rng.uniform(-14, 10))
    x = log_mel(power)
    if rng.random() < 0.15:
        band = rng.integers(0, BANDS - 20)
        x[:, band : band + rng.integers(5, 20)] = 0
    y = np.stack([target(times, factor, first, len(x)) for times in (truth["beats"], truth["downbeats"] or [], onsets)])
    if truth["downbeats"] is None:
        y[1] = UNKNOWN
    y[2] = without(y[2], truth.get("soft_onsets", []), factor, first)
    if rng.random() < 0.05:
        before = int(rng.integers(10, 300))
        x[:before] = 0
        y[:, :before] = 0
    if len(x) < frames:
        x = np.pad(x, ((0, frames - len(x)), (0, 0)))
        y = np.pad(y, ((0, 0), (0, frames - y.shape[1])))
    return x.T, y
