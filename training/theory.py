"""Keys, chords and progressions by function: the harmony of the generated songs."""

from __future__ import annotations

import random

from score import Chord

NAMES_SHARP = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
NAMES_FLAT = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)

# quality: (suffix in MMA's chord names, Harte et al.'s shorthand (ISMIR 2005), semitones above the root)
QUALITIES: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "maj": ("", "maj", (0, 4, 7)),
    "min": ("m", "min", (0, 3, 7)),
    "7": ("7", "7", (0, 4, 7, 10)),
    "maj7": ("M7", "maj7", (0, 4, 7, 11)),
    "min7": ("m7", "min7", (0, 3, 7, 10)),
    "hdim7": ("m7b5", "hdim7", (0, 3, 6, 10)),
    "dim": ("dim3", "dim", (0, 3, 6)),
    "dim7": ("dim7", "dim7", (0, 3, 6, 9)),
    "sus4": ("sus4", "sus4", (0, 5, 7)),
    "6": ("6", "maj6", (0, 4, 7, 9)),
    "9": ("9", "9", (0, 4, 7, 10, 14)),
}

# A progression is bars of (semitones above the tonic, quality); a bar may hold two chords.
Bar = tuple[tuple[int, str], ...]

MAJOR_LOOPS = (
    "I V vi IV", "vi IV I V", "I vi IV V", "I IV V IV", "I iii IV V", "I IV ii V", "I V IV V", "I bVII IV I", "I IV I V",
    "I I IV V", "I vi ii V", "IV I V vi", "I V ii IV", "I ii IV I", "I IV vi V", "I iii vi IV", "I V vi iii IV I IV V",
    "I I IV I V IV I V", "I IV I I V V I I", "I I I I IV IV I I V V I V", "ii V I vi", "I III IV iv", "I II IV I",
)
MINOR_LOOPS = (
    "i VI III VII", "i VII VI VII", "i iv V i", "i VI VII i", "i VII VI V", "i iv VII III", "i v iv v", "i III VII IV",
    "i iv i V", "i i iv V", "i VI iv V", "i VII i VII", "i i VI VII", "iv i V i", "i iv VI V", "i III VI V", "i ii0 V i",
)
JAZZ_MAJOR = (
    "ii7 V7 I7 VI7", "I7 vi7 ii7 V7", "iii7 VI7 ii7 V7", "I7 I7 ii7 V7 I7 IV7 ii7 V7", "ii7 V7 I7 I7 iv7 bVII7 I7 V7",
    "I7 II7 ii7 V7", "III7 VI7 II7 V7", "I7 IV7 iii7 vi7 ii7 V7 I7 V7",
)
JAZZ_MINOR = ("i7 iiø V7 i7", "i7 iv7 iiø V7", "iv7 VII7 III7 VI7 iiø V7 i7 V7", "i7 VI7 iiø V7", "i7 i7 iv7 iv7 iiø V7 i7 V7")
BLUES = ("I I I I IV IV I I V IV I V", "I IV I I IV IV I I V IV I I", "I I IV I V IV I I", "I I IV IV V IV I I")

DEGREES = {"I": 0, "II": 2, "III": 4, "IV": 5, "V": 7, "VI": 9, "VII": 11}


def parse_degree(text: str, minor: bool, sevenths: bool) -> tuple[int, str]:
    """A Roman numeral to (semitones above the tonic, quality)."""
    flat = text.startswith("b")
    body = text.lstrip("b")
    seventh = "7" in body
    half = "ø" in body
    dim = "0" in body
    numeral = body.rstrip("7ø0")
    upper = numeral.upper()
    step = DEGREES[upper] - (1 if flat else 0)
    if minor and upper in ("III", "VI", "VII"):
        step -= 1
    if half:
        return step, "hdim7"
    if dim:
        return step, "dim"
    is_minor = numeral.islower()
    if not seventh and not sevenths:
        return step, "min" if is_minor else "maj"
    if is_minor:
        return step, "min7"
    tonic = (upper == "I" or (upper == "IV" and not minor) or (minor and upper in ("III", "VI"))) and not flat
    return step, "maj7" if tonic else "7"


def progression(rng: random.Random, flavour: str, minor: bool) -> list[Bar]:
    """Four to sixteen bars for one section."""
    if flavour == "jazz":
        text = rng.choice(JAZZ_MINOR if minor else JAZZ_MAJOR)
        bars = [parse_degree(token, minor, True) for token in text.split()]
    elif flavour == "blues":
        text = rng.choice(BLUES)
        kind = rng.choice(("7", "7", "maj", "9")) if not minor else "min7"
        bars = [(DEGREES[token], "7" if minor and token == "V" else kind) for token in text.split()]
    else:
        text = rng.choice(MINOR_LOOPS if minor else MAJOR_LOOPS)
        bars = [parse_degree(token, minor, False) for token in text.split()]
        bars = [(step, decorate(rng, step, quality)) for step, quality in bars]
    split = rng.random() < 0.15 and len(bars) % 2 == 0 and len(bars) >= 4
    if split:
        return [(bars[i], bars[i + 1]) for i in range(0, len(bars), 2)]
    return [(bar,) for bar in bars]


def decorate(rng: random.Random, step: int, quality: str) -> str:
    """Now and then a seventh, sixth or suspension where popular music has one."""
    if rng.random() > 0.18:
        return quality
    if quality == "min":
        return "min7"
    if quality == "maj" and step == 7:
        return rng.choice(("7", "sus4", "7"))
    if quality == "maj":
        return rng.choice(("maj7", "6", "maj"))
    return quality


def key_name(tonic: int, minor: bool) -> str:
    """As "Eb major" or "F# minor"."""
    flats = tonic in ((0, 5, 10, 3, 8, 7, 2) if minor else (5, 10, 3, 8, 1))
    return f"{(NAMES_FLAT if flats else NAMES_SHARP)[tonic]} {'minor' if minor else 'major'}"


def harte(chord: Chord) -> str:
    """Harte's label of a chord, as "Eb:min7"."""
    return f"{NAMES_FLAT[chord.root]}:{QUALITIES[chord.quality][1]}"


def mma_name(root: int, quality: str) -> str:
    return NAMES_FLAT[root] + QUALITIES[quality][0]


def place(bars: list[Bar], tonic: int, beats_per_bar: int) -> list[Chord]:
    """The bars as chords in beats, equal neighbours merged."""
    chords: list[Chord] = []
    for number, bar in enumerate(bars):
        halves = [0.0, float(beats_per_bar)] if len(bar) == 1 else [0.0, float((beats_per_bar + 1) // 2), float(beats_per_bar)]
        for (step, quality), start, end in zip(bar, halves, halves[1:]):
            chord = Chord(number * beats_per_bar + start, number * beats_per_bar + end, (tonic + step) % 12, quality)
            last = chords[-1] if chords else None
            if last and (last.root, last.quality) == (chord.root, chord.quality):
                chords[-1] = Chord(last.start, chord.end, last.root, last.quality)
            else:
                chords.append(chord)
    return chords


def sections(rng: random.Random, flavour: str, minor: bool, bars: int) -> list[Bar]:
    """A form: two or three sections that repeat, at least `bars` bars."""
    material = [progression(rng, flavour, minor) for _ in range(rng.choice((1, 2, 2, 3)))]
    form: list[Bar] = []
    while len(form) < bars:
        section = material[0] if rng.random() < 0.5 else rng.choice(material)
        repeats = 1 if len(section) >= 8 else rng.choice((1, 2, 2, 4))
        for _ in range(repeats):
            form.extend(section)
    return form[:bars] if rng.random() < 0.5 else form
