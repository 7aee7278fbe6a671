"""Genres that MMA lacks, as data: drum grids, tempi, and which bass and chord figures go with them."""

from __future__ import annotations

from dataclasses import dataclass

# One character a step: x loud, o soft, . nothing, ? loud now and then, - soft now and then.
Grid = dict[str, tuple[str, ...]]

DRUM_NOTES = {
    "kick": (36, 36, 35), "snare": (38, 38, 40), "clap": (39,), "rim": (37,), "hat": (42,), "pedal": (44,), "open": (46,), "ride": (51, 59, 53),
    "crash": (49, 57), "tom_low": (43, 41), "tom_mid": (45, 47), "tom_high": (48, 50), "tamb": (54,), "shaker": (70, 82),
    "conga": (63, 62), "conga_low": (64,), "cowbell": (56,), "china": (52,), "stick": (31, 37),
}


@dataclass(frozen=True)
class Genre:
    """`steps` grid steps a bar; `swing` is the range of the place of the off-beat step inside its pair."""

    tempo: tuple[float, float]
    drums: tuple[Grid, ...]
    beats_per_bar: int = 4
    steps: int = 16
    swing: tuple[float, float] = (0.5, 0.5)
    bass: tuple[str, ...] = ("roots",)
    chords: tuple[str, ...] = ("held",)
    guitars: tuple[int, ...] = (27,)
    basses: tuple[int, ...] = (33, 34, 33, 38)
    harmony: str = "pop"
    minor: float = 0.4
    melody: float = 0.6
    drumless: float = 0.0


def grid(**lanes: str | tuple[str, ...]) -> Grid:
    return {name: (lane,) if isinstance(lane, str) else lane for name, lane in lanes.items()}


HAT8, HAT16, HATQ, OFF = "x.o.x.o.x.o.x.o.", "xoooxoooxoooxooo", "x...x...x...x...", "..x...x...x...x."
BACK, FOUR = "....x.......x...", "x...x...x...x..."

ROCK = (
    grid(kick=("x.......x.......", "x.......x.x.....", "x.....?.x.......", "x.x.....x.x.....", "x..x....x..x....", "x.....x..xx....."), snare=BACK, hat=(HAT8, HATQ, "xxxxxxxxxxxxxxxx")),
    grid(kick=("x.......x.......", "x..x..x.x.......", "x.......x.x...x."), snare=(BACK, "....x..-.-..x..-"), ride=(HAT8, "x.o.x.o.x.o.x.o.")),
    grid(kick=("x.x...x.x.......", "x......xx......."), snare=BACK, open=("x.x.x.x.x.x.x.x.", "x...x...x...x...")),
    grid(kick=("x...............", "x.....x....x...."), snare=("........x.......",), hat=(HAT8, HATQ)),
    grid(kick="x.x.....x.x.....", snare="....x.......x...", tom_low=("x.x.x.x.x.x.x.x.", "x.xxx.xxx.xxx.xx")),
)
METAL = (
    grid(kick=("xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx", "xxx.xxx.xxx.xxx."), snare=(BACK,), ride=(HATQ,), crash=("x...............", "................")),
    grid(kick="x.x.x.x.x.x.x.x.", snare=".x.x.x.x.x.x.x.x", open=(HATQ,), crash="x..............."),
    grid(kick=("xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx", "x..x..x.x..x..x."), snare="........x.......", china=(HATQ, "x...x...x...x...")),
    grid(kick=("x.......x.......", "x..x....x.x.....", "x.x...x.x.x...x."), snare=BACK, crash=(HATQ,)),
    grid(kick=("x.x.x.x.x.x.x.x.",), snare=("..x...x...x...x.",), hat=HATQ),
    grid(kick=("x..x..x...x.....", "x..x..x..x..x.x."), snare=BACK, open=HATQ),
)
PUNK = (
    grid(kick=("x...x...x...x...", "x.....x.x.....x."), snare="..x...x...x...x.", hat=("x.x.x.x.x.x.x.x.",)),
    grid(kick=("x.......x.x.....", "x..x..x.x..x...."), snare=BACK, open=HAT8),
)
BOOMBAP = (
    grid(kick=("x......x..x.....", "x.x.......x.....", "x......x.xx.....", "x..x......x..x..", "x.........x....."), snare=(BACK, "....x..-.-..x..-"), hat=(HAT8, HAT16, "x.o.x.oox.o.x.o.")),
    grid(kick=("x.......x.x.....", "x..x...x..x....."), snare=BACK, clap=BACK, shaker=HAT16),
    grid(kick=("x......x........", "x.....x...x....."), rim=(BACK,), hat=(HAT8, "..x...x...x...x.")),
)
TRAP = (  # Written at the tapped level, 65 to 90: the snare on 2 and 4, hats in 16ths and 32nds.
    grid(kick=("x......x..x.....", "x.....x....x....", "x..x..........x."), snare=BACK, clap=BACK, hat=("xxxxxxxxxxxxxxxx", "x.x.x.xxx.x.xxx.", "x.xxx.x.xxxxx.x.")),
)
HOUSE = (
    grid(kick=FOUR, clap=(BACK,), open=OFF, hat=("................", HAT16)),
    grid(kick=FOUR, snare=BACK, hat=HAT8, open=OFF),
    grid(kick=FOUR, hat=("..x...x...x...x.", "x.xxx.xxx.xxx.xx"), tamb=("................", "..x...x...x...x.")),
    grid(kick=FOUR, rim=("..x..x...x..x...", "...x..x....x..x."), shaker=HAT16),
)
DISCO = (
    grid(kick=FOUR, snare=BACK, open=OFF, hat=("x.x.x.x.x.x.x.x.", "xx.xxx.xxx.xxx.x")),
    grid(kick=FOUR, snare=BACK, open=OFF, conga=("..x.x..x..x.x..x", "x..xx.x.x..xx.x."), clap=("................", BACK)),
    grid(kick=FOUR, snare=BACK, hat="xoxoxoxoxoxoxoxo", cowbell=("................", FOUR), tamb=("................", HAT16)),
)
REGGAE = (
    grid(kick="........x.......", rim=("........x.......", "........x..-...."), hat=("x.x.x.x.x.x.x.x.", "..x...x...x...x.", "xoooxoooxoooxooo")),
    grid(kick=("x.......x.......", "x...x...x...x..."), snare=("........x.......",), hat=HAT8),
    grid(kick="x...x...x...x...", rim=("........x.......", "........x.......", "......x.x......."), hat=("x.xxx.xxx.xxx.xx",)),
)
ROOTS = (  # One drop tapped at the slower level: kick and rim together on 2 and 4.
    grid(kick="....x.......x...", rim=("....x.......x...", "....x..-....x..."), hat=("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx")),
    grid(kick=FOUR, rim=BACK, hat=HAT8),
    grid(kick="x...x...x...x...", snare=("....x..x....x...", BACK), hat=HAT16),
)
SKA = (grid(kick=("x.......x.......", FOUR), snare=BACK, hat=(OFF, HAT8)), grid(kick=BACK, rim=BACK, hat=(OFF, HAT8)))
FUNK = (
    grid(kick=("x.x.......x..x..", "x..x..x...x.....", "x.....xx..x....x", "x.x...x..x....x."), snare=("....x..-.-..x..-", "....x..o.o.ox..o", BACK), hat=(HAT16, HAT8, "x.x.x.x.x.x.x.x.")),
    grid(kick=("x..x..x...x..x..", "x.x..x....xx...."), snare=("....x..o.o..x...", "....x.o..o..x.o."), hat=(HAT16,), open=("......x.........", "..............x.")),
)
BREAKS = (
    grid(kick=("x.x.......xx....", "x.x.......x.....", "x..x......x....."), snare=("....x..x.x..x..x", "....x..o.o..x..o", "....x....x..x..."), ride=("x.x.x.x.x.x.x.x.",)),
    grid(kick=("x.........x.....", "x.....x...x....."), snare=(BACK, "....x..-....x.-."), hat=(HAT8, HAT16)),
)
DNB = (grid(kick=("x.........x.....", "x.x.......x.....", "x......x..x....."), snare=(BACK, "....x..-.-..x..-"), hat=(HAT8, HAT16, "x.x.x.x.x.x.x.x.")),)
SHUFFLE = (  # twelve steps
    grid(kick=("x.....x.....", "x....xx.....", "x..x..x..x.."), snare="...x.....x..", hat=("x.xx.xx.xx.x", "x..x..x..x..")),
    grid(kick=("x.....x.....", "x.....x.x..."), snare=("...x.....x..", "...x....-x.-"), ride=("x..x.xx..x.x", "x.xx.xx.xx.x")),
)
SLOW12 = (
    grid(kick=("x.....x.....", "x....xx....."), snare="...x.....x..", hat=("xxxxxxxxxxxx",)),
    grid(kick=("x.....x.....",), snare="...x.....x..", ride=("xxxxxxxxxxxx", "x.xx.xx.xx.x")),
)
SWING = (  # twelve steps
    grid(ride=("x..x.xx..x.x", "x..x..x..x.x", "x..x.xx..x.."), pedal="...x.....x..", kick=("-..-..-..-..", "............"), snare=(".....-.....-", "--.......-..", "............")),
    grid(ride=("x..x.xx..x.x",), pedal="...x.....x..", snare=("..-.....-...", "......-..-.o"), kick=("............", "..-.........")),
    grid(hat=("x..x.xx..x.x",), rim=(".........x..", "............"), kick="x..x..x..x.."),
)
WALTZ3 = (
    grid(kick="x...........", snare="....x...x...", hat=("x...x...x...", "x.x.x.x.x.x.")),
    grid(kick=("x...........", "x.....x....."), snare=("........x...", "....x...x..."), ride=("x.x.x.x.x.x.", "x...x.x.x...")),
)
SIX8 = (  # two dotted beats, six steps each of a sixteenth
    grid(kick=("x...........", "x.........x."), snare="......x.....", hat=("x.x.x.x.x.x.", "x.....x.....")),
    grid(kick=("x.....x.....", "x...x......."), snare="......x.....", ride=("x.x.x.x.x.x.", "x...x.x...x.")),
)
FIVE4 = (
    grid(kick=("x.....x.....x.......", "x...........x......."), snare=("........x.......x...", "........x..........."), hat=("x.x.x.x.x.x.x.x.x.x.", "x...x...x...x...x...")),
    grid(kick="x.....x...x.x.......", snare="....x...x.......x...", ride="x.x.x.x.x.x.x.x.x.x."),
)
SEVEN4 = (
    grid(kick=("x.......x.......x...........", "x.......x.........x........."), snare=("....x.......x.......x...x...", "....x.......x...........x..."), hat=("x.x.x.x.x.x.x.x.x.x.x.x.x.x.", "x...x...x...x...x...x...x...")),
)
TWO4 = (
    grid(kick="x.......", snare="....x...", hat=("x.x.x.x.", "........")),
    grid(kick="x.......", snare=("....x.xx", "..x.x.x.", "....x...")),
    grid(kick="x...x...", snare="..x...x.", hat="x.x.x.x."),
)
NONE: tuple[Grid, ...] = (grid(),)

GENRES: dict[str, Genre] = {
    "rock": Genre((85, 175), ROCK, bass=("eighths", "roots", "kick", "walk"), chords=("eighths", "held", "strum", "riff"), guitars=(29, 27, 30, 25, 28)),
    "hard_rock": Genre((75, 150), ROCK, bass=("eighths", "kick"), chords=("riff", "eighths", "held"), guitars=(30, 29), minor=0.7),
    "metal": Genre((85, 205), METAL, bass=("kick", "eighths", "sixteenths"), chords=("chug", "riff", "sixteenths", "held"), guitars=(30, 30, 29), minor=0.95, melody=0.45),
    "punk": Genre((80, 115), PUNK, bass=("eighths",), chords=("eighths", "sixteenths"), guitars=(30, 29), minor=0.3),
    "hiphop": Genre((78, 110), BOOMBAP, swing=(0.5, 0.62), bass=("kick", "sparse", "roots"), chords=("stabs", "held", "loop", "none"), guitars=(4, 0, 5, 48, 11), basses=(33, 38, 39, 32), minor=0.75, melody=0.4),
    "trap": Genre((62, 90), TRAP, bass=("kick", "sparse"), chords=("held", "loop", "none"), guitars=(81, 88, 11, 0, 46), basses=(38, 39), minor=0.9, melody=0.5),
    "house": Genre((116, 132), HOUSE, bass=("offbeat", "octaves", "kick"), chords=("stabs", "offbeat", "held", "none"), guitars=(4, 0, 81, 90, 16), basses=(38, 39, 38), minor=0.6, melody=0.4),
    "techno": Genre((125, 150), HOUSE, bass=("offbeat", "sixteenths", "kick"), chords=("loop", "stabs", "none"), guitars=(81, 80, 87, 90), basses=(38, 39), minor=0.8, melody=0.3),
    "disco": Genre((100, 132), DISCO, bass=("octaves", "walk", "syncopated"), chords=("offbeat", "funk", "held"), guitars=(27, 28, 4, 48, 61), minor=0.5),
    "reggae": Genre((118, 165), REGGAE, bass=("syncopated", "sparse", "walk"), chords=("offbeat2",), guitars=(27, 16, 0, 28), minor=0.45),
    "roots": Genre((60, 92), ROOTS, swing=(0.5, 0.6), bass=("syncopated", "sparse", "walk"), chords=("offbeat", "offbeat"), guitars=(27, 16, 0, 28), minor=0.45),
    "ska_punk": Genre((125, 175), SKA, bass=("walk", "eighths"), chords=("offbeat",), guitars=(27, 61, 28)),
    "funk": Genre((88, 122), FUNK, swing=(0.5, 0.56), bass=("syncopated", "kick", "octaves"), chords=("funk", "stabs"), guitars=(27, 28, 7, 4, 61), minor=0.5, basses=(33, 36, 37)),
    "soul": Genre((75, 125), FUNK + ROCK, bass=("syncopated", "walk", "roots"), chords=("stabs", "held", "funk"), guitars=(4, 16, 27, 61)),
    "breaks": Genre((120, 142), BREAKS, bass=("kick", "syncopated"), chords=("loop", "stabs", "held", "none"), guitars=(81, 4, 90), basses=(38, 39), minor=0.7, melody=0.4),
    "dnb": Genre((158, 180), DNB, bass=("sparse", "kick", "roots"), chords=("held", "loop", "none"), guitars=(89, 4, 90, 81), basses=(38, 39), minor=0.8, melody=0.4),
    "pop": Genre((82, 132), ROCK + HOUSE[:2] + BOOMBAP[:1], bass=("eighths", "roots", "kick", "syncopated"), chords=("held", "strum", "arpeggio", "stabs", "eighths"), guitars=(0, 25, 27, 4, 88, 24), melody=0.85, drumless=0.05),
    "shuffle": Genre((85, 160), SHUFFLE, steps=12, bass=("walk", "roots", "boogie"), chords=("shuffle", "stabs", "held"), guitars=(27, 26, 0, 16, 22), harmony="blues", minor=0.2),
    "slow_blues": Genre((52, 80), SLOW12, steps=12, bass=("roots", "walk"), chords=("triplets", "held", "stabs"), guitars=(26, 0, 16, 27), harmony="blues", minor=0.3, melody=0.9),
    "swing_jazz": Genre((85, 215), SWING, steps=12, bass=("walk",), chords=("comp", "held", "none"), guitars=(0, 26, 11, 0), basses=(32,), harmony="jazz", melody=0.9, drumless=0.12),
    "country": Genre((85, 135), TWO4, beats_per_bar=2, steps=8, bass=("rootfifth",), chords=("boomchick", "strum"), guitars=(25, 24, 105, 27, 0), melody=0.85, minor=0.1, drumless=0.15),
    "waltz_pop": Genre((80, 170), WALTZ3, beats_per_bar=3, steps=12, bass=("roots", "walk"), chords=("waltz", "held", "strum"), guitars=(25, 0, 24, 21), melody=0.8, drumless=0.15),
    "six_eight": Genre((48, 92), SIX8, beats_per_bar=2, steps=12, bass=("roots", "rootfifth"), chords=("triplets", "held", "arpeggio"), guitars=(0, 25, 27, 24), melody=0.8, drumless=0.15),
    "five_four": Genre((100, 185), FIVE4, beats_per_bar=5, steps=20, bass=("roots", "kick"), chords=("held", "stabs", "riff"), guitars=(0, 27, 30, 4), minor=0.7),
    "seven_four": Genre((120, 205), SEVEN4, beats_per_bar=7, steps=28, bass=("roots", "kick", "eighths"), chords=("held", "riff", "eighths"), guitars=(27, 30, 29, 4), minor=0.7),
    "piano_solo": Genre((58, 135), NONE, bass=("none",), chords=("piano", "alberti", "arpeggio", "stride"), guitars=(0, 0, 1, 6, 3), melody=0.9),
    "guitar_solo": Genre((60, 125), NONE, bass=("bassnote",), chords=("arpeggio", "pick"), guitars=(24, 25, 24, 26), basses=(24,), melody=0.4),
    "strings": Genre((58, 150), NONE, bass=("roots", "walk", "eighths"), chords=("chorale", "eighths", "held", "ostinato"), guitars=(48, 49, 44, 45, 40), basses=(43, 42), melody=0.8),
    "orchestra": Genre((62, 165), (grid(), grid(), grid(crash="x...............", kick="x.......x.......")), bass=("roots", "eighths"), chords=("chorale", "ostinato", "eighths"), guitars=(48, 60, 61, 68, 45), basses=(43, 58, 70), melody=0.9),
    "chorale": Genre((55, 110), NONE, bass=("quarters",), chords=("chorale",), guitars=(52, 19, 48, 53), basses=(43, 19, 42, 70), melody=0.3),
    "piano_waltz": Genre((95, 200), NONE, beats_per_bar=3, steps=12, bass=("none",), chords=("waltz",), guitars=(0, 0, 48, 21), melody=0.95),
    "baroque": Genre((60, 120), NONE, bass=("walk", "eighths"), chords=("alberti", "arpeggio", "sixteenth_run"), guitars=(6, 19, 0, 40, 48), basses=(43, 6, 70), melody=0.7),
    "minuet": Genre((90, 150), NONE, beats_per_bar=3, steps=12, bass=("quarters", "roots"), chords=("arpeggio", "chorale", "alberti"), guitars=(0, 6, 48, 24), basses=(42, 70, 43), melody=0.9),
    "pop_ballad": Genre((56, 92), ROCK[:2] + ROCK[3:4] + NONE, bass=("roots", "kick"), chords=("arpeggio", "held", "eighths"), guitars=(0, 4, 25, 88), melody=0.9, drumless=0.2),
    "folk": Genre((75, 140), NONE + (grid(tamb=BACK), grid(shaker=HAT16), grid(kick=FOUR)), bass=("bassnote", "none"), chords=("pick", "strum"), guitars=(25, 24, 105, 15), basses=(25, 32), melody=0.9),
}

# How often each is drawn; the drum-less ones together make about a fifth.
WEIGHTS: dict[str, float] = {"rock": 2, "metal": 2, "hiphop": 2.5, "pop": 2, "reggae": 0.7, "roots": 1.6, "disco": 1.6, "house": 1.2, "swing_jazz": 1.8, "country": 1.3, "six_eight": 1.3, "waltz_pop": 1.3, "shuffle": 1.5, "slow_blues": 1.0, "five_four": 0.4, "seven_four": 0.4, "punk": 1.0, "orchestra": 0.7, "piano_waltz": 0.7, "minuet": 0.5, "chorale": 0.5, "baroque": 0.7, "folk": 1.0}

# Kept out of training.
HELD_OUT_GENRES = frozenset({"soul", "ska_punk", "minuet", "folk", "breaks"})
