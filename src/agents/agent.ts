/**
 * The contract of an agent: one analysis, a pure function of the features it needs. Everything a user sees of it (tool,
 * schema, endpoint, command, stored row) is derived from this definition.
 */
import { z } from "zod";
import type { FeatureFrames, FeatureName } from "../features/registry.ts";
import type { Calibrate } from "./calibration.ts";

/**
 * How a series (a long array) runs along time, so that a part of it can be asked for by seconds:
 * `times` is an ascending array of seconds; `sampled` is an object with `hop_seconds` and arrays of one value a hop;
 * `segments` is an array of objects with `start_seconds` and `end_seconds`, in order.
 */
export type SeriesKind = "times" | "sampled" | "segments";

type Fields = z.core.$ZodLooseShape;

export interface Agent<
  Name extends FeatureName = FeatureName,
  Output extends Fields = Fields,
  Parameters extends Fields = Fields,
> {
  /** snake_case, unique; the tool is `analyse_<name>`. */
  readonly name: Lowercase<string>;
  /** Whole, from 1; raised whenever results change, which makes every stored result of the older version a miss. */
  readonly version: number;
  /** What is measured, in which units, and which questions it answers. */
  readonly description: string;
  /** The features that `analyse` reads. */
  readonly needs: readonly Name[];
  /** The wire shape of the result: snake_case fields with units. */
  readonly output: z.ZodObject<Output>;
  /** Which output fields are series; a summary leaves them out. */
  readonly series: { readonly [field in keyof Output]?: SeriesKind };
  /** Engines that can compute one of the features needed in place of Hark (src/engines), the preferred first. */
  readonly engines: readonly string[];
  /** What a caller may set; part of the stored row's key. Every field is optional. */
  readonly parameters: z.ZodObject<Parameters>;
  /**
   * Pure: the same features and parameters give the same bits. Numbers are finite; what cannot be measured is null.
   * Confidences are what `calibrate` makes of evidence: by default the measured chance.
   * @throws AppError invalid_input for parameters that contradict each other.
   */
  analyse(
    features: Pick<FeatureFrames, Name>,
    parameters: z.output<z.ZodObject<Parameters>>,
    calibrate?: Calibrate,
  ): z.output<z.ZodObject<Output>>;
}

type Definition<Name extends FeatureName, Output extends Fields, Parameters extends Fields> = Omit<
  Agent<Name, Output, Parameters>,
  "series" | "engines" | "parameters"
> &
  Partial<Pick<Agent<Name, Output, Parameters>, "series" | "engines" | "parameters">>;

/** Types a definition and fills in what it may leave out: no series, no engines, no parameters. */
export function defineAgent<
  const Name extends FeatureName,
  Output extends Fields,
  Parameters extends Fields = Record<never, never>,
>(definition: Definition<Name, Output, Parameters>): Agent<Name, Output, Parameters> {
  return { series: {}, engines: [], parameters: z.object({}) as z.ZodObject<Parameters>, ...definition };
}
