import createClient from "openapi-fetch";
import { parseJson, writeJson } from "../json/exact";
import { problem, Unreachable } from "./problem";
import type { paths } from "./schema";
import { authorization } from "./token";

/** A response whose JSON keeps every digit. */
class ExactResponse extends Response {
  override async json(): Promise<unknown> {
    return parseJson(await this.text());
  }
}

async function exactFetch(request: Request): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(request);
  } catch (cause) {
    if (request.signal.aborted) throw cause;
    throw new Unreachable(cause);
  }
  if (!response.ok || response.status === 204) return response;
  const body = await response.blob();
  const headers = new Headers(response.headers);
  // openapi-fetch calls json() only when it knows the length.
  headers.set("Content-Length", String(body.size));
  return new ExactResponse(body, { status: response.status, headers });
}

/** The typed client of the REST API. Its calls live one to a file, in the feature that needs them. */
export const client = createClient<paths>({
  baseUrl: location.origin,
  fetch: exactFetch,
  bodySerializer: (body) => writeJson(body),
  headers: { Accept: "application/json" },
});

client.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(authorization())) request.headers.set(name, value);
    return request;
  },
});

/** The answer's body, or the problem thrown. */
export async function answer<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problem(response.status, error);
  return data as T;
}
