/** The database: the user's own where DATABASE_URL names one, else the private Postgres. */
import { drizzle, type PostgresJsDatabase } from "drizzle-orm/postgres-js";
import postgres, { type Sql } from "postgres";
import { AppError } from "../errors.ts";
import { AdvisoryLocks } from "./advisory-locks.ts";
import { query } from "./database-error.ts";
import { migrateDatabase } from "./migrations.ts";
import { clusterFolders } from "./postgres-cluster.ts";
import { privateClient } from "./private-client.ts";
import { connectPrivatePostgres } from "./private-postgres.ts";
import { PrivateSession } from "./private-session.ts";
import { type RenewableClient, renewableClient } from "./renewable-client.ts";

const POOL_SIZE = 4;
const CONNECT_TIMEOUT_SECONDS = 10;
const OLDEST_VERSION = 130_000;

export interface DatabaseOptions {
  /** A Postgres to use in place of the private one; `?host=/folder` names a Unix socket, as in libpq. */
  readonly databaseUrl?: string | undefined;
  /** Hark's data folder, which holds the private Postgres. */
  readonly home: string;
}

export interface Database {
  readonly db: PostgresJsDatabase;
  /** The pool under `db`. */
  readonly sql: Sql;
  readonly kind: "private" | "external";
  readonly locks: AdvisoryLocks;
  /** Asks the server for a sign of life. @throws AppError unavailable without one. */
  ping(): Promise<void>;
  /** Ends all connections, and the private server if nobody else uses it. Without it the process does not end. */
  close(): Promise<void>;
}

/** Two ways to a server: a pool for queries, and one session that holds this process's locks. */
interface Connections {
  readonly kind: Database["kind"];
  readonly pool: RenewableClient;
  readonly session: () => Promise<Sql>;
  readonly endSession: () => Promise<void>;
}

/**
 * Connects, starts the private Postgres if need be, and brings the tables up to date. Lost connections are made again by
 * the next query, which also starts a private server that was stopped.
 * @throws AppError unavailable when there is no usable Postgres, with what to do; invalid_input for a malformed URL.
 */
export async function openDatabase({ databaseUrl, home }: DatabaseOptions): Promise<Database> {
  const { kind, pool, session, endSession } =
    databaseUrl === undefined ? await connectPrivate(home) : connectExternal(databaseUrl);
  const end = async () => {
    await pool.end();
    await endSession();
  };
  try {
    if (kind === "external") await checkServer(pool.sql);
    const db = drizzle(pool.sql);
    const locks = new AdvisoryLocks(session);
    await query(() => migrateDatabase(db, locks));
    let ended: Promise<void> | null = null;
    return {
      db,
      sql: pool.sql,
      kind,
      locks,
      ping: async () => {
        await query(() => pool.sql`select 1`);
      },
      close: () => {
        ended ??= end();
        return ended;
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

async function connectPrivate(home: string): Promise<Connections> {
  const { data } = await clusterFolders(home);
  const session = new PrivateSession(home, data);
  const connect = async () => {
    await session.enter();
    return connectPrivatePostgres(home);
  };
  return {
    kind: "private",
    pool: renewableClient((onClose) => forDrizzle(privateClient({ connect, data, max: POOL_SIZE, onClose }))),
    session: () => session.enter(),
    endSession: () => session.leave(),
  };
}

function connectExternal(databaseUrl: string): Connections {
  const pool = renewableClient((onClose) => forDrizzle(externalClient(databaseUrl, POOL_SIZE, onClose)));
  const session = renewableClient((onClose) => externalClient(databaseUrl, 1, onClose));
  return { kind: "external", pool, session: async () => session.sql, endSession: () => session.end() };
}

/** Drizzle leaves its date parsers in the options of the client that it is given, and sees only the first. */
function forDrizzle(client: Sql): Sql {
  drizzle(client);
  return client;
}

function externalClient(databaseUrl: string, max: number, onClose: () => void): Sql {
  const url = URL.parse(databaseUrl);
  if (url === null || !["postgres:", "postgresql:"].includes(url.protocol) || !isDecodable(databaseUrl)) {
    const message =
      "DATABASE_URL is not a Postgres address. It should look like postgres://user:password@host:5432/database, " +
      "with special characters of the password escaped (% is %25, @ is %40).";
    throw new AppError("invalid_input", message);
  }
  // The driver takes a socket's folder as an option only.
  const socketFolder = url.searchParams.get("host");
  url.searchParams.delete("host");
  return postgres(url.href, {
    ...(socketFolder === null ? {} : { host: socketFolder }),
    max,
    fetch_types: false, // as in privateClient
    idle_timeout: 0,
    max_lifetime: null,
    connection: { application_name: "hark" },
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: () => {},
    onclose: onClose,
  });
}

/** Whether every % in it begins an escape; the driver decodes and does not expect otherwise. */
function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** @throws AppError unavailable when the server does not answer or is too old. */
async function checkServer(pool: Sql): Promise<void> {
  const rows = await pool`select current_setting('server_version_num')::int as version`.catch((error: unknown) => {
    const message =
      "The database that DATABASE_URL names cannot be used. Check that it runs, that its name, user and " +
      "password are right, or unset DATABASE_URL to use Hark's private database. The log holds the reason.";
    throw new AppError("unavailable", message, { cause: error });
  });
  if (Number(rows[0]?.version) < OLDEST_VERSION) {
    throw new AppError(
      "unavailable",
      "The Postgres that DATABASE_URL names is too old. Hark needs version 13 or newer.",
    );
  }
}
