import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["e2e/**/*.e2e.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Waiting ends with the thing waited for: a slow machine only waits longer.
    expect: { poll: { timeout: 15_000 } },
    // One browser at a time: the machine that tests is small.
    fileParallelism: false,
  },
});
