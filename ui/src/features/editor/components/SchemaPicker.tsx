import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { SchemaRef } from "@/shared/api/types";
import { subjectQuery } from "@/shared/catalog/subject";
import { subjectsQuery } from "@/shared/catalog/subjects";
import { Combo } from "@/shared/ui/Combo";
import { Field, Select } from "@/shared/ui/Field";
import { useDebounced } from "@/shared/ui/useDebounced";
import type { Problems } from "../hooks/useProblems";

interface Props {
  field: string;
  value?: SchemaRef;
  onChange: (value?: SchemaRef) => void;
  problems: Problems;
  hint: string;
  /** It is what records are read by, and a topic may hold records of other types. */
  incoming?: boolean;
}

/** Subject, version and framing; an empty subject means no schema. */
export function SchemaPicker({ field, value, onChange, problems, hint, incoming }: Props) {
  const subject = value?.subject ?? "";
  const subjects = useInfiniteQuery(subjectsQuery());
  const settled = useDebounced(subject, 300);
  const known = useQuery({ ...subjectQuery(settled), enabled: settled !== "", retry: false });
  const versions = known.data?.versions ?? [];
  const chosen = String(value?.version ?? "latest");
  const options = ["latest", ...versions.toReversed().map(String)];
  if (!options.includes(chosen)) options.push(chosen);
  return (
    <div className="grid-2" data-field={field}>
      <Combo
        label="Schema subject"
        value={subject}
        onChange={(next) => onChange(next ? { ...value, subject: next } : undefined)}
        options={subjects.data?.pages.flatMap((page) => page.items.map((item) => ({ value: item.subject }))) ?? []}
        issues={[...problems.at(field), ...problems.at(`${field}.subject`, subject)]}
        placeholder="No schema"
        hint={hint}
        none={subjects.isError ? "The registry does not answer" : "No such subject"}
      />
      {value && (
        <div className="grid-2 grid-narrow">
          <Field label="Version" issues={problems.at(`${field}.version`)}>
            <Select
              value={chosen}
              onChange={(event) => onChange({ ...value, version: event.target.value === "latest" ? "latest" : Number(event.target.value) })}
              options={options.map((version) => ({
                value: version,
                label: version === "latest" && known.data ? `latest (now ${known.data.latest.version})` : version,
              }))}
            />
          </Field>
          <Field label="Framing" issues={problems.at(`${field}.framing`)}>
            <Select
              value={value.framing ?? "auto"}
              onChange={(event) => onChange({ ...value, framing: event.target.value === "auto" ? undefined : (event.target.value as SchemaRef["framing"]) })}
              options={[
                { value: "auto", label: "auto" },
                { value: "confluent", label: "Confluent" },
                { value: "bare", label: "bare" },
              ]}
            />
          </Field>
          {incoming && (
            <Field label="Other types in the topic" issues={problems.at(`${field}.others`)}>
              <Select
                value={value.others ?? "dead_letter"}
                onChange={(event) => onChange({ ...value, others: event.target.value === "dead_letter" ? undefined : (event.target.value as SchemaRef["others"]) })}
                options={[
                  { value: "dead_letter", label: "become dead letters" },
                  { value: "filter", label: "are left out" },
                ]}
              />
            </Field>
          )}
        </div>
      )}
    </div>
  );
}
