import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type DownloadOptions, downloadFile, type WantedFile } from "../../src/models/model-download.ts";
import { type FileServer, fileServer } from "./file-server.ts";

const CONTENT = bytes(400_000, 1);
const OTHER = bytes(400_000, 2);
const PULL = join(import.meta.dirname, "pull-process.ts");

/** The same for the same seed. */
function bytes(length: number, seed: number): Buffer {
  let state = seed;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state & 255;
  };
  return Buffer.from(Uint8Array.from({ length }, next));
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "hark-download-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function wanted(url: string, changes: Partial<WantedFile> = {}): WantedFile {
  const sha256 = createHash("sha256").update(CONTENT).digest("hex");
  const destination = join(newFolder(), "one", "one.onnx");
  return { name: "one.onnx", url: `${url}/one.onnx`, bytes: CONTENT.length, sha256, destination, ...changes };
}

const options = (changes: Partial<DownloadOptions> = {}): DownloadOptions => ({
  signal: new AbortController().signal,
  environment: {},
  retryDelaysMs: [5, 5, 5],
  ...changes,
});

/** What lies beside the destination. */
const leftIn = ({ destination }: WantedFile) => readdirSync(join(destination, "..")).sort();

function expectWhole(file: WantedFile): void {
  expect(readFileSync(file.destination).equals(CONTENT)).toBe(true);
  expect(leftIn(file)).toEqual(["one.onnx"]);
}

/** Leaves the first part of the file behind, as a download that was cut does. */
async function begin(server: FileServer, file: WantedFile): Promise<void> {
  server.served.cut = { bytes: 150_000, times: 1 };
  await expect(downloadFile(file, options({ retryDelaysMs: [] }))).rejects.toMatchObject({ kind: "upstream" });
  expect(leftIn(file)).toEqual(["one.onnx.partial", "one.onnx.partial.json"]);
}

/** Where a request went on; of what was sent before a connection broke, the last part may not have arrived. */
function startOf(range: string | null): number {
  return range === null ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
}

test("gets a file whole, says how far it is, and does not get it twice", async () => {
  const server = await fileServer({ content: CONTENT });
  const file = wanted(server.url);
  const seen: number[] = [];
  await downloadFile(file, options({ onProgress: (present) => seen.push(present) }));
  expectWhole(file);
  expect(seen.at(-1)).toBe(CONTENT.length);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  await downloadFile(file, options());
  expect(server.requests).toEqual([{ path: "/one.onnx", range: null }]);
});

test("goes on by itself where a connection broke, twice", async () => {
  const server = await fileServer({ content: CONTENT, cut: { bytes: 150_000, times: 2 } });
  const file = wanted(server.url);
  await downloadFile(file, options());
  expectWhole(file);
  const [first, second, third] = server.requests.map(({ range }) => startOf(range));
  expect(server.requests.length).toBe(3);
  expect(first).toBe(0);
  expect(second).toBeGreaterThan(0);
  expect(third).toBeGreaterThan(second);
});

test("a later download goes on where the one before failed", async () => {
  const server = await fileServer({ content: CONTENT });
  const file = wanted(server.url);
  await begin(server, file);
  await downloadFile(file, options());
  expectWhole(file);
  expect(startOf(server.requests.at(-1)?.range ?? null)).toBeGreaterThan(0);
});

test("begins anew where the server ignores ranges", async () => {
  const server = await fileServer({ content: CONTENT, ranges: false });
  const file = wanted(server.url);
  await begin(server, file);
  await downloadFile(file, options());
  expectWhole(file);
});

test.each([
  ["with ETags", '"other"', '"first"'],
  ["without ETags", null, null],
])("begins anew when the file was replaced meanwhile, on a server %s", async (_, before, after) => {
  const server = await fileServer({ content: OTHER, etag: before });
  const file = wanted(server.url);
  await begin(server, file);
  Object.assign(server.served, { content: CONTENT, etag: after });
  await downloadFile(file, options());
  expectWhole(file);
});

test("begins anew when a server gives a range of another version than it was asked for", async () => {
  const server = await fileServer({ content: OTHER, etag: 'W/"other"' });
  const file = wanted(server.url);
  await begin(server, file);
  Object.assign(server.served, { content: CONTENT, etag: 'W/"first"' });
  await downloadFile(file, options());
  expectWhole(file);
  expect(server.requests.map(({ range }) => range)).toEqual([null, expect.stringMatching(/^bytes=[1-9]\d*-$/), null]);
});

test("deletes a file that arrives damaged, and says so", async () => {
  const damaged = Buffer.from(CONTENT);
  damaged[200_000] ^= 1;
  const server = await fileServer({ content: damaged });
  const file = wanted(server.url);
  await expect(downloadFile(file, options())).rejects.toMatchObject({
    kind: "upstream",
    message: expect.stringMatching(/one\.onnx.*SHA-256.*deleted/),
  });
  expect(leftIn(file)).toEqual([]);
});

test("deletes a resumed file that is damaged both times, instead of trying for ever", async () => {
  const server = await fileServer({ content: OTHER });
  const file = wanted(server.url);
  await begin(server, file);
  await expect(downloadFile(file, options())).rejects.toMatchObject({ kind: "upstream" });
  expect(server.requests).toHaveLength(3);
  expect(leftIn(file)).toEqual([]);
});

test.each([
  ["says so first", false],
  ["does not say so", true],
])("takes nothing larger than the manifest says, when the server %s", async (_, lengthless) => {
  const content = Buffer.concat([CONTENT, Buffer.alloc(20_000_000)]);
  const server = await fileServer({ content, lengthless });
  const file = wanted(server.url);
  await expect(downloadFile(file, options())).rejects.toMatchObject({
    kind: "upstream",
    message: expect.stringContaining("400000 bytes are right"),
  });
  expect(leftIn(file)).toEqual([]);
});

test("a smaller file is none either", async () => {
  const server = await fileServer({ content: CONTENT.subarray(1) });
  await expect(downloadFile(wanted(server.url), options())).rejects.toMatchObject({
    message: expect.stringContaining("399999 bytes"),
  });
});

test("tries again when the server is busy, and gives up on what will not change", async () => {
  const server = await fileServer({ content: CONTENT, unavailable: 2 });
  const file = wanted(server.url);
  await downloadFile(file, options());
  expectWhole(file);
  server.served.unavailable = 10;
  await expect(downloadFile(wanted(server.url), options())).rejects.toMatchObject({ kind: "upstream" });
  expect(server.served.unavailable).toBe(6);
  const gone = createServer((_, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void gone.close());
  const url = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
  await expect(downloadFile(wanted(url), options())).rejects.toMatchObject({
    message: expect.stringMatching(/404.*HARK_MODELS_DIR/),
  });
});

test("gives up a connection on which nothing arrives, and keeps what has arrived", async () => {
  const server = await fileServer({ content: CONTENT, stalls: true });
  const file = wanted(server.url);
  await expect(downloadFile(file, options({ idleMs: 100, retryDelaysMs: [5] }))).rejects.toMatchObject({
    kind: "upstream",
  });
  expect(server.requests).toEqual([
    { path: "/one.onnx", range: null },
    { path: "/one.onnx", range: "bytes=1000-" },
  ]);
  server.served.stalls = false;
  await downloadFile(file, options());
  expectWhole(file);
});

test("stops at once when it is cancelled, and keeps what has arrived", async () => {
  const server = await fileServer({ content: CONTENT, stalls: true });
  const file = wanted(server.url);
  const stopping = new AbortController();
  const download = downloadFile(file, options({ signal: stopping.signal, onProgress: () => stopping.abort() }));
  const startedAt = performance.now();
  await expect(download).rejects.toMatchObject({ kind: "cancelled" });
  expect(performance.now() - startedAt).toBeLessThan(1000);
  expect(leftIn(file)).toEqual(["one.onnx.partial", "one.onnx.partial.json"]);
  await expect(downloadFile(file, options({ signal: stopping.signal }))).rejects.toMatchObject({ kind: "cancelled" });
});

test("follows redirects, but not to an unprotected address or in circles", async () => {
  const server = await fileServer({ content: CONTENT, redirect: "/moved" });
  const file = wanted(server.url);
  await downloadFile(file, options());
  expectWhole(file);
  server.served.redirect = "/one.onnx";
  await expect(downloadFile(wanted(server.url), options())).rejects.toMatchObject({
    message: expect.stringContaining("without end"),
  });
  server.served.redirect = "file:///etc/passwd";
  await expect(downloadFile(wanted(server.url), options())).rejects.toMatchObject({
    message: expect.stringContaining("not protected"),
  });
});

test("HF_ENDPOINT moves the addresses of Hugging Face, and no others", async () => {
  const server = await fileServer({ content: CONTENT });
  const environment = { HF_ENDPOINT: `${server.url}/mirror/` };
  const file = wanted("https://huggingface.co/some/model/resolve/0123");
  await downloadFile(file, options({ environment }));
  expectWhole(file);
  await downloadFile(wanted(server.url), options({ environment }));
  expect(server.requests.map(({ path }) => path)).toEqual(["/mirror/some/model/resolve/0123/one.onnx", "/one.onnx"]);
  const wrong = options({ environment: { HF_ENDPOINT: "nowhere" } });
  await expect(downloadFile(file, wrong)).resolves.toBeUndefined();
  await expect(downloadFile(wanted("https://huggingface.co"), wrong)).rejects.toMatchObject({
    kind: "invalid_input",
    message: expect.stringContaining("HF_ENDPOINT"),
  });
});

test("goes through the proxy that the environment names, unless NO_PROXY says otherwise", async () => {
  const server = await fileServer({ content: CONTENT });
  const proxy = await startProxy();
  const through = wanted(server.url);
  await downloadFile(through, options({ environment: { HTTP_PROXY: proxy.url } }));
  expectWhole(through);
  expect(proxy.requests).toEqual([`${server.url}/one.onnx`]);
  await downloadFile(wanted(server.url), options({ environment: { http_proxy: proxy.url, NO_PROXY: "127.0.0.1" } }));
  expect(proxy.requests).toHaveLength(1);
  const secure = wanted(server.url.replace("http:", "https:"));
  // The server speaks no TLS, so this fails; what counts is that the tunnel was asked for.
  const failing = options({ environment: { https_proxy: proxy.url }, retryDelaysMs: [] });
  await expect(downloadFile(secure, failing)).rejects.toMatchObject({ kind: "upstream" });
  expect(proxy.requests.at(-1)).toBe(`CONNECT ${new URL(server.url).host}`);
});

test("two processes that want the same file get it once", async () => {
  // The first answer makes whoever is first wait, so that the other one arrives meanwhile.
  const server = await fileServer({ content: CONTENT, unavailable: 1 });
  const file = wanted(server.url);
  const codes = await Promise.all(
    [1, 2].map(async () => {
      const child = spawn(process.execPath, [PULL, JSON.stringify(file)], { stdio: ["ignore", "inherit", "inherit"] });
      const [code] = await once(child, "close");
      return code;
    }),
  );
  expect(codes).toEqual([0, 0]);
  expectWhole(file);
  expect(server.requests).toHaveLength(2);
});

test("the lock of a process that was killed is taken over, and its download goes on", async () => {
  const server = await fileServer({ content: CONTENT, stalls: true });
  const file = wanted(server.url);
  const child = spawn(process.execPath, [PULL, JSON.stringify(file)], { stdio: "ignore" });
  await expect.poll(() => existsSync(`${file.destination}.partial`), { timeout: 10_000 }).toBe(true);
  await expect.poll(() => readFileSync(`${file.destination}.partial`).length).toBe(1000);
  child.kill("SIGKILL");
  await once(child, "close");
  expect(leftIn(file)).toContain("one.onnx.lock");
  server.served.stalls = false;
  await downloadFile(file, options());
  expectWhole(file);
  expect(server.requests.at(-1)?.range).toBe("bytes=1000-");
});

test("refuses to begin what the disk has no room for", async () => {
  const server = await fileServer({ content: CONTENT });
  const file = wanted(server.url, { bytes: 1e17 });
  await expect(downloadFile(file, options())).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringMatching(/no room.*HARK_MODELS_DIR/),
  });
  expect(server.requests).toEqual([]);
});

test("says what is wrong with a folder that cannot be written to", async () => {
  const server = await fileServer({ content: CONTENT });
  const occupied = join(newFolder(), "file");
  writeFileSync(occupied, "");
  const file = wanted(server.url, { destination: join(occupied, "one", "one.onnx") });
  await expect(downloadFile(file, options())).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("HARK_MODELS_DIR"),
  });
});

async function startProxy() {
  const requests: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    requests.push(incoming.url ?? "");
    const onward = httpRequest(incoming.url ?? "", { headers: incoming.headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  proxy.on("connect", ({ url = "" }, socket) => {
    requests.push(`CONNECT ${url}`);
    const [host = "", port = ""] = url.split(":");
    const onward = connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [onward, socket]) end.on("error", () => {});
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, requests };
}
