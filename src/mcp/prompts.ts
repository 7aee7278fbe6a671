/** Prompts: questions that people ask again and again, ready to be filled in. */
import { z } from "zod";

interface Prompt {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly arguments: z.ZodObject<Record<string, z.ZodString>>;
  text(values: Readonly<Record<string, string>>): string;
}

const track = z.string().min(1).describe("Track id or path of an audio file");

export const PROMPTS: readonly Prompt[] = [
  {
    name: "describe_track",
    title: "Describe a track",
    description: "What a recording is like: level, dynamics, brightness, tempo, and how sure each is.",
    arguments: z.object({ track }),
    text: ({ track = "" }) =>
      `Analyse the track ${JSON.stringify(track)} with Hark (analyse_temporal, analyse_spectral, analyse_rhythm) and describe it in a short paragraph for a musician. Give each number with its unit. Where a result carries a confidence or says why it is uncertain, say so; where it is null, give the stated reason instead of a guess.`,
  },
  {
    name: "find_tempo",
    title: "Find the tempo",
    description: "The tempo for a DJ or an editor, with its alternatives at half and double speed.",
    arguments: z.object({ track }),
    text: ({ track = "" }) =>
      `Find the tempo of ${JSON.stringify(track)} with Hark's analyse_rhythm. State the tempo in BPM with its confidence, name the other candidates (half, double, three against two) with their weights, say whether it is stable, and say plainly when it is uncertain and why.`,
  },
  {
    name: "compare_levels",
    title: "Compare two recordings",
    description: "How two recordings differ in level, dynamics and brightness.",
    arguments: z.object({ first: track, second: track }),
    text: ({ first = "", second = "" }) =>
      `Compare ${JSON.stringify(first)} with ${JSON.stringify(second)}: run Hark's analyse_temporal and analyse_spectral on both, then list the differences, largest first, in dB and Hz. Name what can be heard of each difference, and do not round away its sign.`,
  },
];
