"""The peer of bench/peers.ts: what Hark measures, with librosa, written the straightforward way.

Started once by the benchmark: `python librosa_reference.py RECORDING`, and then told on standard input, one name a line, what
to run. Each answer is one line of JSON on standard output: {"task": ..., "ms": ...}. The first line says that everything is
loaded and warm (librosa compiles parts of itself on the first call). Made for librosa 0.11.0: pip install librosa==0.11.0
"""

import json
import platform
import sys
import time

import librosa
import numpy as np

RATE = 22050


def spectral(y):
    """Mel bands, MFCC, chroma and the spectrum's shape, all from one STFT: n_fft 2048, hop 512."""
    magnitude = np.abs(librosa.stft(y))
    power = magnitude**2
    mel = librosa.feature.melspectrogram(S=power, sr=RATE, n_mels=128)
    mel_db = librosa.power_to_db(mel)
    return {
        "mel_db": mel_db,
        "mfcc": librosa.feature.mfcc(S=mel_db, n_mfcc=20),
        "chroma": librosa.feature.chroma_stft(S=power, sr=RATE, tuning=0.0),
        "centroid": librosa.feature.spectral_centroid(S=magnitude, sr=RATE),
        "bandwidth": librosa.feature.spectral_bandwidth(S=magnitude, sr=RATE),
        "rolloff": librosa.feature.spectral_rolloff(S=magnitude, sr=RATE),
        "flatness": librosa.feature.spectral_flatness(S=magnitude),
        "mean_power": power.mean(axis=1),
    }


def rhythm(y):
    """Tempo and beats."""
    return librosa.beat.beat_track(y=y, sr=RATE)


def tonal(y):
    """Tuning and chroma, as a key estimate begins."""
    tuning = librosa.estimate_tuning(y=y, sr=RATE)
    return tuning, librosa.feature.chroma_cqt(y=y, sr=RATE, tuning=tuning).mean(axis=1)


def pitch(y):
    """The fundamental frequency by YIN (pYIN takes minutes), over Hark's range."""
    return librosa.yin(y, fmin=54, fmax=2205, sr=RATE, frame_length=1024, hop_length=256)


def everything(path):
    """From the file: levels, spectrum, contrast, rhythm, onsets, key, pitch and sections. librosa has no loudness and no defects."""
    stereo, rate = librosa.load(path, sr=None, mono=False)
    levels = librosa.feature.rms(y=stereo, frame_length=4410, hop_length=4410)
    crossings = librosa.feature.zero_crossing_rate(stereo)
    y = librosa.resample(librosa.to_mono(stereo), orig_sr=rate, target_sr=RATE)
    spectrum = spectral(y)
    contrast = librosa.feature.spectral_contrast(y=y, sr=RATE)
    onset_envelope = librosa.onset.onset_strength(y=y, sr=RATE)
    onsets = librosa.onset.onset_detect(onset_envelope=onset_envelope, sr=RATE)
    tempo, beats = librosa.beat.beat_track(onset_envelope=onset_envelope, sr=RATE)
    tuning = librosa.estimate_tuning(y=y, sr=RATE)
    chroma = librosa.feature.chroma_cqt(y=y, sr=RATE, tuning=tuning)
    frames = min(chroma.shape[1], spectrum["mfcc"].shape[1])
    stacked = np.vstack([chroma[:, :frames], spectrum["mfcc"][:, :frames]])
    by_beat = librosa.util.sync(stacked, beats[beats < frames])
    sections = librosa.segment.agglomerative(by_beat, k=min(8, by_beat.shape[1]))
    return levels, crossings, contrast, onsets, tempo, sections, pitch(y)


def main():
    path = sys.argv[1]
    y, _ = librosa.load(path, sr=RATE, mono=True)
    tasks = {
        "spectral": lambda: spectral(y),
        "rhythm": lambda: rhythm(y),
        "tonal": lambda: tonal(y),
        "pitch": lambda: pitch(y),
        "everything": lambda: everything(path),
    }
    for run in tasks.values():
        run()
    versions = f"librosa {librosa.__version__}, numpy {np.__version__}, Python {platform.python_version()}"
    print(json.dumps({"ready": versions}), flush=True)
    for line in sys.stdin:
        task = line.strip()
        start = time.perf_counter()
        tasks[task]()
        print(json.dumps({"task": task, "ms": 1000 * (time.perf_counter() - start)}), flush=True)


if __name__ == "__main__":
    main()
