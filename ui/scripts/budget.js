// Fails the build when the JavaScript that the first page needs is larger than its budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const budgetKiB = 150;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));

/** The chunk and everything it imports statically. */
function needed(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) needed(next, seen);
  return seen;
}

const kib = (keys) =>
  [...new Set([...keys].map((key) => manifest[key].file))]
    .filter((file) => file.endsWith(".js"))
    .reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist))).length, 0) / 1024;

// The dashboard is a lazy route, but it is the first page.
const first = [...needed("index.html"), ...needed("src/app/routes/dashboard.tsx")];
const size = kib(new Set(first));
console.log(`first page: ${size.toFixed(1)} KiB of JavaScript, gzip (budget ${budgetKiB})`);
if (size > budgetKiB) process.exit(1);
