"""A plain decoder for measuring networks: beats by a bar-pointer-like Viterbi search, downbeats by the best metre and phase.

After Krebs, Böck and Widmer, "An efficient state-space model for joint tempo and meter tracking", ISMIR 2015. The program's own
decoder is another one, in TypeScript; this one only ranks networks.
"""

from __future__ import annotations

import numpy as np

from features import FRAMES_PER_SECOND

SHORTEST, LONGEST = 14, 55  # frames a beat: 214 to 55 BPM
CHANGE_PENALTY = 100.0
BEAT_PART = 16
USUAL_SHARE = 0.28
METRES = {4: 0.0, 3: -1.0, 2: -2.0, 5: -4.0, 7: -4.0}  # beats a bar: log prior


def beat_frames(activation: np.ndarray) -> np.ndarray:
    """Frames of the beats: states are (period, position); the period changes only at a beat."""
    periods = np.arange(SHORTEST, LONGEST + 1)
    first = np.concatenate([[0], np.cumsum(periods)[:-1]])
    last = first + periods - 1
    total = int(periods.sum())
    change = -CHANGE_PENALTY * np.abs(np.log(periods[None, :] / periods[:, None]))
    change -= np.log(np.exp(change).sum(axis=1, keepdims=True))
    position = np.concatenate([np.arange(p) for p in periods])
    on_beat = position * BEAT_PART < np.repeat(periods, periods)
    a = np.clip(activation, 1e-4, 1 - 1e-4)
    beat_score, other_score = np.log(a), np.log((1 - a) / (BEAT_PART - 1))
    score = np.full(total, -np.log(total))
    pointers = np.zeros((len(a), len(periods)), np.int16)
    for t in range(len(a)):
        moved = np.empty(total)
        moved[1:] = score[:-1]
        options = score[last][:, None] + change
        pointers[t] = options.argmax(axis=0)
        moved[first] = options.max(axis=0)
        score = moved + np.where(on_beat, beat_score[t], other_score[t])
    state = int(score.argmax())
    period = int(np.searchsorted(first, state, "right") - 1)
    place = state - first[period]
    beats = []
    for t in range(len(a) - 1, -1, -1):
        if place == 0:
            beats.append(t)
            period = int(pointers[t, period])
            place = periods[period] - 1
        else:
            place -= 1
    return refined(activation, np.array(beats[::-1]))


def refined(activation: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Each beat at the strongest frame just after the state's start."""
    moved = [t + int(np.argmax(activation[max(0, t - 1) : t + 4])) - min(1, t) for t in frames]
    return np.array(sorted(set(moved)), int)


def downbeat_frames(downbeat: np.ndarray, beat: np.ndarray, beats: np.ndarray) -> tuple[np.ndarray, int]:
    """The metre of 2 to 7 beats and the phase in which downbeats fit best; also the metre."""
    if len(beats) < 4:
        return beats[:1], 4
    near = [slice(max(0, t - 2), t + 3) for t in beats]
    share = np.clip([downbeat[s].max() / max(beat[s].max(), 0.05) for s in near], 0.02, 0.98)
    for_downbeat, against = np.log(share / USUAL_SHARE), np.log((1 - share) / (1 - USUAL_SHARE))
    best = (-np.inf, 4, 0)
    for meter, prior in METRES.items():
        for phase in range(meter):
            chosen = np.zeros(len(beats), bool)
            chosen[phase::meter] = True
            best = max(best, (float(np.sum(np.where(chosen, for_downbeat, against))) + prior, meter, phase))
    return beats[best[2] :: best[1]], best[1]


def peaks(activation: np.ndarray, threshold: float) -> np.ndarray:
    """Onset times, seconds: local maxima over ±2 frames above the threshold, at least 30 ms apart."""
    times, previous = [], -10.0
    for t in range(1, len(activation) - 1):
        near = activation[max(0, t - 2) : t + 3]
        if activation[t] >= threshold and activation[t] == near.max() and t - previous >= 2:
            a, b, c = activation[t - 1 : t + 2]
            shift = 0.5 * (a - c) / (a - 2 * b + c) if a - 2 * b + c < -1e-9 else 0.0
            times.append((t + shift) / FRAMES_PER_SECOND)
            previous = t
    return np.array(times)


def f_measure(truth: np.ndarray, found: np.ndarray, window: float, skip: float = 0.0) -> float:
    """As mir_eval: one-to-one matches within `window` seconds, events before `skip` seconds left out."""
    truth, found = np.sort(np.asarray(truth, float)), np.sort(np.asarray(found, float))
    truth, found = truth[truth >= skip], found[found >= skip]
    if len(truth) == 0 or len(found) == 0:
        return 0.0
    i = j = hits = 0
    while i < len(truth) and j < len(found):
        if abs(truth[i] - found[j]) <= window:
            hits, i, j = hits + 1, i + 1, j + 1
        elif found[j] < truth[i]:
            j += 1
        else:
            i += 1
    return 2 * hits / (len(truth) + len(found))


def measure(outputs: np.ndarray, truth: dict) -> dict[str, float]:
    """Scores of one clip's [3][frames] of probabilities; a score is absent where its truth is."""
    scores: dict[str, float] = {}
    beats = beat_frames(outputs[0])
    times = beats / FRAMES_PER_SECOND
    if truth.get("beats"):
        scores["beat"] = f_measure(truth["beats"], times, 0.07, 5.0)
    if truth.get("downbeats"):
        found, meter = downbeat_frames(outputs[1], outputs[0], beats)
        scores["downbeat"] = f_measure(truth["downbeats"], found / FRAMES_PER_SECOND, 0.07, 5.0)
        if truth.get("meter"):
            scores["meter"] = float(meter == truth["meter"])
    if truth.get("bpm") and len(times) > 2:
        ratio = 60 / float(np.median(np.diff(times))) / truth["bpm"]
        scores["acc1"] = float(abs(ratio - 1) <= 0.04)
        scores["acc2"] = float(any(abs(ratio / m - 1) <= 0.04 for m in (1 / 3, 1 / 2, 1, 2, 3)))
    for threshold in (0.3, 0.4, 0.5):
        if truth.get("onsets"):
            scores[f"onset{int(threshold * 100)}"] = f_measure(truth["onsets"], peaks(outputs[2], threshold), 0.05)
    return scores
