/** Memory of a process's children, and theirs, while they run. Linux only. */
import { readdirSync, readFileSync } from "node:fs";

const LOOK_MS = 250;

export interface MemoryWatch {
  /** The largest sum over all descendants so far, MiB; 0 where the system does not tell. Pages that they share count once (PSS). */
  peakMib(): number;
  stop(): void;
}

/** Looks four times a second; the process itself does not count. */
export function watchMemory(root: number): MemoryWatch {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, sumOf(root));
  }, LOOK_MS);
  return { peakMib: () => most, stop: () => clearInterval(timer) };
}

function sumOf(root: number): number {
  const processes = readdirOf("/proc").flatMap((name) => (/^\d+$/.test(name) ? [statusOf(name)] : []));
  const known = new Set([root]);
  let mib = 0;
  // Processes are listed by their numbers, and parents nearly always have the lower one; twice for the others.
  for (let round = 0; round < 2; round++) {
    for (const { pid, parent } of processes) {
      if (known.has(pid) || !known.has(parent)) continue;
      known.add(pid);
      mib += shareOf(pid);
    }
  }
  return mib;
}

/** Resident pages, of which those of several processes count in parts. */
function shareOf(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024;
}

function statusOf(pid: string): { readonly pid: number; readonly parent: number } {
  const text = readOf(`/proc/${pid}/status`);
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  return { pid: Number(pid), parent: field("PPid") };
}

function readdirOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Empty for a process that has ended. */
function readOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
