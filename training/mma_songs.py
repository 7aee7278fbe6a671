"""Songs from MMA (Musical MIDI Accompaniment, Bob van der Poel): its grooves under our chords, and a melody of our own."""

from __future__ import annotations

import random
import re
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path

import mido

from melody import countermelody, melody
from mma_styles import HELD_OUT, STYLES
from score import ACCOMPANIMENT, DRUMS, Note, Part, Song
from theory import Bar, key_name, mma_name, place, sections

UNFIT = re.compile(r"(Intro|End\d*$|Metronome)")


def grooves(library: Path, style: str) -> dict[int, list[str]]:
    """Beats a bar in MMA's count to the grooves of a style file that fit anywhere in a song."""
    found: dict[int, list[str]] = defaultdict(list)
    time = 4
    for line in (library / f"{style}.mma").read_text(errors="replace").splitlines():
        words = line.split()
        if len(words) >= 2 and words[0].lower() == "time" and words[1].isdigit():
            time = int(words[1])
        if len(words) >= 2 and words[0].lower() == "defgroove" and not UNFIT.search(words[1]):
            found[time].append(words[1])
    return dict(found)


def mma_source(rng: random.Random, names: list[str], bars: list[Bar], tonic: int, time: int) -> str:
    """The chord sheet in MMA's language, a groove to every few bars and a fill where a section ends."""
    plain = [name for name in names if "fill" not in name.lower()]
    fills = [name for name in names if "fill" in name.lower()]
    usual = rng.sample(plain, min(len(plain), rng.choice((1, 1, 2))))
    lines = ["Tempo 120", f"RndSeed {rng.randint(1, 10**6)}"]
    current = ""
    for number, bar in enumerate(bars):
        if number % 8 == 0:
            wanted = rng.choice(usual)
        fill = fills and number % 8 == 7 and rng.random() < 0.6
        groove = rng.choice(fills) if fill else wanted
        if groove != current:
            lines.append(f"Groove {groove}")
            current = groove
        lines.append(f"{number + 1} {bar_text(bar, tonic, time)}")
    return "\n".join(lines) + "\n"


def bar_text(bar: Bar, tonic: int, time: int) -> str:
    names = [mma_name((tonic + step) % 12, quality) for step, quality in bar]
    if len(names) == 1:
        return names[0]
    return " ".join([names[0], *["/"] * ((time + 1) // 2 - 1), names[1]])


def compile_mma(source: str) -> mido.MidiFile:
    """@raises subprocess.CalledProcessError where MMA refuses the song."""
    with tempfile.TemporaryDirectory() as folder:
        song, midi = Path(folder) / "song.mma", Path(folder) / "song.mid"
        song.write_text(source)
        subprocess.run(["mma", "-w", str(song), "-f", str(midi)], check=True, capture_output=True, timeout=60)
        return mido.MidiFile(str(midi))


def midi_notes(midi: mido.MidiFile, unit: float) -> list[Note]:
    """Every note in units of `unit` quarters; channel 10 is drums."""
    notes: list[Note] = []
    per_beat = midi.ticks_per_beat * unit
    for track in midi.tracks:
        tick = 0
        program: dict[int, int] = defaultdict(int)
        open_notes: dict[tuple[int, int], tuple[int, int]] = {}
        for message in track:
            tick += message.time
            if message.type == "program_change":
                program[message.channel] = message.program
            elif message.type == "note_on" and message.velocity > 0:
                open_notes[(message.channel, message.note)] = (tick, message.velocity)
            elif message.type in ("note_off", "note_on") and (message.channel, message.note) in open_notes:
                start, velocity = open_notes.pop((message.channel, message.note))
                drums = message.channel == 9
                part = Part(DRUMS) if drums else Part(ACCOMPANIMENT, program[message.channel])
                notes.append(Note(part, start / per_beat, max(0.02, (tick - start) / per_beat), message.note, velocity))
    return notes


def mma_song(rng: random.Random, library: Path, seconds: float, held_out: bool) -> Song:
    """A song at least `seconds` long in a style that is, or is not, held out from training."""
    style_name = rng.choice(sorted(name for name in STYLES if (name in HELD_OUT) == held_out))
    style = STYLES[style_name]
    by_time = grooves(library, style_name)
    time = max(by_time, key=lambda t: len(by_time[t]))
    beats_per_bar = max(1, time // style.unit)
    bpm = rng.uniform(style.slowest * 0.95, style.fastest * 1.05)
    bars_needed = int(seconds * bpm / 60 / beats_per_bar) + 2
    minor = rng.random() < (0.3 if style.harmony != "blues" else 0.15)
    tonic = rng.randrange(12)
    bars = sections(rng, style.harmony, minor, bars_needed)
    midi = compile_mma(mma_source(rng, by_time[time], bars, tonic, time))
    beats = len(bars) * beats_per_bar
    song = Song(style_name, bpm, beats_per_bar, beats, key_name(tonic, minor), tuplet=style.tuplet, source="mma")
    song.notes = [note for note in midi_notes(midi, style.unit) if note.start < beats]
    song.chords = place(bars, tonic, beats_per_bar)
    if rng.random() < 0.75:
        swing = 0.5 if style.tuplet == 3 else (rng.uniform(0.58, 0.67) if style.harmony in ("jazz", "blues") else 0.5)
        song.notes += melody(rng, song.chords, beats, beats_per_bar, tonic, minor, style.tuplet, swing, rng.random() < 0.4)
    if rng.random() < 0.15:
        song.notes += countermelody(rng, song.chords, beats)
    return song
