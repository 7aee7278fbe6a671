/** Tracks for applications: upload, list, look, remove. */
import { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../errors.ts";
import { addTrack } from "../tools/add-track.ts";
import type { JsonSchema } from "../tools/json-schema.ts";
import { listTracks } from "../tools/list-tracks.ts";
import { removeTrack } from "../tools/remove-track.ts";
import { runTool } from "../tools/run-tool.ts";
import type { Services } from "../tools/tool.ts";
import { TRACK_VIEW, trackSummary, trackView } from "../tools/track-view.ts";
import { describeEndpoint } from "./endpoint-description.ts";
import type { HttpEnv } from "./http-env.ts";
import { allowOnly, HttpError } from "./problem.ts";
import { jsonBody, queryArguments } from "./request-input.ts";
import type { ServicesOf } from "./services-of.ts";
import { isForm, receiveUpload } from "./upload.ts";

const TRACK_DETAILS = TRACK_VIEW.extend({
  analyses: z
    .array(
      z.object({
        agent: z.string(),
        agent_version: z.number().int(),
        status: z.enum(["measured", "failed"]),
        message: z.string().nullable().describe("Why it failed, or why it may be incomplete"),
        parameters: z.record(z.string(), z.unknown()),
        source: z.string().describe("builtin, or engine, model and the beginning of its hash"),
        measured_at: z.string(),
      }),
    )
    .describe("What is stored; analyse_<agent> reads it"),
});

interface TrackRoutes {
  readonly servicesOf: ServicesOf;
  /** Whether nothing may be added or removed. */
  readonly readOnly: boolean;
  /** A client that sends nothing of its upload for so long has gone. */
  readonly silenceMs: number;
}

/** `/v1/tracks` and `/v1/tracks/{id}`. */
export function trackRoutes({ servicesOf, readOnly, silenceMs }: TrackRoutes): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const changing = () => {
    if (readOnly) throw new AppError("forbidden", "This server changes nothing: HARK_READ_ONLY is set.");
  };

  app.get("/v1/tracks", async (context) => {
    const call = { services: servicesOf(context), signal: context.req.raw.signal, progress: () => {} };
    return context.json((await runTool(listTracks, queryArguments(context, listTracks.input), call)).value);
  });

  app.post("/v1/tracks", async (context) => {
    const services = servicesOf(context);
    const request = context.req.raw;
    changing();
    const type = context.req.header("content-type") ?? "";
    const isJson = /^application\/([\w.-]+\+)?json\b/i.test(type);
    if (!isForm(request) && !isJson) throw wrongType();
    const added = isJson
      ? (await runTool(addTrack, await jsonBody(context), { services, signal: request.signal, progress: () => {} }))
          .value
      : await upload(request, services, silenceMs);
    const { created, track_id } = addTrack.output.parse(added);
    return context.json(added, created ? 201 : 200, { location: `/v1/tracks/${track_id}` });
  });

  app.get("/v1/tracks/:id", async (context) => {
    const services = servicesOf(context);
    return context.json(await trackDetails(services, context.req.param("id")));
  });

  app.delete("/v1/tracks/:id", async (context) => {
    const services = servicesOf(context);
    changing();
    const { id } = await services.library.get(context.req.param("id"));
    await runTool(removeTrack, { track_id: id }, { services, signal: context.req.raw.signal, progress: () => {} });
    return context.body(null, 204);
  });

  allowOnly(app, "/v1/tracks", "GET, POST");
  allowOnly(app, "/v1/tracks/:id", "GET, DELETE");
  return app;
}

/** Keeps the file of a form and begins to measure it. */
async function upload(
  request: Request,
  services: Services,
  silenceMs: number,
): Promise<z.input<typeof addTrack.output>> {
  await using file = await receiveUpload(request, services.library, silenceMs);
  const { track, created } = await file.keep();
  services.provider.prefetch(track);
  return { ...trackSummary(track), created };
}

async function trackDetails(services: Services, id: string): Promise<z.input<typeof TRACK_DETAILS>> {
  const track = await services.library.get(id);
  const stored = await services.library.storedAnalyses(track);
  return {
    ...trackView(track),
    analyses: stored.map(({ agent, agentVersion, parameters, source, error, warning, createdAt }) => ({
      agent,
      agent_version: agentVersion,
      status: error === null ? "measured" : "failed",
      message: error?.message ?? warning,
      parameters: { ...parameters },
      source,
      measured_at: createdAt.toISOString(),
    })),
  };
}

function wrongType(): AppError {
  const message =
    "Send a form (multipart/form-data) with the file, or JSON with the path of a file on the server's disk.";
  return new HttpError(415, "invalid_input", message);
}

const FORM: JsonSchema = {
  type: "object",
  properties: { file: { type: "string", contentMediaType: "application/octet-stream" } },
  required: ["file"],
};

export const TRACK_PATHS: JsonSchema = {
  "/v1/tracks": {
    get: describeEndpoint({
      operationId: "list_tracks_v1",
      summary: listTracks.title,
      description: listTracks.description,
      tag: "tracks",
      query: listTracks.input,
      answers: { "200": listTracks.output },
    }),
    post: describeEndpoint({
      operationId: "create_track",
      summary: "Upload a track",
      description:
        "Takes one audio file of any format, streamed to disk, or the path of a file on the server's disk, and measures it in the background: status goes from pending to analyzing to ready or failed. 201 with Location for new bytes, 200 for known ones.",
      tag: "tracks",
      body: addTrack.input,
      otherBodies: { "multipart/form-data": FORM },
      answers: { "200": addTrack.output, "201": addTrack.output },
    }),
  },
  "/v1/tracks/{id}": {
    get: describeEndpoint({
      operationId: "read_track",
      summary: "Show a track and which analyses are there",
      tag: "tracks",
      path: ["id"],
      answers: { "200": TRACK_DETAILS },
    }),
    delete: describeEndpoint({
      operationId: "delete_track",
      summary: "Forget a track",
      description: "With its analyses, and with its file where it was uploaded. A file on the user's disk stays.",
      tag: "tracks",
      path: ["id"],
      answers: { "204": "Removed" },
    }),
  },
};
