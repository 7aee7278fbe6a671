/** What a job gave, as people read it in a terminal: its files first, then what the operation says. */
import { styleText } from "node:util";
import { z } from "zod";
import { printable, renderNested } from "./render.ts";

const FILE = z.object({
  role: z.string(),
  filename: z.string(),
  size_bytes: z.number(),
  path: z.string().nullable(),
  uri: z.string().nullable(),
});

const JOB = z.object({
  job_id: z.string(),
  status: z.string(),
  files: z.array(FILE),
  value: z.record(z.string(), z.unknown()).nullable(),
  warning: z.string().nullable(),
});

const STORED_HINT = "Hark keeps these files. With --output_dir FOLDER they lie in a folder of yours.";

/** The lines of one job, of several, or of a folder; null for what is none of these. */
export function renderJobs(value: Readonly<Record<string, unknown>>): string[] | null {
  const job = JOB.safeParse(value);
  if (job.success) return renderJob(job.data);
  if (Array.isArray(value.results)) {
    return value.results.flatMap((result: unknown) => {
      const one = JOB.safeParse(result);
      return one.success ? ["", ...renderJob(one.data)] : ["", ...renderNested(Object(result))];
    });
  }
  if (typeof value.folder !== "object" || value.folder === null) return null;
  const { reports, problems, ...counts } = z
    .looseObject({ reports: z.array(z.string()), problems: z.array(z.record(z.string(), z.string())) })
    .parse(value.folder);
  const named = problems.map(({ file = "", status = "", reason = "" }) => `  ${printable(file)}  ${status}: ${reason}`);
  return [
    ...reports.map((path) => `  ${printable(path)}`),
    "",
    ...renderNested(counts),
    ...(named.length > 0 ? [""] : []),
    ...named,
  ];
}

function renderJob({ job_id, status, files, value, warning }: z.output<typeof JOB>): string[] {
  const lines = files.flatMap(({ role, filename, size_bytes, path, uri }) => {
    const name = styleText("bold", printable(path ?? filename));
    const stored = path === null && uri !== null ? [`    ${styleText("dim", printable(uri))}`] : [];
    return [`  ${name}  ${styleText("dim", `${role}, ${size(size_bytes)}`)}`, ...stored];
  });
  const isStored = files.some(({ path }) => path === null);
  return [
    `${styleText("dim", `job ${job_id}`)}  ${status}`,
    ...(warning === null ? [] : [`  ${styleText("yellow", warning)}`]),
    ...lines,
    ...(isStored ? [styleText("dim", `  ${STORED_HINT}`)] : []),
    ...(value === null ? [] : ["", ...renderNested(value)]),
  ];
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
