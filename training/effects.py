"""What studios, old records and codecs do to sound. Mono float32 at 22.05 kHz in and out."""

from __future__ import annotations

import subprocess

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

SAMPLE_RATE = 22050


def reverb(rng: np.random.Generator, x: np.ndarray, seconds: float, wet: float) -> np.ndarray:
    """Exponentially decaying noise as a room (Moorer, "About this reverberation business", CMJ 1979)."""
    length = int(seconds * SAMPLE_RATE)
    decay = np.exp(-6.9 * np.arange(length) / length)
    response = rng.normal(0, 1, length) * decay
    response = lfilter([1 - 0.5], [1, -0.5], response)
    response /= np.sqrt(np.sum(response**2)) + 1e-9
    return (x + wet * fftconvolve(x, response)[: len(x)]).astype(np.float32)


def distort(x: np.ndarray, drive: float) -> np.ndarray:
    """Soft clipping relative to the signal's own level."""
    level = np.sqrt(np.mean(x**2)) + 1e-9
    return (np.tanh(x / level * drive) * level).astype(np.float32)


def compress(x: np.ndarray, threshold_db: float, ratio: float, release: float) -> np.ndarray:
    """Feed-forward compressor on 5 ms blocks with a fast attack and the given release, seconds."""
    block = 110
    count = len(x) // block + 1
    padded = np.pad(x, (0, count * block - len(x)))
    level = 20 * np.log10(np.sqrt(np.mean(padded.reshape(count, block) ** 2, axis=1)) + 1e-6)
    over = np.maximum(0, level - threshold_db) * (1 - 1 / ratio)
    fall = np.exp(-block / SAMPLE_RATE / release)
    reduction, held = np.zeros(count), 0.0
    for i in range(count):
        held = max(over[i], held * fall)
        reduction[i] = held
    gain = 10 ** (-np.interp(np.arange(len(x)), np.arange(count) * block + block / 2, reduction) / 20)
    return (x * gain).astype(np.float32)


def tilt(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """More or less treble: a first-order shelf around 800 Hz, up to 8 dB either way."""
    low = lfilter([0.2], [1, -0.8], x)
    return (low * 10 ** (rng.uniform(-4, 4) / 20) + (x - low) * 10 ** (rng.uniform(-6, 4) / 20)).astype(np.float32)


def band_limit(x: np.ndarray, low: float, high: float) -> np.ndarray:
    sections = butter(2, [low, min(high, SAMPLE_RATE * 0.49)], "bandpass", fs=SAMPLE_RATE, output="sos")
    return sosfilt(sections, x).astype(np.float32)


def hiss(rng: np.random.Generator, count: int, level: float) -> np.ndarray:
    """Noise between white and brown, with record crackle now and then."""
    noise = lfilter([1], [1, -rng.uniform(0, 0.95)], rng.normal(0, 1, count))
    noise *= level / (np.sqrt(np.mean(noise**2)) + 1e-9)
    if rng.random() < 0.4:
        clicks = rng.integers(0, count, int(count / SAMPLE_RATE * rng.uniform(2, 15)))
        noise[clicks] += rng.normal(0, level * 25, len(clicks))
    return noise.astype(np.float32)


def coded(x: np.ndarray, codec: str, kilobits: int) -> np.ndarray:
    """Through MP3 or Vorbis and back by FFmpeg; the length stays and the codec's delay is taken out by its decoder."""
    ends = {"mp3": ["-c:a", "libmp3lame", "-f", "mp3"], "ogg": ["-c:a", "libvorbis", "-f", "ogg"]}[codec]
    pcm = ["-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "1"]
    quiet = ["ffmpeg", "-v", "error", "-nostdin"]
    encoded = subprocess.run([*quiet, *pcm, "-i", "-", *ends[:2], "-b:a", f"{kilobits}k", *ends[2:], "-"], input=x.astype("<f4").tobytes(), check=True, capture_output=True).stdout
    decoded = np.frombuffer(subprocess.run([*quiet, "-i", "-", *pcm, "-"], input=encoded, check=True, capture_output=True).stdout, "<f4")
    return aligned(x, decoded)


def aligned(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`y` moved to where it matches `x` best within 120 ms, in the length of `x`: a pipe loses an MP3's gapless header."""
    reach, middle = 2700, len(x) // 2
    piece = x[middle : middle + 65536]
    window = y[max(0, middle - reach) : middle + 65536 + reach]
    if len(window) < len(piece):
        return np.resize(np.pad(y, (0, max(0, len(x) - len(y)))), len(x)).astype(np.float32)
    score = fftconvolve(window, piece[::-1], "valid")
    lag = int(np.argmax(score)) - (middle - max(0, middle - reach))
    moved = y[lag:] if lag >= 0 else np.pad(y, (-lag, 0))
    return np.pad(moved, (0, max(0, len(x) - len(moved))))[: len(x)].astype(np.float32)
