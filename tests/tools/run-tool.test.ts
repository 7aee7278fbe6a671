import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Scope } from "../../src/caller.ts";
import { AppError } from "../../src/errors.ts";
import { runTool } from "../../src/tools/run-tool.ts";
import { type CallContext, defineTool, READ_ONLY } from "../../src/tools/tool.ts";

const contextOf = (scopes: readonly Scope[]) => {
  const services = { caller: { owner: "ann", keyId: "k", scopes: new Set(scopes) } };
  return { services, signal: new AbortController().signal, progress: () => {} } as unknown as CallContext;
};
const context = contextOf(["read"]);

const greet = defineTool({
  name: "greet",
  title: "Greet",
  description: "Greets somebody by name.",
  toolset: "system",
  input: z.strictObject({ name: z.string(), times: z.int().default(1), tone: z.enum(["warm", "cool"]).optional() }),
  output: z.object({ greeting: z.string() }),
  annotations: READ_ONLY,
  async run({ name, times }) {
    if (name === "nobody") throw new AppError("not_found", "There is nobody.");
    const greeting = name === "bug" ? (7 as unknown as string) : `hello ${name} `.repeat(times).trim();
    return { value: { greeting }, text: greeting };
  },
});

describe("arguments", () => {
  test("defaults are filled in", async () => {
    expect((await runTool(greet, { name: "Ann" }, context)).value).toEqual({ greeting: "hello Ann" });
  });

  test("a null for an optional argument counts as left out", async () => {
    const { value } = await runTool(greet, { name: "Ann", times: null, tone: null }, context);
    expect(value).toEqual({ greeting: "hello Ann" });
  });

  test("so does a null inside of an argument, in a list of alternatives too", async () => {
    const step = z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("wait"), seconds: z.number().default(1) }),
      z.strictObject({ type: z.literal("say"), word: z.string(), tone: z.literal(["warm", "cool"]).optional() }),
    ]);
    const perform = defineTool({
      ...greet,
      name: "perform",
      input: z.strictObject({ steps: z.array(step) }),
      output: z.object({ steps: z.array(z.unknown()) }),
      run: async ({ steps }) => ({ value: { steps }, text: "" }),
    });
    const steps = [
      { type: "wait", seconds: null },
      { type: "say", word: "hello", tone: null },
    ];
    const { value } = await runTool(perform, { steps }, context);
    expect(value).toEqual({
      steps: [
        { type: "wait", seconds: 1 },
        { type: "say", word: "hello" },
      ],
    });
    const wordless = [{ type: "say", word: null }];
    await expect(runTool(perform, { steps: wordless }, context)).rejects.toThrow(/steps\.0\.word: .*expected string/);
  });

  test.each([
    ["a missing argument", {}, /name: .*expected string/],
    ["a null for a required argument", { name: null }, /name: /],
    ["an argument of the wrong type", { name: "Ann", times: "two" }, /times: .*expected number/],
    ["an unknown argument", { name: "Ann", volume: 3 }, /volume.*It takes: name, times, tone/],
    ["no object", [1, 2], /expected object/],
    ["nothing", undefined, /name: /],
  ])("%s is refused by name", async (_name, args, message) => {
    await expect(runTool(greet, args, context)).rejects.toMatchObject({
      kind: "invalid_input",
      message: expect.stringMatching(message),
    });
  });
});

test("an error of the tool comes through as it is", async () => {
  await expect(runTool(greet, { name: "nobody" }, context)).rejects.toMatchObject({ kind: "not_found" });
});

test("an answer outside of the schema is a bug, not an answer", async () => {
  await expect(runTool(greet, { name: "bug" }, context)).rejects.toThrow("outside of its schema");
});

describe("scopes", () => {
  const withHints = (hints: Partial<typeof READ_ONLY>) => ({ ...greet, annotations: { ...READ_ONLY, ...hints } });

  test.each([
    ["a tool that only looks", greet, "read"],
    ["a tool that changes something", withHints({ readOnlyHint: false }), "write"],
    ["a tool that may cost money", withHints({ openWorldHint: true }), "ask"],
  ] as const)("%s needs its scope and no other", async (_name, tool, scope) => {
    expect((await runTool(tool, { name: "Ann" }, contextOf([scope]))).value).toEqual({ greeting: "hello Ann" });
    const others = (["read", "write", "files", "ask"] as const).filter((other) => other !== scope);
    await expect(runTool(tool, { name: "Ann" }, contextOf(others))).rejects.toMatchObject({
      kind: "forbidden",
      message: expect.stringContaining(`scope "${scope}"`),
    });
  });

  test("are looked at before the arguments", async () => {
    await expect(runTool(greet, {}, contextOf([]))).rejects.toMatchObject({ kind: "forbidden" });
  });
});
