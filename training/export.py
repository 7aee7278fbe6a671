"""Folds batch norm and writes weights.json and weights.bin: `export.py --model FILE.pt --out DIR --sound FILE`."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch
from torch import nn

from features import BANDS, GAIN, HOP, MAX_HZ, MIN_HZ, N_FFT, SAMPLE_RATE, decode, log_mel, mel_power
from model import OUTPUTS, BeatNetwork

VECTOR_FRAMES = 300


def folded(conv: nn.Conv1d, norm: nn.BatchNorm1d) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases of a convolution with the normalisation after it taken in."""
    scale = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
    weight = conv.weight.detach() * scale[:, None, None]
    return weight.numpy(), (norm.bias.detach() - norm.running_mean * scale).numpy()


def layers_of(model: BeatNetwork) -> list[tuple[dict, np.ndarray, np.ndarray]]:
    """(description, weight, bias) in the order they run."""
    bands, channels, kernel = model.shape["bands"], model.shape["channels"], model.shape["kernel"]

    def describe(kind: str, inputs: int, outputs: int, taps: int, dilation: int, activation: str, residual: str) -> dict:
        return {"type": kind, "inChannels": inputs, "outChannels": outputs, "kernel": taps, "dilation": dilation, "activation": activation, "residual": residual}

    layers = [(describe("conv", bands, channels, 3, 1, "relu", "none"), *folded(model.front, model.norm))]
    for block, dilation in zip(model.blocks, model.shape["dilations"]):
        layers.append((describe("conv", channels, channels, kernel, dilation, "relu", "start"), *folded(block.dilated, block.norm1)))
        layers.append((describe("pointwise", channels, channels, 1, 1, "relu", "end"), *folded(block.pointwise, block.norm2)))
    head = model.head
    layers.append((describe("pointwise", channels, len(OUTPUTS), 1, 1, "sigmoid", "none"), head.weight.detach().numpy(), head.bias.detach().numpy()))
    return layers


def pack(layers: list[tuple[dict, np.ndarray, np.ndarray]]) -> tuple[list[dict], np.ndarray]:
    """Descriptions with offsets, and all values in one row."""
    described, values, offset = [], [], 0
    for description, weight, bias in layers:
        entry = dict(description)
        for name, array in (("weight", weight), ("bias", bias)):
            entry[name] = {"offset": offset, "shape": list(array.shape)}
            values.append(array.astype("<f4").ravel())
            offset += array.size
        described.append(entry)
    return described, np.concatenate(values)


def run(layers: list[dict], values: np.ndarray, features: np.ndarray) -> np.ndarray:
    """The exported network in plain NumPy, [frames][bands] to [3][frames]: what any other implementation must give."""
    x, kept = features.T.astype(np.float64), np.zeros((0, 0))
    for layer in layers:
        weight = slice_of(values, layer["weight"])
        bias = slice_of(values, layer["bias"])
        if layer["residual"] == "start":
            kept = x
        taps, dilation = layer["kernel"], layer["dilation"]
        y = np.repeat(bias[:, None], x.shape[1], axis=1).astype(np.float64)
        for tap in range(taps):
            shifted = shift(x, (tap - (taps - 1) // 2) * dilation)
            y += weight[:, :, tap] @ shifted
        y = np.maximum(y, 0) if layer["activation"] == "relu" else 1 / (1 + np.exp(-y))
        x = y + kept if layer["residual"] == "end" else y
    return x


def slice_of(values: np.ndarray, place: dict) -> np.ndarray:
    return values[place["offset"] : place["offset"] + int(np.prod(place["shape"]))].reshape(place["shape"])


def shift(x: np.ndarray, by: int) -> np.ndarray:
    """Column t of the result is column t + by of x, zero outside."""
    result = np.zeros_like(x)
    if abs(by) >= x.shape[1]:
        return result
    if by >= 0:
        result[:, : x.shape[1] - by] = x[:, by:]
    else:
        result[:, -by:] = x[:, :by]
    return result


def replace(path: Path, data: bytes) -> None:
    """All or nothing: readers never see half a file."""
    temporary = path.with_suffix(path.suffix + ".part")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sound", type=Path, required=True, help="a file to compare the exported with the trained network on")
    parser.add_argument("--vector", type=Path, help="also write features and outputs of its first frames here, to test other implementations")
    options = parser.parse_args()
    saved = torch.load(options.model)
    shape = saved["shape"]
    model = BeatNetwork(shape["bands"], shape["channels"], shape["kernel"], tuple(shape["dilations"]))
    model.load_state_dict(saved["state"])
    model.eval()
    layers, values = pack(layers_of(model))
    features = log_mel(mel_power(decode(options.sound)))[:VECTOR_FRAMES]
    with torch.no_grad():
        expected = torch.sigmoid(model(torch.from_numpy(features.T[None])))[0].numpy()
    difference = float(np.max(np.abs(run(layers, values, features) - expected)))
    if difference > 1e-4:
        raise SystemExit(f"the exported network differs from the trained one by {difference}")
    header = {
        "sampleRate": SAMPLE_RATE, "hop": HOP, "nFft": N_FFT, "bands": BANDS, "minHz": MIN_HZ, "maxHz": MAX_HZ, "gain": GAIN, "outputs": list(OUTPUTS),
        "multiplyAddsPerFrame": model.multiply_adds(), "values": int(values.size), "layers": layers,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    if options.vector:
        vector = {"features": features.round(5).tolist(), **{name: [round(float(v), 6) for v in row] for name, row in zip(OUTPUTS, expected)}}
        replace(options.vector, json.dumps(vector).encode())
    replace(options.out / "weights.bin", values.tobytes())
    replace(options.out / "weights.json", json.dumps(header, indent=1).encode())
    print(f"{values.size} values, {model.multiply_adds()} multiply-adds a frame, differs by {difference:.1e}")


if __name__ == "__main__":
    main()
