/** Every operation, in the order in which clients list their tools. */
import type { Operation } from "./operation.ts";
import { separateStems } from "./separate-stems.ts";

export const OPERATIONS: readonly Operation[] = [separateStems];
