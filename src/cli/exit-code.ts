/** Exit codes by kind of error, so that scripts can tell them apart. */
import type { ErrorKind } from "../errors.ts";

export const EXIT_CODES: Record<ErrorKind, number> = {
  internal: 1,
  invalid_input: 2,
  not_found: 3,
  forbidden: 4,
  unauthorised: 5,
  over_budget: 6,
  rate_limited: 7,
  unavailable: 8,
  upstream: 9,
  cancelled: 130,
};
