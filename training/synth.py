"""FluidSynth through its C interface: one synthesiser a soundfont, kept between songs, events on the sample grid of its blocks."""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass

import numpy as np

RENDER_RATE = 44100
DRUM_CHANNEL = 9


@dataclass(frozen=True)
class Event:
    """A note in seconds; `channel` 9 plays drums."""

    start: float
    end: float
    channel: int
    pitch: int
    velocity: int


def library() -> ctypes.CDLL:
    name = ctypes.util.find_library("fluidsynth")
    if name is None:
        raise RuntimeError("libfluidsynth is not installed; on Debian: apt install libfluidsynth3")
    lib = ctypes.CDLL(name)
    pointer = ctypes.c_void_p
    lib.new_fluid_settings.restype = pointer
    lib.fluid_settings_setnum.argtypes = [pointer, ctypes.c_char_p, ctypes.c_double]
    lib.fluid_settings_setint.argtypes = [pointer, ctypes.c_char_p, ctypes.c_int]
    lib.new_fluid_synth.argtypes, lib.new_fluid_synth.restype = [pointer], pointer
    lib.fluid_synth_sfload.argtypes = [pointer, ctypes.c_char_p, ctypes.c_int]
    lib.fluid_synth_noteon.argtypes = [pointer, ctypes.c_int, ctypes.c_int, ctypes.c_int]
    lib.fluid_synth_noteoff.argtypes = [pointer, ctypes.c_int, ctypes.c_int]
    lib.fluid_synth_program_change.argtypes = [pointer, ctypes.c_int, ctypes.c_int]
    lib.fluid_synth_system_reset.argtypes = [pointer]
    lib.fluid_synth_write_float.argtypes = [pointer, ctypes.c_int, pointer, ctypes.c_int, ctypes.c_int, pointer, ctypes.c_int, ctypes.c_int]
    return lib


class Synth:
    """`render` gives mono float32 at 44.1 kHz."""

    def __init__(self, soundfont: str) -> None:
        self.lib = library()
        settings = self.lib.new_fluid_settings()
        self.lib.fluid_settings_setnum(settings, b"synth.sample-rate", float(RENDER_RATE))
        self.lib.fluid_settings_setnum(settings, b"synth.gain", 0.4)
        self.lib.fluid_settings_setint(settings, b"synth.reverb.active", 0)
        self.lib.fluid_settings_setint(settings, b"synth.chorus.active", 0)
        self.lib.fluid_settings_setint(settings, b"synth.polyphony", 160)
        self.synth = self.lib.new_fluid_synth(settings)
        if self.lib.fluid_synth_sfload(self.synth, soundfont.encode(), 1) < 0:
            raise RuntimeError(f"FluidSynth cannot load the soundfont {soundfont}")

    def render(self, events: list[Event], programs: dict[int, int], seconds: float) -> np.ndarray:
        self.lib.fluid_synth_system_reset(self.synth)
        for channel, program in programs.items():
            self.lib.fluid_synth_program_change(self.synth, channel, program)
        actions = sorted([(event.start, 1, event) for event in events] + [(event.end, 0, event) for event in events], key=lambda action: (action[0], action[1]))
        total = int(seconds * RENDER_RATE)
        left, right = np.zeros(total, np.float32), np.zeros(total, np.float32)
        position = 0
        for time, on, event in actions:
            until = min(total, max(position, int(time * RENDER_RATE)))
            position = self.write(left, right, position, until)
            if position >= total:
                break
            if on:
                self.lib.fluid_synth_noteon(self.synth, event.channel, event.pitch, event.velocity)
            else:
                self.lib.fluid_synth_noteoff(self.synth, event.channel, event.pitch)
        self.write(left, right, position, total)
        return (left + right) / 2

    def write(self, left: np.ndarray, right: np.ndarray, start: int, end: int) -> int:
        if end > start:
            self.lib.fluid_synth_write_float(self.synth, end - start, left.ctypes.data, start, 1, right.ctypes.data, start, 1)
        return max(start, end)
