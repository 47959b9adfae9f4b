// Writes src/shared/api/schema.d.ts from api/openapi.yaml; with --check it fails when the file is stale instead.
import { readFile, writeFile } from "node:fs/promises";
import openapiTS, { astToString } from "openapi-typescript";

const contract = new URL("../../api/openapi.yaml", import.meta.url);
const file = new URL("../src/shared/api/schema.d.ts", import.meta.url);
const text = `// Generated from api/openapi.yaml by \`npm run types\`. Do not edit.\n\n${astToString(await openapiTS(contract, { defaultNonNullable: false }))}`;

if (!process.argv.includes("--check")) {
  await writeFile(file, text);
} else if ((await readFile(file, "utf8")) !== text) {
  console.error("src/shared/api/schema.d.ts does not match api/openapi.yaml: run npm run types");
  process.exit(1);
}
