/** Finds the numbers with units of an answer, and whether a tool measured them. Nothing else is checked yet. */
import type { CheckAnswer, Claim, ToolEvidence } from "./claim.ts";

/** How the fields of results name a unit. */
const FIELD_SUFFIXES: Readonly<Record<string, string>> = {
  bpm: "_bpm",
  lufs: "_lufs",
  lu: "_lu",
  dbtp: "_dbtp",
  dbfs: "_dbfs",
  db: "_db",
  hz: "_hz",
  ms: "_ms",
  s: "_seconds",
  seconds: "_seconds",
  cents: "_cents",
};

const CLAIM = /(?<![\w.,])([-−]?\d+(?:\.\d+)?)\s?(BPM|LUFS|LU|dBTP|dBFS|dB|Hz|ms|seconds|s|cents)\b/gi;

interface Fact {
  readonly tool: string;
  readonly field: string;
  readonly value: number;
}

/** A number is supported by a field of its unit that equals it as far as it is written. Nothing is ever `contradicted`. */
export const checkAnswer: CheckAnswer = (answer, evidence) => {
  const facts = evidence.flatMap(({ tool, value }) => factsOf(tool, value, ""));
  return [...answer.matchAll(CLAIM)].map(([text, digits = "", unit = ""]): Claim => {
    const value = Number(digits.replace("−", "-"));
    const halfStep = 0.5 * 10 ** -(digits.split(".")[1]?.length ?? 0);
    const suffix = FIELD_SUFFIXES[unit.toLowerCase()] ?? "";
    const fact = facts.find(
      ({ field, value: measured }) => field.endsWith(suffix) && Math.abs(measured - value) <= halfStep + 1e-9,
    );
    return {
      text,
      kind: "number",
      value,
      unit,
      status: fact === undefined ? "unsupported" : "supported",
      measured: fact?.value ?? null,
      tool: fact?.tool ?? null,
      field: fact?.field ?? null,
      from_seconds: null,
      to_seconds: null,
      confidence: null,
    };
  });
};

function factsOf(tool: ToolEvidence["tool"], value: unknown, field: string): Fact[] {
  if (typeof value === "number") return [{ tool, field, value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => factsOf(tool, item, `${field}[${index}]`));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    factsOf(tool, inner, field === "" ? name : `${field}.${name}`),
  );
}
