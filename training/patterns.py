"""Songs of our own from the genres in `genres.py`: drum grids, bass figures and chord figures."""

from __future__ import annotations

import random
from collections.abc import Callable

from genres import DRUM_NOTES, GENRES, HELD_OUT_GENRES, WEIGHTS, Genre
from melody import chord_at, countermelody, melody, root_pitch, swung, voicing
from score import ACCOMPANIMENT, Chord, DRUMS, Note, Part, Song
from theory import key_name, place, sections

CHANCE_OF_FILL = 0.5
Figure = list[tuple[float, float, int]]  # (beat in the bar, length in beats, accent)


def swung_step(step: int, per_beat: int, swing: float) -> float:
    """The beat of a grid step; where a beat has four steps, each pair of them is swung."""
    if per_beat != 4:
        return step / per_beat
    pair, second = divmod(step, 2)
    return pair / 2 + (swing / 2 if second else 0.0)


def lane_notes(rng: random.Random, pitch: int, lane: str, level: int, place_of: Callable[[int], float]) -> list[tuple[float, int, int]]:
    """(beat, pitch, velocity) of one drum in one bar."""
    hits = []
    for step, mark in enumerate(lane):
        if mark == "." or (mark in "?-" and rng.random() < 0.6):
            continue
        loud = mark in "x?"
        velocity = rng.gauss(level if loud else level * 0.55, 5)
        hits.append((place_of(step), pitch, min(127, max(12, int(velocity)))))
    return hits


def fill_lanes(rng: random.Random, steps: int, per_beat: int) -> dict[str, str]:
    """A fill over the last one or two beats: toms or snare in the grid's steps."""
    length = per_beat * rng.choice((1, 1, 2))
    drums = [rng.choice(("snare", "tom_high", "tom_mid", "tom_low")) for _ in range(length)]
    kind = rng.random()
    if kind < 0.35:
        drums = ["snare"] * length
    elif kind < 0.7:
        drums = [("tom_high", "tom_mid", "tom_low")[min(2, i * 3 // length)] for i in range(length)]
    lanes = {}
    for drum in set(drums):
        lanes[drum] = "." * (steps - length) + "".join("x" if d == drum and rng.random() < 0.85 else "." for d in drums)
    return lanes


def drum_notes(rng: random.Random, genre: Genre, bars: int, swing: float) -> list[Note]:
    """The drum part: a groove that changes every eight bars, fills and crashes at the seams."""
    part = Part(DRUMS)
    per_beat = genre.steps // genre.beats_per_bar
    kit = {drum: rng.choice(choices) for drum, choices in DRUM_NOTES.items()}
    levels = {drum: rng.randint(68, 118) for drum in DRUM_NOTES} | {"kick": rng.randint(95, 122), "snare": rng.randint(92, 122)}
    patterns = [{drum: rng.choice(lanes) for drum, lanes in choice.items()} for choice in rng.choices(genre.drums, k=2)]
    crash, fills = rng.random() < 0.7, rng.random() < 0.8
    notes: list[Note] = []
    groove = patterns[0]
    for bar in range(bars):
        if bar % 8 == 0:
            groove = rng.choice(patterns) if rng.random() < 0.6 else patterns[0]
        lanes = dict(groove)
        if not lanes:
            continue
        if fills and bar % rng.choice((4, 8, 8)) in (3, 7) and rng.random() < CHANCE_OF_FILL:
            fill = fill_lanes(rng, genre.steps, per_beat)
            cut = min(lane.find("x") for lane in fill.values() if "x" in lane) if any("x" in lane for lane in fill.values()) else genre.steps
            lanes = {drum: lane[:cut].ljust(genre.steps, ".") for drum, lane in lanes.items()}
            for drum, lane in fill.items():
                base = lanes.get(drum, "." * genre.steps)
                lanes[drum] = "".join(new if new != "." else old for new, old in zip(lane, base))
        if crash and bar % 8 == 0 and rng.random() < 0.6:
            lanes["crash"] = "x" + "." * (genre.steps - 1)
        for drum, lane in lanes.items():
            for beat, pitch, velocity in lane_notes(rng, kit[drum], lane, levels[drum], lambda step: swung_step(step, per_beat, swing)):
                notes.append(Note(part, bar * genre.beats_per_bar + beat, 0.2, pitch, velocity))
        if genre is GENRES["trap"] and rng.random() < 0.4:
            notes += roll(rng, part, bar, kit["hat"], levels["hat"])
    return notes


def roll(rng: random.Random, part: Part, bar: int, pitch: int, level: int) -> list[Note]:
    """A hi-hat roll in 32nds or triplets of 16ths, half a beat long."""
    start, count = bar * 4 + rng.randrange(8) / 2, rng.choice((4, 3, 6))
    return [Note(part, start + 0.5 * i / count, 0.1, pitch, int(level * 0.8)) for i in range(count)]


def bass_notes(rng: random.Random, style: str, genre: Genre, chords: list[Chord], bars: int, swing: float, kick: list[float]) -> list[Note]:
    part = Part(ACCOMPANIMENT, rng.choice(genre.basses))
    meter, notes, level = genre.beats_per_bar, [], rng.randint(85, 115)
    triple = (genre.steps // meter) % 3 == 0
    shape = sorted(rng.sample(range(meter * 4), min(meter * 4, rng.randint(3, 6))))
    if 0 not in shape and rng.random() < 0.75:
        shape = [0, *shape]
    for bar in range(bars):
        for beat, length, step in bass_figure(rng, style, meter, triple, shape, [k - bar * meter for k in kick if bar * meter <= k < (bar + 1) * meter]):
            start = bar * meter + (swung(beat, swing) if not triple else beat)
            pitch = root_pitch(chord_at(chords, start), 33) + step
            notes.append(Note(part, start, length, pitch, min(127, int(rng.gauss(level, 6)))))
    return notes


def bass_figure(rng: random.Random, style: str, meter: int, triple: bool, shape: list[int], kick: list[float]) -> Figure:
    """(beat, length, semitones above the root) for one bar."""
    if style == "none":
        return []
    if style == "kick" and kick:
        return [(beat, 0.4, 0) for beat in kick]
    if style == "eighths":
        return [(i / 2, 0.45, 0) for i in range(meter * 2)]
    if style == "sixteenths":
        return [(i / 4, 0.22, 0) for i in range(meter * 4)]
    if style == "quarters":
        return [(float(i), 0.95, rng.choice((0, 7, 4, 12)) if i else 0) for i in range(meter)]
    if style == "offbeat":
        return [(i + 0.5, 0.4, 0) for i in range(meter)]
    if style == "octaves":
        return [(i / 2, 0.4, 12 * (i % 2)) for i in range(meter * 2)]
    if style == "walk":
        line = [(float(i), 0.9, (0, rng.choice((2, 3, 4, 7)), rng.choice((5, 7, 9)), rng.choice((7, 10, 11, -1)))[i % 4]) for i in range(meter)]
        return line + ([(rng.randrange(meter) + 2 / 3, 0.3, 7)] if triple and rng.random() < 0.3 else [])
    if style == "boogie":
        return [(i / 2 if not triple else i // 2 + (2 / 3) * (i % 2), 0.4, (0, 0, 4, 4, 7, 7, 9, 9)[i % 8]) for i in range(meter * 2)]
    if style == "rootfifth":
        return [(0.0, 0.8, 0)] + ([(float(i), 0.8, -5) for i in range(1, meter)] if meter != 2 or rng.random() < 0.8 else [])
    if style == "syncopated":
        return [(step / 4, 0.35, rng.choice((0, 0, 0, 7, 12, 10))) for step in shape]
    if style == "sparse":
        return [(step / 4, 0.8, 0) for step in shape[:3]]
    half = meter / 2 if meter % 2 == 0 and meter > 2 else float(meter)
    return [(0.0, half * 0.95, 0)] + ([(half, half * 0.95, rng.choice((0, 0, 7)))] if half < meter else [])


def chord_figure(rng: random.Random, style: str, meter: int, triple: bool, shape: list[int]) -> Figure:
    """(beat, length, accent) of whole chords in one bar."""
    division = 3 if triple else 2
    if style == "held":
        return [(0.0, meter * 0.97, 0)]
    if style in ("eighths", "ostinato"):
        return [(i / division, 0.9 / division, 8 if i % division == 0 else 0) for i in range(meter * division)]
    if style == "sixteenths":
        return [(i / 4, 0.2, 8 if i % 4 == 0 else 0) for i in range(meter * 4)]
    if style == "triplets":
        return [(i / 3, 0.3, 10 if i % 3 == 0 else 0) for i in range(meter * 3)]
    if style == "offbeat":
        return [(i + 0.5, 0.25, 0) for i in range(meter)]
    if style == "offbeat2":
        return [(float(i), 0.3, 0) for i in range(1, meter, 2)] + ([(1.5, 0.2, -10)] if rng.random() < 0.2 else [])
    if style in ("stabs", "riff", "funk", "comp", "loop"):
        return [(step / (3 if triple else 4), 0.3 if style != "riff" else 0.45, 0) for step in shape]
    if style == "chug":
        return [(i / 4, 0.2, 10 if i % 4 == 0 else 0) for i in range(meter * 4) if i % 4 == 0 or (i * 7 + shape[0]) % 5 < 3]
    if style == "strum":
        pattern = [(0.0, 8), (1.0, 4), (1.5, 0), (2.5, 0), (3.0, 4), (3.5, 0)] if meter == 4 else [(float(i), 0) for i in range(meter)] + [(i + 0.5, -8) for i in range(1, meter)]
        return [(beat, 0.6, accent) for beat, accent in pattern]
    if style == "shuffle":
        return [(i + off, 0.3, 6 if off == 0 else 0) for i in range(meter) for off in (0.0, 2 / 3)]
    if style in ("boomchick", "waltz", "stride"):
        return [(float(i), 0.5, -4) for i in range(1, meter)] if meter != 2 else [(0.5, 0.3, 0), (1.5, 0.3, 0)]
    return [(float(i), 0.97, 0) for i in range(meter)]


BROKEN = {"arpeggio": (0, 1, 2, 3, 2, 1), "alberti": (0, 2, 1, 2), "pick": (0, 2, 1, 3), "sixteenth_run": (0, 1, 2, 3, 4, 3, 2, 1)}


def chord_notes(rng: random.Random, style: str, genre: Genre, chords: list[Chord], bars: int, swing: float, program: int) -> list[Note]:
    part = Part(ACCOMPANIMENT, program)
    meter, level, low = genre.beats_per_bar, rng.randint(65, 105), rng.randint(50, 60)
    triple = (genre.steps // meter) % 3 == 0
    division = 3 if triple else (4 if style == "sixteenth_run" or rng.random() < 0.4 else 2)
    count = rng.randint(2, 5) if style in ("stabs", "comp") else rng.randint(4, 9)
    grid = meter * (3 if triple else 4)
    shapes = [sorted(rng.sample(range(grid), min(grid, count))) for _ in range(2)]
    power = program in (29, 30) and rng.random() < 0.75
    strum = rng.uniform(0.0, 0.03) if program in (24, 25, 26, 27, 105) else 0.0
    notes: list[Note] = []
    for bar in range(bars):
        offset = bar * meter
        if style == "none":
            break
        if style in BROKEN or (style == "piano" and bar % 8 < 4):
            order = BROKEN.get(style, BROKEN["arpeggio"])
            for i in range(meter * division):
                tones = voicing(chord_at(chords, offset + i / division), low, 4)
                start = offset + (swung(i / division, swing) if not triple else i / division)
                notes.append(Note(part, start, rng.uniform(0.8, 1.6) / division, tones[order[i % len(order)] % len(tones)], clipped(rng, level + (6 if i % division == 0 else 0))))
            if style in ("piano", "arpeggio") and rng.random() < 0.6:
                notes.append(Note(part, offset, meter * 0.9, root_pitch(chord_at(chords, offset), 36), clipped(rng, level + 8)))
            continue
        for beat, length, accent in chord_figure(rng, style, meter, triple, shapes[bar % 4 == 3]):
            start = offset + (swung(beat, swing) if not triple else beat)
            chord = chord_at(chords, start)
            pitches = [root_pitch(chord, 40), root_pitch(chord, 40) + 7, root_pitch(chord, 40) + 12] if power else voicing(chord, low, rng.choice((3, 4)))
            for index, pitch in enumerate(pitches):
                notes.append(Note(part, start + strum * index, length, pitch, clipped(rng, level + accent)))
        if style in ("boomchick", "waltz", "stride"):
            chord = chord_at(chords, offset)
            notes.append(Note(part, offset, 0.8, root_pitch(chord, 36), clipped(rng, level + 10)))
    return notes


def clipped(rng: random.Random, level: float) -> int:
    return min(127, max(20, int(rng.gauss(level, 6))))


def pattern_song(rng: random.Random, seconds: float, held_out: bool) -> Song:
    """A song of a random genre; the genres in `HELD_OUT_GENRES` only where held out (two in five of those songs)."""
    reserved = held_out and rng.random() < 0.4
    names = [name for name in GENRES if (name in HELD_OUT_GENRES) == reserved]
    name = rng.choices(names, weights=[WEIGHTS.get(name, 0.8) for name in names])[0]
    genre = GENRES[name]
    bpm = rng.uniform(*genre.tempo)
    meter = genre.beats_per_bar
    bars_needed = int(seconds * bpm / 60 / meter) + 2
    minor = rng.random() < genre.minor
    tonic = rng.randrange(12)
    bars = sections(rng, genre.harmony, minor, bars_needed)
    triple = (genre.steps // meter) % 3 == 0
    song = Song(name, bpm, meter, len(bars) * meter, key_name(tonic, minor), tuplet=3 if triple else 2, source="patterns-held-out" if held_out else "patterns")
    song.chords = place(bars, tonic, meter)
    swing = rng.uniform(*genre.swing)
    drums = drum_notes(rng, genre, len(bars), swing) if rng.random() >= genre.drumless else []
    kick = sorted({note.start for note in drums if note.pitch in (35, 36)})
    song.notes += drums
    song.notes += bass_notes(rng, rng.choice(genre.bass), genre, song.chords, len(bars), 0.5, kick)
    styles = rng.sample(genre.chords, min(len(genre.chords), rng.choice((1, 1, 2))))
    for style in styles:
        song.notes += chord_notes(rng, style, genre, song.chords, len(bars), 0.5, rng.choice(genre.guitars))
    if rng.random() < genre.melody:
        song.notes += melody(rng, song.chords, song.beats, meter, tonic, minor, song.tuplet, 0.5, rng.random() < 0.5)
    if rng.random() < 0.2:
        song.notes += countermelody(rng, song.chords, song.beats)
    if not drums and not any(note.start < meter * 4 for note in song.notes):
        return pattern_song(rng, seconds, held_out)
    song.free = not drums
    return song
