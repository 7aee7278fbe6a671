/** Conditional requests for content that its entity tag names (RFC 9110, section 13). */

export interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifRange: string | undefined;
}

/** An entity tag, or several with commas: `"a"`, `W/"b"`. */
const ENTITY_TAG = /(W\/)?("[^"]*")/g;

/**
 * What the conditions make of a GET or HEAD: `failed` is 412, `unchanged` 304, in the order of section 13.2.2.
 * @param etag Strong, with its quotes.
 */
export function evaluateConditions(
  { ifMatch, ifNoneMatch }: Conditions,
  etag: string,
): "send" | "failed" | "unchanged" {
  if (ifMatch !== undefined && ifMatch.trim() !== "*" && !tagsIn(ifMatch, false).includes(etag)) return "failed";
  if (ifNoneMatch === undefined) return "send";
  return ifNoneMatch.trim() === "*" || tagsIn(ifNoneMatch, true).includes(etag) ? "unchanged" : "send";
}

/** Whether a Range counts: with If-Range only for the very same content; a date matches nothing where there is no Last-Modified. */
export function rangeHolds({ ifRange }: Conditions, etag: string): boolean {
  return ifRange === undefined || ifRange.trim() === etag;
}

/** Weak tags name no bytes (section 8.8.3.2): they count for If-None-Match only. */
function tagsIn(header: string, withWeak: boolean): string[] {
  return [...header.matchAll(ENTITY_TAG)].filter(([, weak]) => withWeak || weak === undefined).map(([, , tag]) => tag);
}
