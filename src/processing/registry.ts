/** Every operation, in the order in which clients list their tools. */
import type { Operation } from "./operation.ts";

export const OPERATIONS: readonly Operation[] = [];
