/** What is said, by a server over real HTTP and by PocketSphinx on synthesised speech. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseWavHeader } from "../../src/audio/wav-header.ts";
import { findPocketsphinx } from "../../src/processing/pocketsphinx-recogniser.ts";
import { clipSpans } from "../../src/processing/speech-clips.ts";
import { transcribeAudio } from "../../src/processing/transcribe-audio.ts";
import { plainText, srt, vtt } from "../../src/processing/transcript.ts";
import type { VoiceActivity } from "../../src/processing/voice-activity.ts";
import { ffmpeg, ffmpegNote } from "../audio/audio-files.ts";
import { noise, sine } from "../fixtures/signals.ts";
import { wavFile } from "../fixtures/wav.ts";
import { context, writtenSource } from "./operation-runs.ts";
import { decodedMono } from "./real-models.ts";
import { transcriptionServer } from "./transcription-server.ts";

const RATE = 16_000;
const parameters = transcribeAudio.input.parse({});
const pocketsphinx = await findPocketsphinx(process.env.PATH ?? "");
const hasEspeak = spawnSync("espeak-ng", ["--version"]).status === 0;
const speechNote = `${pocketsphinx === null ? " (skipped: no pocketsphinx_continuous)" : ""}${hasEspeak ? "" : " (skipped: no espeak-ng)"}`;

/** Bursts of a tone, which the level takes for speech, at these times in seconds, over faint noise. */
function bursts(times: readonly { at: number; seconds: number }[], seconds: number, rate = RATE): Float32Array {
  const signal = noise(seconds * rate, 1, 0.0005);
  for (const { at, seconds: long } of times) signal.set(sine(300, rate, long * rate, 0.3), at * rate);
  return signal;
}

const twoBursts = () =>
  writtenSource(
    wavFile(
      [
        bursts(
          [
            { at: 2, seconds: 2 },
            { at: 10, seconds: 3 },
          ],
          15,
          48_000,
        ),
      ],
      48_000,
    ),
    "Talk.wav",
  );

const answer = (text: string) => ({
  task: "transcribe",
  language: "english",
  text,
  segments: [{ id: 0, start: 0.2, end: 99, text: ` ${text}`, avg_logprob: Math.log(0.8) }],
  words: text.split(" ").map((word, index) => ({ word, start: 0.2 + index / 2, end: 0.6 + index / 2 })),
});

test("spans hold all speech, are never too long, and are cut in pauses", () => {
  const probabilities = new Float32Array(1000).fill(0.9);
  probabilities[251] = 0.2;
  const activity: VoiceActivity = {
    engine: "energy",
    model: null,
    probabilities,
    hopSeconds: 0.1,
    durationSeconds: 100,
    notes: [],
  };
  const segments = [
    { startSeconds: 1, endSeconds: 60, probability: 1 },
    { startSeconds: 60.5, endSeconds: 61, probability: 1 },
    { startSeconds: 80, endSeconds: 81, probability: 1 },
  ];
  const spans = clipSpans(segments, activity);
  expect(spans.length).toBeGreaterThan(3);
  expect(spans[0]).toMatchObject({ startSeconds: 0.8, endSeconds: expect.closeTo(25.1) });
  expect(spans.at(-1)).toEqual({ startSeconds: expect.closeTo(79.8), endSeconds: expect.closeTo(81.2) });
  for (const [index, { startSeconds, endSeconds }] of spans.entries()) {
    expect(endSeconds - startSeconds).toBeLessThanOrEqual(28.5);
    if (index > 0) expect(startSeconds).toBeGreaterThanOrEqual(spans[index - 1].endSeconds);
  }
  expect(clipSpans([], activity)).toEqual([]);
});

test("subtitles hold times in their own form and no text that would break them", () => {
  const text = "a <b> --> c\n\nd & e";
  const segments = [{ text, startSeconds: 3661.0014, endSeconds: 3662.9996, confidence: null, words: [] }];
  expect(srt(segments)).toBe("1\n01:01:01,001 --> 01:01:03,000\na <b> → c d & e\n");
  expect(vtt(segments)).toBe("WEBVTT\n\n01:01:01.001 --> 01:01:03.000\na &lt;b&gt; → c d &amp; e\n");
  expect(plainText(segments)).toBe("a <b> → c d & e\n");
});

describe.skipIf(ffmpeg === null)(`by a server${ffmpegNote}`, () => {
  test("sends the speech alone, cut at pauses, and puts words back at their place", async () => {
    await using server = await transcriptionServer((_, call) => ({
      body: answer(call === 0 ? "one two" : "three four"),
    }));
    const shares: (number | null)[] = [];
    const where = context({ speechEndpoint: server.endpoint, progress: (share) => shares.push(share) });
    const { value, files } = await transcribeAudio.run(twoBursts(), { ...parameters, language: "en" }, where);
    expect(server.requests).toHaveLength(2);
    for (const request of server.requests) {
      expect(request).toMatchObject({ path: "/v1/audio/transcriptions", authorization: "Bearer secret-key" });
      expect(Object.fromEntries(request.fields)).toMatchObject({
        model: "test-model",
        response_format: "verbose_json",
        language: "en",
      });
      expect(parseWavHeader(request.audio)).toMatchObject({ sampleRate: RATE, channels: 1 });
    }
    // Two seconds and a margin; the decay of the hangover adds some.
    expect((server.requests[0].audio.length - 80) / 2 / RATE).toBeGreaterThan(2.2);
    expect((server.requests[0].audio.length - 80) / 2 / RATE).toBeLessThan(3);
    expect(value).toMatchObject({
      text: "one two three four",
      segment_count: 2,
      word_count: 4,
      language: "english",
      language_probability: null,
    });
    expect(value).toMatchObject({ engine: "endpoint", model: "test-model", confidence: 0.8, cost_usd: null });
    const starts = value.words.map((word) => word.start_seconds);
    for (const [index, expected] of [2, 2.5, 10, 10.5].entries()) {
      expect(starts[index]).toBeGreaterThan(expected - 0.1);
      expect(starts[index]).toBeLessThan(expected + 0.25);
    }
    // The end of 99 s that the server gave lies beyond its clip.
    expect(value.segments[0].end_seconds).toBeLessThan(5);
    expect(value.notes.join(" ")).toMatch(/sent to 127\.0\.0\.1.*not known/);
    expect(transcribeAudio.output.parse(value)).toEqual(value);
    expect(files.map(({ filename }) => filename)).toEqual(
      ["srt", "vtt", "json", "txt"].map((form) => `Talk - transcript.${form}`),
    );
    expect(readFileSync(files[0].path, "utf8")).toMatch(/^1\n00:00:0[12],\d{3} --> .*\none two\n\n2\n00:00:(09|10)/);
    expect(JSON.parse(readFileSync(files[2].path, "utf8")).segments[1].words).toHaveLength(2);
    expect(readdirSync(where.folder).filter((name) => name.startsWith("clip"))).toEqual([]);
    expect(shares.at(-1)).toBe(1);
  });

  test("sends nothing of a silent recording", async () => {
    await using server = await transcriptionServer(() => ({ body: answer("invented") }));
    const source = writtenSource(wavFile([new Float32Array(RATE)], RATE));
    const { value } = await transcribeAudio.run(source, parameters, context({ speechEndpoint: server.endpoint }));
    expect(server.requests).toHaveLength(0);
    expect(value).toMatchObject({ text: "", segments: [], language: null, confidence: null });
  });

  test("takes text without segments and words", async () => {
    await using server = await transcriptionServer(() => ({ body: { text: "only text" } }));
    const { value } = await transcribeAudio.run(twoBursts(), parameters, context({ speechEndpoint: server.endpoint }));
    expect(value).toMatchObject({
      text: "only text only text",
      segment_count: 2,
      words: [],
      language: null,
      confidence: null,
    });
  });

  test("keeps the value of a long transcript within what a job's answer may hold; the files have all", async () => {
    const times = Array.from({ length: 12 }, (_, index) => ({ at: 2 + 5 * index, seconds: 1 }));
    await using server = await transcriptionServer(() => ({ body: answer(Array(150).fill("word").join(" ")) }));
    const source = writtenSource(wavFile([bursts(times, 65)], RATE));
    const { value, files } = await transcribeAudio.run(
      source,
      parameters,
      context({ speechEndpoint: server.endpoint }),
    );
    expect(JSON.stringify(value).length).toBeLessThan(12_000);
    expect(value).toMatchObject({ text_is_whole: false, word_count: 1800 });
    expect(value.words.length).toBeGreaterThan(10);
    expect(readFileSync(files[3].path, "utf8").match(/word/g)).toHaveLength(1800);
  });

  test("asks again after a failure that may pass", async () => {
    await using server = await transcriptionServer((_, call) =>
      call === 0 ? { status: 503, headers: { "retry-after": "0" }, body: {} } : { body: answer("now") },
    );
    const { value } = await transcribeAudio.run(twoBursts(), parameters, context({ speechEndpoint: server.endpoint }));
    expect(value.text).toBe("now now");
    expect(server.requests).toHaveLength(3);
  });

  test("leaves a gap where the server fails for one clip, and names its times", async () => {
    await using server = await transcriptionServer((_, call) =>
      call < 3 ? { status: 500, headers: { "retry-after": "0" }, body: {} } : { body: answer("three four") },
    );
    const { value, files } = await transcribeAudio.run(
      twoBursts(),
      parameters,
      context({ speechEndpoint: server.endpoint }),
    );
    expect(value).toMatchObject({
      text: "three four",
      segment_count: 1,
      gaps: [{ why: expect.stringContaining("500") }],
    });
    expect(value.gaps[0].start_seconds).toBeGreaterThan(1.5);
    expect(value.gaps[0].end_seconds).toBeLessThan(5);
    expect(value.notes.join(" ")).toMatch(/could not be transcribed: 1\.\d–4\.\d s/);
    expect(readFileSync(files[3].path, "utf8")).toBe("three four\n");
  });

  test("tries no more clips after three failures in a row, and keeps what it has", async () => {
    const times = Array.from({ length: 6 }, (_, index) => ({ at: 2 + 5 * index, seconds: 1 }));
    const source = () => writtenSource(wavFile([bursts(times, 35)], RATE));
    const reply = { status: 400, body: {} };
    await using server = await transcriptionServer((_, call) => (call === 0 ? { body: answer("one") } : reply));
    const { value } = await transcribeAudio.run(source(), parameters, context({ speechEndpoint: server.endpoint }));
    expect(server.requests).toHaveLength(4);
    expect(value).toMatchObject({ text: "one", segment_count: 1 });
    expect(value.gaps.map(({ why }) => why.startsWith("Not tried"))).toEqual([false, false, false, true, true]);
    await using refusing = await transcriptionServer(() => reply);
    const running = transcribeAudio.run(source(), parameters, context({ speechEndpoint: refusing.endpoint }));
    await expect(running).rejects.toMatchObject({ kind: "unavailable" });
    expect(refusing.requests).toHaveLength(3);
  });

  test("asks no more when the key is refused", async () => {
    await using server = await transcriptionServer((_, call) =>
      call === 0 ? { body: answer("one") } : { status: 403, body: {} },
    );
    const running = transcribeAudio.run(twoBursts(), parameters, context({ speechEndpoint: server.endpoint }));
    await expect(running).rejects.toMatchObject({ message: expect.stringContaining("HARK_STT_API_KEY") });
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    [401, "unavailable", "HARK_STT_API_KEY"],
    [404, "unavailable", "HARK_STT_MODEL"],
    [429, "rate_limited", "later"],
    [500, "upstream", "later"],
  ])("says what to do after %i, without the server's words", async (status, kind, hint) => {
    const body = { error: "upstream secret" };
    await using server = await transcriptionServer(() => ({ status, headers: { "retry-after": "0" }, body }));
    const running = transcribeAudio.run(twoBursts(), parameters, context({ speechEndpoint: server.endpoint }));
    await expect(running).rejects.toMatchObject({ kind, message: expect.stringContaining(hint) });
    await expect(running).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
  });

  test("refuses an answer of another form, and a redirect", async () => {
    for (const reply of [{ body: "<html>" }, { status: 302, headers: { location: "http://127.0.0.1:1/" }, body: "" }]) {
      await using server = await transcriptionServer(() => reply);
      const running = transcribeAudio.run(twoBursts(), parameters, context({ speechEndpoint: server.endpoint }));
      await expect(running).rejects.toMatchObject({ kind: "upstream" });
    }
  });

  test("stops within two seconds when it is cancelled while the server is silent", async () => {
    const stopping = new AbortController();
    let abortedAt = 0;
    await using server = await transcriptionServer(() => {
      setTimeout(() => {
        abortedAt = performance.now();
        stopping.abort();
      }, 50);
      return { body: "", hangs: true };
    });
    const where = context({ speechEndpoint: server.endpoint, signal: stopping.signal });
    await expect(transcribeAudio.run(twoBursts(), parameters, where)).rejects.toMatchObject({ kind: "cancelled" });
    expect(performance.now() - abortedAt).toBeLessThan(2000);
  });

  test("an engine that is not there says how to get one", async () => {
    const running = transcribeAudio.run(twoBursts(), { ...parameters, engine: "endpoint" }, context());
    await expect(running).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("HARK_STT_URL"),
    });
  });
});

describe.skipIf(ffmpeg === null || pocketsphinx === null || !hasEspeak)(
  `by PocketSphinx${ffmpegNote}${speechNote}`,
  () => {
    const SENTENCES = [
      "there are seven days in the week",
      "the people of the country want a new government",
      "we have to go back to the house",
    ];
    const PAUSE_SECONDS = 2;

    /** The sentences after pauses, and where each begins and ends. */
    async function spoken() {
      const folder = mkdtempSync(join(tmpdir(), "hark-espeak-"));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const parts: number[] = [];
      const places: { start: number; end: number }[] = [];
      for (const sentence of SENTENCES) {
        const path = join(folder, "sentence.wav");
        execFileSync("espeak-ng", ["-v", "en-us", "-s", "130", "-w", path, sentence]);
        parts.push(...new Float32Array(PAUSE_SECONDS * RATE));
        const start = parts.length / RATE;
        parts.push(...(await decodedMono(path, RATE)));
        places.push({ start, end: parts.length / RATE });
      }
      return { signal: Float32Array.from(parts), places };
    }

    test("recognises some words of synthesised speech, at their time, and says how poor it is", async () => {
      const { signal, places } = await spoken();
      const { value } = await transcribeAudio.run(writtenSource(wavFile([signal], RATE)), parameters, context());
      expect(value).toMatchObject({ engine: "pocketsphinx", language: "en" });
      expect(value.notes.join(" ")).toContain("English only");
      const wanted = SENTENCES.join(" ").split(" ");
      const found = value.words.map((word) => word.text);
      const shared = wanted.filter((word) => found.includes(word));
      expect(shared.length / wanted.length).toBeGreaterThan(0.4);
      for (const word of value.words) {
        const isInPlace = places.some(
          ({ start, end }) => word.start_seconds > start - 0.3 && word.end_seconds < end + 0.3,
        );
        expect(isInPlace, JSON.stringify(word)).toBe(true);
      }
    });

    test("stops within two seconds when it is cancelled, and refuses another language", async () => {
      const { signal } = await spoken();
      const source = writtenSource(wavFile([signal], RATE));
      const stopping = new AbortController();
      let abortedAt = 0;
      const progress = (_: number | null, message: string) => {
        if (!message.startsWith("Transcribing") || stopping.signal.aborted) return;
        setTimeout(() => {
          abortedAt = performance.now();
          stopping.abort();
        }, 100);
      };
      const where = context({ signal: stopping.signal, progress });
      await expect(transcribeAudio.run(source, parameters, where)).rejects.toMatchObject({ kind: "cancelled" });
      expect(performance.now() - abortedAt).toBeLessThan(2000);
      const german = transcribeAudio.run(source, { ...parameters, language: "de" }, context());
      await expect(german).rejects.toMatchObject({ kind: "invalid_input" });
    });
  },
);
