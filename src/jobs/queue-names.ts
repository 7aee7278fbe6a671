/** The queues of jobs: one a version of an operation, and one more for work that only one machine can do. */
import { hostname } from "node:os";

/** What a worker can run: of an operation, only its own version. */
export interface VersionedOperation {
  readonly name: string;
  readonly version: number;
}

/** This machine, as a queue's name may hold it. */
export function machineName(): string {
  return hostname().replace(/[^\w-]/g, "_");
}

/** @param machine The only machine whose workers may take it; null for all. */
export function queueName({ name, version }: VersionedOperation, machine: string | null): string {
  const queue = `hark.${name}.v${version}`;
  return machine === null ? queue : `${queue}.${machine}`;
}
