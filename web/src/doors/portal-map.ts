// The public map: dots come and go with the stream; filters; a tap opens the public sheet.

import type { Dot, Dots } from "../map_dots";
import { now, stateAt } from "../clock";
import type { State } from "../signs";
import { lang } from "../words";

const AREA = 110;
const LAST_HOUR = 3600;

/** One dot as the stream tells it: both languages, hours in ISO. */
interface Told {
  id: string;
  lon: number | null;
  lat: number | null;
  area?: boolean;
  state: State;
  due_at?: string | null;
  started_at?: string | null;
  total_seconds?: number;
  [word: string]: unknown;
}

export function startTownMap(): void {
  const frames = document.querySelectorAll<HTMLElement>("[data-map]");
  if (!document.body.dataset.live?.endsWith("/public")) return;
  frames.forEach((frame) => new TownMap(frame));
}

class TownMap {
  private all = new Map<string, Dot>();
  private dots: Dots | null = null;
  private only = "";

  constructor(frame: HTMLElement) {
    const options = JSON.parse(document.getElementById(frame.dataset.map!)?.textContent ?? "{}") as { dots?: Dot[] };
    (options.dots ?? []).forEach((dot) => this.all.set(dot.id, dot));
    frame.addEventListener("map:ready", (event) => {
      this.dots = (event as CustomEvent).detail.dots as Dots;
      this.draw();
    });
    frame.addEventListener("map:open", (event) => this.open(event as CustomEvent));
    document.addEventListener("live:matter", (event) => this.told((event as CustomEvent).detail.data as Told));
    document.addEventListener("live:refetch", () => void this.again());
    document.addEventListener("live:gone", (event) => this.gone((event as CustomEvent).detail.data as { id: string }));
    document.querySelectorAll<HTMLButtonElement>("[data-only]").forEach((button) => button.addEventListener("click", () => this.filter(button)));
    document.querySelector("[data-dot-list]")?.addEventListener("click", (event) => this.fromList(event as MouseEvent));
  }

  private told(told: Told): void {
    if (told.lon == null || told.lat == null) return;
    this.all.set(told.id, { ...this.all.get(told.id), ...fromStream(told) });
    this.draw();
  }

  /** The stream lost something: everything anew. */
  private async again(): Promise<void> {
    const answer = await fetch("/map/dots.json", { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    this.all = new Map(((await answer.json()) as { dots: Dot[] }).dots.map((dot) => [dot.id, dot]));
    this.draw();
  }

  private gone(told: { id: string }): void {
    if (this.all.delete(told.id)) this.draw();
  }

  private filter(button: HTMLButtonElement): void {
    this.only = button.dataset.only ?? "";
    document.querySelectorAll<HTMLButtonElement>("[data-only]").forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    this.draw();
  }

  private draw(): void {
    const shown = [...this.all.values()].filter((dot) => !this.only || stateNow(dot) === this.only);
    shown.sort((a, b) => (a.due ?? Infinity) - (b.due ?? Infinity));
    this.dots?.replace(shown);
    if (!this.dots) document.querySelectorAll<HTMLElement>("[data-dot-list] > [data-state]").forEach((row) => (row.hidden = !!this.only && row.dataset.state !== this.only));
  }

  private open(event: CustomEvent): void {
    event.preventDefault();
    sheet(event.detail.href as string);
  }

  private fromList(event: MouseEvent): void {
    const link = (event.target as HTMLElement).closest<HTMLAnchorElement>("a");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    sheet(link.getAttribute("href")!);
  }
}

function stateNow(dot: Dot): State {
  if (!dot.due || dot.state === "pause" || dot.state === "kept") return dot.state;
  return stateAt(now(), dot.due, dot.warn ?? 0);
}

function sheet(href: string): void {
  const box = document.querySelector<HTMLDialogElement>("#sheet");
  const htmx = (window as unknown as { htmx?: { ajax(verb: string, url: string, how: object): Promise<void> } }).htmx;
  if (!box || !htmx) return location.assign(href);
  void htmx.ajax("GET", href, { target: "#sheet-body", swap: "innerHTML" }).then(() => !box.open && box.showModal());
}

function fromStream(told: Told): Dot {
  const word = (name: string) => String(told[`${name}_${lang()}`] ?? "");
  const due = told.due_at ? Date.parse(told.due_at) : undefined;
  const total = told.total_seconds ?? 0;
  return {
    id: told.id, lon: told.lon!, lat: told.lat!, state: told.state, title: word("title"), note: word("stage"), name: word("clock"),
    due: told.state === "pause" ? undefined : due, warn: due && total ? due - Math.min(total / 3, LAST_HOUR) * 1000 : undefined,
    radius: told.area ? AREA : undefined, href: `/map/${told.id}/`,
  };
}
