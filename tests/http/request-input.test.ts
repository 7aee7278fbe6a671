import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, expect, test } from "vitest";
import { startTestServer } from "./test-server.ts";

const server = await startTestServer({}, { bodyMs: 300 });
afterAll(() => server[Symbol.asyncDispose]());

/** What is answered to the beginning of a request whose rest never comes, until the server ends the connection. */
function answerTo(path: string): Promise<string> {
  const { hostname, port, host } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{`,
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

test("a body that comes in time is taken", async () => {
  const answer = await fetch(`${server.url}/v1/tools/list_tracks`, { method: "POST", body: "{}" });
  expect(answer.status).toBe(200);
});
