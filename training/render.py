"""From a song to stems of sound and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import resample_poly

import drum_machine
import effects
import voices
from score import ACCOMPANIMENT, DRUMS, LEAD, Part, STEMS, Song
from synth import DRUM_CHANNEL, RENDER_RATE, Event, Synth
from theory import harte
from timing import TimeMap, time_map

SAMPLE_RATE = 22050
LEAD_IN_SECONDS = 3.0
DRUM_KITS = (0, 0, 0, 8, 16, 24, 25, 32, 40)
SAME_ONSET_SECONDS = 0.02
FAINT_VELOCITY = 22
GUITARS_THAT_DISTORT = (28, 29, 30)
SHARE_OF_DRUM_MACHINES = 0.35
# Bowed, blown and swelling programs, and singing: the sound starts well after the note, and nobody agrees when.
SOFT_PROGRAMS = frozenset({*range(40, 45), *range(48, 55), *range(72, 80), *range(88, 96), 19, 20, 21, 22, 23})


@dataclass(frozen=True)
class Clip:
    """`stems` by name, `mix` before mastering is their sum, `truth` as written to the JSON file."""

    stems: dict[str, np.ndarray]
    truth: dict[str, object]


@dataclass(frozen=True)
class Played:
    """A note in seconds of the clip."""

    part: Part
    start: float
    end: float
    pitch: int
    velocity: int


def perform(rng: np.random.Generator, song: Song, times: TimeMap, offset: float, seconds: float) -> list[Played]:
    """The notes sounding in the clip or just before it, with each part's habits and each note's chance in time."""
    looseness = rng.uniform(0.3, 1.3)
    lag = {part: rng.normal(0, 0.004) * looseness for part in sorted({note.part for note in song.notes}, key=repr)}
    spread = {part: (rng.uniform(0, 0.005) if part.stem == DRUMS else rng.uniform(0, 0.011)) * looseness for part in lag}
    starts = times.seconds(np.array([note.start for note in song.notes])) - offset
    ends = times.seconds(np.array([note.start + note.length for note in song.notes])) - offset
    shifts = rng.normal(0, 1, len(song.notes))
    played = []
    for note, start, end, shift in zip(song.notes, starts, ends, shifts):
        late = 0.0 if note.part.stem == DRUMS and spread[note.part] < 0.001 else lag[note.part] + shift * spread[note.part]
        if end < -LEAD_IN_SECONDS or start > seconds:
            continue
        begin = max(start + late, -LEAD_IN_SECONDS)
        played.append(Played(note.part, begin, max(end + late, begin + 0.05), note.pitch, note.velocity))
    return played


def sound(rng: np.random.Generator, synth: Synth, played: list[Played], seconds: float, substitute: bool) -> np.ndarray:
    """One stem, mono at 22.05 kHz."""
    parts = sorted({note.part for note in played}, key=repr)
    channels = [channel for channel in range(16) if channel != DRUM_CHANNEL]
    programs: dict[int, int] = {}
    channel_of: dict[Part, int] = {}
    for number, part in enumerate(parts):
        if part.stem == DRUMS:
            channel_of[part] = DRUM_CHANNEL
            programs[DRUM_CHANNEL] = int(rng.choice(DRUM_KITS))
            continue
        channel = channels[number % len(channels)]
        channel_of[part] = channel
        family = part.program // 8 * 8
        programs[channel] = int(family + rng.integers(8)) if substitute and family < 112 and rng.random() < 0.35 else part.program
    lead_in = LEAD_IN_SECONDS
    events = [Event(note.start + lead_in, note.end + lead_in, channel_of[note.part], min(127, max(0, note.pitch)), note.velocity) for note in played]
    x = synth.render(events, programs, seconds + lead_in)
    x = resample_poly(x, SAMPLE_RATE, RENDER_RATE)
    return x[int(lead_in * SAMPLE_RATE) :].astype(np.float32)


def levelled(x: np.ndarray, decibels: float) -> np.ndarray:
    """Scaled to `decibels` dBFS in its loud passages; silence stays."""
    frames = x[: len(x) // 2205 * 2205].reshape(-1, 2205)
    level = np.sqrt(np.percentile(np.mean(frames**2, axis=1), 85) + 1e-12)
    return (x * (10 ** (decibels / 20) / level)).astype(np.float32) if level > 1e-5 else x


def render(rng: np.random.Generator, synth: Synth, song: Song, seconds: float) -> Clip:
    """A crop of `seconds` from anywhere in the song, rarely from just before its start."""
    times = time_map(rng, song)
    last = float(times.seconds(float(song.beats)))
    offset = -rng.uniform(0, 1.5) if rng.random() < 0.1 else rng.uniform(0, max(0.1, last - seconds))
    played = perform(rng, song, times, offset, seconds)
    stems: dict[str, np.ndarray] = {}
    for name in STEMS:
        notes = [note for note in played if note.part.stem == name and not note.part.sung]
        if name == DRUMS and notes and rng.random() < SHARE_OF_DRUM_MACHINES:
            stems[name] = drum_machine.drums(rng, [(note.start, note.pitch, note.velocity) for note in notes], seconds)
            continue
        stem = sound(rng, synth, notes, seconds, name != DRUMS) if notes else np.zeros(int(seconds * SAMPLE_RATE), np.float32)
        if name == ACCOMPANIMENT and any(note.part.program in GUITARS_THAT_DISTORT for note in notes) and rng.random() < 0.5:
            stem = effects.distort(stem, rng.uniform(1, 5))
        stems[name] = stem
    singing = [(note.start, note.end, note.pitch, note.velocity) for note in played if note.part.sung and note.end > 0]
    if singing:
        stems[LEAD] = stems[LEAD] + voices.sung(rng, sorted(singing), seconds)
    stems["speech"] = voices.speech(rng, seconds) if rng.random() < (0.5 if song.genre in ("hiphop", "trap") else 0.14) else np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    levels = {DRUMS: rng.normal(-20, 5), ACCOMPANIMENT: rng.normal(-20, 3), LEAD: rng.normal(-21, 4), "speech": rng.normal(-22, 4)}
    room, wet = rng.uniform(0.15, 2.2), rng.uniform(0, 0.35) if rng.random() < 0.6 else 0.0
    for name, stem in stems.items():
        stem = levelled(stem, min(-12, max(-36, levels[name])))
        stems[name] = effects.reverb(rng, stem, room, wet * rng.uniform(0.3, 1.5)) if wet and np.any(stem) else stem
    return Clip(stems, truth(song, times, offset, seconds, played))


def merged(starts: list[float]) -> list[float]:
    """Onsets in order, those within 20 ms of the one before taken as one."""
    result: list[float] = []
    for start in sorted(starts):
        if not result or start - result[-1] > SAME_ONSET_SECONDS:
            result.append(round(start, 4))
    return result


def is_soft(note: Played) -> bool:
    return note.part.sung or (note.part.stem != DRUMS and note.part.program in SOFT_PROGRAMS)


def truth(song: Song, times: TimeMap, offset: float, seconds: float, played: list[Played]) -> dict[str, object]:
    """Beats, downbeats, tempo, metre, onsets of each stem, key and chords; seconds from the start of the clip."""
    grid = times.seconds(np.arange(song.beats + 1, dtype=float)) - offset
    inside = [i for i in range(song.beats + 1) if 0 <= grid[i] < seconds]
    gaps = np.diff(grid[inside]) if len(inside) > 1 else np.array([60 / song.bpm])
    audible = [note for note in played if 0 <= note.start < seconds and note.velocity >= FAINT_VELOCITY]
    chords = []
    for chord in song.chords:
        start, end = (float(value) - offset for value in times.seconds(np.array([chord.start, chord.end])))
        if end > 0 and start < seconds:
            chords.append({"start": round(max(0.0, start), 4), "end": round(min(seconds, end), 4), "label": harte(chord)})
    soft = [note for note in audible if is_soft(note)]
    hard = [note for note in audible if not is_soft(note)]
    by_stem = {name: merged([note.start for note in hard if note.part.stem == name]) for name in STEMS}
    return {
        "genre": song.genre, "source": song.source, "bpm": round(60 / float(np.median(gaps)), 3), "meter": song.beats_per_bar, "tuplet": song.tuplet,
        "beats": [round(float(grid[i]), 4) for i in inside],
        "downbeats": [round(float(grid[i]), 4) for i in inside if i % song.beats_per_bar == 0],
        "onsets": merged([note.start for note in audible]), "drum_onsets": by_stem[DRUMS], "accompaniment_onsets": by_stem[ACCOMPANIMENT], "lead_onsets": by_stem[LEAD], "soft_onsets": merged([note.start for note in soft]),
        "key": song.key, "chords": chords,
    }
