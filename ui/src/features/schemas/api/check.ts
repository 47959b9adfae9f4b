import { useMutation } from "@tanstack/react-query";
import { answer, client } from "@/shared/api/client";
import type { NewSchema } from "@/shared/api/types";

/** Asks what a new version would do to the pipelines that use the subject. Nothing is registered. */
export const useCheck = (subject: string) =>
  useMutation({
    mutationFn: (schema: NewSchema) => answer(client.POST("/api/v1/schemas/{subject}/check", { params: { path: { subject } }, body: schema })),
  });
