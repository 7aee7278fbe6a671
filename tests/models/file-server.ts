/** A server of files as a download meets them: with ranges and ETags, or without; that breaks off, damages, replaces or stalls. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Served {
  content: Buffer;
  etag: string | null;
  /** Honours Range. */
  ranges: boolean;
  /** Ends the connection after so many bytes of the body, for so many requests. */
  cut: { bytes: number; times: number };
  /** Answers so many requests with 503 first. */
  unavailable: number;
  /** Leaves Content-Length out. */
  lengthless: boolean;
  /** Sends a piece of the body and then nothing. */
  stalls: boolean;
  /** Redirects here first. */
  redirect: string | null;
}

export interface FileServer {
  readonly url: string;
  readonly served: Served;
  /** Range of each request (null for the whole), with its path. */
  readonly requests: { path: string; range: string | null }[];
}

export async function fileServer(given: Partial<Served> & { content: Buffer }): Promise<FileServer> {
  const served: Served = {
    etag: '"first"',
    ranges: true,
    cut: { bytes: 0, times: 0 },
    unavailable: 0,
    lengthless: false,
    stalls: false,
    redirect: null,
    ...given,
  };
  const requests: FileServer["requests"] = [];
  const server = createServer((request, response) => {
    requests.push({ path: request.url ?? "", range: request.headers.range ?? null });
    answer(request, response, served);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, served, requests };
}

function answer(request: IncomingMessage, response: ServerResponse, served: Served): void {
  if (served.unavailable > 0) {
    served.unavailable--;
    response.writeHead(503).end("busy");
    return;
  }
  if (served.redirect !== null && request.url !== "/moved") {
    response.writeHead(302, { location: served.redirect }).end();
    return;
  }
  const { content, etag } = served;
  const condition = request.headers["if-range"];
  const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
  const isPart = served.ranges && first !== undefined && (condition === undefined || condition === etag);
  const start = isPart ? Number(first) : 0;
  if (isPart && start >= content.length) {
    response.writeHead(416).end();
    return;
  }
  const body = content.subarray(start);
  const range = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
  response.writeHead(isPart ? 206 : 200, {
    ...(served.lengthless ? {} : { "content-length": body.length }),
    ...(etag === null ? {} : { etag }),
    ...(isPart ? range : {}),
  });
  send(response, body, served);
}

function send(response: ServerResponse, body: Buffer, served: Served): void {
  if (served.cut.times > 0) {
    served.cut.times--;
    response.write(body.subarray(0, served.cut.bytes), () => setTimeout(() => response.destroy(), 30));
    return;
  }
  if (served.stalls) response.write(body.subarray(0, 1000));
  else response.end(body);
}
