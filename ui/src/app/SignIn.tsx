import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent, type ReactNode } from "react";
import { ApiError } from "@/shared/api/problem";
import { storedToken, storeToken } from "@/shared/api/token";
import { sessionQuery } from "@/shared/session/session";
import { Field, Input } from "@/shared/ui/Field";
import { Notice } from "@/shared/ui/Notice";

/** Lets through whom the server lets in, and asks the rest for a token. */
export function SignIn({ children }: { children: ReactNode }) {
  const session = useQuery(sessionQuery);
  if (session.isPending) return null;
  const refused = session.error instanceof ApiError && session.error.status === 401;
  return refused ? <TokenForm /> : children;
}

function TokenForm() {
  const queries = useQueryClient();
  const [token, setToken] = useState("");
  const [wrong, setWrong] = useState(() => storedToken() !== null);
  const enter = async (event: FormEvent) => {
    event.preventDefault();
    storeToken(token.trim());
    setWrong(false);
    try {
      // Under a name of its own: while the session itself is asked for, this form would be gone.
      const session = await queries.fetchQuery({ ...sessionQuery, queryKey: ["session", "sign-in"], staleTime: 0 });
      queries.setQueryData(sessionQuery.queryKey, session);
    } catch {
      storeToken(null);
      setWrong(true);
    }
  };
  return (
    <main className="sign-in">
      <form className="panel" onSubmit={(event) => void enter(event)}>
        <div className="panel-body stack">
          <h1>Inflect</h1>
          <p>This server asks for a token. Whoever runs it can make one with inflect tokens create.</p>
          <Field label="Token" hint="It is kept until this tab is closed.">
            <Input type="password" value={token} required autoFocus onChange={(event) => setToken(event.target.value)} />
          </Field>
          {wrong && <Notice kind="bad">The server does not know this token, or it has expired or been revoked.</Notice>}
          <button className="btn btn-primary" type="submit">
            Sign in
          </button>
        </div>
      </form>
    </main>
  );
}
