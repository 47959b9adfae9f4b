import { parseJson, RawJson, writeJson, type Json } from "@/shared/json/exact";
import { Code } from "@/shared/code/Code";
import { Field, Input, Issues, Select, TextArea } from "@/shared/ui/Field";
import type { Issue } from "@/shared/api/types";

interface Property {
  type?: string;
  title?: string;
  description?: string;
  default?: Json;
  enum?: Json[];
  minimum?: number;
  maximum?: number;
  items?: Property;
}

interface Props {
  /** JSON Schema of the parameters, when the transform has one. */
  schema?: unknown;
  value: string;
  onChange: (value: string) => void;
  issues: Issue[];
}

/** A step's parameters: a form when their schema is a flat object, JSON otherwise. */
export function Params({ schema, value, onChange, issues }: Props) {
  const properties = formProperties(schema);
  const object = readObject(value);
  if (!properties || !object) {
    return (
      <div className="field">
        <span className="field-label">Parameters, as JSON</span>
        <Code language="json" label="Parameters" value={value} onChange={onChange} placeholder='{"min": 10}' />
        <Issues issues={issues} />
      </div>
    );
  }
  const required = (schema as { required?: string[] }).required ?? [];
  const set = (name: string, next: Json | undefined) => {
    const { [name]: _, ...rest } = object;
    const all = next === undefined ? rest : { ...object, [name]: next };
    onChange(Object.keys(all).length > 0 ? writeJson(all, 2) : "");
  };
  return (
    <fieldset className="plain stack">
      <legend className="field-label">Parameters</legend>
      <div className="grid-2">
        {Object.entries(properties).map(([name, property]) => (
          <ParamField key={name} name={name} property={property} required={required.includes(name)} value={object[name]} onChange={(next) => set(name, next)} />
        ))}
      </div>
      <Issues issues={issues} />
    </fieldset>
  );
}

interface FieldProps {
  name: string;
  property: Property;
  required: boolean;
  value: Json | undefined;
  onChange: (value: Json | undefined) => void;
}

function ParamField({ name, property, required, value, onChange }: FieldProps) {
  const label = `${property.title ?? name}${required ? "" : " (optional)"}`;
  const fallback = property.default === undefined ? "" : writeJson(property.default);
  const hint = property.description;
  if (property.enum) {
    const texts = property.enum.map((item) => writeJson(item));
    return (
      <Field label={label} hint={hint}>
        <Select
          value={value === undefined ? "" : writeJson(value)}
          onChange={(event) => onChange(event.target.value === "" ? undefined : parseJson(event.target.value))}
          options={[{ value: "", label: fallback ? `default: ${fallback}` : "not set" }, ...texts.map((text) => ({ value: text, label: text.replace(/^"|"$/g, "") }))]}
        />
      </Field>
    );
  }
  switch (property.type) {
    case "boolean":
      return (
        <Field label={label} hint={hint}>
          <Select
            value={value === undefined ? "" : String(value)}
            onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value === "true")}
            options={[
              { value: "", label: fallback ? `default: ${fallback}` : "not set" },
              { value: "true", label: "yes" },
              { value: "false", label: "no" },
            ]}
          />
        </Field>
      );
    case "number":
    case "integer":
      return (
        <Field label={label} hint={hint}>
          <Input
            inputMode="decimal"
            placeholder={fallback}
            value={value === undefined ? "" : typeof value === "string" ? value : writeJson(value)}
            onChange={(event) => onChange(number(event.target.value))}
          />
        </Field>
      );
    case "array":
      return (
        <Field label={label} hint={`${hint ? `${hint} ` : ""}One to a line.`}>
          <TextArea
            value={Array.isArray(value) ? value.map(String).join("\n") : ""}
            onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value.split("\n"))}
          />
        </Field>
      );
    default:
      return (
        <Field label={label} hint={hint}>
          <Input
            placeholder={fallback.replace(/^"|"$/g, "")}
            value={value === undefined ? "" : typeof value === "string" ? value : writeJson(value)}
            onChange={(event) => onChange(event.target.value === "" ? undefined : event.target.value)}
          />
        </Field>
      );
  }
}

/** A number as it was typed; what is no number yet stays a text, which the schema then complains about. */
function number(text: string): Json | undefined {
  if (text === "") return undefined;
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text) ? new RawJson(text) : text;
}

/** The properties that a form can show, or nothing when the schema says more than a form can. */
function formProperties(schema: unknown): Record<string, Property> | undefined {
  if (typeof schema !== "object" || schema === null) return undefined;
  const { properties } = schema as { properties?: Record<string, Property> };
  if (!properties || Object.keys(properties).length === 0) return undefined;
  const simple = (p: Property) => p.enum || ["string", "number", "integer", "boolean"].includes(p.type ?? "") || (p.type === "array" && p.items?.type === "string");
  return Object.values(properties).every(simple) ? properties : undefined;
}

function readObject(text: string): Record<string, Json> | undefined {
  if (text.trim() === "") return {};
  try {
    const value = parseJson(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof RawJson) ? value : undefined;
  } catch {
    return undefined;
  }
}
