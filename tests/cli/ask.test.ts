/** `hark ask` as a process of its own, on a real database and a real recording; only the model is scripted. */
import { afterAll, expect, test } from "vitest";
import { type Answer, callsAnswer, chunk, type LlmRequest, llmServer, textAnswer } from "../fixtures/llm-server.ts";
import { createTestDatabase } from "../storage/test-database.ts";
import { scriptedConfig } from "../tools/scripted-gateway.ts";
import { runHark } from "./run-hark.ts";

const SAMPLE = "samples/groove.wav";
const QUESTION = "How fast is it?";

const { databaseUrl, home } = await createTestDatabase();
type Scripted = Answer | ((request: LlmRequest) => Answer);

/** What the server answers next. */
let script: readonly Scripted[] = [];
let asked = 0;
const server = await llmServer((request) => {
  const answer = script[asked++] ?? { status: 500 };
  return typeof answer === "function" ? answer(request) : answer;
});
const config = await scriptedConfig(server.url);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await config[Symbol.asyncDispose]();
});

function hark(answers: readonly Scripted[], ...args: string[]) {
  script = answers;
  asked = 0;
  return runHark(["ask", ...args], { home, environment: { DATABASE_URL: databaseUrl, ...config.environment } });
}

/** Measures the track that the instructions name, as a model would. */
function measure({ body }: LlmRequest): Answer {
  const [, track_id] = /track_id "(trk_\w+)"/.exec(String(body.messages?.[0]?.content)) ?? [];
  return callsAnswer([{ name: "analyse_rhythm", arguments: { track_id } }]);
}

test("the answer is streamed, with what was measured beneath it, and calls of tools on standard error", async () => {
  const words = ["It runs at ", "112.05 BPM", ", and \u001b[31mred at 7 cents."];
  const { code, stdout, stderr } = await hark([measure, textAnswer(words, [2000, 20])], SAMPLE, ...QUESTION.split(" "));
  expect(stderr).toBe("→ analyse_rhythm\n");
  expect(code).toBe(0);
  const [answer, ...rest] = stdout.trimEnd().split("\n");
  expect(answer).toBe("It runs at 112.05 BPM, and \u{fffd}[31mred at 7 cents.");
  expect(rest).toEqual([
    "",
    expect.stringMatching(/✓ 112\.05 BPM\s+analyse_rhythm tempo_bpm/),
    expect.stringMatching(/\? 7 cents\s+not measured/),
    expect.stringMatching(/mine\/one · 2010 \+ 25 tokens · \$0\.0021/),
  ]);
  expect(server.requests[0]?.body.messages?.at(-1)).toEqual({ role: "user", content: QUESTION });
});

test("as JSON nothing but the answer is printed", async () => {
  const { code, stdout, stderr } = await hark([measure, textAnswer(["112 BPM"])], SAMPLE, QUESTION, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({
    response: "112 BPM",
    claims: [{ status: "supported" }],
    model: "mine/one",
    tools_called: [{ tool: "analyse_rhythm", success: true }],
  });
});

test("model, cost and session are passed on", async () => {
  expect(await hark([], SAMPLE, QUESTION, "--max-cost", "0.00001")).toMatchObject({ code: 6, stdout: "" });
  expect(await hark([], SAMPLE, QUESTION, "--model", "mine/two")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('no model "mine/two"'),
  });
  expect((await hark([], SAMPLE, QUESTION, "--session", "ses_none")).code).toBe(3);
  expect(asked).toBe(0);
});

test("what failed in the middle is said on a line of its own", async () => {
  const { code, stdout, stderr } = await hark([{ status: 401 }], SAMPLE, QUESTION);
  expect([code, stdout]).toEqual([5, ""]);
  expect(stderr).toMatch(/^hark: mine refused .*Check the key/);
  const cut: Answer = { stream: [chunk({ content: "It runs" }), "cut"] };
  const broken = await hark([measure, cut], SAMPLE, QUESTION);
  expect(broken).toMatchObject({
    code: 9,
    stdout: "It runs\n",
    stderr: expect.stringMatching(/\nhark: The answer of mine\/one broke off/),
  });
});

test("without a language model it says what to do", async () => {
  const { code, stderr } = await runHark(["ask", SAMPLE, QUESTION], {
    home,
    environment: { DATABASE_URL: databaseUrl, ...config.environment, HARK_LLM_MODELS: `${config.modelsFile}.none` },
  });
  expect(code).toBe(8);
  expect(stderr).toMatch(
    /^hark: No language model is set up: set one of .*OPENAI_API_KEY.*, or start a local server.*\n$/,
  );
  expect(stderr.length).toBeLessThan(300);
});

test.each([
  ["no file", []],
  ["no question", [SAMPLE]],
  ["a cost that is none", [SAMPLE, QUESTION, "--max-cost", "cheap"]],
  ["an unknown option", [SAMPLE, QUESTION, "--loud"]],
])("%s is explained", async (_name, args) => {
  const { code, stderr } = await hark([], ...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(/Usage: hark ask FILE "QUESTION"/);
});

test("a corrected answer is said to replace the one before it, and only its values are shown", async () => {
  const answers = [measure, textAnswer(["It runs at 120 BPM."]), textAnswer(["It runs at 112 BPM."])];
  const { code, stdout } = await hark(answers, SAMPLE, QUESTION);
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.slice(0, 5)).toEqual([
    "It runs at 120 BPM.",
    "",
    "It runs at 112 BPM.",
    "",
    "  The first answer contradicted the measurements. The second one replaces it.",
  ]);
  expect(lines.slice(5)).toEqual([expect.stringMatching(/✓ 112 BPM/), expect.stringMatching(/mine\/one/)]);
});

test("a server that is down is one line, without the log", async () => {
  const models = await scriptedConfig("http://127.0.0.1:1/v1");
  const { code, stderr } = await runHark(["ask", SAMPLE, QUESTION], {
    home,
    environment: { DATABASE_URL: databaseUrl, ...models.environment },
  });
  await models[Symbol.asyncDispose]();
  expect(code).toBe(8);
  expect(stderr).toMatch(/^hark: .*cannot be reached.*\n$/);
});
