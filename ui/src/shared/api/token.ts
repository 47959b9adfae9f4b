const key = "inflect-token";

/** The token with which this tab speaks to a server that asks for one. It is gone when the tab is closed. */
export const storedToken = () => sessionStorage.getItem(key);

export function storeToken(token: string | null) {
  if (token === null) sessionStorage.removeItem(key);
  else sessionStorage.setItem(key, token);
}

/** The header that carries it, none without. */
export function authorization(): Record<string, string> {
  const token = storedToken();
  return token ? { Authorization: `Bearer ${token}` } : {};
}
