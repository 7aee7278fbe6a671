import { describe, expect, test } from "vitest";
import { sureBeats, sureDownbeats } from "../../src/agents/sure-beats.ts";
import { extract } from "../features/extract.ts";
import { noise } from "../fixtures/signals.ts";
import { drums } from "./rhythm-signals.ts";

const RATE = 22_050;
const beatsOf = (y: Float32Array) => sureBeats(extract([y], RATE, ["beatTrack"]).beatTrack, y.length / RATE);

describe("sureBeats", () => {
  test("gives the beats of a clear pulse", () => {
    const beats = beatsOf(drums(120, 20, RATE));
    expect(beats.length).toBeGreaterThan(35);
    for (const beat of beats) expect(Math.abs(beat * 2 - Math.round(beat * 2))).toBeLessThan(0.1);
  });

  test("gives none where there is none", () => {
    expect(beatsOf(noise(10 * RATE))).toEqual([]);
    expect(beatsOf(new Float32Array(10 * RATE))).toEqual([]);
  });
});

describe("sureDownbeats", () => {
  test("are some of the sure beats, or none", () => {
    const y = drums(120, 30, RATE);
    const { beatTrack } = extract([y], RATE, ["beatTrack"]);
    const beats = sureBeats(beatTrack, 30);
    for (const downbeat of sureDownbeats(beatTrack, 30)) expect(beats).toContain(downbeat);
    expect(sureDownbeats({ ...beatTrack, pulse: null }, 30)).toEqual([]);
  });

  test("are there where the meter is sure", () => {
    const { beatTrack } = extract([drums(120, 30, RATE)], RATE, ["beatTrack"]);
    const pulse =
      beatTrack.pulse === null ? null : { ...beatTrack.pulse, clarity: 1, meters: [{ beatsPerBar: 4, weight: 1 }] };
    expect(sureDownbeats({ ...beatTrack, pulse }, 30).length).toBeGreaterThan(5);
  });
});
