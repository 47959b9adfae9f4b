import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { mockApi } from "./dev/mock.ts";
import { patience } from "./dev/patience.ts";

// `npm run dev` answers /api from dev/mock.ts, or passes it on to a real server when INFLECT_URL names one.
const server = process.env.INFLECT_URL;

export default defineConfig({
  plugins: [react(), ...(server || process.env.VITEST ? [] : [mockApi()])],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: server ? { proxy: { "/api": { target: server, changeOrigin: true }, "/version": server } } : {},
  build: {
    target: "es2022",
    manifest: true,
    modulePreload: { polyfill: false },
    // Only the code editor is larger, and it is loaded when code is first shown.
    chunkSizeWarningLimit: 600,
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
    testTimeout: 10 * patience,
    hookTimeout: 10 * patience,
    teardownTimeout: patience,
  },
});
