import { describe, expect, test } from "vitest";
import { loadModelRegistry } from "../../src/gateway/model-registry.ts";
import { loadPrices } from "../../src/gateway/prices.ts";
import { inputRange, quoteCall } from "../../src/gateway/quote.ts";
import { reportedUsage, usageOf } from "../../src/gateway/usage.ts";
import { testModel } from "./test-models.ts";

const priceUsage = await loadPrices();
const registry = await loadModelRegistry("/nonexistent/models.yaml");
const AT = new Date("2026-11-01T12:00:00Z");

describe("a price of one's own", () => {
  const price = {
    input_mtok: { base: 1, tiers: [{ start: 100_000, price: 2 }] },
    cache_read_mtok: 0.1,
    output_mtok: 4,
  };
  const model = testModel({ price });

  test("prices input, cached input and output by hand", () => {
    const usage = usageOf({ inputTokens: 1000, cachedTokens: 600, outputTokens: 250, reasoningTokens: 200 });
    const cost = priceUsage(model, usage, AT);
    expect(cost.usd).toBeCloseTo((400 * 1 + 600 * 0.1 + 250 * 4) / 1e6, 12);
    expect(cost.source).toBe("models.yaml");
  });

  test("is dearer beyond its tier", () => {
    expect(priceUsage(model, usageOf({ inputTokens: 100_000 }), AT).usd).toBeCloseTo(0.1, 9);
    expect(priceUsage(model, usageOf({ inputTokens: 100_001 }), AT).usd).toBeCloseTo(0.200002, 9);
  });

  test("is null for what it does not name", () => {
    for (const usage of [
      { inputTokens: 10, inputAudioTokens: 5 },
      { outputTokens: 10, outputAudioTokens: 5 },
      { audioSeconds: 3 },
    ]) {
      expect(priceUsage(model, usageOf(usage), AT)).toMatchObject({
        usd: null,
        whyNull: expect.stringMatching(/audio/),
      });
    }
    const onlyInput = testModel({ price: { input_mtok: 1 } });
    expect(priceUsage(onlyInput, usageOf({ inputTokens: 1, outputTokens: 1 }), AT).usd).toBeNull();
  });
});

test("every model that ships has a price, or is local and free", () => {
  expect(registry.models.length).toBeGreaterThan(0);
  for (const model of registry.models) {
    const { usd, whyNull } = priceUsage(model, usageOf({ inputTokens: 1000, outputTokens: 1000 }), AT);
    expect(usd, `${model.id} ${whyNull}`).toBeGreaterThan(0);
  }
  for (const model of registry.templates) {
    expect(priceUsage(model, usageOf({ inputTokens: 1000 }), AT)).toMatchObject({ usd: 0, source: "local" });
  }
});

test("audio is dearer than text where a model hears it", () => {
  const model = registry.find("openai/gpt-audio");
  const text = priceUsage(model, usageOf({ inputTokens: 1000 }), AT).usd;
  const audio = priceUsage(model, usageOf({ inputTokens: 1000, inputAudioTokens: 1000 }), AT).usd;
  expect(audio).toBeCloseTo(0.032, 9);
  expect(Number(audio)).toBeGreaterThan(Number(text));
});

test("an unknown price is null with a reason, never 0", () => {
  const unlisted = testModel({ price: null, provider: { priceSource: "openai" } });
  expect(priceUsage(unlisted, usageOf({ inputTokens: 1 }), AT)).toMatchObject({
    usd: null,
    whyNull: expect.stringContaining("models.yaml"),
  });
  expect(priceUsage(testModel({ price: null }), usageOf({ inputTokens: 1 }), AT).usd).toBeNull();
});

test("what the server says it costs goes before every table", () => {
  const usage = reportedUsage({ prompt_tokens: 1000, completion_tokens: 10, cost: 0.0123 });
  expect(usage && priceUsage(testModel(), usage, AT)).toMatchObject({ usd: 0.0123, source: "server" });
});

test("more cached tokens than input is refused", () => {
  expect(() => priceUsage(testModel(), usageOf({ inputTokens: 1, cachedTokens: 2 }), AT)).toThrow(
    expect.objectContaining({ kind: "invalid_input" }),
  );
});

describe("reported usage", () => {
  test("holds cached, reasoning and audio tokens", () => {
    expect(
      reportedUsage({
        prompt_tokens: 200,
        completion_tokens: 50,
        total_tokens: 250,
        prompt_tokens_details: { cached_tokens: 80, audio_tokens: 7 },
        completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 3 },
      }),
    ).toEqual(
      usageOf({
        inputTokens: 200,
        cachedTokens: 80,
        inputAudioTokens: 7,
        outputTokens: 50,
        reasoningTokens: 30,
        outputAudioTokens: 3,
      }),
    );
  });

  test("counts reasoning that is only in the total as output", () => {
    expect(reportedUsage({ prompt_tokens: 10, completion_tokens: 5, total_tokens: 115 })).toMatchObject({
      outputTokens: 105,
      reasoningTokens: 100,
    });
  });

  test("is null when there is none", () => {
    for (const nothing of [null, undefined, {}, { prompt_tokens: "many" }]) expect(reportedUsage(nothing)).toBeNull();
    expect(reportedUsage({ prompt_tokens: 3, prompt_tokens_details: null })).toMatchObject({ inputTokens: 3 });
  });
});

test("a quote has the input as counted and the output as a range", () => {
  expect(inputRange(1000, 0)).toEqual({ low: 1000, high: 1000 });
  expect(inputRange(1000, 25)).toEqual({ low: 750, high: 1250 });
  const quote = quoteCall(priceUsage, testModel(), { low: 1000, high: 1000 }, { low: 0, high: 500 }, AT);
  expect(quote.usd?.low).toBeCloseTo(0.001, 12);
  expect(quote.usd?.high).toBeCloseTo(0.003, 12);
  const unknown = quoteCall(priceUsage, testModel({ price: null }), { low: 1, high: 1 }, { low: 0, high: 1 }, AT);
  expect(unknown).toMatchObject({ usd: null, whyNull: expect.stringContaining("a price") });
});
