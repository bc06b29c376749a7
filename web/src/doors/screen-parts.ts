// The rail, the head and the foot of the wall, drawn from what the server said. Lists have a fixed length: nothing grows.

import { now, tick } from "../clock";
import { glyph } from "../signs";
import { lang, say } from "../words";
import { around, type Brief, type Line, type Rate, type Row } from "./screen-state";

const MOST = 8;
const JUST = 12;

export const part = (name: string): HTMLElement | null => document.querySelector<HTMLElement>(`[data-${name}]`);

/** An element with classes, attributes and children. */
export function el(tag: string, traits: Record<string, string | number | null | undefined> = {}, ...inside: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(traits)) if (value !== null && value !== undefined) made.setAttribute(name, String(value));
  made.append(...inside);
  return made;
}

const number = (value: number): string => value.toLocaleString("en-US");

export function showCounts(state: Brief): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-count]")) write(place, number(state.counts[place.dataset.count ?? ""] ?? 0));
  write(part("day"), state.date);
  write(part("running-note"), say("running_note", { open: number(state.counts.open ?? 0), late: number(state.counts.broken ?? 0) }));
}

function write(place: HTMLElement | null, text: string): void {
  if (place && place.textContent !== text) place.textContent = text;
}

let rows: Row[] = [];
let drawn = "";

/** Clocks around now. Drawn again only when their order or their words change; the figures run by themselves. */
export function showRunning(state: Brief): void {
  rows = state.running;
  drawRunning();
}

export function drawRunning(): void {
  const list = part("running");
  if (!list) return;
  const shown = around(rows, now(), room(list));
  const mark = JSON.stringify(shown.map(({ figure, ...row }) => (row.due ? row : { ...row, figure })));
  if (mark !== drawn) {
    drawn = mark;
    const held = list.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.matter : "";
    list.replaceChildren(...(shown.length ? shown.map(row) : [el("li", { class: "sc-empty" }, say("running_none"))]));
    if (held) list.querySelector<HTMLElement>(`[data-matter="${held}"]`)?.focus();
    tick(list);
  }
}

/** Only whole rows are shown: as many as there is room for, on a page that scrolls the most there are. */
function room(list: HTMLElement): number {
  if (getComputedStyle(list).overflowY !== "hidden") return MOST;
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const tall = (list.firstElementChild as HTMLElement | null)?.offsetHeight || 4.6 * rem;
  return Math.max(1, Math.min(MOST, Math.floor((list.clientHeight + 1) / tall)));
}

function row(data: Row): HTMLElement {
  const word = data.due === null && data.at !== null && (data.state === "plenty" || data.state === "soon") ? say("by") : data.word;
  const clock = el("span", {
    class: `clk-row ${data.state}`, "data-clock": data.state, "data-name": data.name, "data-due": data.due, "data-warn": data.due ? (data.warn ?? "") : null, "data-total": data.due ? data.total : null,
  });
  const name = el("span", {}, el("span", { class: "clk-name" }, data.name), el("span", { "data-clock-word": "" }, word));
  clock.append(el("small", {}, name), el("b", { "data-clock-figure": "", class: data.figure.length > 6 ? "long" : "" }, data.figure));
  const words = el("span", { class: "w" }, el("span", { class: "t cut" }, data.title), el("span", { class: "s cut" }, [data.where, data.who].filter(Boolean).join(lang() === "en" ? ", " : "·")));
  return el("li", { "data-clock-row": "" }, el("button", { type: "button", "data-matter": data.id }, glyph(data.state), words, clock));
}

export function showRates(state: Brief): void {
  const list = part("rates");
  if (!list) return;
  list.replaceChildren(...(state.rates.length ? state.rates.slice(0, 5).map(rate) : [el("li", { class: "sc-empty" }, say("rates_none"))]));
}

function rate(data: Rate): HTMLElement {
  const share = data.permille === null ? "" : `${(data.permille / 10).toFixed(1)}%`;
  const value = el("span", { class: "v" }, `${number(data.kept)} / ${number(data.of)}`, share ? el("b", {}, share) : el("b", { class: "none" }, say("rates_open")));
  const why = [data.rule, data.excluded ? say("rates_excluded", { n: data.excluded }) : ""].filter(Boolean).join("\n");
  const bar = el("span", { class: "bar" }, el("i", { style: `--left:${data.permille === null ? 0 : data.permille / 10}%` }));
  return el("li", { title: why }, el("span", {}, data.name), value, bar);
}

export function showRounds(state: Brief): void {
  const list = part("rounds");
  const total = state.rounds.reduce((sum, [, done, of]) => ({ done: sum.done + done, of: sum.of + of }), { done: 0, of: 0 });
  write(part("rounds-note"), total.of ? say("rounds_note", total) : say("rounds_none"));
  list?.replaceChildren(...state.rounds.map(([name, done, of]) => round(name, done, of)));
  list?.style.setProperty("--n", String(state.rounds.length > 5 ? Math.ceil(state.rounds.length / 2) : Math.max(1, state.rounds.length)));
}

/** A cell for each micro-grid; where there are very many, a bar. */
function round(name: string, done: number, of: number): HTMLElement {
  const figure = el("b", {}, String(done), el("small", {}, ` / ${of}`));
  if (of > 24) return el("li", {}, el("span", { class: "cut" }, name), figure, el("span", { class: "bar" }, el("i", { style: `--left:${(100 * done) / of}%` })));
  const cells = Array.from({ length: of }, (_, n) => el("i", n < done ? {} : { class: "n" }));
  return el("li", {}, el("span", { class: "cut" }, name), figure, el("span", { class: "cells", "aria-hidden": "true" }, ...cells));
}

export function showBars(state: Brief): void {
  const place = part("bars");
  if (!place) return;
  const most = Math.max(4, ...state.bars);
  if (place.children.length !== state.bars.length) place.replaceChildren(...state.bars.map(() => el("i")));
  state.bars.forEach((n, at) => {
    const bar = place.children[at] as HTMLElement;
    bar.style.setProperty("--h", `${(100 * n) / most}%`);
    bar.title = n ? say("bar", { hour: `${String(Math.floor(at / 4)).padStart(2, "0")}:${String((at % 4) * 15).padStart(2, "0")}`, n }) : "";
  });
  began = state.day;
  movePast();
}

let began = 0;

/** How much of the day is over. */
export function movePast(): void {
  const share = Math.min(100, Math.max(0, ((now() - began) / 86_400_000) * 100));
  const place = part("past");
  place?.style.setProperty("--past", `${share.toFixed(2)}%`);
  const bars = part("bars");
  const quarter = Math.floor(share / (100 / 96));
  bars?.querySelector(".now")?.classList.remove("now");
  bars?.children[quarter]?.classList.add("now");
}

const BALLS = ["reported", "arrived", "handling", "callback", "closed"];
const SLICES = ["", "M10 10V4a6 6 0 0 1 6 6z", "M10 4a6 6 0 0 1 0 12z", "M10 10H4a6 6 0 1 0 6-6z"];

function ball(stage: number): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `ball ${BALLS[stage] ?? BALLS[0]}`);
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  svg.innerHTML =
    stage >= 4
      ? '<circle cx="10" cy="10" r="8.8"/><path class="tick" d="m6.2 10.3 2.7 2.7 5-5.3"/>'
      : `<circle class="rim" cx="10" cy="10" r="8"/><path d="${SLICES[stage] ?? ""}"/>`;
  return svg;
}

export function showJust(lines: Line[]): void {
  const list = part("just");
  list?.replaceChildren(...(lines.length ? lines.slice(0, JUST).map(line) : [el("li", { class: "none" }, say("just_none"))]));
}

/** One more thing that happened, in front of the others. */
export function addJust(data: { at: string; id: string; ball: number; zh: string; en: string }): void {
  const list = part("just");
  if (!list) return;
  list.querySelector(".none")?.remove();
  const fresh = line({ at: data.at, id: data.id, ball: data.ball, words: lang() === "en" ? data.en : data.zh });
  fresh.classList.add("fresh");
  list.prepend(fresh);
  while (list.children.length > JUST) list.lastElementChild?.remove();
}

function line(data: Line): HTMLElement {
  const button = el("button", { type: "button", "data-matter": data.id }, ball(data.ball), el("time", { datetime: data.at }, hourOf(Date.parse(data.at))), data.words);
  return el("li", {}, button);
}

export function hourOf(ms: number): string {
  return new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false }).format(ms);
}
