/** How child processes are started that hand large arrays on for hours. */

/**
 * Arrays that came with messages are freed with the young generation, which Node lets grow to 16 MB of small objects and a hundred
 * megabytes of their arrays; and glibc keeps freed memory in a pool for each of many threads. Over an hour of notes this is 50 of 510 MB.
 */
export const LITTLE_GARBAGE = {
  arguments: ["--max-semi-space-size=1"],
  environment: { MALLOC_ARENA_MAX: "2" },
};
