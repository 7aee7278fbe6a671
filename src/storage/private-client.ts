/** A client of the private Postgres that gets its connections from a function, so that it finds a server that moved. */
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import postgres, { type Sql } from "postgres";
import { clusterPassword, DATABASE, ROLE } from "./postgres-cluster.ts";

/** The class of the two-number advisory locks that count Hark's processes; arbitrary, the same in every version. */
export const PRESENCE_LOCK_CLASS = 0x4841_524b;

interface PrivateClientOptions {
  /** Called for every new connection. */
  readonly connect: () => Promise<Socket>;
  /** The data folder, for the password where there is one. */
  readonly data: string;
  /** The most connections; they are kept until they are lost. */
  readonly max: number;
  /** Called when a connection has ended, or could not be made. */
  readonly onClose?: () => void;
}

/** Opens nothing before its first query. Every setting is given, so that the user's PG variables change nothing. */
export function privateClient({ connect, data, max, onClose = () => {} }: PrivateClientOptions): Sql {
  const options = {
    host: "localhost",
    port: 5432,
    user: ROLE,
    database: DATABASE,
    password: () => clusterPassword(data),
    ssl: false,
    max,
    connection: { application_name: "hark" },
    backoff: () => 0,
    // Asking for array types, which Hark has none of, is a query whose failure the driver lets crash the process.
    fetch_types: false,
    idle_timeout: 0,
    max_lifetime: null,
    onnotice: () => {},
    onclose: onClose,
    // Not in the driver's types. It never recovers from a rejection, but does from a stream that fails.
    socket: () => connect().catch((error: Error) => failingStream(error)),
  };
  return postgres(options);
}

function failingStream(error: Error): Duplex {
  return new Duplex({ read: () => {}, write: (_chunk, _encoding, done) => done(error) });
}
