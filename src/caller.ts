/** Who asks: whose tracks, sessions and costs a call sees, and what it may do. */

export const SCOPES = ["read", "write", "files", "ask"] as const;

/**
 * `read` looks at the caller's tracks and measures them; `write` adds and removes; `files` names files on the server's own disk
 * (inside HARK_ROOTS); `ask` calls language models, which costs money.
 */
export type Scope = (typeof SCOPES)[number];

export interface Caller {
  /** What the caller adds belongs to it, and nobody else sees that it exists. */
  readonly owner: string;
  /** The key that costs are counted under. */
  readonly keyId: string;
  readonly scopes: ReadonlySet<Scope>;
}

/** The user of this machine: everybody who has not signed in, where that is allowed. */
export const LOCAL_CALLER: Caller = { owner: "local", keyId: "local", scopes: new Set(SCOPES) };
