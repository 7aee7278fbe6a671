/** Every operation there is. */
import type { Operation } from "./operation.ts";
import { separateStems } from "./separate-stems.ts";

export const OPERATIONS: readonly Operation[] = [separateStems];
