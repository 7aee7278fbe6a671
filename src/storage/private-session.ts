/** This process's presence at the private Postgres: whoever leaves last stops the server. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "postgres";
import { errorCode, isConnectionError } from "./database-error.ts";
import { PRESENCE_LOCK_CLASS, privateClient } from "./private-client.ts";
import { connectPrivatePostgres, stopPrivatePostgres } from "./private-postgres.ts";
import { type RenewableClient, renewableClient } from "./renewable-client.ts";

const ENTER_TIMEOUT_MS = 30_000;
const RETRY_MS = 20;
const PRESENCE_LOCK_KEY = 1;

/**
 * Holds one connection with a shared advisory lock. Leaving takes the lock exclusively if nobody else is present, and
 * then stops the server under it; who arrives meanwhile waits for that lock, loses the connection with the server, and
 * comes again to a fresh one. A killed process's presence ends with its connection.
 */
export class PrivateSession {
  readonly #home: string;
  readonly #client: RenewableClient;
  #entering: Promise<void> | null = null;
  #isPresent = false;

  /** @param data The data folder of the private Postgres in `home`. */
  constructor(home: string, data: string) {
    this.#home = home;
    const connect = () => connectPrivatePostgres(home);
    this.#client = renewableClient((renew) => {
      const onClose = () => {
        // Also called for connections that could not be made, which concern the `enter` that is under way.
        if (this.#isPresent) this.#entering = null;
        this.#isPresent = false;
        renew();
      };
      return privateClient({ connect, data, max: 1, onClose });
    });
  }

  /**
   * The connection, with this process present; the server is started if need be, also when it was stopped meanwhile.
   * @throws AppError unavailable when that cannot be done.
   */
  async enter(): Promise<Sql> {
    this.#entering ??= this.#enter().catch((error: unknown) => {
      this.#entering = null;
      throw error;
    });
    await this.#entering;
    return this.#client.sql;
  }

  /** Ends the connection, and the server with it if nobody else is present. */
  async leave(): Promise<void> {
    try {
      if (this.#isPresent && (await this.#isLast())) await stopPrivatePostgres(this.#home);
    } catch (error) {
      // Without a connection there is nothing to leave.
      if (!isConnectionError(error)) throw error;
    } finally {
      await this.#client.end();
    }
  }

  async #enter(): Promise<void> {
    const deadline = Date.now() + ENTER_TIMEOUT_MS;
    for (;;) {
      try {
        await this.#client.sql`select pg_advisory_lock_shared(${PRESENCE_LOCK_CLASS}, ${PRESENCE_LOCK_KEY})`;
        this.#isPresent = true;
        return;
      } catch (error) {
        const isOver = errorCode(error) === "CONNECTION_ENDED" || Date.now() > deadline;
        if (isOver || !isConnectionError(error)) throw error;
        await sleep(RETRY_MS); // the server was starting or stopping
      }
    }
  }

  async #isLast(): Promise<boolean> {
    await this.#client.sql`select pg_advisory_unlock_all()`;
    const rows = await this.#client
      .sql`select pg_try_advisory_lock(${PRESENCE_LOCK_CLASS}, ${PRESENCE_LOCK_KEY}) as last`;
    return rows[0]?.last === true;
  }
}
