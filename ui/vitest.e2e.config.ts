import { defineConfig } from "vitest/config";

// Journeys in a real browser against a real server: the one at INFLECT_URL, or one that is started for them.
export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    globalSetup: ["e2e/server.ts"],
    // One server, one browser at a time: the journeys share the demo's pipelines.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
