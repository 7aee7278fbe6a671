import { expect, test } from "vitest";
import { memorySessionStore } from "../../src/sessions/memory-session-store.ts";
import { LIFETIME_MS, sessionStoreContract, TestClock } from "./session-store-contract.ts";
import { turn } from "./session-values.ts";

sessionStoreContract("in memory", ({ now }) => memorySessionStore({ mostSessions: 100, lifetimeMs: LIFETIME_MS, now }));

test("above its number the least recently used session goes", async () => {
  const store = memorySessionStore({ mostSessions: 2, lifetimeMs: LIFETIME_MS, now: new TestClock().now });
  const make = async () => (await store.create("me", { trackId: "trk_1", title: "t" })).id;
  const [first, second] = [await make(), await make()];
  await store.append("me", first, turn());
  const third = await make();
  expect(await store.find("me", second)).toBeNull();
  expect(await store.find("me", first)).toMatchObject({ turns: 1 });
  expect(await store.find("me", third)).not.toBeNull();
});
