/** `hark models`: which audio models there are, getting, checking and removing them. */
import { createInterface } from "node:readline/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";
import { AppError } from "../errors.ts";
import { megabytes, modelView, offerOf } from "../tools/model-view.ts";
import { parseArguments } from "./arguments.ts";
import type { Command, CommandContext } from "./command.ts";
import { createProgressBar } from "./progress-bar.ts";

const REPORT_MS = 100;
const DAMAGED = 1;

type Models = CommandContext["services"]["models"];
type ListedModel = Awaited<ReturnType<Models["get"]>>;

interface Request {
  readonly id: string;
  readonly isAgreed: boolean;
  readonly asJson: boolean;
}

export const modelsCommand: Command = {
  name: "models",
  usage: "models list|pull ID|verify [ID]|remove ID [--yes] [--json]",
  summary: "Lists, downloads, checks and removes audio models (docs/models.md)",

  async run(args, context) {
    const options = { yes: { type: "boolean" }, json: { type: "boolean" } } as const;
    const { values, positionals } = parseArguments(args, options, this.usage);
    const [action = "list", id = ""] = positionals;
    const request = { id, isAgreed: values.yes === true, asJson: values.json === true };
    const run = ACTIONS[action];
    if (run === undefined || positionals.length > 2 || (id === "" && (action === "pull" || action === "remove"))) {
      throw new AppError("invalid_input", `Usage: hark ${this.usage}`);
    }
    return run(request, context);
  },
};

const ACTIONS: Readonly<Record<string, (request: Request, context: CommandContext) => Promise<number>>> = {
  list,
  pull,
  verify,
  remove,
};

async function list({ asJson }: Request, { services, print }: CommandContext): Promise<number> {
  const models = await services.models.list();
  const problems = await services.models.problems();
  if (asJson) {
    print(JSON.stringify({ models: models.map(modelView), problems }, null, 2));
    return 0;
  }
  for (const { manifest, state, bytes, why } of models) {
    const facts = [state.padEnd(11), megabytes(bytes).padStart(7), manifest.task, manifest.licence.name];
    print(`${manifest.id}\n  ${facts.join("  ")}`);
    if (why !== null) print(styleText("dim", `  ${why}`));
  }
  for (const problem of problems) print(styleText("yellow", problem));
  return 0;
}

async function pull({ id, isAgreed, asJson }: Request, context: CommandContext): Promise<number> {
  const { services, signal, print, note } = context;
  const model = await services.models.get(id);
  if (model.state === "refused") throw new AppError("forbidden", model.why ?? "");
  if (model.state !== "installed") {
    note(offerOf(model));
    if (!isAgreed && !(await isAgreedTo(model, signal))) {
      note("Nothing was downloaded.");
      return 0;
    }
    await download(id, context);
  }
  const now = await services.models.get(id);
  print(asJson ? JSON.stringify(modelView(now), null, 2) : `${now.manifest.name} is installed.`);
  return 0;
}

async function isAgreedTo({ manifest }: ListedModel, signal: AbortSignal): Promise<boolean> {
  if (!process.stdin.isTTY) {
    const message =
      "Nothing was downloaded, because nobody can be asked here. Give --yes to agree to the download and to the licence " +
      `of the weights (${manifest.licence.name}).`;
    throw new AppError("invalid_input", message);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question("Download it? [y/N] ", { signal })).trim());
  } finally {
    terminal.close();
  }
}

async function download(id: string, { services, signal }: CommandContext): Promise<void> {
  const pulled = await services.models.pull(id);
  const bar = createProgressBar(process.stderr);
  const stop = () => pulled.cancel();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const ended = pulled.done.then(() => true);
  try {
    while (!(await Promise.race([ended, sleep(REPORT_MS, false)]))) {
      const share = pulled.bytes === 0 ? 0 : pulled.downloadedBytes / pulled.bytes;
      bar.show(share, `${megabytes(pulled.downloadedBytes)} of ${megabytes(pulled.bytes)}`);
    }
  } finally {
    signal.removeEventListener("abort", stop);
    bar.clear();
  }
}

/** Without an id: of all that are there. The exit code says whether all files that are there are right. */
async function verify({ id, asJson }: Request, { services, print }: CommandContext): Promise<number> {
  const all = id === "" ? await services.models.list() : [await services.models.get(id)];
  const checked = [];
  for (const { manifest } of all) {
    for (const { file, state } of await services.models.verify(manifest.id)) {
      checked.push({ model_id: manifest.id, file: file.name, state });
    }
  }
  const shown = id === "" ? checked.filter(({ state }) => state !== "missing") : checked;
  if (asJson) print(JSON.stringify({ files: shown }, null, 2));
  else for (const { model_id, file, state } of shown) print(`${model_id}  ${file}  ${state.replace("_", " ")}`);
  if (!asJson && shown.length === 0) print("No files of models are here.");
  return shown.every(({ state }) => state === "ok") ? 0 : DAMAGED;
}

async function remove({ id, asJson }: Request, { services, print }: CommandContext): Promise<number> {
  const removed = await services.models.remove(id);
  if (asJson) print(JSON.stringify({ model_id: id, removed }, null, 2));
  else print(removed.length === 0 ? "Nothing to remove: no file of it was pulled." : `Removed ${removed.join(", ")}.`);
  return 0;
}
