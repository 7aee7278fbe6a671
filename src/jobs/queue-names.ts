/** The queues of jobs: one an operation, and one more for work that only one machine can do. */
import { hostname } from "node:os";

/** This machine, as a queue's name may hold it. */
export function machineName(): string {
  return hostname().replace(/[^\w-]/g, "_");
}

/** @param machine The only machine whose workers may take it; null for all. */
export function queueName(operation: string, machine: string | null): string {
  return machine === null ? `hark.${operation}` : `hark.${operation}.${machine}`;
}
