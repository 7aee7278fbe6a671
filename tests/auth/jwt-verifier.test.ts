/** Tokens and attacks with tokens; keys come from a real JWKS server. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JwtSettings, jwtVerifier } from "../../src/auth/jwt-verifier.ts";

const SECRET = "a secret of more than thirty-two bytes";
const NONE: JwtSettings = { secret: undefined, jwksUrl: undefined, issuer: undefined, audience: undefined };

const ed = await generateKeyPair("EdDSA", { extractable: true });
const rsa = await generateKeyPair("RS256", { extractable: true });
const later = await generateKeyPair("EdDSA", { extractable: true });

let server: Server;
let jwksUrl: string;
let keys: JWK[];
/** How the server answers; and how often it was asked. */
let isDown = false;
let requests = 0;

beforeAll(async () => {
  keys = [
    { ...(await exportJWK(ed.publicKey)), kid: "ed", alg: "EdDSA" },
    { ...(await exportJWK(rsa.publicKey)), kid: "rsa", alg: "RS256" },
  ];
  server = createServer((_request, response) => {
    requests += 1;
    if (isDown) response.writeHead(500).end("broken");
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
});

afterAll(() => void server.close());

interface Claims {
  readonly alg?: string;
  readonly kid?: string;
  readonly sub?: string;
  readonly iss?: string;
  readonly aud?: string;
  readonly expiresIn?: number | null;
  readonly notBefore?: number;
  readonly scope?: unknown;
}

function token(key: Parameters<SignJWT["sign"]>[0], claims: Claims = {}): Promise<string> {
  const { alg = "HS256", kid, sub = "ann", iss, aud, expiresIn = 60, notBefore, scope = "read ask" } = claims;
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    scope,
    sub,
    ...(iss === undefined ? {} : { iss }),
    ...(aud === undefined ? {} : { aud }),
    ...(expiresIn === null ? {} : { exp: now + expiresIn }),
    ...(notBefore === undefined ? {} : { nbf: now + notBefore }),
  };
  return new SignJWT(payload).setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) }).sign(key);
}

const bytes = (text: string) => new TextEncoder().encode(text);
const secretOnly = jwtVerifier({ ...NONE, secret: SECRET });

describe("a token with the shared secret", () => {
  test("is its subject, named with the issuer, with the scopes that Hark knows", async () => {
    const caller = await secretOnly(await token(bytes(SECRET), { iss: "https://id.example", scope: "read paint ask" }));
    expect(caller).toEqual({
      owner: "jwt:https%3A%2F%2Fid.example:ann",
      keyId: "jwt:https%3A%2F%2Fid.example:ann",
      scopes: new Set(["read", "ask"]),
    });
  });

  test("never has the owner of a key, of the local user, or of another issuer's subject", async () => {
    const owner = async (claims: Claims) => (await secretOnly(await token(bytes(SECRET), claims))).owner;
    expect(await owner({ sub: "local" })).toBe("jwt::local");
    expect(await owner({ iss: "a:b", sub: "c" })).not.toBe(await owner({ iss: "a", sub: "b:c" }));
  });

  test.each([
    ["without scopes", undefined],
    ["with scopes of another form", { read: true }],
  ])("%s may do nothing", async (_name, scope) => {
    expect((await secretOnly(await token(bytes(SECRET), { scope: scope ?? null }))).scopes.size).toBe(0);
  });

  test.each<[string, () => Promise<string>]>([
    ["another secret", () => token(bytes(`${SECRET}!`))],
    ["another algorithm of the same secret", () => token(bytes(`${SECRET}${SECRET}`), { alg: "HS512" })],
    ["no signature", async () => new UnsecuredJWT({ sub: "ann" }).setExpirationTime("1h").encode()],
    ["a signature cut off", async () => (await token(bytes(SECRET))).replace(/\.[^.]*$/, ".")],
    ["a changed payload", async () => changed(await token(bytes(SECRET)))],
    ["a time that is over", () => token(bytes(SECRET), { expiresIn: -60 })],
    ["a time that has not come", () => token(bytes(SECRET), { notBefore: 120 })],
    ["no time", () => token(bytes(SECRET), { expiresIn: null })],
    ["no subject", () => token(bytes(SECRET), { sub: "" })],
    ["a subject of any length", () => token(bytes(SECRET), { sub: "x".repeat(1000) })],
    ["no form at all", async () => "not.a.token"],
    ["a form that is no JSON", async () => "e30.e30.e30"],
  ])("is refused for %s", async (_name, make) => {
    await expect(secretOnly(await make())).rejects.toMatchObject({ kind: "unauthorised" });
  });

  test("is let off 30 seconds, because clocks differ", async () => {
    expect((await secretOnly(await token(bytes(SECRET), { expiresIn: -20 }))).owner).toBe("jwt::ann");
    expect((await secretOnly(await token(bytes(SECRET), { notBefore: 20 }))).owner).toBe("jwt::ann");
  });
});

test("issuer and audience must be those that are set", async () => {
  const verify = jwtVerifier({ ...NONE, secret: SECRET, issuer: "https://id.example", audience: "hark" });
  const right = { iss: "https://id.example", aud: "hark" };
  expect((await verify(await token(bytes(SECRET), right))).keyId).toContain("id.example");
  for (const wrong of [{ iss: "https://evil.example" }, { aud: "other" }]) {
    await expect(verify(await token(bytes(SECRET), { ...right, ...wrong }))).rejects.toMatchObject({
      kind: "unauthorised",
    });
  }
  await expect(verify(await token(bytes(SECRET), { aud: "hark" }))).rejects.toMatchObject({ kind: "unauthorised" });
  await expect(verify(await token(bytes(SECRET), { iss: right.iss }))).rejects.toMatchObject({ kind: "unauthorised" });
});

describe("a token of an authorisation server", () => {
  const verifier = (values: Partial<JwtSettings> = {}) => jwtVerifier({ ...NONE, jwksUrl, ...values });

  test.each([
    ["EdDSA", () => token(ed.privateKey, { alg: "EdDSA", kid: "ed" })],
    ["RS256", () => token(rsa.privateKey, { alg: "RS256", kid: "rsa" })],
  ])("may be signed with %s", async (_alg, make) => {
    expect((await verifier()(await make())).owner).toBe("jwt::ann");
  });

  test("signed as HS256 with the public key is refused, with and without a secret set", async () => {
    const spki = bytes(await exportSPKI(rsa.publicKey));
    const raw = bytes(JSON.stringify(keys[1]));
    for (const verify of [verifier(), verifier({ secret: SECRET })]) {
      for (const key of [spki, raw]) {
        await expect(verify(await token(key, { kid: "rsa" }))).rejects.toMatchObject({ kind: "unauthorised" });
      }
    }
  });

  test.each<[string, () => Promise<string>]>([
    ["the key of somebody else", () => token(later.privateKey, { alg: "EdDSA", kid: "ed" })],
    ["a key that the server does not name", () => token(later.privateKey, { alg: "EdDSA", kid: "unknown" })],
    ["another key's name", () => token(ed.privateKey, { alg: "EdDSA", kid: "rsa" })],
    ["the shared secret, where none is set", () => token(bytes(SECRET))],
    ["nothing", async () => new UnsecuredJWT({ sub: "ann" }).setExpirationTime("1h").encode()],
  ])("is refused when signed with %s", async (_name, make) => {
    await expect(verifier()(await make())).rejects.toMatchObject({ kind: "unauthorised" });
  });

  test("is accepted after the keys were changed, without a restart; unknown names do not make them be read each time", async () => {
    const verify = verifier({ jwksCooldownMs: 200 });
    const rotated = await token(later.privateKey, { alg: "EdDSA", kid: "later" });
    await expect(verify(rotated)).rejects.toMatchObject({ kind: "unauthorised" });
    const before = requests;
    for (let count = 0; count < 5; count++) await verify(rotated).catch(() => {});
    expect(requests).toBe(before);
    keys = [...keys, { ...(await exportJWK(later.publicKey)), kid: "later", alg: "EdDSA" }];
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect((await verify(rotated)).owner).toBe("jwt::ann");
  });

  test("cannot be checked while the keys cannot be read: unavailable, not unauthorised, and right again afterwards", async () => {
    const good = await token(ed.privateKey, { alg: "EdDSA", kid: "ed" });
    const verify = verifier();
    isDown = true;
    await expect(verify(good)).rejects.toMatchObject({ kind: "unavailable" });
    isDown = false;
    expect((await verify(good)).owner).toBe("jwt::ann");
    isDown = true;
    expect((await verify(good)).owner).toBe("jwt::ann");
    isDown = false;
    const unreachable = jwtVerifier({ ...NONE, jwksUrl: "http://127.0.0.1:1/jwks" });
    await expect(unreachable(good)).rejects.toMatchObject({ kind: "unavailable" });
  });
});

function changed(signed: string): string {
  const [header, payload = "", signature] = signed.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  return [header, Buffer.from(JSON.stringify({ ...claims, sub: "ben" })).toString("base64url"), signature].join(".");
}
