// The map of every door: ground from /tiles/base/, matters as dots, one micro-grid lifted out, a pin to pick a place.
// Options come as JSON beside the frame (templates/parts/map.html, docs/design-system.md); events go out from the frame:
//   map:pin {lon, lat}   map:open {id, href}   map:ready {map, dots}   map:dots {dots}

import "maplibre-gl/dist/maplibre-gl.css";
import type { FilterSpecification, Map as Ground, VectorTileSource } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { asDot, Dots, type Dot, type ToldDot } from "./map_dots";
import { groundStyle, SOURCE } from "./map_style";
import { glyph, ICON, line, type State } from "./signs";
import { toast } from "./toasts";
import { say } from "./words";

export interface MapOptions {
  centre?: [number, number];
  zoom?: number;
  bounds?: [number, number, number, number];
  dots?: (Dot | ToldDot)[];
  mine?: string;
  hot?: { id: string; state: State }[];
  pick?: { lon?: string; lat?: string };
  still?: boolean;
  locate?: boolean;
  dots_url?: string;
  live?: boolean;
  path?: string;
  scale?: number;
}

type Library = typeof import("maplibre-gl");
interface Town {
  generation?: string;
  bounds?: [number, number, number, number] | null;
}

const AGAIN_MS = 8000;
let asked: Promise<Town> | null = null;

/** Where the map begins. A town without a map is an empty answer, not a fault. */
function town(): Promise<Town> {
  asked ??= fetch("/tiles/town.json").then((answer) => (answer.ok ? (answer.json() as Promise<Town>) : {}), () => ({}));
  return asked;
}

const FAMILY = '"PingFang SC","HarmonyOS Sans SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",sans-serif';

export async function openMap(frame: HTMLElement): Promise<LinliMap | null> {
  const options = JSON.parse(document.getElementById(frame.dataset.map ?? "")?.textContent ?? "{}") as MapOptions;
  const canvas = frame.querySelector<HTMLElement>(".canvas") ?? frame.appendChild(Object.assign(document.createElement("div"), { className: "canvas" }));
  if (!canDraw()) return giveUp(frame, options);
  const [library, known] = await Promise.all([import("maplibre-gl"), town()]);
  library.setWorkerUrl(workerUrl);
  try {
    return new LinliMap(frame, canvas, options, library, known);
  } catch {
    return giveUp(frame, options);
  }
}

function canDraw(): boolean {
  const probe = document.createElement("canvas");
  return !!(probe.getContext("webgl2") ?? null);
}

/** No WebGL: the words instead, and the list, opened. */
function giveUp(frame: HTMLElement, options: MapOptions): null {
  const note = document.createElement("p");
  note.className = "map-note";
  note.textContent = say("map_missing");
  frame.replaceChildren(note);
  listOut(frame, (options.dots ?? []).map((dot) => asDot(dot, options.path)));
  frame.nextElementSibling?.matches("details.map-list") && ((frame.nextElementSibling as HTMLDetailsElement).open = true);
  return null;
}

export class LinliMap {
  readonly ground: Ground;
  readonly dots: Dots;
  private coming = 0;

  constructor(readonly frame: HTMLElement, canvas: HTMLElement, private options: MapOptions, library: Library, private known: Town) {
    const quiet = options.still === true;
    const bounds = options.bounds ?? (options.centre ? null : known.bounds);
    this.ground = new library.Map({
      container: canvas,
      style: groundStyle(frame, this.scale, known.generation),
      center: options.centre ?? [105, 36],
      zoom: options.zoom ?? 15,
      ...(bounds ? { bounds, fitBoundsOptions: { padding: 24 } } : {}),
      attributionControl: false,
      interactive: !quiet,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      minZoom: 2,
      maxZoom: 19.5,
      localIdeographFontFamily: FAMILY,
      fadeDuration: 120,
      locale: { "Map.Title": frame.getAttribute("aria-label") ?? "" },
    });
    this.ground.touchZoomRotate?.disableRotation();
    this.dots = new Dots(this.ground, frame, library);
    this.ground.on("load", () => this.ready());
    // a tile that is missing is empty ground, not a fault to shout about; one that did not come is asked for again
    this.ground.on("error", ({ error }) => ((error as { status?: number }).status ?? 500) >= 500 && this.missed());
    if (options.pick) this.pinInTheMiddle();
    if (!quiet) this.tools();
    this.listen();
    this.ground.on("moveend", () => this.dots.arrange());
    new ResizeObserver(() => (this.ground.resize(), this.dots.arrange())).observe(frame);
  }

  private get scale(): number {
    return (this.options.scale ?? 1) * (parseFloat(getComputedStyle(document.documentElement).fontSize) / 16);
  }

  private ready(): void {
    this.dress();
    this.dots.replace((this.options.dots ?? []).map((dot) => asDot(dot, this.options.path)));
    if (this.options.dots_url) void this.fetchDots();
    this.frame.dataset.mapReady = "1";
    this.frame.dispatchEvent(new CustomEvent("map:ready", { bubbles: true, detail: { map: this, dots: this.dots } }));
  }

  private dress(): void {
    this.dots.install(this.scale);
    if (this.options.mine) this.highlight(this.options.mine);
    if (this.options.hot) this.setHot(this.options.hot);
  }

  private listen(): void {
    this.frame.addEventListener("map:dots", (event) => listOut(this.frame, (event as CustomEvent).detail.dots));
    document.addEventListener("prefs", () => this.redress());
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redress());
    window.setInterval(() => this.frame.isConnected && this.dots.tick(), 1000);
    if (this.options.dots_url) document.addEventListener("live:refetch", () => void this.fetchDots());
    if (this.options.live) this.follow();
    this.ground.on("click", "dot", (event) => {
      const traits = event.features?.[0]?.properties as { id: string; href: string } | undefined;
      if (traits) this.open(traits.id, traits.href);
    });
    for (const [name, cursor] of [["mouseenter", "pointer"], ["mouseleave", ""]] as const)
      this.ground.on(name, "dot", () => (this.ground.getCanvas().style.cursor = cursor));
    this.ground.getCanvas().addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() === "l") this.frame.nextElementSibling?.querySelector("summary")?.focus();
    });
  }

  /** Dots come, turn and go as the stream of the page tells it. */
  private follow(): void {
    const heard = (name: string, take: (data: ToldDot) => void) =>
      document.addEventListener(`live:${name}`, (event) => take((event as CustomEvent).detail.data as ToldDot));
    heard("matter", (data) => typeof data?.lon === "number" && this.dots.set(asDot(data, this.options.path)));
    heard("gone", (data) => this.dots.remove(data.id));
  }

  private open(id: string, href: string): void {
    const event = new CustomEvent("map:open", { bubbles: true, cancelable: true, detail: { id, href } });
    if (this.frame.dispatchEvent(event) && href) location.assign(href);
  }

  private redress(): void {
    this.ground.once("style.load", () => this.dress());
    this.ground.setStyle(groundStyle(this.frame, this.scale, this.known.generation), { diff: false });
  }

  /** Ground that did not come while the server was away: the library itself never asks again for a tile that failed. */
  private missed(): void {
    this.coming ||= window.setTimeout(() => {
      this.coming = 0;
      const ground = this.frame.isConnected ? this.ground.getSource<VectorTileSource>(SOURCE) : undefined;
      ground?.setTiles(ground.tiles);
    }, AGAIN_MS);
  }

  private async fetchDots(): Promise<void> {
    const answer = await fetch(this.options.dots_url!, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok) this.dots.replace(((await answer.json()) as { dots: (Dot | ToldDot)[] }).dots.map((dot) => asDot(dot, this.options.path)));
  }

  /** Lift one micro-grid out of the ground. */
  highlight(id: string): void {
    const only: FilterSpecification = ["==", ["get", "id"], id];
    this.options.mine = id;
    for (const layer of ["mine", "mine-line"]) this.ground.getLayer(layer) && this.ground.setFilter(layer, only);
  }

  /** Tint the micro-grids where a clock is about to break or has broken. */
  setHot(places: { id: string; state: State }[]): void {
    this.options.hot = places;
    const ids: FilterSpecification = ["in", ["get", "id"], ["literal", places.map((place) => place.id)]];
    const broken = places.filter((place) => place.state === "breach").map((place) => place.id);
    for (const [layer, property] of [["hot", "fill-color"], ["hot-line", "line-color"]] as const) {
      if (!this.ground.getLayer(layer)) continue;
      this.ground.setFilter(layer, ids);
      this.ground.setPaintProperty(layer, property, ["case", ["in", ["get", "id"], ["literal", broken]], this.colour("breach-fill"), this.colour("soon-fill")]);
    }
  }

  private colour(token: string): string {
    const probe = this.frame.appendChild(document.createElement("span"));
    probe.style.color = `var(--${token})`;
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  flyTo(lon: number, lat: number, zoom = 17): void {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.ground[still ? "jumpTo" : "easeTo"]({ center: [lon, lat], zoom: Math.max(zoom, this.ground.getZoom()) });
  }

  /** The pin stands still and the ground moves under it: one thumb is enough, and so are the arrow keys. */
  private pinInTheMiddle(): void {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "centre-pin");
    svg.setAttribute("viewBox", "0 0 32 40");
    svg.setAttribute("aria-hidden", "true");
    svg.innerHTML = '<path d="M16 39s13-13.5 13-23a13 13 0 0 0-26 0c0 9.500 13 23 13 23z"/><circle cx="16" cy="16" r="5"/>';
    this.frame.append(svg);
    this.ground.on("movestart", () => this.frame.classList.add("moving"));
    this.ground.on("moveend", () => (this.frame.classList.remove("moving"), this.tellPin()));
    this.ground.on("load", () => this.tellPin());
  }

  private tellPin(): void {
    const { lng, lat } = this.ground.getCenter();
    const pin = { lon: lng.toFixed(6), lat: lat.toFixed(6) };
    for (const name of ["lon", "lat"] as const) {
      const field = document.querySelector<HTMLInputElement>(this.options.pick?.[name] ?? `[name="${name}"]`);
      if (field && field.value !== pin[name]) {
        field.value = pin[name];
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }
    this.frame.dispatchEvent(new CustomEvent("map:pin", { bubbles: true, detail: pin }));
  }

  private tools(): void {
    const box = document.createElement("div");
    box.className = "map-tools";
    if (window.matchMedia("(pointer: fine)").matches && this.frame.clientHeight >= 220) {
      box.append(this.tool("zoom_in", ICON.plus, () => this.ground.zoomIn()), this.tool("zoom_out", ICON.minus, () => this.ground.zoomOut()));
    }
    if (this.options.locate ?? !!this.options.pick) box.append(this.tool("map_me", ICON.here, (button) => this.locate(button)));
    this.frame.append(box);
  }

  private tool(word: string, drawing: string, act: (button: HTMLButtonElement) => void): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", say(word));
    button.title = say(word);
    button.append(line(drawing));
    button.addEventListener("click", () => act(button));
    return button;
  }

  private locate(button: HTMLButtonElement): void {
    if (!navigator.geolocation) return toast(say("map_denied"), "bad");
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.removeAttribute("aria-busy");
        this.flyTo(coords.longitude, coords.latitude, 17.5);
        this.frame.dispatchEvent(new CustomEvent("map:located", { bubbles: true, detail: { lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy } }));
      },
      () => {
        button.removeAttribute("aria-busy");
        toast(say("map_denied"), "bad");
      },
      { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 },
    );
  }
}

/** The same matters as words, for those who cannot see a map or do not want one. */
function listOut(frame: HTMLElement, dots: Dot[]): void {
  const list = document.querySelector<HTMLElement>(`[data-map-list="${frame.dataset.map}"]`);
  if (!list) return;
  const rows = dots.map((dot) => {
    const row = document.createElement("li");
    const title = document.createElement(dot.href ? "a" : "span");
    if (dot.href) (title as HTMLAnchorElement).href = dot.href;
    title.textContent = [dot.title, dot.area || dot.radius ? say("map_area") : ""].filter(Boolean).join(" · ");
    const word = document.createElement("span");
    word.className = "faint end";
    word.textContent = dot.note || say(`clock_${dot.state}`);
    row.dataset.state = dot.state;
    row.append(glyph(dot.state), title, word);
    return row;
  });
  if (!rows.length) rows.push(Object.assign(document.createElement("li"), { textContent: say("map_empty") }));
  list.replaceChildren(...rows);
}
