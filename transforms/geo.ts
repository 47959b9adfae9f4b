import { get, set } from "./_path";

const areaSchema = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1 },
    center: { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2, description: "[longitude, latitude] in degrees" },
    radius_km: { type: "number", exclusiveMinimum: 0 },
    box: { type: "array", items: { type: "number" }, minItems: 4, maxItems: 4, description: "[west, south, east, north] in degrees; west may be east of east, across the date line" },
  },
  required: ["name"],
  oneOf: [{ required: ["center", "radius_km"] }, { required: ["box"] }],
  additionalProperties: false,
};

export const params = {
  type: "object",
  properties: {
    longitude: { type: "string", minLength: 1, default: "geometry.coordinates.0", description: "Path of the longitude." },
    latitude: { type: "string", minLength: 1, default: "geometry.coordinates.1", description: "Path of the latitude." },
    areas: { type: "array", items: areaSchema, minItems: 1, description: "Circles and boxes; the first one that holds the point wins." },
    to: { type: "string", minLength: 1, default: "area", description: "Path of the area's name; null is written where there is none." },
  },
  required: ["areas"],
  additionalProperties: false,
};

interface Area {
  name: string;
  center?: [number, number];
  radius_km?: number;
  box?: [number, number, number, number];
}

interface Params {
  longitude?: string;
  latitude?: string;
  areas: Area[];
  to?: string;
}

type Ctx = { params: Params; fail(reason: string, options?: { code: string }): never };

/** Mean radius of the earth in km (IUGG). */
const earth = 6371.0088;

/**
 * Says in which area a point lies. Coordinates are WGS 84 degrees, as in GeoJSON. A point that is no point fails the event
 * with code `geo`.
 * @transform
 */
export default function geo(event: Record<string, unknown>, ctx: Ctx) {
  const { longitude = "geometry.coordinates.0", latitude = "geometry.coordinates.1", areas, to = "area" } = ctx.params;
  const [lon, lat] = [get(event, longitude), get(event, latitude)];
  if (typeof lon !== "number" || typeof lat !== "number" || Math.abs(lon) > 180 || Math.abs(lat) > 90) {
    return ctx.fail(`[${JSON.stringify(lon) ?? "missing"}, ${JSON.stringify(lat) ?? "missing"}] is no point on earth`, { code: "geo" });
  }
  set(event, to, areas.find((a) => holds(a, lon, lat))?.name ?? null);
  return event;
}

function holds(a: Area, lon: number, lat: number): boolean {
  if (a.box) {
    const [west, south, east, north] = a.box;
    const between = west <= east ? lon >= west && lon <= east : lon >= west || lon <= east;
    return between && lat >= south && lat <= north;
  }
  return distance(a.center![0], a.center![1], lon, lat) <= a.radius_km!;
}

/** Great-circle distance in km, by the haversine formula. */
function distance(lon1: number, lat1: number, lon2: number, lat2: number): number {
  const rad = Math.PI / 180;
  const half = (d: number) => Math.sin((d * rad) / 2) ** 2;
  const h = half(lat2 - lat1) + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * half(lon2 - lon1);
  return 2 * earth * Math.asin(Math.min(1, Math.sqrt(h)));
}
