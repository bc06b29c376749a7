// The ground, drawn in the colours of the page: a MapLibre style made from the tokens, so light and dark need no second file.

import { lang } from "./words";
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";

export const FONT = ["Noto Sans"];
export const SOURCE = "base";

/** Resolves tokens to plain colours. getPropertyValue would hand out light-dark(…) unresolved, so a probe is painted. */
export function colours(frame: HTMLElement): (token: string) => string {
  const probe = document.createElement("span");
  probe.hidden = true;
  frame.append(probe);
  const kept = new Map<string, string>();
  return (token) => {
    let value = kept.get(token);
    if (!value) {
      probe.style.color = `var(--${token})`;
      value = getComputedStyle(probe).color;
      kept.set(token, value);
    }
    return value;
  };
}

type Colour = (token: string) => string;

const at = (...stops: number[]): ExpressionSpecification =>
  ["interpolate", ["exponential", 1.6], ["zoom"], ...stops] as unknown as ExpressionSpecification;

const level = (...names: string[]): ExpressionSpecification => ["in", ["get", "level"], ["literal", names]] as ExpressionSpecification;

/** Lane, street, main: a road's width in pixels grows with the zoom as its ground does. */
const roadWidth = (extra: number): ExpressionSpecification =>
  [
    "interpolate", ["exponential", 2], ["zoom"],
    12, ["match", ["get", "kind"], "main", 1.6 + extra, "street", 1 + extra, 0.4],
    16, ["match", ["get", "kind"], "main", 12 + extra, "street", 8 + extra, 4 + extra],
    19, ["match", ["get", "kind"], "main", 80 + extra, "street", 56 + extra, 30 + extra],
  ] as unknown as ExpressionSpecification;

/** `generation` of /tiles/town.json lets the browser keep tiles for good. */
export function groundStyle(frame: HTMLElement, scale: number, generation = ""): StyleSpecification {
  const c = colours(frame);
  return {
    version: 8,
    sources: {
      [SOURCE]: { type: "vector", tiles: [`${location.origin}/tiles/base/{z}/{x}/{y}.mvt${generation ? `?g=${generation}` : ""}`], maxzoom: 16, promoteId: { places: "id" } },
    },
    layers: [{ id: "out", type: "background", paint: { "background-color": c("map-out") } }, ...ground(c), ...lines(c), ...names(c, scale)],
  };
}

function ground(c: Colour): LayerSpecification[] {
  const fill = (id: string, layer: string, colour: string, more: object = {}): LayerSpecification =>
    ({ id, type: "fill", source: SOURCE, "source-layer": layer, paint: { "fill-color": colour }, ...more }) as LayerSpecification;
  return [
    fill("community", "places", c("map-road"), { filter: level("community") }),
    fill("grid", "places", c("map-grid"), { filter: level("micro_grid", "grid") }),
    fill("park", "parks", c("map-park")),
    fill("water", "water", c("map-water")),
    fill("mine", "places", c("map-mine"), { filter: ["==", ["get", "id"], ""] }),
    fill("hot", "places", c("soon-fill"), { filter: ["==", ["get", "id"], ""], paint: { "fill-color": c("soon-fill"), "fill-opacity": 0.16 } }),
  ];
}

function lines(c: Colour): LayerSpecification[] {
  const line = (id: string, layer: string, paint: object, more: object = {}): LayerSpecification =>
    ({ id, type: "line", source: SOURCE, "source-layer": layer, layout: { "line-cap": "round", "line-join": "round" }, paint, ...more }) as LayerSpecification;
  return [
    line("road-edge", "roads", { "line-color": c("map-road-edge"), "line-width": roadWidth(1.6) }),
    line("road", "roads", { "line-color": c("map-road"), "line-width": roadWidth(0) }),
    line("rail", "rail", { "line-color": c("map-edge"), "line-width": 1.5, "line-dasharray": [5, 3] }, { layout: {} }),
    {
      id: "building", type: "fill", source: SOURCE, "source-layer": "buildings", minzoom: 13.5,
      paint: { "fill-color": c("map-bld"), "fill-outline-color": c("map-bld-edge"), "fill-opacity": at(13.5, 0, 14.5, 1) },
    } as LayerSpecification,
    line("grid-line", "places", { "line-color": c("map-edge"), "line-width": at(12, 0.3, 16, 1.2), "line-opacity": 0.6, "line-dasharray": [3, 2] }, { filter: level("micro_grid", "grid") }),
    line("district-line", "places", { "line-color": c("map-edge"), "line-width": at(4, 0.4, 9, 1) }, { filter: level("district", "city", "province") }),
    line("community-line", "places", { "line-color": c("map-edge"), "line-width": at(11, 0.8, 16, 2) }, { filter: level("community", "street") }),
    line("mine-line", "places", { "line-color": c("pine"), "line-width": 2.2 }, { filter: ["==", ["get", "id"], ""] }),
    line("hot-line", "places", { "line-color": c("soon-fill"), "line-width": 1.8 }, { filter: ["==", ["get", "id"], ""] }),
  ];
}

function names(c: Colour, scale: number): LayerSpecification[] {
  const label = (id: string, layer: string, size: ExpressionSpecification | number, paint: object, more: { layout?: object; filter?: unknown; minzoom?: number; maxzoom?: number }): LayerSpecification =>
    ({
      id, type: "symbol", source: SOURCE, "source-layer": layer, ...more,
      layout: { "text-field": lang() === "en" ? ["coalesce", ["get", "name_en"], ["get", "name"], ""] : ["coalesce", ["get", "name"], ""], "text-font": FONT, "text-size": size, "text-padding": 4, ...more.layout },
      paint: { "text-color": c("map-label"), "text-halo-color": c("map-grid"), "text-halo-width": 1.6, ...paint },
    }) as LayerSpecification;
  const kind = (...names: string[]) => ["in", ["get", "kind"], ["literal", names]];
  const px = (...stops: number[]) => at(...stops.map((stop, n) => (n % 2 ? stop * scale : stop)));
  const water = { "text-color": c("map-water-label"), "text-halo-color": c("map-water") };
  const river = { "text-letter-spacing": lang() === "en" ? 0.1 : 0.3, "text-max-width": 40, "text-variable-anchor": ["center", "bottom", "top", "left", "right"] };
  return [
    label("name-road", "roads", px(13, 10, 17, 14), { "text-halo-color": c("map-road") }, { layout: { "symbol-placement": "line", "text-letter-spacing": 0.15, "symbol-spacing": 420 }, minzoom: 14 }),
    // one name a river from afar, where tiles would repeat it; close up, where its one spot is out of sight, wherever it can be seen. After the roads: what comes later is placed first
    label("name-water", "labels", 13 * scale, water, { filter: kind("water"), layout: river, minzoom: 12.5, maxzoom: 16.2 }),
    label("name-water-near", "water", 13 * scale, water, { layout: river, minzoom: 16.2 }),
    label("name-building", "buildings", px(16, 10, 19, 15), { "text-halo-color": c("map-bld") }, { minzoom: 16.2 }),
    label("name-grid", "labels", px(13, 10, 17, 15), {}, { filter: kind("micro_grid", "grid"), minzoom: 13.6, maxzoom: 17.5 }),
    label("name-compound", "labels", px(13, 11, 17, 17), { "text-color": c("ink-2") }, { filter: kind("compound"), minzoom: 13.2, maxzoom: 18 }),
    label("name-community", "labels", px(11, 12, 15, 19), { "text-color": c("ink") }, { filter: kind("community"), layout: { "text-letter-spacing": 0.12 }, maxzoom: 15.2 }),
    label("name-street", "labels", px(9, 12, 13, 19), { "text-color": c("ink") }, { filter: kind("street", "district"), maxzoom: 12.6 }),
    label("name-city", "labels", px(4, 12, 8, 15), { "text-color": c("ink") }, { filter: kind("city", "province"), maxzoom: 8 }),
  ];
}
