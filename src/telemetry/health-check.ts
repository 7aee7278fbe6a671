/** The state of one thing that Hark depends on, as the doctor and `/ready` report it. */

export interface HealthCheck {
  /** e.g. "database", "ffmpeg". */
  readonly name: string;
  /** `limited`: Hark works, with less. `failed`: what needs it does not work. */
  readonly status: "ok" | "limited" | "failed";
  /** What was found, in a sentence. */
  readonly detail: string;
  /** What to do about it; null when nothing needs doing. */
  readonly remedy: string | null;
}
