/** `hark worker`: runs jobs, on any machine that reaches the database and the file store. */
import { AppError } from "../errors.ts";
import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";

const MOST_JOBS = 64;

export const workerCommand: Command = {
  name: "worker",
  usage: "worker [--concurrency NUMBER] [--operations NAME,NAME]",
  summary: "Runs jobs until it is stopped; what it has not finished then goes back to the queue",

  async run(args, { jobs, signal, note }) {
    const options = { concurrency: { type: "string" }, operations: { type: "string" } } as const;
    const { values, positionals } = parseArguments(args, options, this.usage);
    const concurrency = Number(values.concurrency ?? 1);
    if (positionals.length > 0 || !Number.isInteger(concurrency) || concurrency < 1 || concurrency > MOST_JOBS) {
      throw new AppError(
        "invalid_input",
        `--concurrency is a whole number from 1 to ${MOST_JOBS}. Usage: hark ${this.usage}`,
      );
    }
    const named =
      typeof values.operations === "string" ? values.operations.split(",").map((name) => name.trim()) : null;
    await jobs.work({ concurrency, operations: named }, signal, (operations) =>
      note(`Working, ${concurrency} at a time: ${operations.join(", ")}`),
    );
    return 0;
  },
};
