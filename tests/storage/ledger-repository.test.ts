import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import {
  type BudgetLimits,
  budgetScopes,
  type LedgerRepository,
  type NewReservation,
  utcDay,
} from "../../src/storage/ledger-repository.ts";
import { openStorage } from "../../src/storage/storage.ts";
import { createTestDatabase, openTestStorage } from "./test-database.ts";

const { ledger, sql } = await openTestStorage();
const soon = () => new Date(Date.now() + 60_000);

function reservation(values: Partial<NewReservation> = {}): NewReservation {
  return {
    owner: "local",
    keyId: randomUUID(),
    sessionId: null,
    model: "test/model",
    tool: null,
    routeId: null,
    usd: 0.01,
    expiresAt: soon(),
    ...values,
  };
}

const settlement = (costUsd: number | null) => ({ costUsd, source: "test", whyNull: null, usage: { inputTokens: 1 } });

test("a reservation is settled on what the call cost, and a second settlement changes nothing", async () => {
  const keyId = randomUUID();
  const id = await ledger.reserve(reservation({ keyId, usd: 0.02 }), {});
  expect(await ledger.balance(`key:${keyId}`)).toEqual({ settledUsd: 0, reservedUsd: 0.02 });
  await ledger.settle(id, settlement(0.0123456789));
  await ledger.settle(id, settlement(5));
  await ledger.release(id);
  expect(await ledger.balance(`key:${keyId}`)).toEqual({ settledUsd: 0.0123456789, reservedUsd: 0 });
});

test("a failed call gives back all that it reserved", async () => {
  const keyId = randomUUID();
  const id = await ledger.reserve(reservation({ keyId }), { key: 0.01 });
  await expect(ledger.reserve(reservation({ keyId }), { key: 0.01 })).rejects.toMatchObject({ kind: "over_budget" });
  await ledger.release(id);
  await ledger.release(id);
  expect(await ledger.balance(`key:${keyId}`)).toEqual({ settledUsd: 0, reservedUsd: 0 });
  await expect(ledger.reserve(reservation({ keyId }), { key: 0.01 })).resolves.toBeGreaterThan(id);
});

test.each(["day", "session", "key"] as const)(
  "over the budget of a %s is refused before anything is reserved",
  async (scope) => {
    const day = new Date(Date.UTC(2001, 0, 1 + ["day", "session", "key"].indexOf(scope)));
    const call = reservation({ sessionId: randomUUID(), usd: 0.6 });
    const limits = { [scope]: 1 };
    await ledger.reserve(call, limits, day);
    const refused = ledger.reserve(call, limits, day);
    await expect(refused).rejects.toMatchObject({
      kind: "over_budget",
      message: expect.stringMatching(new RegExp(`\\$0\\.60.*this ${scope} \\(\\$1\\.00\\) has \\$0\\.40 left`)),
    });
    const scopes = budgetScopes({ ...call, day: utcDay(day) });
    expect(Object.keys(scopes)).toHaveLength(3);
    for (const name of Object.values(scopes)) {
      expect(await ledger.balance(name), name).toEqual({ settledUsd: 0, reservedUsd: 0.6 });
    }
    await ledger.reserve({ ...call, usd: 0.4 }, limits, day);
  },
);

test("what a dead process reserved is given back when it is in the way", async () => {
  const keyId = randomUUID();
  const dead = await ledger.reserve(reservation({ keyId, expiresAt: new Date(Date.now() - 1) }), { key: 0.01 });
  const id = await ledger.reserve(reservation({ keyId }), { key: 0.01 });
  expect(await ledger.balance(`key:${keyId}`)).toEqual({ settledUsd: 0, reservedUsd: 0.01 });
  // It was only slow: what it cost still counts.
  await ledger.settle(dead, settlement(0.004));
  expect(await ledger.balance(`key:${keyId}`)).toEqual({ settledUsd: 0.004, reservedUsd: 0.01 });
  await ledger.settle(id, settlement(0.001));
  expect(await ledger.releaseExpired()).toBe(0);
});

test("totals are sums of settled calls, with those of unknown cost counted beside", async () => {
  const [keyId, sessionId] = [randomUUID(), randomUUID()];
  for (const [model, tool, cost] of [
    ["test/a", "ask_track", 0.1],
    ["test/a", null, 0.2],
    ["test/b", "ask_track", null],
  ] as const) {
    const id = await ledger.reserve(reservation({ keyId, sessionId, model, tool }), {});
    await ledger.settle(id, settlement(cost));
  }
  await ledger.reserve(reservation({ keyId, sessionId }), {});
  const bySession = await ledger.totals("local", "session", null, 100);
  expect(bySession.find(({ name }) => name === sessionId)).toEqual({
    name: sessionId,
    calls: 3,
    costUsd: 0.3,
    callsOfUnknownCost: 1,
  });
  const byModel = await ledger.totals("local", "model", null, 100);
  expect(byModel.find(({ name }) => name === "test/b")).toMatchObject({ calls: 1, costUsd: 0, callsOfUnknownCost: 1 });
  expect(await ledger.totals("local", "tool", soon(), 100)).toEqual([]);
  expect((await ledger.totals("local", "day", null, 100)).map(({ name }) => name)).toContain(utcDay(new Date()));
});

test("the database itself refuses a cost for a call that is not settled", async () => {
  const insert = sql`
    insert into llm_calls (key_id, model, day, reserved_usd, cost_usd, expires_at)
    values ('k', 'm', '2026-01-01', 1, 1, now())`;
  await expect(insert).rejects.toMatchObject({ code: "23514" });
});

test("of 200 parallel calls, over many connections, exactly those run that the budget covers", async () => {
  const database = await createTestDatabase();
  const storages = await Promise.all(Array.from({ length: 4 }, () => openStorage(database)));
  const limits: BudgetLimits = { day: 0.5, session: 100 };
  const sessions = ["a", "b", "c"];
  let spent = 0;
  const run = async (call: number, { ledger: own }: { ledger: LedgerRepository }) => {
    const sessionId = sessions[call % sessions.length] ?? "a";
    const id = await own.reserve(reservation({ keyId: `key ${call % 7}`, sessionId }), limits);
    const costUsd = (call + 1) * 1e-6;
    await own.settle(id, settlement(costUsd + 0.0098));
    spent += costUsd + 0.0098;
  };
  try {
    const held = await Promise.allSettled(
      Array.from({ length: 200 }, (_, call) => {
        const storage = storages[call % storages.length];
        if (storage === undefined) throw new Error("no storage");
        return storage.ledger.reserve(reservation({ sessionId: sessions[call % 3] ?? null }), limits);
      }),
    );
    const ids = held.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(ids).toHaveLength(50);
    for (const one of held) if (one.status === "rejected") expect(one.reason).toMatchObject({ kind: "over_budget" });
    const [first] = storages;
    if (first === undefined) throw new Error("no storage");
    await Promise.all(ids.map((id, index) => (storages[index % 4] ?? first).ledger.release(id)));

    await Promise.allSettled(Array.from({ length: 200 }, (_, call) => run(call, storages[call % 4] ?? first)));
    const balance = await first.ledger.balance(`day:${utcDay(new Date())}`);
    const [total] = await first.ledger.totals("local", "day", null, 1);
    expect(balance.reservedUsd).toBe(0);
    expect(balance.settledUsd).toBeCloseTo(spent, 9);
    expect(total?.costUsd).toBeCloseTo(spent, 9);
    expect(balance.settledUsd).toBeLessThanOrEqual(0.5);
    for (const session of sessions) {
      expect((await first.ledger.balance(`session:${session}`)).settledUsd).toBeGreaterThan(0);
    }
  } finally {
    await Promise.all(storages.map((storage) => storage.close()));
  }
});
