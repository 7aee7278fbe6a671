"""The network: a small temporal convolutional network with three outputs.

After Davies and Böck, "Temporal convolutional networks for musical audio beat tracking", EUSIPCO 2019, and Böck and Davies,
"Deconstruct, analyse, reconstruct: how to improve tempo, beat, and downbeat estimation", ISMIR 2020; full
convolutions, which the program's kernel runs faster than separable ones of the same cost.
"""

from __future__ import annotations

import torch
from torch import nn

OUTPUTS = ("beat", "downbeat", "onset")


class Block(nn.Module):
    """Dilated, then pointwise, each with batch norm and ReLU; the input is added at the end."""

    def __init__(self, channels: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.dilated = nn.Conv1d(channels, channels, kernel, padding=dilation * (kernel // 2), dilation=dilation, bias=False)
        self.norm1 = nn.BatchNorm1d(channels)
        self.pointwise = nn.Conv1d(channels, channels, 1, bias=False)
        self.norm2 = nn.BatchNorm1d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.relu(self.norm1(self.dilated(x)))
        return x + torch.relu(self.norm2(self.pointwise(h)))


class BeatNetwork(nn.Module):
    """[batch][bands][frames] of log mel power to [batch][3][frames] of logits."""

    def __init__(self, bands: int, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = {"bands": bands, "channels": channels, "kernel": kernel, "dilations": list(dilations)}
        self.front = nn.Conv1d(bands, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm1d(channels)
        self.blocks = nn.ModuleList(Block(channels, kernel, dilation) for dilation in dilations)
        self.head = nn.Conv1d(channels, len(OUTPUTS), 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.relu(self.norm(self.front(x)))
        for block in self.blocks:
            h = block(h)
        return self.head(h)

    def multiply_adds(self) -> int:
        """For one frame."""
        bands, channels, kernel = self.shape["bands"], self.shape["channels"], self.shape["kernel"]
        return 3 * bands * channels + len(self.blocks) * channels * channels * (kernel + 1) + channels * len(OUTPUTS)
