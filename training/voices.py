"""Singers: speech from espeak-ng over the music, and a formant voice that sings the melody with vibrato."""

from __future__ import annotations

import io
import subprocess
import wave

import numpy as np
from scipy.signal import lfilter, resample_poly

SAMPLE_RATE = 22050
SPEECH_VOICES = ("en", "en-us", "de", "fr", "es", "it", "pt", "nl", "sv", "pl", "ru", "hi", "sw", "fi", "tr")
WORDS = "la na oh love night day you me road rain sun fire water gone home heart mind time wild blue money city street run fall rise light dark dream baby never always down town over under river stone world sing dance tell know feel want need come away stay hold break".split()
# Formants, Hz, of a, e, i, o, u after Peterson and Barney, "Control methods used in a study of the vowels", JASA 1952.
VOWELS = ((730, 1090, 2440), (530, 1840, 2480), (300, 2200, 2950), (570, 840, 2410), (320, 870, 2240))


def speech(rng: np.random.Generator, seconds: float) -> np.ndarray:
    """Random words in a random voice, at least `seconds` long, mono 22.05 kHz."""
    lines = [" ".join(rng.choice(WORDS, rng.integers(4, 9))) for _ in range(int(seconds / 1.2) + 4)]
    command = ["espeak-ng", "-v", f"{rng.choice(SPEECH_VOICES)}+{rng.choice(('m1', 'm3', 'm5', 'f1', 'f2', 'f4'))}", "-s", str(rng.integers(120, 240)), "-p", str(rng.integers(15, 85)), "--stdout", ". ".join(lines)]
    data = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    with wave.open(io.BytesIO(data)) as file:
        rate, samples = file.getframerate(), np.frombuffer(file.readframes(10**8), np.int16)
    samples = samples.astype(np.float32) / 32768
    if rate != SAMPLE_RATE:
        samples = resample_poly(samples, SAMPLE_RATE, rate).astype(np.float32)
    wanted = int(seconds * SAMPLE_RATE)
    return np.resize(samples, wanted) if len(samples) else np.zeros(wanted, np.float32)


def sung(rng: np.random.Generator, notes: list[tuple[float, float, int, int]], seconds: float) -> np.ndarray:
    """Notes (start, end, pitch, velocity) as harmonics under formants: glides between notes, vibrato, soft onsets, breath."""
    total = int(seconds * SAMPLE_RATE)
    if not notes:
        return np.zeros(total, np.float32)
    hop = 64
    frames = total // hop + 1
    times = np.arange(frames) * hop / SAMPLE_RATE
    pitch, level = np.full(frames, float(notes[0][2])), np.zeros(frames)
    vowel = np.zeros(frames, np.int64)
    for start, end, midi, velocity in notes:
        first, last = np.searchsorted(times, start), np.searchsorted(times, end)
        pitch[first:] = midi
        level[first:last] = velocity / 127
        vowel[first:] = rng.integers(len(VOWELS))
    glide, attack = rng.uniform(0.01, 0.05), rng.uniform(0.01, 0.06)
    pitch = smoothed(pitch, glide, hop)
    level = smoothed(level, attack, hop)
    depth, rate = rng.uniform(0.1, 0.6), rng.uniform(4.5, 6.8)
    wander = smoothed(rng.normal(0, 3, frames), 0.15, hop)
    pitch = pitch + depth * np.sin(2 * np.pi * rate * times + wander) * smoothed((level > 0.1).astype(float), 0.25, hop)
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    sample_times = np.arange(total) / hop
    phase = 2 * np.pi * np.cumsum(np.interp(sample_times, np.arange(frames), frequency)) / SAMPLE_RATE
    formants = np.array(VOWELS, float)[vowel] * rng.uniform(0.9, 1.2)
    formants = np.stack([smoothed(formants[:, i], 0.03, hop) for i in range(3)], axis=1)
    voice = np.zeros(total)
    basis, previous = np.sin(phase), np.zeros(total)
    twice_cosine = 2 * np.cos(phase)
    for harmonic in range(1, 22):
        hz = frequency * harmonic
        gain = sum(weight / (1 + ((hz - formants[:, i]) / width) ** 2) for i, (weight, width) in enumerate(((1.0, 90), (0.6, 130), (0.25, 200)))) + 0.03
        gain = gain / harmonic**0.5 * (hz < 6000) * level
        voice += basis * np.interp(sample_times, np.arange(frames), gain)
        basis, previous = twice_cosine * basis - previous, basis
    for start, _, _, velocity in notes:
        if start > 0.1 and rng.random() < 0.5:
            at, length = int(start * SAMPLE_RATE), int(rng.uniform(0.02, 0.08) * SAMPLE_RATE)
            burst = np.diff(rng.normal(0, 0.05 * velocity / 127, length + 1)) * np.hanning(length)
            piece = voice[max(0, at - length) : at]
            piece += burst[-len(piece) :] if len(piece) else 0
    return voice.astype(np.float32)


def smoothed(values: np.ndarray, seconds: float, hop: int) -> np.ndarray:
    """A one-pole low-pass of the given time constant, started at the first value."""
    pole = np.exp(-hop / (seconds * SAMPLE_RATE))
    return lfilter([1 - pole], [1, -pole], values, zi=[values[0] * pole])[0]
