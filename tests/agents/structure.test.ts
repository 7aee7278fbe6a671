import { describe, expect, test } from "vitest";
import { structure } from "../../src/agents/structure.ts";
import { downbeatBoundaries, MAX_CELLS, structureCells } from "../../src/agents/structure-cells.ts";
import { labelSections } from "../../src/agents/structure-labels.ts";
import { extract } from "../features/extract.ts";
import { noise } from "../fixtures/signals.ts";
import { drums } from "./rhythm-signals.ts";
import { progression } from "./tonal-signals.ts";

const RATE = 11_025;
const BPM = 120;
const measure = (y: Float32Array) => structure.analyse(extract([y], RATE, structure.needs), {});

const LOOPS: Readonly<Record<string, readonly string[]>> = {
  A: ["C:maj", "G:maj", "A:min", "F:maj"],
  B: ["D:min", "Bb:maj", "D:min", "A:maj"],
  C: ["E:min", "E:min", "B:min", "F#:min"],
};

/** Sections of eight bars in four at 120 BPM (16 s): chords by the letter, and drums with B. */
function song(form: string): Float32Array {
  const parts = [...form].map((letter) => {
    const chords = progression([...LOOPS[letter], ...LOOPS[letter]], 2, RATE);
    const beat = drums(BPM, 16, RATE);
    return chords.map((value, n) => value + (letter === "B" ? 0.5 : 0.05) * beat[n]);
  });
  const y = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let start = 0;
  for (const part of parts) {
    y.set(part, start);
    start += part.length;
  }
  return y;
}

describe("structure", () => {
  test.each(["ABAB", "ABCB", "AB"])("finds the sections of a song of the form %s, and which repeat", (form) => {
    const result = measure(song(form));
    expect(result.form).toBe(form);
    expect(result.section_count).toBe(form.length);
    for (const [index, section] of result.sections.entries()) {
      expect(Math.abs(section.start_seconds - 16 * index)).toBeLessThan(0.6);
      expect(section.label).toBe(form[index]);
      expect(section.confidence).toBeGreaterThan(0.4);
    }
    expect(result.sections.at(-1)?.end_seconds).toBe(16 * form.length);
  });

  test("gives sections that follow each other without gaps from start to end", () => {
    const y = song("ABCA");
    const { sections } = measure(y);
    expect(sections.length).toBeGreaterThan(1);
    expect(sections[0].start_seconds).toBe(0);
    for (const [index, section] of sections.slice(1).entries()) {
      expect(section.start_seconds).toBe(sections[index].end_seconds);
    }
  });

  test.each([
    ["noise", () => noise(40 * RATE)],
    ["one drum pattern", () => drums(BPM, 40, RATE)],
  ])("finds one section in %s, and says so", (_name, make) => {
    const result = measure(make());
    expect(result).toMatchObject({ form: "A", section_count: 1 });
    expect(result.why_uncertain).toMatch(/one section/);
    expect(result.confidence).toBe(0.5);
    expect(result.sections[0].confidence).toBe(0.5);
  });

  test("has no sections for silence and for short recordings, and says why", () => {
    expect(measure(new Float32Array(30 * RATE))).toMatchObject({ form: null, sections: [], why_uncertain: /silence/ });
    expect(measure(drums(BPM, 6, RATE)).why_uncertain).toMatch(/6\.0 s/);
  });
});

test("structure has no sections where the channels cancel in the mono mix, and says why", () => {
  const y = song("AB");
  const inverted = y.map((value) => -value);
  const result = structure.analyse(extract([y, inverted], RATE, structure.needs), {});
  expect(result).toMatchObject({ form: null, section_count: 0, confidence: 0, sections: [] });
  expect(result.why_uncertain).toMatch(/channels cancel/);
});

test("structure ends no section beyond the file", () => {
  // 12.0009 s, which three decimals would round up.
  const y = noise(Math.round(12.0009 * RATE));
  expect(measure(y).sections.at(-1)?.end_seconds).toBeLessThanOrEqual(y.length / RATE);
});

describe("structureCells", () => {
  const mfcc = { coefficients: new Float32Array(0), frames: 0 };
  const chromagram = { frames: 0, hopSeconds: 0.2, harmony: new Float64Array(0) };

  test("lie on the beats and go on to both ends", () => {
    const beats = Array.from({ length: 20 }, (_, index) => 2.1 + index / 2);
    const cells = structureCells(mfcc, chromagram, beats, 15);
    expect(cells.areBeats).toBe(true);
    expect(cells.edgesSeconds[0]).toBe(0);
    expect(cells.edgesSeconds[cells.count]).toBe(15);
    expect([...cells.edgesSeconds].some((edge) => Math.abs(edge - 12.6) < 1e-9)).toBe(true);
    for (let cell = 0; cell < cells.count; cell++) {
      const seconds = cells.edgesSeconds[cell + 1] - cells.edgesSeconds[cell];
      expect(seconds).toBeGreaterThan(0.3);
      expect(seconds).toBeLessThan(0.9);
    }
  });

  test("know the boundaries nearest to downbeats, where they are beats", () => {
    const beats = Array.from({ length: 20 }, (_, index) => 2.1 + index / 2);
    const cells = structureCells(mfcc, chromagram, beats, 15);
    const marks = downbeatBoundaries(cells, [4.12, 6.08]);
    const marked = [...cells.edgesSeconds].filter((_, boundary) => marks?.[boundary] === 1);
    expect(marked.map((time) => Math.round(10 * time) / 10)).toEqual([4.1, 6.1]);
    expect(downbeatBoundaries(cells, [])).toBeNull();
    expect(downbeatBoundaries(structureCells(mfcc, chromagram, [], 15), [4])).toBeNull();
  });

  test("are half a second without beats, and longer where there would be too many", () => {
    expect(structureCells(mfcc, chromagram, [], 60).count).toBe(120);
    expect(structureCells(mfcc, chromagram, [], 3 * 3600).count).toBe(MAX_CELLS);
    const fast = Array.from({ length: 4000 }, (_, index) => index / 2);
    expect(structureCells(mfcc, chromagram, fast, 2000)).toMatchObject({ areBeats: false, count: MAX_CELLS });
  });
});

describe("labelSections", () => {
  test("numbers groups in order of appearance, and aligns sections of different lengths", () => {
    // Cells of the kinds 0 1 2 3 | 7 8 9 | 0 1 2 | 7 8 9: squared differences as distances.
    const kinds = [0, 10, 20, 30, 70, 85, 95, 0, 10, 20, 70, 85, 95];
    const distances = Float32Array.from(kinds.flatMap((a) => kinds.map((b) => (a - b) ** 2)));
    const ranges = [
      { start: 0, end: 4 },
      { start: 4, end: 7 },
      { start: 7, end: 10 },
      { start: 10, end: 13 },
    ];
    expect(labelSections(ranges, distances, kinds.length)).toEqual([0, 1, 0, 1]);
  });
});
