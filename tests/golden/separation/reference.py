"""
Reference for the separation engines: the procedures of Spleeter, Demucs and KUIELab-MDX-Net, written from their papers and
documentation with PyTorch on whole signals, around small networks (tests/processing/small-networks.ts has the same as ONNX).
Needs torch and numpy. Writes reference.json beside this file; with --check it compares.

    python3 tests/golden/separation/reference.py [--check]
"""
import base64
import json
import math
import os
import sys

import numpy as np
import torch
import torch.nn.functional as F

STRIDE = 503
SEGMENT = 343980
STEMS = ["vocals", "drums", "bass", "other"]
DEMUCS = ["drums", "bass", "other", "vocals"]


def weights(shape, seed):
    index = np.arange(1, int(np.prod(shape)) + 1, dtype=np.float64)
    return torch.tensor((0.3 * np.sin(12.9898 * index + seed)).astype(np.float32)).reshape(shape).double()


def mixture(length):
    state, noise = 1, np.empty((length, 2))
    for n in range(length):
        for channel in range(2):
            state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
            noise[n, channel] = state / 2**31 - 1
    n, channel = np.arange(length)[:, None], np.arange(2)[None]
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * n / 90001 + channel)
    tone = np.sin(0.0313 * n) + 0.5 * np.sin(0.2 * n + channel) + 0.2 * np.sin(1.1 * n)
    y = 0.02 + 0.2 * swell * tone + 0.05 * noise
    return torch.tensor(y.T.astype(np.float32)).double()


def spleeter(mix):
    """The whole spectrogram at once, cut into segments of 512 frames for the networks only."""
    length, n_fft, hop = mix.shape[1], 4096, 1024
    frames = 512 * math.ceil((length + 3072) / (512 * hop))
    padded = F.pad(mix, (n_fft - hop, frames * hop - length))
    window = torch.hann_window(n_fft, periodic=True, dtype=torch.float64)
    spectrum = torch.stft(padded, n_fft, hop, window=window, center=False, return_complex=True)[:, :, :frames]
    magnitude = spectrum.abs()[:, :1024].transpose(1, 2).reshape(2, -1, 512, 1024)
    outputs = []
    for seed in range(4):
        t = magnitude.transpose(0, 1)
        outputs.append((t * torch.sigmoid(F.conv2d(t, weights((2, 2, 3, 3), seed), padding=1))).transpose(0, 1))
    total = sum(y**2 for y in outputs) + 1e-10
    stems = []
    for y in outputs:
        mask = ((y**2 + 1e-10 / 4) / total).reshape(2, frames, 1024).transpose(1, 2)
        mask = torch.cat([mask, mask.mean(1, keepdim=True).expand(2, 1025, frames)], 1)
        signal = torch.zeros(2, (frames - 1) * hop + n_fft, dtype=torch.float64)
        waves = torch.fft.irfft((spectrum * mask).transpose(1, 2), n_fft) * window * 2 / 3
        for frame in range(frames):
            signal[:, frame * hop : frame * hop + n_fft] += waves[:, frame]
        stems.append(signal[:, n_fft - hop : n_fft - hop + length])
    return torch.stack(stems)


def wave_network(x, seed):
    mean = x.mean()
    deviation = ((x - mean) ** 2).mean().sqrt()
    hidden = torch.tanh(F.conv1d((x - mean) / (deviation + 1e-5), weights((8, 2, 9), seed), padding=4))
    return (hidden * deviation + mean).reshape(4, 2, -1)


def hybrid_network(x, seed):
    length = x.shape[-1]
    le = math.ceil(length / 1024)
    window = torch.hann_window(4096, periodic=True, dtype=torch.float64)
    padded = F.pad(x, (1536, 1536 + le * 1024 - length), mode="reflect")
    z = torch.stft(padded[0], 4096, 1024, window=window, center=True, pad_mode="reflect", normalized=True, return_complex=True)
    z = z[:, :-1, 2 : 2 + le]
    spectrum = torch.view_as_real(z).permute(0, 3, 1, 2).reshape(1, 4, 2048, le)
    out = torch.tanh(F.conv2d(spectrum, weights((16, 4, 3, 3), seed + 1), padding=1)).reshape(8, 2, 2048, le)
    z = torch.view_as_complex(out.permute(0, 2, 3, 1).contiguous())
    z = F.pad(torch.view_as_real(z).permute(0, 3, 1, 2), (2, 2, 0, 1)).permute(0, 2, 3, 1).contiguous()
    y = torch.istft(torch.view_as_complex(z), 4096, 1024, window=window, center=True, normalized=True, length=le * 1024 + 3072)
    return y[:, 1536 : 1536 + length].reshape(4, 2, length) + wave_network(x, seed)


def demucs(mix, network):
    """apply_model with split=True, overlap=0.25, shifts=0, and the normalisation around it."""
    reference = mix.mean(0)
    mean, deviation = reference.mean(), reference.std() + 1e-8
    x, length, stride = (mix - mean) / deviation, mix.shape[1], int(0.75 * SEGMENT)
    weight = torch.cat([torch.arange(1, SEGMENT // 2 + 1), torch.arange(SEGMENT // 2, 0, -1)]).double() / (SEGMENT // 2)
    out, total = torch.zeros(4, 2, length, dtype=torch.float64), torch.zeros(length, dtype=torch.float64)
    for offset in range(0, length, stride):
        size = min(SEGMENT, length - offset)
        missing = SEGMENT - size
        start = offset - missing // 2
        left, right = max(0, start), min(length, start + SEGMENT)
        chunk = F.pad(x[:, left:right], (left - start, start + SEGMENT - right))
        stems = network(chunk[None])[..., missing // 2 : missing // 2 + size]
        out[..., offset : offset + size] += weight[:size] * stems
        total[offset : offset + size] += weight[:size]
    return out / total * deviation + mean


def mdx(mix, dim_t=32):
    length, hop, stems = mix.shape[1], 1024, []
    for seed, (stem, factor) in enumerate(zip(STEMS, [3, 2, 8, 4])):
        n_fft = 2048 * factor
        trim, chunk = n_fft // 2, hop * (dim_t - 1)
        size = chunk - 2 * trim
        pad = size - length % size
        padded = F.pad(mix, (trim, pad + trim))
        window = torch.hann_window(n_fft, periodic=True, dtype=torch.float64)
        parts = []
        for start in range(0, length + pad, size):
            wave = padded[:, start : start + chunk]
            z = torch.stft(wave, n_fft, hop, window=window, center=True, return_complex=True)
            spectrum = torch.view_as_real(z).permute(0, 3, 1, 2).reshape(1, 4, n_fft // 2 + 1, dim_t)[:, :, :2048]
            out = spectrum * torch.sigmoid(F.conv2d(spectrum, weights((4, 4, 3, 3), seed), padding=1))
            out = F.pad(out, (0, 0, 0, n_fft // 2 + 1 - 2048)).reshape(2, 2, n_fft // 2 + 1, dim_t)
            z = torch.view_as_complex(out.permute(0, 2, 3, 1).contiguous())
            parts.append(torch.istft(z, n_fft, hop, window=window, center=True)[:, trim:-trim])
        stems.append(torch.cat(parts, 1)[:, :length])
    return torch.stack(stems)


def one_hot_bag(mix):
    """Four networks, of each of which one stem is taken."""
    estimates = [demucs(mix, lambda x, seed=seed: wave_network(x, seed)) for seed in range(4)]
    return torch.stack([estimates[stem][stem] for stem in range(4)])


CASES = [
    ("spleeter", 674288, STEMS, spleeter),
    ("spleeter", 5000, STEMS, spleeter),
    ("htdemucs_waveform", 543980, DEMUCS, lambda mix: demucs(mix, lambda x: wave_network(x, 0))),
    ("htdemucs_waveform", 100001, DEMUCS, lambda mix: demucs(mix, lambda x: wave_network(x, 0))),
    ("htdemucs_hybrid", 400000, DEMUCS, lambda mix: demucs(mix, lambda x: hybrid_network(x, 0))),
    ("htdemucs_ft", 300000, DEMUCS, one_hot_bag),
    ("mdx", 100001, STEMS, mdx),
]


def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.json")
    cases = []
    for name, length, stems, separate in CASES:
        with torch.no_grad():
            samples = separate(mixture(length))[:, :, ::STRIDE].float().numpy()
        values = {stem: base64.b64encode(samples[i].astype("<f4").tobytes()).decode() for i, stem in enumerate(stems)}
        cases.append({"family": name, "length": length, "stems": values})
    if "--check" in sys.argv:
        with open(path) as file:
            stored = json.load(file)
        assert [(c["family"], c["length"]) for c in stored["cases"]] == [(c["family"], c["length"]) for c in cases]
        worst = 0.0
        for old, new in zip(stored["cases"], cases):
            for stem in new["stems"]:
                a, b = (np.frombuffer(base64.b64decode(c["stems"][stem]), "<f4") for c in (old, new))
                worst = max(worst, float(np.abs(a - b).max()))
        print(f"{len(cases)} cases, greatest difference {worst:.1e}")
        assert worst < 1e-6
    else:
        with open(path, "w") as file:
            json.dump({"stride": STRIDE, "torch": torch.__version__, "cases": cases}, file)
            file.write("\n")


main()
