"""What a generated song is before it sounds: parts, notes in beats, chords, and the truth that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field

DRUMS, ACCOMPANIMENT, LEAD = "drums", "accompaniment", "lead"
STEMS = (DRUMS, ACCOMPANIMENT, LEAD)


@dataclass(frozen=True)
class Part:
    """One instrument. `program` is General MIDI, 0 to 127; `sung` parts are synthesised as a voice instead."""

    stem: str
    program: int = 0
    sung: bool = False


@dataclass(frozen=True)
class Note:
    """`start` and `length` in beats of the level a listener taps; `pitch` MIDI; `velocity` 1 to 127."""

    part: Part
    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True)
class Chord:
    """From `start` to `end` in beats; `root` 0 (C) to 11; `quality` is a key of `theory.QUALITIES`."""

    start: float
    end: float
    root: int
    quality: str


@dataclass
class Song:
    """`beats` beats in all, `beats_per_bar` of them a bar, the first bar at beat 0."""

    genre: str
    bpm: float
    beats_per_bar: int
    beats: int
    key: str
    notes: list[Note] = field(default_factory=list)
    chords: list[Chord] = field(default_factory=list)
    tuplet: int = 2
    free: bool = False
    source: str = ""

    def has_drums(self) -> bool:
        return any(note.part.stem == DRUMS for note in self.notes)
