"""Melodies, bass lines and voicings over chords."""

from __future__ import annotations

import random

from score import ACCOMPANIMENT, Chord, LEAD, Note, Part
from theory import MAJOR, MINOR, QUALITIES

LEAD_PROGRAMS = (52, 53, 54, 65, 66, 64, 67, 26, 27, 29, 30, 73, 68, 71, 56, 57, 60, 40, 41, 42, 22, 21, 11, 0, 4, 24, 25, 80, 81, 74, 110, 105)


def chord_at(chords: list[Chord], beat: float) -> Chord:
    for chord in chords:
        if chord.start <= beat < chord.end:
            return chord
    return chords[-1]


def rhythm(rng: random.Random, beats_per_bar: int, tuplet: int, density: float, syncopation: float) -> list[float]:
    """Onsets of one bar in beats: denser on the beats unless syncopated."""
    grid = tuplet if tuplet == 3 else rng.choice((2, 2, 2, 4))
    onsets = []
    for slot in range(beats_per_bar * grid):
        on_beat = slot % grid == 0
        half = grid == 4 and slot % 2 == 0
        chance = density * ((1 - 0.6 * syncopation) if on_beat else (0.75 if half else 0.45) * (0.5 + syncopation))
        if rng.random() < chance:
            onsets.append(slot / grid)
    return onsets


def melody(rng: random.Random, chords: list[Chord], beats: int, beats_per_bar: int, tonic: int, minor: bool, tuplet: int, swing: float, sung: bool, programs: tuple[int, ...] = LEAD_PROGRAMS) -> list[Note]:
    """Phrases with rests between, built on two motifs, mostly stepwise, chord tones where it is strong."""
    part = Part(LEAD, rng.choice(programs), sung)
    scale = [(tonic + step) % 12 for step in (MINOR if minor else MAJOR)]
    density, syncopation = rng.uniform(0.35, 0.85), rng.uniform(0.0, 0.9)
    motifs = [rhythm(rng, beats_per_bar, tuplet, density, syncopation) for _ in range(rng.choice((2, 3, 4)))]
    centre = rng.randint(58, 70) if sung else rng.randint(60, 79)
    pitch = centre
    notes: list[Note] = []
    legato = rng.uniform(0.6, 1.05)
    accent = rng.randint(0, 18)
    resting = False
    for bar in range(beats // beats_per_bar):
        if bar % 4 == 0:
            resting = rng.random() < 0.22
        if resting or (bar % 4 == 3 and rng.random() < 0.4):
            continue
        onsets = rng.choice(motifs) if rng.random() < 0.8 else rhythm(rng, beats_per_bar, tuplet, density, syncopation)
        for index, onset in enumerate(onsets):
            start = bar * beats_per_bar + swung(onset, swing)
            following = onsets[index + 1] if index + 1 < len(onsets) else beats_per_bar * rng.uniform(0.9, 1.1)
            length = max(0.1, (swung(following, swing) - swung(onset, swing)) * legato)
            tones = [(chord_at(chords, start).root + step) % 12 for step in QUALITIES[chord_at(chords, start).quality][2]]
            pitch = next_pitch(rng, pitch, centre, tones if onset % 1 == 0 or rng.random() < 0.3 else scale)
            velocity = min(127, max(30, int(rng.gauss(92 + (accent if onset == 0 else 0), 8))))
            notes.append(Note(part, start, length, pitch, velocity))
    return notes


def next_pitch(rng: random.Random, pitch: int, centre: int, allowed: list[int]) -> int:
    """The allowed pitch near a small random step that also pulls back to the centre."""
    wish = pitch + rng.gauss(0, 3) + 0.15 * (centre - pitch)
    choices = [p for p in range(centre - 14, centre + 15) if p % 12 in allowed]
    return min(choices, key=lambda p: (abs(p - wish) + (1.5 if p == pitch else 0), p)) if choices else pitch


def swung(beat: float, swing: float) -> float:
    """Delays the second half of every beat: 0.5 is straight, 0.667 is triplet swing."""
    whole, part = int(beat // 1), beat % 1
    warped = part * swing / 0.5 if part < 0.5 else swing + (part - 0.5) * (1 - swing) / 0.5
    return whole + warped


def voicing(chord: Chord, low: int, tones: int = 4) -> list[int]:
    """Close position, from `low` upwards."""
    classes = [(chord.root + step) % 12 for step in QUALITIES[chord.quality][2]]
    return [p for p in range(low, low + 24) if p % 12 in classes][:tones]


def root_pitch(chord: Chord, low: int) -> int:
    return low + (chord.root - low) % 12


def countermelody(rng: random.Random, chords: list[Chord], beats: int) -> list[Note]:
    """A held line (strings, organ, pad): one or two notes a chord."""
    part = Part(ACCOMPANIMENT, rng.choice((48, 49, 50, 51, 89, 91, 16, 19, 52, 4, 92)))
    low, level = rng.randint(52, 64), rng.randint(45, 85)
    return [Note(part, chord.start, (chord.end - chord.start) * 0.98, pitch, level) for chord in chords if chord.start < beats for pitch in voicing(chord, low, rng.choice((2, 3, 4)))]
