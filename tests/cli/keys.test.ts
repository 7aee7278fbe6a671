/** `hark keys` as processes, and what the keys that it makes are good for. */
import { afterAll, expect, test } from "vitest";
import { apiKeys } from "../../src/auth/api-keys.ts";
import { openStorage } from "../../src/storage/storage.ts";
import { createTestDatabase } from "../storage/test-database.ts";
import { runHark } from "./run-hark.ts";

const database = await createTestDatabase();
const storage = await openStorage(database);
afterAll(() => storage.close());
const { authenticate } = apiKeys(async () => storage.apiKeys);

const keys = (...args: string[]) =>
  runHark(["keys", ...args], { home: database.home, environment: { DATABASE_URL: database.databaseUrl } });

test("a key is shown once, alone on standard output, works, is listed without its secret, and ends when it is revoked", async () => {
  const made = await keys("create", "--name", "phone", "--scopes", "read,ask", "--owner", "ann");
  expect(made.code).toBe(0);
  expect(made.stderr).toContain("only time");
  const key = made.stdout.trim();
  const { keyId, ...caller } = await authenticate(key);
  expect(caller).toEqual({ owner: "ann", scopes: new Set(["read", "ask"]) });

  const listed = await keys("list");
  expect(listed.stdout).toMatch(/phone[\s\S]*ann[\s\S]*read, ask[\s\S]*active/);
  expect(listed.stdout).not.toContain(key.slice(keyId.length + 1));

  expect((await keys("revoke", keyId)).stdout).toContain(`Revoked ${keyId} (phone)`);
  await expect(authenticate(key)).rejects.toMatchObject({ kind: "unauthorised" });
  expect(JSON.parse((await keys("list", "--json")).stdout)).toMatchObject([{ key_id: keyId, state: "revoked" }]);
});

test("expiry, requests and an owner of its own are as asked for", async () => {
  const { stdout } = await keys("create", "--name", "demo", "--expires", "12h", "--max-requests", "100", "--json");
  const made = JSON.parse(stdout);
  expect(made).toMatchObject({ owner: made.key_id, scopes: ["read", "write"], requests_left: 100, state: "active" });
  const hours = (Date.parse(made.expires_at) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(11.9);
  expect(hours).toBeLessThanOrEqual(12);
});

test.each([
  [["create"], /--name/],
  [["create", "--name", "x", "--scopes", "read,paint"], /read, write, files, ask/],
  [["create", "--name", "x", "--scopes", ""], /--scopes/],
  [["create", "--name", "x", "--expires", "soon"], /--expires/],
  [["create", "--name", "x", "--expires", "0d"], /--expires/],
  [["create", "--name", "x", "--max-requests", "0"], /--max-requests/],
  [["create", "--name", "x", "--owner", "jwt:a:b"], /owner/],
  [["revoke"], /Usage/],
  [["sell"], /Usage/],
])("keys %j is refused and says what is right", async (args, message) => {
  const { code, stdout, stderr } = await keys(...args);
  expect(code).not.toBe(0);
  expect(stdout).toBe("");
  expect(stderr).toMatch(message);
});

test("a key that does not exist cannot be revoked", async () => {
  expect((await keys("revoke", "hk_none")).stderr).toContain("hark keys list");
});
