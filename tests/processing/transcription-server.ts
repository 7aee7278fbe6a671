/** A server with `/v1/audio/transcriptions`: real HTTP, scripted answers. */
import { createServer, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";

export interface TranscriptionRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly fields: ReadonlyMap<string, string>;
  readonly audio: Buffer;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The answer never comes. */
  readonly hangs?: boolean;
}

/** Starts it. @param answer From the request and its number. */
export async function transcriptionServer(answer: (request: TranscriptionRequest, call: number) => Answer) {
  const requests: TranscriptionRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const request = await parsed(incoming).catch(() => null);
    if (request === null) return void response.destroy();
    const { status = 200, headers = {}, body, hangs = false } = answer(request, requests.push(request) - 1);
    if (hangs) return;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    endpoint: { url: `http://127.0.0.1:${address.port}/v1`, model: "test-model", apiKey: "secret-key" },
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function parsed(incoming: IncomingMessage): Promise<TranscriptionRequest> {
  const body = await buffer(incoming);
  const form = await new Response(Uint8Array.from(body), {
    headers: { "content-type": incoming.headers["content-type"] ?? "" },
  }).formData();
  const file = form.get("file");
  if (!(file instanceof File)) throw new Error("There is no file.");
  const fields = [...form].flatMap(([name, value]): [string, string][] =>
    typeof value === "string" ? [[name, value]] : [],
  );
  const path = incoming.url ?? "";
  const audio = Buffer.from(await file.arrayBuffer());
  return { path, authorization: incoming.headers.authorization, fields: new Map(fields), audio };
}
