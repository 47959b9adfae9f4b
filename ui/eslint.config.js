import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import ts from "typescript-eslint";

/**
 * app → features → shared, never back and never sideways. Within a feature and within shared imports are relative and go
 * up one folder at most, so that two folders up is always somewhere else.
 */
const layer = (files, forbidden, message) => ({
  files,
  rules: { "no-restricted-imports": ["error", { patterns: [{ group: [...forbidden, "../../*"], message }] }] },
});

export default defineConfig(
  { ignores: ["dist/", "node_modules/", "src/shared/api/schema.d.ts"] },
  js.configs.recommended,
  ts.configs.strict,
  { files: ["src/**/*.{ts,tsx}"], extends: [hooks.configs.flat["recommended-latest"]] },
  layer(["src/features/**"], ["@/app/*", "@/features/*"], "A feature imports shared and itself (by a relative path); what joins features is in app."),
  layer(["src/shared/**"], ["@/app/*", "@/features/*"], "Shared knows no feature."),
  {
    rules: {
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true }],
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Data is shown as text." },
        { selector: "AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]", message: "Data is shown as text." },
      ],
    },
  },
  { files: ["scripts/**", "*.config.js"], languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } } },
  { files: ["dev/**"], rules: { "@typescript-eslint/no-non-null-assertion": "off" } },
);
