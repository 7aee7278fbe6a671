"""Makes the clips: `generate.py --out DIR --part train --first 0 --count 1200`. Clip N depends on its part and N alone."""

from __future__ import annotations

import argparse
import json
import random
import subprocess
from pathlib import Path

import numpy as np

import effects
from mma_songs import mma_song
from patterns import pattern_song
from render import Clip, SAMPLE_RATE, render
from score import DRUMS, Song
from synth import Synth

SECONDS = 30.0
LIBRARY = Path("/usr/share/mma/lib/stdlib")
SOUNDFONTS = {
    "FluidR3": "/usr/share/sounds/sf2/FluidR3_GM.sf2", "TimGM6mb": "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "MuseScore": "/usr/share/sounds/sf3/MuseScore_General_Full.sf3", "FluidR3Mono": "/usr/share/fluidr3mono-gm-soundfont/FluidR3Mono_GM.sf3",
}
FOR_PART = {"train": ("FluidR3", "TimGM6mb", "MuseScore"), "valid": ("FluidR3Mono", "FluidR3Mono", "TimGM6mb", "MuseScore")}
PART_SEED = {"train": 1, "valid": 2}
SHARE_OF_MMA = 0.45
DRUMS_ALONE, DRUMS_LEFT_OUT = 0.06, 0.1


def compose(seed: int, held_out: bool) -> Song:
    """Longer than a clip by half, so that a crop starts anywhere."""
    rng = random.Random(seed)
    seconds = SECONDS * rng.uniform(1.1, 1.7)
    song = mma_song(rng, LIBRARY, seconds, held_out) if rng.random() < SHARE_OF_MMA else pattern_song(rng, seconds, held_out)
    fate = rng.random()
    if song.has_drums() and fate < DRUMS_ALONE:
        song.notes = [note for note in song.notes if note.part.stem == DRUMS]
        song.chords, song.key = [], ""
    elif song.has_drums() and fate < DRUMS_ALONE + DRUMS_LEFT_OUT and any(note.part.stem != DRUMS for note in song.notes):
        song.notes = [note for note in song.notes if note.part.stem != DRUMS]
    return song


def master(rng: np.random.Generator, mix: np.ndarray) -> np.ndarray:
    """The chain from a mix to a file as people have it: tone, compression, limiting, old media, level, codec."""
    x = effects.tilt(rng, mix) if rng.random() < 0.6 else mix
    if rng.random() < 0.6:
        x = effects.compress(x, rng.uniform(-32, -18), rng.uniform(1.5, 6), rng.uniform(0.05, 0.3))
    if rng.random() < 0.35:
        x = effects.distort(x, rng.uniform(0.2, 0.9)) / 0.5
    if rng.random() < 0.12:
        x = effects.band_limit(x, rng.uniform(60, 200), rng.uniform(3000, 7000))
    if rng.random() < 0.3:
        x = x + effects.hiss(rng, len(x), 10 ** (rng.uniform(-75, -42) / 20))
    level = np.sqrt(np.mean(x**2)) + 1e-9
    x = x * (10 ** (rng.uniform(-26, -11) / 20) / level)
    x = np.clip(x, -1, 1) if rng.random() < 0.5 else x / max(1.0, float(np.max(np.abs(x))) / 0.98)
    if rng.random() < 0.2:
        x = effects.coded(x.astype(np.float32), str(rng.choice(("mp3", "ogg"))), int(rng.choice((32, 48, 64))))
    return np.clip(x, -1, 1).astype(np.float32)


def write_flac(path: Path, x: np.ndarray) -> None:
    pcm = (x * 32767).astype("<i2").tobytes()
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "-", str(path)], input=pcm, check=True)




def make(part: str, number: int, synths: dict[str, Synth], out: Path) -> None:
    rng = np.random.default_rng([PART_SEED[part], number])
    name = str(rng.choice(FOR_PART[part]))
    if name not in synths:
        synths[name] = Synth(SOUNDFONTS[name])
    song = compose(PART_SEED[part] * 10**6 + number, part == "valid")
    clip: Clip = render(rng, synths[name], song, SECONDS)
    mix = master(rng, np.sum(list(clip.stems.values()), axis=0))
    write_flac(out / part / f"{number:04d}.flac", mix)
    if part == "train":
        np.save(out / "stems" / f"{number:04d}.npy", np.stack([np.clip(stem * 32767, -32768, 32767).astype(np.int16) for stem in clip.stems.values()]))
    (out / part / f"{number:04d}.json").write_text(json.dumps({"file": f"{part}/{number:04d}.flac", "soundfont": name, **clip.truth}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--part", choices=("train", "valid"), required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--step", type=int, default=1, help="every how many clips: two processes take --step 2 and --first 0 and 1")
    options = parser.parse_args()
    for folder in (options.part, "stems"):
        (options.out / folder).mkdir(parents=True, exist_ok=True)
    synths: dict[str, Synth] = {}
    for number in range(options.first, options.first + options.count, options.step):
        if (options.out / options.part / f"{number:04d}.json").exists():
            continue
        try:
            make(options.part, number, synths, options.out)
        except Exception as error:  # One song that MMA or FFmpeg refuses must not end a night's work.
            print(f"{number}: {error!r}", flush=True)


if __name__ == "__main__":
    main()
