import { describe, expect, test } from "vitest";
import { findNotes, midiOf } from "../../src/agents/notes.ts";

const HOP = 0.01;
const hzOf = (midi: number) => 440 * 2 ** ((midi - 69) / 12);
const steady = (frames: number) => new Float64Array(frames).fill(0.1);

describe("findNotes", () => {
  test("finds steady notes at their times, with their median pitch", () => {
    const hz = [...new Array(20).fill(hzOf(60)), ...new Array(20).fill(0), ...new Array(30).fill(hzOf(62.2))];
    const notes = findNotes(hz, steady(hz.length), HOP);
    expect(notes.map(({ midi }) => midi)).toEqual([60, 62]);
    expect(notes[1].startSeconds).toBeCloseTo(0.4, 9);
    expect(notes[1].endSeconds).toBeCloseTo(0.7, 9);
    expect(notes[1].hz).toBeCloseTo(hzOf(62.2), 6);
  });

  test("splits a note where the level jumps, not in its own attack", () => {
    const hz = new Array(60).fill(hzOf(69));
    const level = steady(60).map((value, frame) => (frame === 3 || frame >= 30 ? value : value / 10));
    expect(findNotes(hz, level, HOP).map(({ startSeconds }) => startSeconds)).toEqual([0, 0.3]);
  });

  test("leaves out what is shorter than 60 ms, and finds none in nothing", () => {
    const hz = [...new Array(10).fill(0), ...new Array(4).fill(hzOf(69)), ...new Array(10).fill(0)];
    expect(findNotes(hz, steady(24), HOP)).toEqual([]);
    expect(findNotes([], [], HOP)).toEqual([]);
  });
});

test("midiOf counts semitones from A4", () => {
  expect([midiOf(440), midiOf(220), midiOf(880)]).toEqual([69, 57, 81]);
});
