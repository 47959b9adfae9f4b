import { defineConfig } from "vitest/config";
import { patience } from "./dev/patience.ts";

// Journeys in a real browser against a real server: the one at INFLECT_URL, or one that is started for them.
export default defineConfig({
  test: {
    include: ["e2e/**/*.test.ts"],
    globalSetup: ["e2e/server.ts"],
    // One server, one browser at a time: the journeys share the demo's pipelines.
    fileParallelism: false,
    // Each step waits for itself; a journey is many of them.
    testTimeout: 10 * patience,
    hookTimeout: 10 * patience,
    teardownTimeout: patience,
    expect: { poll: { timeout: patience, interval: 100 } },
  },
});
