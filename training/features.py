"""The front end, as in the program's TypeScript: mel power on 50 frames a second, then ln(1 + GAIN * power)."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

import numpy as np
from scipy.fft import rfft

SAMPLE_RATE = 22050
HOP = 441
N_FFT = 1024
BANDS = 96
MIN_HZ, MAX_HZ = 30.0, 10000.0
GAIN = 1000.0
FRAMES_PER_SECOND = SAMPLE_RATE / HOP
BREAK_HZ, HZ_PER_MEL, LOG_STEP = 1000.0, 200 / 3, math.log(6.4) / 27


def hz_to_mel(hz: float) -> float:
    """Slaney's scale ("Auditory Toolbox", Interval technical report 1998-010)."""
    return hz / HZ_PER_MEL if hz < BREAK_HZ else BREAK_HZ / HZ_PER_MEL + math.log(hz / BREAK_HZ) / LOG_STEP


def mel_to_hz(mel: float) -> float:
    return mel * HZ_PER_MEL if mel < BREAK_HZ / HZ_PER_MEL else BREAK_HZ * math.exp(LOG_STEP * (mel - BREAK_HZ / HZ_PER_MEL))


def mel_filters(bands: int = BANDS) -> np.ndarray:
    """[bands][N_FFT / 2 + 1] triangles of unit area in Hz."""
    low, high = hz_to_mel(MIN_HZ), hz_to_mel(MAX_HZ)
    edges = np.array([mel_to_hz(low + (high - low) / (bands + 1) * i) for i in range(bands + 2)])
    hz = np.arange(N_FFT // 2 + 1) * SAMPLE_RATE / N_FFT
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.maximum(0, np.minimum((hz - left) / (centre - left), (right - hz) / (right - centre))) * 2 / (right - left)


FILTERS = mel_filters().astype(np.float32)
WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)


def mel_power(samples: np.ndarray) -> np.ndarray:
    """[1 + samples // HOP][BANDS] of mono samples at 22.05 kHz; frame t is centred on sample HOP * t."""
    padded = np.pad(samples.astype(np.float32), N_FFT // 2)
    count = 1 + len(samples) // HOP
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[: (count - 1) * HOP + 1 : HOP]
    spectrum = rfft(frames * WINDOW, axis=1)
    return (spectrum.real**2 + spectrum.imag**2) @ FILTERS.T


def log_mel(power: np.ndarray) -> np.ndarray:
    return np.log1p(GAIN * power).astype(np.float32)


def decode(path: Path) -> np.ndarray:
    """Any file FFmpeg reads, mono at 22.05 kHz."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(path), "-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, "<f4")
