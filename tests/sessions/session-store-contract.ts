/** What every session store must do. */
import { describe, expect, test } from "vitest";
import type { SessionStore } from "../../src/sessions/session-store.ts";
import { execution, turn } from "./session-values.ts";

export const LIFETIME_MS = 60_000;

/** A clock that stands still until it is moved. */
export class TestClock {
  #milliseconds = Date.UTC(2026, 10, 21);
  readonly now = (): Date => new Date(this.#milliseconds);
  forward(milliseconds: number): void {
    this.#milliseconds += milliseconds;
  }
}

/** @param make A store with sessions of LIFETIME_MS; the owners of each test are its own. */
export function sessionStoreContract(name: string, make: (clock: TestClock) => SessionStore): void {
  const session = { trackId: "trk_1", title: "What is the tempo?" };
  let owners = 0;
  const open = () => {
    const clock = new TestClock();
    owners += 1;
    return { clock, store: make(clock), owner: `${name} ${owners}`, other: `${name} ${owners}, another` };
  };

  describe(name, () => {
    test("a new session has a handle, a title, and nothing in it", async () => {
      const { store, owner, clock } = open();
      const created = await store.create(owner, session);
      expect(created).toEqual({
        id: expect.stringMatching(/^ses_[0-9a-f]{20}$/),
        ...session,
        summary: null,
        turns: 0,
        costUsd: 0,
        turnsOfUnknownCost: 0,
        createdAt: clock.now(),
        lastUsedAt: clock.now(),
        expiresAt: new Date(clock.now().getTime() + LIFETIME_MS),
      });
      expect(await store.find(owner, created.id)).toEqual(created);
      expect((await store.create(owner, session)).id).not.toBe(created.id);
      expect(await store.turns(owner, created.id)).toEqual([]);
    });

    test("turns come back in order, all or the newest, and their costs are summed", async () => {
      const { store, owner, clock } = open();
      const { id } = await store.create(owner, session);
      const given = [turn({ question: "one" }), turn({ question: "two", trackId: "trk_2", costUsd: null }), turn()];
      for (const one of given) await store.append(owner, id, one);
      const turns = await store.turns(owner, id);
      expect(turns).toEqual(given.map((one, at) => ({ ...one, position: at + 1, createdAt: clock.now() })));
      expect((await store.turns(owner, id, 2)).map(({ position }) => position)).toEqual([2, 3]);
      expect(await store.find(owner, id)).toMatchObject({
        turns: 3,
        costUsd: expect.closeTo(0.002, 12),
        turnsOfUnknownCost: 1,
      });
    });

    test("of 50 turns added at once none is lost, and each has a place of its own", async () => {
      const { store, owner } = open();
      const { id } = await store.create(owner, session);
      const questions = Array.from({ length: 50 }, (_, at) => `question ${at}`);
      const added = await Promise.all(questions.map((question) => store.append(owner, id, turn({ question }))));
      const turns = await store.turns(owner, id);
      expect(turns.map(({ position }) => position)).toEqual(questions.map((_, at) => at + 1));
      expect(turns.map(({ question }) => question).sort()).toEqual([...questions].sort());
      for (const one of added) expect(turns[(one?.position ?? 0) - 1]).toEqual(one);
      expect(await store.find(owner, id)).toMatchObject({ turns: 50, costUsd: expect.closeTo(0.05, 9) });
    });

    test("another owner's session is as if there were none, for every method", async () => {
      const { store, owner, other } = open();
      const { id } = await store.create(owner, session);
      await store.append(owner, id, turn());
      await store.logExecution(owner, id, execution());
      const before = await store.find(owner, id);
      for (const handle of [id, "ses_00000000000000000000"]) {
        expect(await store.find(other, handle)).toBeNull();
        expect(await store.append(other, handle, turn())).toBeNull();
        expect(await store.turns(other, handle)).toEqual([]);
        await store.setSummary(other, handle, { text: "not mine", coversTurns: 1 }, 1);
        await store.logExecution(other, handle, execution());
        expect(await store.executions(other, handle)).toEqual([]);
        expect(await store.forget(other, handle)).toBe(false);
      }
      expect((await store.list(other, { limit: 10 })).items).toEqual([]);
      expect(await store.find(owner, id)).toEqual(before);
      expect(await store.turns(owner, id)).toHaveLength(1);
      expect(await store.executions(owner, id)).toHaveLength(1);
    });

    test("of two summaries the one stays that tells more, and both are paid for", async () => {
      const { store, owner } = open();
      const { id } = await store.create(owner, session);
      await store.setSummary(owner, id, { text: "six", coversTurns: 6 }, 0.25);
      await store.setSummary(owner, id, { text: "four", coversTurns: 4 }, 0.5);
      await store.setSummary(owner, id, { text: "four", coversTurns: 4 }, null);
      expect(await store.find(owner, id)).toMatchObject({ summary: { text: "six", coversTurns: 6 }, costUsd: 0.75 });
    });

    test("executions come back as they were logged, all or the newest", async () => {
      const { store, owner } = open();
      const { id } = await store.create(owner, session);
      const model = execution({ kind: "model", name: "test/model", inputTokens: 100, outputTokens: 5, costUsd: 1e-9 });
      const given = [execution(), execution({ errorKind: "unavailable", durationMs: 0.25 }), model];
      for (const one of given) await store.logExecution(owner, id, one);
      expect(await store.executions(owner, id)).toEqual(given);
      expect(await store.executions(owner, id, 1)).toEqual([model]);
    });

    test("a session in which nothing was answered is not listed, and is there for its first turn", async () => {
      const { store, owner } = open();
      const { id } = await store.create(owner, session);
      await store.logExecution(owner, id, execution());
      expect((await store.list(owner, { limit: 10 })).items).toEqual([]);
      await store.append(owner, id, turn());
      expect((await store.list(owner, { limit: 10 })).items).toMatchObject([{ id, turns: 1 }]);
    });

    test("pages list the latest activity first, and the next one goes on where the last ended", async () => {
      const { store, owner, clock } = open();
      const ids: string[] = [];
      for (let at = 0; at < 5; at += 1) {
        const { id } = await store.create(owner, { ...session, title: `session ${at}` });
        await store.append(owner, id, turn());
        ids.push(id);
        // The last two are of one moment.
        if (at < 3) clock.forward(1);
      }
      await store.append(owner, ids[1] ?? "", turn());
      clock.forward(1);
      await store.append(owner, ids[0] ?? "", turn());
      const listed: string[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < 3; page += 1) {
        const { items, nextCursor } = await store.list(owner, { limit: 2, cursor });
        listed.push(...items.map((item) => item.id));
        expect(nextCursor === null).toBe(page === 2);
        cursor = nextCursor ?? undefined;
      }
      const [first, second, third, fourth, fifth] = ids;
      const sameMoment = [second, fourth, fifth].sort().reverse();
      expect(listed).toEqual([first, ...sameMoment, third]);
      await expect(store.list(owner, { limit: 2, cursor: "nonsense" })).rejects.toMatchObject({
        kind: "invalid_input",
      });
    });

    test("a session ends when it was not used for its lifetime, and each turn begins that anew", async () => {
      const { store, owner, clock } = open();
      const [used, unused] = [await store.create(owner, session), await store.create(owner, session)];
      clock.forward(LIFETIME_MS - 1);
      expect(await store.append(owner, used.id, turn())).toMatchObject({ position: 1 });
      clock.forward(1);
      expect(await store.find(owner, unused.id)).toBeNull();
      expect(await store.append(owner, unused.id, turn())).toBeNull();
      expect(await store.turns(owner, unused.id)).toEqual([]);
      expect((await store.list(owner, { limit: 10 })).items.map(({ id }) => id)).toEqual([used.id]);
      expect(await store.find(owner, used.id)).toMatchObject({ turns: 1 });
      expect(await store.sweep()).toBeGreaterThanOrEqual(1);
      expect(await store.find(owner, used.id)).toMatchObject({ turns: 1 });
      expect(await store.sweep()).toBe(0);
    });

    test("what is forgotten is gone, and the others stay", async () => {
      const { store, owner } = open();
      const [gone, stays] = [await store.create(owner, session), await store.create(owner, session)];
      for (const { id } of [gone, stays]) {
        await store.append(owner, id, turn());
        await store.logExecution(owner, id, execution());
      }
      expect(await store.forget(owner, gone.id)).toBe(true);
      expect(await store.forget(owner, gone.id)).toBe(false);
      expect(await store.find(owner, gone.id)).toBeNull();
      expect(await store.turns(owner, gone.id)).toEqual([]);
      expect(await store.executions(owner, gone.id)).toEqual([]);
      expect(await store.append(owner, gone.id, turn())).toBeNull();
      await store.logExecution(owner, gone.id, execution());
      expect(await store.turns(owner, stays.id)).toHaveLength(1);
      expect(await store.executions(owner, stays.id)).toHaveLength(1);
    });

    test("text with NUL and half characters is stored as Postgres can hold it", async () => {
      const { store, owner } = open();
      const [odd, clean] = ["a\0b \ud800 c 🎵", "ab \ufffd c 🎵"];
      const { id, title, trackId } = await store.create(owner, { trackId: odd, title: odd });
      expect([title, trackId]).toEqual([clean, clean]);
      const toolsCalled = [{ tool: odd, success: false }];
      await store.append(owner, id, turn({ question: odd, answer: odd, model: odd, trackId: odd, toolsCalled }));
      expect(await store.turns(owner, id)).toMatchObject([
        {
          question: clean,
          answer: clean,
          model: clean,
          trackId: clean,
          toolsCalled: [{ tool: clean, success: false }],
        },
      ]);
      await store.setSummary(owner, id, { text: odd, coversTurns: 1 }, 0);
      await store.logExecution(owner, id, execution({ name: odd }));
      expect(await store.find(owner, id)).toMatchObject({ summary: { text: clean, coversTurns: 1 } });
      expect(await store.executions(owner, id)).toMatchObject([{ name: clean }]);
      expect(await store.find(owner, "ses_\0\ud800")).toBeNull();
    });

    test("texts are cut at their limits, never within a character", async () => {
      const { store, owner } = open();
      const long = "🎵".repeat(100_000);
      const { id, title } = await store.create(owner, { trackId: "trk_1", title: ` a\n\n b ${long}` });
      expect(title).toMatch(/^a b 🎵+…$/u);
      expect(title.length).toBeLessThanOrEqual(80);
      const toolsCalled = Array.from({ length: 200 }, () => ({ tool: "t", success: true }));
      const stored = await store.append(owner, id, turn({ question: long, answer: long, toolsCalled }));
      expect(stored?.question.length).toBeLessThanOrEqual(8000);
      expect(stored?.question.length).toBeGreaterThan(7990);
      expect(stored?.answer.length).toBeLessThanOrEqual(40_000);
      expect(stored?.answer.isWellFormed()).toBe(true);
      expect(stored?.answer.endsWith("🎵…")).toBe(true);
      expect(stored?.toolsCalled).toHaveLength(100);
    });

    test("of a very long session the newest turns and executions stay", async () => {
      const { store, owner } = open();
      const { id } = await store.create(owner, session);
      for (let at = 0; at < 5005; at += 1) await store.logExecution(owner, id, execution({ durationMs: at }));
      for (let at = 0; at < 503; at += 1) await store.append(owner, id, turn());
      const positions = (await store.turns(owner, id, 100_000)).map(({ position }) => position);
      expect([positions.length, positions[0], positions.at(-1)]).toEqual([500, 4, 503]);
      const durations = (await store.executions(owner, id, 100_000)).map(({ durationMs }) => durationMs);
      expect([durations.length, durations[0], durations.at(-1)]).toEqual([5000, 5, 5004]);
      expect(await store.find(owner, id)).toMatchObject({ turns: 503 });
    }, 90_000);
  });
}
