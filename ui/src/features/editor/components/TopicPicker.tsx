import { useInfiniteQuery } from "@tanstack/react-query";
import { topicsQuery } from "@/shared/catalog/topics";
import { Combo } from "@/shared/ui/Combo";
import { useDebounced } from "@/shared/ui/useDebounced";
import type { Problems } from "../hooks/useProblems";

interface Props {
  label: string;
  field: string;
  value: string;
  onChange: (value: string) => void;
  problems: Problems;
  placeholder?: string;
  hint?: string;
}

/** A topic of the cluster; one that does not exist yet may be typed. */
export function TopicPicker({ label, field, value, onChange, problems, placeholder = "Choose or type a topic", hint }: Props) {
  const all = useInfiniteQuery(topicsQuery());
  const settled = useDebounced(value, 300);
  // With more topics than one page holds, what was typed is looked up, too.
  const found = useInfiniteQuery({ ...topicsQuery(settled), enabled: all.hasNextPage && settled !== "" });
  const items = new Map([...(all.data?.pages ?? []), ...(found.data?.pages ?? [])].flatMap((page) => page.items).map((topic) => [topic.name, topic]));
  return (
    <div data-field={field}>
      <Combo
        label={label}
        value={value}
        onChange={onChange}
        options={[...items.values()].map((topic) => ({ value: topic.name, detail: `${topic.partitions} part.` }))}
        issues={problems.at(field, value)}
        placeholder={placeholder}
        hint={hint}
        none={all.isError ? "Kafka does not answer" : "No such topic"}
      />
    </div>
  );
}
