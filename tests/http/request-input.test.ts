import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { startTestServer } from "./test-server.ts";

const server = await startTestServer({}, { bodyMs: 300, silenceMs: 300 });
afterAll(() => server[Symbol.asyncDispose]());

/** What is answered to the beginning of a request whose rest never comes, until the server ends the connection. */
function answerTo(path: string, type = "application/json", begin = "{"): Promise<string> {
  const { hostname, port, host } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: ${type}\r\ncontent-length: 9999\r\n\r\n${begin}`,
  );
  return text(socket);
}

test.each(["/v1/tools/list_tracks", "/mcp", "/v1/tracks", "/v1/nothing"])(
  "a body that stands still is not waited for at %s",
  async (path) => {
    const answer = await answerTo(path);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain("did not come whole within 0.3 s");
  },
);

test.each([
  ["before its part", "--x\r\n"],
  ["in its file", '--x\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF'],
])("an upload that falls silent %s is not waited for, and leaves nothing", async (_where, begin) => {
  const answer = await answerTo("/v1/tracks", "multipart/form-data; boundary=x", begin);
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(answer).toContain("Nothing came for 0.3 s");
  const left = await readdir(join(server.folder, "files"), { recursive: true }).catch(() => []);
  expect(left.filter((name) => name.includes("incoming"))).toEqual([]);
});

test("a body that comes in time is taken", async () => {
  const answer = await fetch(`${server.url}/v1/tools/list_tracks`, { method: "POST", body: "{}" });
  expect(answer.status).toBe(200);
});
