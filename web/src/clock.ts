// Every running clock of the page, counted down by one timer against the server's hour.
// A clock is any [data-due]; see templates/parts/clock.html for what stands inside it.

import { glyph, type State } from "./signs";
import { announce, say } from "./words";

let offset = 0;
let timer = 0;

/** The server's present. */
export const now = (): number => Date.now() + offset;

/** Tell the page what hour the server has: from the meta tag at first, from the live stream afterwards. */
export function setServerTime(ms: number): void {
  if (Number.isFinite(ms) && ms > 0) offset = ms - Date.now();
}

/** A span as a clock shows it. The same rule as doors/spoken.py figure(). */
export function figure(seconds: number): string {
  const total = Math.floor(Math.abs(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  if (total < 3600) return `${two(Math.floor(total / 60))}:${two(total % 60)}`;
  const hours = Math.floor(total / 3600);
  if (total < 86400) return say("span_hm", { h: hours, m: two(Math.floor((total % 3600) / 60)) });
  const facts = { d: Math.floor(total / 86400), h: Math.floor((total % 86400) / 3600) };
  return say(facts.h ? "span_dh" : "span_d", facts);
}

export function stateAt(present: number, due: number, warn: number): State {
  if (present >= due) return "breach";
  return warn && present >= warn ? "soon" : "plenty";
}

/** Start counting. Safe to call again; clocks that arrive later are found by themselves. */
export function startClocks(): void {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="server-time"]');
  // the page may come from the back/forward cache: then its server time is as old as the page
  const age = performance.now();
  if (meta && !timer) setServerTime(Number(meta.content) + age);
  if (!timer) beat();
  document.addEventListener("visibilitychange", () => !document.hidden && tick());
}

function beat(): void {
  tick();
  timer = window.setTimeout(beat, 1000 - (now() % 1000) + 5);
}

export function tick(root: ParentNode = document): void {
  const present = now();
  root.querySelectorAll<HTMLElement>("[data-due]:not([data-due=''])").forEach((clock) => show(clock, present));
  root.querySelectorAll<HTMLElement>("[data-hour]").forEach((place) => write(place, hour(present, place.dataset.hour)));
}

/** Every clock on the map, on a page, on the wall changes here and only here. */
function show(clock: HTMLElement, present: number): void {
  const due = Number(clock.dataset.due);
  const state = stateAt(present, due, Number(clock.dataset.warn ?? 0));
  const left = (due - present) / 1000;
  // a countdown shows the second it is in, so that 00:00 is the moment of breach
  const text = figure(left > 0 ? Math.ceil(left) : -left);
  const place = clock.querySelector<HTMLElement>("[data-clock-figure]") ?? clock;
  write(place, text);
  place.classList.toggle("long", text.length > 6);
  const bar = clock.querySelector<HTMLElement>("[data-clock-bar]");
  const total = Number(clock.dataset.total ?? 0);
  if (bar && total) bar.style.setProperty("--left", state === "breach" ? "100%" : `${Math.max(0, Math.min(100, (left / total) * 100)).toFixed(1)}%`);
  if (clock.dataset.clock !== state) turn(clock, state, text);
}

function turn(clock: HTMLElement, state: State, left: string): void {
  const before = clock.dataset.clock as State;
  clock.dataset.clock = state;
  for (const host of [clock, clock.closest<HTMLElement>("[data-clock-host]")]) {
    host?.classList.remove("plenty", "soon", "breach");
    host?.classList.add(state);
  }
  const row = clock.closest(".matter, [data-clock-row]");
  (row ?? clock).querySelectorAll<SVGElement>(":scope > .glyph, :scope .glyph").forEach((old) => old.replaceWith(glyph(state)));
  const word = clock.querySelector<HTMLElement>("[data-clock-word]");
  if (word) write(word, say(`clock_${state}`));
  const name = clock.dataset.name ?? "";
  if (state === "soon") announce(say("said_soon", { name, left }));
  if (state === "breach") announce(say("said_breach", { name }));
  clock.dispatchEvent(new CustomEvent("clock:turn", { bubbles: true, detail: { before, state } }));
}

function hour(present: number, form: string | undefined): string {
  return new Intl.DateTimeFormat("zh-CN", {
    timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false,
    ...(form === "hm" ? {} : { second: "2-digit" }),
  }).format(present);
}

function write(place: HTMLElement, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}
