import { describe, expect, test } from "vitest";
import { apiKeys, type NewKey } from "../../src/auth/api-keys.ts";
import { openStorage } from "../../src/storage/storage.ts";
import { createTestDatabase } from "../storage/test-database.ts";
import { startTokenProcesses } from "./token-processes.ts";

const database = await createTestDatabase();
const storage = await openStorage(database);
const keys = apiKeys(async () => storage.apiKeys);
const wanted: NewKey = { name: "test", scopes: ["read", "ask"], owner: null, expiresAt: null, maxRequests: null };

const create = async (values: Partial<NewKey> = {}) => keys.create({ ...wanted, ...values });

describe("a new key", () => {
  test("stands for its owner and scopes, and its secret is stored nowhere", async () => {
    const { key, stored } = await create({ owner: "ann" });
    expect(key).toMatch(/^hk_[0-9a-f]{16}_[\w-]{43}$/);
    expect(await keys.authenticate(key)).toEqual({ owner: "ann", keyId: stored.id, scopes: new Set(["read", "ask"]) });
    const secret = key.slice(stored.id.length + 1);
    expect(JSON.stringify(await storage.sql`select * from api_keys`)).not.toContain(secret);
  });

  test("without an owner has one of its own", async () => {
    const [one, other] = [await create(), await create()];
    expect(one.stored.owner).toBe(one.stored.id);
    expect(other.stored.owner).not.toBe(one.stored.owner);
  });

  test.each(["", "a b", "jwt:x:y", "x".repeat(101), "ü"])("cannot have the owner %j", async (owner) => {
    await expect(create({ owner })).rejects.toMatchObject({ kind: "invalid_input" });
  });
});

describe("a key is refused", () => {
  test("when a character of it is another, in the same words as one that never was", async () => {
    const { key } = await create();
    const refusals = new Set<string>();
    const swap = (at: number) => key.slice(0, at) + (key[at] === "a" ? "b" : "a") + key.slice(at + 1);
    for (const wrong of [
      swap(5),
      swap(25),
      swap(60),
      `hk_${"0".repeat(16)}_${key.slice(20)}`,
      key.slice(0, -1),
      "hk_",
      `${key}a`,
    ]) {
      const error = await keys.authenticate(wrong).catch((problem: Error) => problem);
      expect(error).toMatchObject({ kind: "unauthorised" });
      refusals.add(String(error));
    }
    expect(refusals.size).toBe(1);
    expect((await keys.authenticate(key)).scopes.size).toBe(2);
  });

  test("from the moment when it is revoked, though it was used just before", async () => {
    const { key, stored } = await create();
    await keys.authenticate(key);
    const { revokedAt } = await keys.revoke(stored.id);
    expect((await keys.revoke(stored.id)).revokedAt).toEqual(revokedAt);
    await expect(keys.authenticate(key)).rejects.toMatchObject({ kind: "unauthorised" });
    await expect(keys.revoke("hk_none")).rejects.toMatchObject({ kind: "not_found" });
  });

  test("when its time is over", async () => {
    const { key } = await create({ expiresAt: new Date(Date.now() + 400) });
    await keys.authenticate(key);
    await new Promise((resolve) => setTimeout(resolve, 450));
    await expect(keys.authenticate(key)).rejects.toMatchObject({ kind: "unauthorised" });
  });

  test("when its requests are used up, and says so; but not once it is revoked", async () => {
    const { key, stored } = await create({ maxRequests: 2 });
    await keys.authenticate(key);
    await keys.authenticate(key);
    await expect(keys.authenticate(key)).rejects.toMatchObject({
      kind: "forbidden",
      message: expect.stringContaining("used up"),
    });
    await keys.revoke(stored.id);
    await expect(keys.authenticate(key)).rejects.toMatchObject({ kind: "unauthorised" });
  });
});

test("the last use is written down, once a minute unless requests are counted", async () => {
  const { key, stored } = await create();
  const lastUse = async () => (await storage.apiKeys.find(stored.id))?.lastUsedAt?.getTime() ?? 0;
  expect(await lastUse()).toBe(0);
  await keys.authenticate(key);
  const first = await lastUse();
  expect(Math.abs(Date.now() - first)).toBeLessThan(10_000);
  await keys.authenticate(key);
  expect(await lastUse()).toBe(first);
  await storage.sql`update api_keys set last_used_at = now() - interval '2 minutes' where id = ${stored.id}`;
  await keys.authenticate(key);
  expect(await lastUse()).toBeGreaterThanOrEqual(first);
});

test("newest keys are listed first", async () => {
  const { stored } = await create({ name: "newest" });
  expect((await keys.list())[0]).toMatchObject({ id: stored.id, name: "newest" });
});

test("four processes that use a key at once get exactly as many requests as it has", async () => {
  const { key, stored } = await create({ maxRequests: 50 });
  await using processes = await startTokenProcesses(4, database);
  const granted = await processes.run({ kind: "key", key, times: 40 });
  expect(granted).toHaveLength(4);
  expect(granted.reduce((sum, count) => sum + count, 0)).toBe(50);
  expect((await storage.apiKeys.find(stored.id))?.requestsLeft).toBe(0);
  await storage.close();
});
