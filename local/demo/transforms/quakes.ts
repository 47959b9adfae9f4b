// The steps of the demo. They work on the earthquake feed of the US Geological Survey, which is in the public domain:
// one GeoJSON feature an event, see https://earthquake.usgs.gov/earthquakes/feed/v1.0/geojson.php.

interface Feature {
  id: string;
  properties: {
    mag: number;
    magType: string;
    place: string;
    time: number;
    type: string;
    status: string;
    net: string;
    nst: number | null;
    gap: number | null;
    rms: number | null;
    tsunami: number;
    url: string;
  };
  geometry: { coordinates: [longitude: number, latitude: number, depth: number] };
}

interface Quake {
  id: string;
  time: string;
  magnitude: number;
  place: string;
  region?: string;
  distance_km?: number;
  longitude: number;
  latitude: number;
  depth_km: number;
  tsunami: boolean;
  energy_joules?: number;
}

/**
 * Keeps what the earth did by itself: quarry blasts and explosions are filtered.
 *
 * @filter
 */
export function onlyEarthquakes(event: Feature): boolean {
  return event.properties.type === "earthquake";
}

/**
 * Turns a GeoJSON feature into one flat record.
 *
 * @transform
 */
export function flatten({ id, properties: p, geometry }: Feature): Quake {
  const [longitude, latitude, depth_km] = geometry.coordinates;
  return {
    id,
    time: new Date(p.time).toISOString(),
    magnitude: p.mag,
    place: p.place,
    longitude,
    latitude,
    depth_km,
    tsunami: p.tsunami === 1,
  };
}

/**
 * Splits a place such as "4km W of Castaic, CA" into distance and region.
 *
 * @transform
 */
export function locate(quake: Quake): Quake {
  const near = /^(\d+)km \w+ of (.+)$/.exec(quake.place);
  const name = near ? near[2] : quake.place;
  quake.region = name.slice(name.lastIndexOf(",") + 1).trim();
  if (near) quake.distance_km = Number(near[1]);
  return quake;
}

/**
 * Adds the radiated energy by Gutenberg and Richter: log10 E = 4.8 + 1.5 M.
 *
 * @transform
 */
export function addEnergy(quake: Quake): Quake {
  quake.energy_joules = Math.round(10 ** (4.8 + 1.5 * quake.magnitude));
  return quake;
}

/**
 * Keeps quakes from params.magnitude (4.5 when not given) on.
 *
 * @filter
 */
export function strongerThan(quake: { magnitude: number }, ctx: { params?: { magnitude?: number } }): boolean {
  return quake.magnitude >= (ctx.params?.magnitude ?? 4.5);
}

/**
 * Words an alert and keys it by region, so that the alerts of a region stay in order.
 *
 * @transform
 */
export function alert(quake: Quake, ctx: { setKey(key: string): void }) {
  ctx.setKey(quake.region ?? quake.place);
  const level = quake.magnitude >= 6 ? "red" : quake.magnitude >= 5 ? "orange" : "yellow";
  return {
    id: quake.id,
    level,
    text: `M ${quake.magnitude.toFixed(1)} ${quake.place}, ${quake.depth_km.toFixed(0)} km deep`,
    tsunami: quake.tsunami,
    time: quake.time,
  };
}

/**
 * Says how well a quake was measured. Quakes below magnitude 0 and those without a residual do not fit the outgoing schema.
 *
 * @transform
 */
export function quality({ id, properties: p }: Feature) {
  const stations = p.nst ?? 0;
  const gap = p.gap ?? 360;
  return {
    id,
    network: p.net,
    magnitude: p.mag,
    residual_seconds: p.rms,
    stations,
    reviewed: p.status === "reviewed",
    grade: stations >= 30 && gap < 120 ? "A" : stations >= 10 && gap < 180 ? "B" : "C",
  };
}

interface Position {
  id: string;
  at: number;
  longitude: number;
  latitude: number;
  magnitude: number;
  region: string;
}

/**
 * Keeps where and when, for a schema in Avro.
 * @transform
 */
export function position({ id, time, longitude, latitude, magnitude, region }: Quake): Position {
  return { id, at: Date.parse(time), longitude, latitude, magnitude, region: region ?? "" };
}

/**
 * Makes a pin for a map, for a schema in Protobuf.
 * @transform
 */
export function pin({ id, longitude, latitude, magnitude, region }: Position) {
  const size = magnitude >= 5 ? "LARGE" : magnitude >= 3 ? "MEDIUM" : "SMALL";
  return { id, label: `${region} ${magnitude.toFixed(1)}`, longitude, latitude, size };
}
