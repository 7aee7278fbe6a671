/** Downloads a model, once the user has agreed to its size and licence. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AppError } from "../errors.ts";
import type { ListedModel, Pull } from "../models/model-service.ts";
import { MODEL_VIEW, megabytes, modelView, offerOf } from "./model-view.ts";
import { type CallContext, defineTool } from "./tool.ts";

const REPORT_MS = 500;

/**
 * The tool. @param patienceMs how long one call follows a download: clients give up calls after a minute. The download goes on, and the
 * next call follows it.
 */
export const pullModelTool = (patienceMs: number) =>
  defineTool({
    name: "pull_model",
    title: "Pull model",
    description:
      "Downloads an audio model and checks its hash. Ask the user first, with its size and licence (list_models); " +
      "accept_licence repeats the licence's name. A long download goes on: call again to follow it.",
    toolset: "processing",
    input: z.strictObject({
      model_id: z.string().min(1).max(100),
      accept_licence: z.string().max(100).describe("The licence's name, once the user has agreed").optional(),
    }),
    output: MODEL_VIEW,
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },

    async run({ model_id, accept_licence }, context) {
      const { models, caller } = context.services;
      if (!caller.scopes.has("files")) {
        throw new AppError("forbidden", "Your key does not allow to change the server's disk. Ask whoever runs it.");
      }
      const model = await models.get(model_id);
      if (model.state === "installed") return { value: modelView(model), text: `${model.manifest.name} is installed.` };
      if (model.state === "refused") throw new AppError("forbidden", model.why ?? "");
      if (model.state !== "downloading") requireConsent(model, accept_licence);
      const isDone = await follow(await models.pull(model_id), patienceMs, context);
      const now = await models.get(model_id);
      const share = `${megabytes(now.downloadedBytes ?? 0)} of ${megabytes(now.bytes)}`;
      const { name } = now.manifest;
      const text = isDone ? `${name} is installed.` : `${name} is downloading (${share}); call again to follow it.`;
      return { value: modelView(now), text };
    },
  });

/** @throws AppError invalid_input with what is to be agreed to. */
function requireConsent(model: ListedModel, accepted: string | undefined): void {
  const { name } = model.manifest.licence;
  if (accepted === name) return;
  const message =
    `Nothing was downloaded. ${offerOf(model)} Ask the user; with their consent call again with ` +
    `accept_licence: "${name}".`;
  throw new AppError("invalid_input", message);
}

/** Whether the download ended while somebody waited. Whoever cancels the call cancels it. */
async function follow(pull: Pull, patienceMs: number, { signal, progress }: CallContext): Promise<boolean> {
  const stop = () => pull.cancel();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const ended = pull.done.then(() => true);
  try {
    for (const startedAt = performance.now(); performance.now() - startedAt < patienceMs; ) {
      if (await Promise.race([ended, sleep(Math.min(REPORT_MS, patienceMs), false)])) return true;
      progress(pull.bytes === 0 ? null : pull.downloadedBytes / pull.bytes, `Downloading ${pull.manifest.name}`);
    }
    return false;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
