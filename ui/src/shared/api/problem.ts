import type { Issue } from "./types";

export type { Issue } from "./types";

/** What a call came back with instead of an answer. Issues holds every problem the server named, at least one. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly issues: Issue[],
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super("The server did not answer. Check that it is running and that you are still connected.", { cause });
    this.name = "Unreachable";
  }
}

/** Reads an RFC 9457 problem document; what is missing in it is made up from the status. */
export function problem(status: number, body: unknown): ApiError {
  const doc = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const text = (key: string) => (typeof doc[key] === "string" ? (doc[key] as string) : undefined);
  const code = text("code") ?? `http_${status}`;
  const message = text("detail") ?? text("message") ?? text("title") ?? `The server answered with status ${status}.`;
  const listed = Array.isArray(doc.errors) ? (doc.errors as Issue[]) : [];
  const issues = listed.length > 0 ? listed : [{ code, field: text("field"), message }];
  return new ApiError(status, code, message, issues);
}

/** A sentence for people out of anything that was thrown. */
export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
