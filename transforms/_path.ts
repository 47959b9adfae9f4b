/**
 * Values inside events, by path: "customer.email", "items.0.sku", and "items.*.sku" for every element or field.
 * A dot that belongs to a name is written "\.".
 */

type Container = Record<string, unknown>;

/** The keys of a path: "a\.b.c" is ["a.b", "c"]. */
export function keys(path: string): string[] {
  if (!path.includes("\\")) return path.split(".");
  return path.split(/(?<!\\)\./).map((key) => key.replaceAll("\\.", "."));
}

/** Whether a value can have fields: an object or an array. */
export function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}

/** The value at a path without "*", undefined when there is none. Inherited fields do not count. */
export function get(root: unknown, path: string): unknown {
  let value = root;
  for (const key of keys(path)) {
    if (!isContainer(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Sets the value at a path without "*". Objects that are missing on the way are made; other values in the way are replaced. */
export function set(root: Container, path: string, value: unknown): void {
  const way = keys(path);
  const last = way.pop()!;
  let at = root;
  for (const key of way) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    if (isContainer(next)) {
      at = next;
    } else {
      const made: Container = {};
      put(at, key, made);
      at = made;
    }
  }
  put(at, last, value);
}

/** Replaces every value that the path finds by what change makes of it. undefined removes the field. */
export function update(root: unknown, path: string, change: (value: unknown) => unknown): void {
  walk(root, keys(path), (owner, key) => {
    const value = change(owner[key]);
    if (value !== undefined) put(owner, key, value);
    else drop(owner, key);
  });
}

/** Removes every value that the path finds. */
export function remove(root: unknown, path: string): void {
  walk(root, keys(path), drop);
}

/** Every string inside a value, replaced by what change makes of it. Keys stay. */
export function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change));
  if (!isContainer(value)) return value;
  const out: Container = {};
  for (const key of Object.keys(value)) put(out, key, mapStrings(value[key], change));
  return out;
}

/** Sets an own field, whatever its name: assigning to "__proto__" would change the prototype instead. */
export function put(owner: Container, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(owner, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    owner[key] = value;
  }
}

function drop(owner: Container, key: string): void {
  if (Array.isArray(owner)) owner.splice(Number(key), 1);
  else delete owner[key];
}

function walk(value: unknown, way: string[], visit: (owner: Container, key: string) => void): void {
  if (!isContainer(value)) return;
  const [key, ...rest] = way;
  // From the end, so that removing an element does not move those that are still to come.
  const found = key === "*" ? Object.keys(value).reverse() : Object.hasOwn(value, key) ? [key] : [];
  for (const name of found) {
    if (rest.length === 0) visit(value, name);
    else walk(value[name], rest, visit);
  }
}
