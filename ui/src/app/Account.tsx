import { useQuery, useQueryClient } from "@tanstack/react-query";
import { storeToken } from "@/shared/api/token";
import { sessionQuery } from "@/shared/session/session";
import { Button } from "@/shared/ui/Button";

/** Who is signed in, on servers that ask for it. */
export function Account() {
  const { data } = useQuery(sessionQuery);
  const queries = useQueryClient();
  if (data?.authentication !== "token") return null;
  const leave = () => {
    storeToken(null);
    void queries.resetQueries();
  };
  return (
    <span className="account">
      <span className="muted">
        {data.actor} ({data.role})
      </span>
      <Button variant="quiet" onClick={leave}>
        Sign out
      </Button>
    </span>
  );
}
