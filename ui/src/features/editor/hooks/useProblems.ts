import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Issue, Spec } from "@/shared/api/types";
import { useDebounced } from "@/shared/ui/useDebounced";
import { validateQuery } from "../api/validate";

export interface Problems {
  all: Issue[];
  /** Those of a field that is worth showing: one that was left empty is not complained about before saving is tried. */
  at: (field: string, value?: string) => Issue[];
  checking: boolean;
  /** The server could not be asked. */
  error: unknown;
}

/** What is wrong with a draft, by the page itself and by the server, while it is typed. */
export function useProblems(spec: Spec, local: Issue[], tried: boolean): Problems {
  const settled = useDebounced(spec, 400);
  const query = useQuery(validateQuery(settled));
  return useMemo(() => {
    const found = new Set(local.map((issue) => issue.field));
    const all = [...local, ...(query.data ?? []).filter((issue) => !found.has(issue.field))];
    return {
      all,
      at: (field, value) => (value === "" && !tried ? [] : all.filter((issue) => issue.field === field)),
      checking: settled !== spec || query.isFetching,
      error: query.error,
    };
  }, [local, query.data, query.isFetching, query.error, settled, spec, tried]);
}
