// Matters on the map: silhouettes that read at five metres, areas where a point would tell too much, and callouts.

import type { Feature, FeatureCollection, Point, Polygon } from "geojson";
import type { GeoJSONSource, Map as Ground, Marker } from "maplibre-gl";
import { now, stateAt } from "./clock";
import { colours } from "./map_style";
import { SILHOUETTES, STATES, type State } from "./signs";
import { lang, say } from "./words";

/** One matter to draw. `area` (70 m, or `radius` in metres) draws it as the ground it is somewhere in. `due`/`warn` (ms) let it turn by itself. */
export interface Dot {
  id: string;
  lon: number;
  lat: number;
  state: State;
  title?: string;
  note?: string;
  radius?: number;
  area?: boolean;
  due?: number;
  warn?: number;
  name?: string;
  href?: string;
  callout?: boolean;
  /** the micro-grid it stands on */
  place?: string;
}

/** A dot as the kernel tells it, in pages, in the API and on the stream. Only what is drawn is named here. */
export interface ToldDot {
  id: string;
  lon: number;
  lat: number;
  area?: boolean;
  state: State | "stopped";
  title_zh: string;
  title_en: string;
  place_zh?: string;
  place_en?: string;
  clock_zh?: string;
  clock_en?: string;
  due_at?: string | null;
  total_seconds?: number;
  place_id?: string;
}

const isTold = (raw: Dot | ToldDot): raw is ToldDot => "title_zh" in raw;

/** Either form as something to draw. `path` is put before the id to make its address. */
export function asDot(raw: Dot | ToldDot, path = ""): Dot {
  if (!isTold(raw)) return raw;
  const half = (zh?: string, en?: string) => (lang() === "en" ? en || zh : zh || en) ?? "";
  const due = raw.due_at && raw.state !== "pause" && raw.state !== "kept" ? Date.parse(raw.due_at) : undefined;
  return {
    id: raw.id, lon: raw.lon, lat: raw.lat, area: raw.area === true, state: raw.state === "stopped" ? "pause" : raw.state,
    title: half(raw.title_zh, raw.title_en), name: half(raw.clock_zh, raw.clock_en),
    due, warn: due ? due - Math.min((raw.total_seconds ?? 0) / 3, 3600) * 1000 : undefined,
    href: path ? path + raw.id : undefined, place: raw.place_id,
  };
}

const ORDER: Record<State, number> = { kept: 0, pause: 1, plenty: 2, soon: 3, breach: 4 };
const EARTH = 6_378_137;

type Shape = Feature<Point | Polygon>;
type Library = typeof import("maplibre-gl");

export class Dots {
  private dots = new Map<string, Dot>();
  private callouts = new Map<string, Marker>();

  constructor(private ground: Ground, private frame: HTMLElement, private library: Library) {}

  /** Put images, sources and layers on a freshly loaded style. Again after each change of theme. */
  install(scale: number): void {
    for (const state of STATES) {
      if (this.ground.hasImage(`dot-${state}`)) this.ground.removeImage(`dot-${state}`);
      this.ground.addImage(`dot-${state}`, drawn(this.frame, state, scale), { pixelRatio: 3 });
    }
    for (const id of ["areas", "dots"]) if (!this.ground.getSource(id)) this.ground.addSource(id, { type: "geojson", data: empty() });
    this.layers();
    this.draw();
  }

  private layers(): void {
    const c = colours(this.frame);
    const by = (suffix: string) => ["match", ["get", "state"], ...STATES.flatMap((s) => [s, c(`${s}-${suffix}`)]), c(`plenty-${suffix}`)] as never;
    const names = this.ground.getLayer("name-road") ? "name-road" : undefined; // areas lie under the names of what they cover
    this.ground.addLayer({ id: "area-fill", type: "fill", source: "areas", paint: { "fill-color": by("fill"), "fill-opacity": 0.14 } }, names);
    this.ground.addLayer({ id: "area-line", type: "line", source: "areas", paint: { "line-color": by("fill"), "line-width": 2, "line-dasharray": [2, 1.6] } }, names);
    this.ground.addLayer({
      id: "halo", type: "circle", source: "dots", filter: ["in", ["get", "state"], ["literal", ["soon", "breach"]]],
      paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 8, 16, 19], "circle-color": by("fill"), "circle-opacity": 0.18, "circle-stroke-color": by("fill"), "circle-stroke-width": 1, "circle-stroke-opacity": 0.5 },
    });
    this.ground.addLayer({
      id: "dot", type: "symbol", source: "dots",
      layout: {
        "icon-image": ["concat", "dot-", ["get", "state"]], "icon-allow-overlap": true, "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "order"], "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.55, 15, 0.85, 18, 1.15],
      },
    });
  }

  replace(dots: Dot[]): void {
    this.dots = new Map(dots.map((dot) => [dot.id, dot]));
    this.draw();
  }

  set(dot: Dot): void {
    this.dots.set(dot.id, { ...this.dots.get(dot.id), ...dot });
    this.draw();
  }

  remove(id: string): void {
    if (this.dots.delete(id)) this.draw();
  }

  all(): Dot[] {
    return [...this.dots.values()];
  }

  /** Clocks run on the map too. Draws again only when one of them has turned. */
  tick(): boolean {
    const present = now();
    let turned = false;
    for (const dot of this.dots.values()) {
      if (!dot.due || dot.state === "pause" || dot.state === "kept") continue;
      const state = stateAt(present, dot.due, dot.warn ?? 0);
      if (state === dot.state) continue;
      dot.state = state;
      turned = true;
    }
    if (turned) this.draw();
    return turned;
  }

  private draw(): void {
    const all = this.all();
    const areas = this.ground.getSource("areas") as GeoJSONSource | undefined;
    const dots = this.ground.getSource("dots") as GeoJSONSource | undefined;
    if (!areas || !dots) return;
    areas.setData({ type: "FeatureCollection", features: all.filter((dot) => dot.area || dot.radius).map(area) });
    dots.setData({ type: "FeatureCollection", features: all.map(point) });
    this.drawCallouts(all.filter((dot) => dot.callout));
    this.frame.dispatchEvent(new CustomEvent("map:dots", { bubbles: true, detail: { dots: all } }));
  }

  private drawCallouts(wanted: Dot[]): void {
    const ids = new Set(wanted.map((dot) => dot.id));
    for (const [id, marker] of this.callouts) if (!ids.has(id)) marker.remove(), this.callouts.delete(id);
    for (const dot of wanted) {
      const known = this.callouts.get(dot.id);
      const element = known?.getElement() ?? document.createElement("div");
      fillCallout(element, dot);
      if (known) known.setLngLat([dot.lon, dot.lat]);
      else this.callouts.set(dot.id, new this.library.Marker({ element, anchor: "center" }).setLngLat([dot.lon, dot.lat]).addTo(this.ground));
    }
    this.arrange();
  }

  /** Callouts stand below, above or beside their dot, wherever they cover no other callout and no urgent dot. Worst first. */
  arrange(): void {
    if (!this.callouts.size) return;
    const dots = this.all().filter((dot) => ORDER[dot.state] >= ORDER.soon);
    const taken = dots.map((dot) => around(this.ground.project([dot.lon, dot.lat]), 26, 26));
    const bounds = this.ground.getContainer().getBoundingClientRect();
    for (const dot of dots.sort((a, b) => ORDER[b.state] - ORDER[a.state])) {
      const marker = this.callouts.get(dot.id);
      if (!marker) continue;
      const { offsetWidth: w, offsetHeight: h } = marker.getElement();
      const at = this.ground.project([dot.lon, dot.lat]);
      const seats: [number, number][] = [[0, 20 + h / 2], [0, -20 - h / 2], [20 + w / 2, 0], [-20 - w / 2, 0]];
      const priced = seats.map(([x, y]) => {
        const box = around({ x: at.x + x, y: at.y + y }, w, h);
        const outside = box.x < 4 || box.y < 4 || box.x + box.w > bounds.width - 4 || box.y + box.h > bounds.height - 4;
        return { x, y, box, price: taken.reduce((sum, other) => sum + overlap(box, other), 0) + (outside ? 20_000 : 0) };
      });
      const best = priced.reduce((a, b) => (b.price < a.price ? b : a));
      marker.setOffset([best.x, best.y]);
      taken.push(best.box);
    }
  }
}

interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

const around = (at: { x: number; y: number }, w: number, h: number): Box => ({ x: at.x - w / 2, y: at.y - h / 2, w, h });

function overlap(a: Box, b: Box): number {
  const across = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return across > 0 && down > 0 ? across * down : 0;
}

/** The figure inside carries data-due, so the page's one timer counts it down. */
function fillCallout(element: HTMLElement, dot: Dot): void {
  element.classList.add("callout");
  const kept = element.querySelector<HTMLElement>("[data-due]");
  if (kept && dot.due && kept.dataset.due === String(dot.due) && element.dataset.title === dot.title) return;
  element.classList.remove(...STATES);
  element.classList.add(dot.state);
  element.dataset.title = dot.title ?? "";
  element.dataset.clockHost = "";
  const title = document.createElement("b");
  title.textContent = dot.title ?? "";
  element.replaceChildren(title);
  if (!dot.due && !dot.note) return;
  const line = document.createElement("span");
  if (dot.due) {
    line.dataset.due = String(dot.due);
    line.dataset.warn = String(dot.warn ?? "");
    line.dataset.clock = dot.state;
    line.dataset.name = dot.name ?? "";
    const word = document.createElement("i");
    word.dataset.clockWord = "";
    word.textContent = say(`clock_${dot.state}`);
    const figure = document.createElement("i");
    figure.dataset.clockFigure = "";
    const name = Object.assign(document.createElement("i"), { className: "clk-name", textContent: dot.name ?? "" });
    line.append(name, word, " ", figure);
  } else line.textContent = dot.note ?? "";
  element.append(line);
}

const empty = (): FeatureCollection => ({ type: "FeatureCollection", features: [] });

const traits = (dot: Dot) => ({ id: dot.id, state: dot.state, order: ORDER[dot.state], title: dot.title ?? "", href: dot.href ?? "" });

const point = (dot: Dot): Shape => ({ type: "Feature", properties: traits(dot), geometry: { type: "Point", coordinates: [dot.lon, dot.lat] } });

function area(dot: Dot): Shape {
  const up = ((dot.radius ?? 70) / EARTH) * (180 / Math.PI);
  const across = up / Math.cos((dot.lat * Math.PI) / 180);
  const ring = Array.from({ length: 49 }, (_, n) => {
    const turn = (n / 48) * 2 * Math.PI;
    return [dot.lon + across * Math.cos(turn), dot.lat + up * Math.sin(turn)];
  });
  return { type: "Feature", properties: traits(dot), geometry: { type: "Polygon", coordinates: [ring] } };
}

/** A silhouette with an edge that holds against any ground, at three times its size for sharp wall screens. */
function drawn(frame: HTMLElement, state: State, scale: number): ImageData {
  const c = colours(frame);
  const size = Math.round((state === "plenty" || state === "kept" || state === "pause" ? 20 : 25) * scale) * 3;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d")!;
  pen.scale(size / 20, size / 20);
  pen.translate(2, 2);
  const shape = new Path2D(SILHOUETTES[state]);
  pen.lineJoin = "round";
  pen.strokeStyle = c("map-road");
  pen.lineWidth = 3.4;
  pen.stroke(shape);
  if (state === "soon") {
    pen.strokeStyle = c("soon-edge");
    pen.lineWidth = 2;
    pen.stroke(shape);
  }
  pen.fillStyle = c(`${state}-fill`);
  pen.fill(shape, "evenodd");
  return pen.getImageData(0, 0, size, size);
}
