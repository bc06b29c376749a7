// The lettering of the wall's map: community names in serif, grid numbers, callouts for what is about to break or has broken.
// The ground and the dots themselves are map.ts's; this stands over them and moves with them.

import type { Map as Ground } from "maplibre-gl";
import { now, stateAt, tick } from "../clock";
import type { LiveEvent } from "../live";
import type { LinliMap } from "../map";
import { asDot, type Dot, type Dots } from "../map_dots";
import { announce, lang, say } from "../words";
import { el } from "./screen-parts";
import { around, PAST, type Full } from "./screen-state";
import { boxAt, calloutSeat, edgeTowards, nameSeat, numberSeat, type Box, type Ring, type Spot, type Weighed } from "./screen-place";

export interface Outline {
  bounds: [number, number, number, number] | null;
  named: Drawn[];
  grids: Drawn[];
}

interface Drawn {
  id: string;
  name: string;
  ring: [number, number][];
}

const CALLOUTS = 6;
const BUILT_IN = ["name-grid", "name-compound", "name-community", "name-street", "name-building"];
const SVG = "http://www.w3.org/2000/svg";

export class Lettering {
  private over: HTMLElement;
  private lines: SVGSVGElement;
  private callouts = new Map<string, HTMLElement>();
  private fixed: Weighed[] = [];
  private asked = 0;
  private chosen = "";
  private laid = "";
  private ground: Ground;
  private dots: Dots;

  constructor(private map: LinliMap, private frame: HTMLElement, private outline: Outline, private open: (id: string) => void) {
    this.ground = map.ground;
    this.dots = map.dots;
    this.over = frame.appendChild(el("div", { class: "sc-over" }));
    this.lines = document.createElementNS(SVG, "svg");
    this.lines.setAttribute("class", "sc-lines");
    this.lines.setAttribute("aria-hidden", "true");
    this.plain();
    this.fit();
    this.ground.on("style.load", () => this.plain());
    this.ground.on("resize", () => this.fit());
    this.ground.on("moveend", () => this.letter());
    frame.addEventListener("map:dots", () => this.soon());
    frame.addEventListener("keydown", (event) => this.walk(event));
    frame.tabIndex = 0;
    this.letter();
  }

  /** Everything read anew; what the stream told since then comes on top. */
  replace(state: Full, since: LiveEvent[]): void {
    const dots = new Map(state.dots.map((dot) => [dot.id, asDot(dot)]));
    for (const { type, data } of since) {
      if (type === "gone") dots.delete(data.id);
      else if (type === "matter" && typeof data.lon === "number") dots.set(data.id, asDot(data));
    }
    this.dots.replace([...dots.values()]);
  }

  /** On a phone there is room for the two that matter most. */
  private get small(): boolean {
    return this.frame.clientWidth < 40 * this.rem;
  }

  /** Ring the matter whose card is open; "" for none. Answers whether it stands in the right half, where the card would cover it. */
  pick(id: string): boolean {
    this.chosen = id;
    this.soon();
    const dot = this.dots.all().find((one) => one.id === id);
    return !!dot && this.project([dot.lon, dot.lat]).x > this.frame.clientWidth / 2;
  }

  private get rem(): number {
    return parseFloat(getComputedStyle(document.documentElement).fontSize);
  }

  /** Names are lettered here, so the map's own stay out of the way; those of streets and water are made large enough for a wall. */
  private plain(): void {
    if (this.outline.grids.length) for (const id of BUILT_IN) this.ground.getLayer(id) && this.ground.setLayoutProperty(id, "visibility", "none");
    const thick = { "hot-line": 0.12, "community-line": 0.11, "grid-line": 0.06, "area-line": 0.09 };
    for (const [id, width] of Object.entries(thick)) this.ground.getLayer(id) && this.ground.setPaintProperty(id, "line-width", width * this.rem);
    if (this.ground.getLayer("area-fill")) this.ground.setPaintProperty("area-fill", "fill-opacity", ["match", ["get", "state"], ["soon", "breach"], 0.16, 0.05]);
    if (this.ground.getLayer("area-line")) this.ground.setPaintProperty("area-line", "line-opacity", ["match", ["get", "state"], ["soon", "breach"], 1, 0.55]);
    for (const [id, size] of [["name-road", 0.95], ["name-water", 1.05]] as const) this.ground.getLayer(id) && this.ground.setLayoutProperty(id, "text-size", size * this.rem);
  }

  private fit(): void {
    if (!this.outline.bounds) return;
    const side = (lang() === "en" ? 7.5 : 5) * this.rem;
    const padding = this.small ? { top: 4.4 * this.rem, bottom: 6.8 * this.rem, left: 1.2 * this.rem, right: 1.2 * this.rem } : { top: 4.2 * this.rem, bottom: 3.6 * this.rem, left: side, right: side };
    this.ground.fitBounds(this.outline.bounds, { padding, animate: false });
    this.letter();
  }

  private project([lon, lat]: [number, number]): Spot {
    return this.ground.project([lon, lat]);
  }

  private get box(): Box {
    return { x: 4, y: 4, w: this.frame.clientWidth - 8, h: this.frame.clientHeight - 8 };
  }

  /** Numbers, names and the scale: only when the map has moved. */
  private letter(): void {
    const mark = `${this.frame.clientWidth} ${this.frame.clientHeight} ${this.ground.getZoom().toFixed(3)} ${this.ground.getCenter().toArray().join()}`;
    if (mark === this.laid) return;
    this.laid = mark;
    this.over.replaceChildren(this.lines, ...this.callouts.values());
    this.fixed = this.furniture();
    const rings = this.outline.named.map((place) => place.ring.map((spot) => this.project(spot)));
    this.names(rings);
    for (const grid of this.outline.grids) this.number(grid);
    this.scale();
    this.arrange();
  }

  /** What stands on the frame already: the legend. */
  private furniture(): Weighed[] {
    const frame = this.frame.getBoundingClientRect();
    return [...(this.frame.parentElement?.querySelectorAll<HTMLElement>(".legend") ?? [])].map((piece) => {
      const at = piece.getBoundingClientRect();
      return { box: { x: at.x - frame.x, y: at.y - frame.y, w: at.width, h: at.height }, weight: 60 };
    });
  }

  private put(made: HTMLElement, box: Box): void {
    made.style.left = `${box.x}px`;
    made.style.top = `${box.y}px`;
  }

  private names(rings: Ring[]): void {
    const taken = this.fixed.map((one) => one.box);
    this.outline.named.forEach((place, n) => {
      const made = this.over.appendChild(el("b", { class: "sc-name" }, place.name));
      const level = { w: made.offsetWidth, h: made.offsetHeight };
      made.classList.add("upright");
      const upright = { w: made.offsetWidth, h: made.offsetHeight };
      const seat = nameSeat(rings[n]!, rings, { level, upright: lang() === "en" ? level : upright }, taken, this.box, 0.9 * this.rem);
      made.classList.toggle("upright", lang() !== "en" && (seat.side === "l" || seat.side === "r"));
      made.classList.toggle("within", seat.side === "in");
      this.put(made, seat.box);
      taken.push(seat.box);
      const air = 0.4 * this.rem;
      this.fixed.push({ box: { x: seat.box.x - air, y: seat.box.y - air, w: seat.box.w + 2 * air, h: seat.box.h + 2 * air }, weight: 40 });
    });
  }

  private number(grid: Drawn): void {
    const made = this.over.appendChild(el("span", { class: "sc-grid" }, grid.name));
    const seat = numberSeat(grid.ring.map((spot) => this.project(spot)), made.offsetWidth, made.offsetHeight, 0.35 * this.rem);
    if (!seat) return made.remove();
    this.put(made, seat);
    this.fixed.push({ box: seat, weight: 8 });
  }

  /** A length one can compare with: 50, 100, 200, 500 metres… */
  private scale(): void {
    const metre = (2 ** this.ground.getZoom() * 512) / (40_075_016 * Math.cos((this.ground.getCenter().lat * Math.PI) / 180));
    const fits = [50, 100, 200, 500, 1000, 2000, 5000, 10_000].filter((length) => length * metre <= 9 * this.rem).pop();
    if (!fits) return;
    const words = fits < 1000 ? say("metres", { n: fits }) : say("kilometres", { n: fits / 1000 });
    const made = this.over.appendChild(el("span", { class: "sc-scale", style: `--long:${(fits * metre).toFixed(1)}px` }, words));
    this.fixed.push({ box: { x: made.offsetLeft, y: made.offsetTop, w: made.offsetWidth, h: made.offsetHeight }, weight: 20 });
  }

  private soon(): void {
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      this.arrange();
    });
  }

  /** Those that a callout is for: what broke last and what is running short, worst first. */
  private urgent(): Dot[] {
    const present = now();
    const running = this.dots.all().filter((dot) => dot.due && (dot.state === "soon" || (dot.state === "breach" && present - dot.due < PAST)));
    const rows = running.map((dot) => ({ at: dot.due ?? null, warn: dot.warn, dot })).sort((a, b) => a.at! - b.at!);
    return around(rows, present, this.small ? 2 : CALLOUTS).map((row) => row.dot);
  }

  /** Callouts and the grids they lift out, placed again after every change. */
  private arrange(): void {
    const urgent = this.urgent();
    this.hot(urgent);
    const ids = new Set(urgent.map((dot) => dot.id));
    for (const [id, old] of this.callouts) if (!ids.has(id)) old.remove(), this.callouts.delete(id);
    const obstacles: Weighed[] = [...this.fixed];
    for (const dot of this.dots.all()) {
      const size = (ids.has(dot.id) ? 3 : 1.3) * this.rem;
      obstacles.push({ box: boxAt(this.project([dot.lon, dot.lat]), size, size), weight: ids.has(dot.id) ? 40 : 5 });
    }
    const drawn: SVGElement[] = [];
    urgent.forEach((dot, n) => {
      const made = this.callout(dot);
      const at = this.project([dot.lon, dot.lat]);
      const box = calloutSeat(at, made.offsetWidth, made.offsetHeight, (dot.area ? 2.6 : 1.5) * this.rem, obstacles, this.box);
      this.put(made, box);
      obstacles.push({ box: { x: box.x - 4, y: box.y - 4, w: box.w + 8, h: box.h + 8 }, weight: 60 });
      drawn.push(...leader(at, box, dot.state, n === 0 && dot.state === "breach", (dot.area ? 1.2 : 0.75) * this.rem, this.rem));
    });
    this.lines.replaceChildren(...drawn);
    const all = this.dots.all();
    const picked = all.find((dot) => dot.id === this.chosen);
    if (picked) this.lines.append(ring(this.project([picked.lon, picked.lat]), 1.6 * this.rem, "chosen"));
  }

  private callout(dot: Dot): HTMLElement {
    const known = this.callouts.get(dot.id);
    const mark = `${dot.due} ${dot.title} ${dot.name}`;
    if (known?.dataset.mark === mark) return known;
    const line = el("span", { "data-due": dot.due, "data-warn": dot.warn ?? "", "data-clock": "", "data-name": dot.name ?? "" });
    line.append(el("i", { class: "clk-name" }, dot.name ?? ""), el("i", { "data-clock-word": "" }), " ", el("i", { "data-clock-figure": "" }));
    const state = stateAt(now(), dot.due ?? 0, dot.warn ?? 0);
    const made = el("div", { class: `sc-callout ${state}`, "data-clock-host": "", "data-mark": mark, "data-matter": dot.id }, el("b", {}, dot.title ?? ""), line);
    line.dataset.clock = state;
    line.querySelector("[data-clock-word]")!.textContent = say(`clock_${state}`);
    known?.remove();
    this.callouts.set(dot.id, made);
    this.over.append(made);
    tick(made);
    return made;
  }

  private heated = "";

  /** The micro-grids of urgent points are lifted out; what is only an area lifts nothing, or its grid would be told. */
  private hot(urgent: Dot[]): void {
    const places = urgent.filter((dot) => !dot.area && dot.place).map((dot) => ({ id: dot.place!, state: dot.state }));
    const mark = JSON.stringify(places);
    if (mark === this.heated) return;
    this.heated = mark;
    this.map.setHot(places);
  }

  /** Left and right go from matter to matter, the most urgent first; Enter opens it. */
  private walk(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter" && this.chosen) return this.open(this.chosen);
    if (event.key === "Escape") this.chosen = "";
    else if (step) {
      const all = this.dots.all().sort((a, b) => (a.due ?? Infinity) - (b.due ?? Infinity));
      const at = all.findIndex((dot) => dot.id === this.chosen);
      const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length];
      if (!next) return;
      this.chosen = next.id;
      announce(say("dot_said", { title: next.title ?? "", name: next.name ?? "", word: say(`clock_${next.state}`) }));
    } else return;
    event.preventDefault();
    this.arrange();
  }
}

function leader(dot: Spot, box: Box, state: string, pulsing: boolean, from: number, rem: number): SVGElement[] {
  const made: SVGElement[] = pulsing ? [ring(dot, 1.4 * rem, "sc-pulse")] : [];
  const end = edgeTowards(box, dot);
  if (!end) return made;
  const far = Math.hypot(end.x - dot.x, end.y - dot.y);
  if (far <= from) return made;
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", `M${dot.x + ((end.x - dot.x) * from) / far} ${dot.y + ((end.y - dot.y) * from) / far}L${end.x} ${end.y}`);
  path.setAttribute("class", state);
  return [...made, path];
}

function ring(at: Spot, radius: number, css: string): SVGElement {
  const circle = document.createElementNS(SVG, "circle");
  for (const [name, value] of Object.entries({ cx: at.x, cy: at.y, r: radius, class: css })) circle.setAttribute(name, String(value));
  return circle;
}

