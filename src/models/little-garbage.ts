/** How processes are started that hand large arrays on for hours. */

/**
 * Arrays that came with messages are freed with the young generation, which Node lets grow to 16 MB of small objects and many times that of
 * their arrays. And glibc keeps what ONNX Runtime frees after each run, in pieces, in pools for its threads: on a busy machine 700 MB of 200 MB
 * used; what is mapped for itself goes back at once, for 10 % more time in small networks.
 */
export const LITTLE_GARBAGE = {
  arguments: ["--max-semi-space-size=1"],
  environment: { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "1048576" },
};
