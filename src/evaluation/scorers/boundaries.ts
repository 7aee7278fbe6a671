import { z } from "zod";
import type { ManifestItem } from "../manifest.ts";
import { boundaryDetection, type Section } from "../metrics/boundary-detection.ts";
import { defineScorer, type Scorer, type Skipped } from "../scorer.ts";

/** F-measure of section boundaries within half a second. */
export const boundaryFHalfSecond = boundaryScorer("boundary_f_0_5", 0.5);

/** F-measure of section boundaries within three seconds. */
export const boundaryFThreeSeconds = boundaryScorer("boundary_f_3", 3);

function boundaryScorer(metric: string, windowSeconds: number): Scorer {
  return defineScorer({
    metric,
    title: `Section boundary F (${windowSeconds} s)`,
    agent: "structure",
    reads: z.object({ sections: z.array(z.object({ start_seconds: z.number(), end_seconds: z.number() })) }),
    truth: sectionsOf,
    score(truth, { sections }) {
      const estimated = sections.map(({ start_seconds: start, end_seconds: end }) => ({ start, end }));
      const detection = boundaryDetection(truth, estimated, windowSeconds);
      return { value: detection.fMeasure, detection };
    },
  });
}

/** A section ends where it says, or where the next begins; the last one at the end of the recording. */
function sectionsOf({ sections, duration }: ManifestItem): readonly Section[] | Skipped | null {
  if (sections == null) return null;
  const complete: Section[] = [];
  for (const [index, { start, end }] of sections.entries()) {
    const finish = end ?? sections[index + 1]?.start ?? duration;
    if (finish == null) return { skipped: "the truth needs the end of the last section, or duration" };
    complete.push({ start, end: finish });
  }
  return complete.length === 0 ? { skipped: "no sections in the truth" } : complete;
}
