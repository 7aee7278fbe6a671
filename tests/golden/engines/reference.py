"""
Reference for Beat This: its spectrogram, its chunks and a small network (tests/engines/beat-network.ts has the same as ONNX), written
from the paper, its package's description and numpy on whole signals. Needs numpy. Writes reference.json beside this file; with
--check it compares.

    python3 tests/golden/engines/reference.py [--check]
"""
import json
import os
import sys

import numpy as np

RATE, N_FFT, HOP, BANDS = 22050, 1024, 441, 128
CHUNK, BORDER = 1500, 6
STRIDE = 7
# One chunk; one regular chunk that lacks three frames at its end, and one moved back; three chunks.
LENGTHS = {"short": 7 * RATE, "edge": 1491 * HOP, "long": 70 * RATE}


def signal(length):
    state, noise = 1, np.empty(2 * length)
    for n in range(2 * length):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        noise[n] = state / 2**31 - 1
    n = np.arange(length)
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * n / 90001)
    tone = np.sin(0.0313 * n) + 0.5 * np.sin(0.2 * n) + 0.2 * np.sin(1.1 * n)
    return (0.02 + 0.2 * swell * tone + 0.05 * noise[::2]).astype(np.float32).astype(np.float64)


def slaney(hz):
    hz = np.asarray(hz, dtype=np.float64)
    return np.where(hz < 1000, hz * 3 / 200, 15 + np.log(np.maximum(hz, 1e-9) / 1000) / (np.log(6.4) / 27))


def slaney_inverse(mel):
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(np.log(6.4) / 27 * (mel - 15)))


def filters():
    """Triangles with a peak of 1."""
    edges = slaney_inverse(np.linspace(slaney(30.0), slaney(11000.0), BANDS + 2))
    hz = np.linspace(0, RATE / 2, N_FFT // 2 + 1)[:, None]
    up = (hz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - hz) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(up, down))


def spectrogram(y):
    padded = np.pad(y, N_FFT // 2, mode="reflect")
    frames = 1 + len(y) // HOP
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    index = np.arange(frames)[:, None] * HOP + np.arange(N_FFT)
    magnitude = np.abs(np.fft.rfft(padded[index] * window, axis=1)) / np.sqrt(N_FFT)
    return np.log1p(1000 * magnitude @ filters())


def network(rows):
    """tanh of a convolution over 9 frames, plus a quarter of the mean of the chunk's first bands, which shows how chunks are cut."""
    outputs = []
    for seed in range(2):
        w = (0.3 * np.sin(12.9898 * np.arange(1, BANDS * 9 + 1) + seed)).astype(np.float32).astype(np.float64)
        w = w.reshape(BANDS, 9)
        padded = np.pad(rows, ((4, 4), (0, 0)))
        logits = sum(padded[k : k + len(rows)] @ w[:, k] for k in range(9))
        outputs.append(np.tanh(0.05 * logits) + 0.25 * rows.mean() * (1 + seed))
    return outputs


def predict(spectrum):
    total = len(spectrum)
    starts = np.arange(-BORDER, total - BORDER, CHUNK - 2 * BORDER)
    if total > CHUNK - 2 * BORDER:
        starts[-1] = total - (CHUNK - BORDER)
    result = np.full((2, total), np.nan)
    for start in reversed(starts):
        end = min(start + CHUNK, total)
        rows = spectrum[max(0, start) : end]
        right = max(0, min(BORDER, start + CHUNK - total))
        rows = np.pad(rows, ((max(0, -start), right), (0, 0)))
        logits = np.array(network(rows))[:, BORDER:-BORDER]
        result[:, start + BORDER : start + BORDER + logits.shape[1]] = logits
    return result


def main():
    y = signal(max(LENGTHS.values()))
    golden = {"stride": STRIDE, "cases": {}}
    for name, length in LENGTHS.items():
        spectrum = spectrogram(y[:length])
        beat, downbeat = predict(spectrum)
        golden["cases"][name] = {
            "samples": length,
            "frames": len(spectrum),
            "rows": {str(t): np.round(spectrum[t], 5).tolist() for t in (0, 1, len(spectrum) // 2, len(spectrum) - 1)},
            "beat": np.round(beat[::STRIDE], 5).tolist(),
            "downbeat": np.round(downbeat[::STRIDE], 5).tolist(),
        }
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.json")
    text = json.dumps(golden, separators=(",", ":")) + "\n"
    if "--check" not in sys.argv:
        with open(path, "w") as file:
            file.write(text)
        return
    stored = json.load(open(path))
    for name, case in golden["cases"].items():
        for field in ("beat", "downbeat"):
            if not np.allclose(case[field], stored["cases"][name][field], atol=2e-5):
                sys.exit(f"{name}.{field} differs from reference.json")
    print("reference.json is up to date")


main()
