/** A database client that survives lost connections. */
import type { Sql } from "postgres";

const GRACE_SECONDS = 2;

export interface RenewableClient {
  /** Always the client of the day. */
  readonly sql: Sql;
  /** Ends all connections; queries that are under way have two seconds. */
  end(): Promise<void>;
}

/**
 * Replaces the driver's client by a fresh one whenever a connection of it is lost. The driver itself reconnects, but
 * (postgres 3.4.9) a query that comes between a socket's error and its close is never answered, nor is any later one on
 * that connection. A replaced client finishes what it can, and rejects the rest after its grace.
 * @param make Makes a client that calls `onClose` when a connection has ended or could not be made.
 */
export function renewableClient(make: (onClose: () => void) => Sql): RenewableClient {
  const retiring = new Set<Promise<void>>();
  let isEnded = false;
  let current = fresh();

  function fresh(): Sql {
    const client: Sql = make(() => {
      if (client !== current || isEnded) return;
      current = fresh();
      const retired = client.end({ timeout: GRACE_SECONDS }).finally(() => retiring.delete(retired));
      retiring.add(retired);
    });
    return client;
  }

  return {
    sql: new Proxy(current, {
      apply: (_first, _this, parameters) => Reflect.apply(current, undefined, parameters),
      get: (_first, property) => Reflect.get(current, property),
    }),
    async end() {
      isEnded = true;
      await Promise.all([current.end({ timeout: GRACE_SECONDS }), ...retiring]);
    },
  };
}
