import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { signedLinks, signingKey } from "../../src/files/signed-links.ts";

const SHA256 = "a".repeat(64);
const NAME = "a b/ö?.wav";

function parts(path: string) {
  const url = new URL(path, "http://localhost");
  return { expires: url.searchParams.get("expires") ?? "", signature: url.searchParams.get("signature") ?? "" };
}

test("a link holds for its file, its name and an hour, and for nothing else", () => {
  let now = 1_000_000_000_000;
  const links = signedLinks(Buffer.alloc(32, 1), () => now);
  const path = links.sign(SHA256, NAME);
  expect(path).toContain(`/v1/files/${SHA256}/a%20b%2F%C3%B6%3F.wav?`);
  const { expires, signature } = parts(path);
  links.verify(SHA256, NAME, expires, signature);
  const refused = [
    ["b".repeat(64), NAME, expires, signature],
    [SHA256, "other.wav", expires, signature],
    [SHA256, NAME, String(Number(expires) + 1), signature],
    [SHA256, NAME, expires, ""],
    [SHA256, NAME, expires, `${signature}AA`],
    [SHA256, NAME, expires, `${signature}==`],
    [SHA256, NAME, "", ""],
    ["..", NAME, expires, signature],
  ] as const;
  for (const [sha256, name, until, signed] of refused) {
    expect(() => links.verify(sha256, name, until, signed)).toThrow("not one that Hark made");
  }
  expect(() => signedLinks(Buffer.alloc(32, 2), () => now).verify(SHA256, NAME, expires, signature)).toThrow();
  now += 3_601_000;
  expect(() => links.verify(SHA256, NAME, expires, signature)).toThrow("expired");
});

test("all processes of a data folder agree on its key, and others cannot read it", async () => {
  const home = await mkdtemp(join(tmpdir(), "hark-key-"));
  try {
    const keys = await Promise.all(Array.from({ length: 10 }, () => signingKey(null, home)));
    expect(new Set(keys.map((key) => key.toString("hex"))).size).toBe(1);
    expect(keys[0]).toHaveLength(32);
    if (process.platform !== "win32") expect((await stat(join(home, "signing-key"))).mode & 0o777).toBe(0o600);
    expect((await signingKey("x".repeat(40), home)).toString()).toBe("x".repeat(40));
  } finally {
    await rm(home, { recursive: true });
  }
});
