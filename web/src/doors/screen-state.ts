// What the wall knows, and how it stays true for weeks: a short read after each change, everything again after a gap,
// every five minutes and at midnight, and a fresh page when the server has new scripts.

import type { LiveEvent } from "../live";
import type { ToldDot } from "../map_dots";
import { now } from "../clock";

export interface Row {
  id: string;
  title: string;
  where: string;
  who: string;
  area: boolean;
  name: string;
  state: "plenty" | "soon" | "breach" | "pause" | "kept";
  word: string;
  figure: string;
  due: number | null;
  warn: number | null;
  total: number;
  at: number | null;
}

export interface Rate {
  key: string;
  name: string;
  kept: number;
  of: number;
  excluded: number;
  permille: number | null;
  rule: string;
}

export interface Line {
  at: string;
  id: string;
  ball: number;
  words: string;
}

export interface Brief {
  counts: Record<string, number>;
  running: Row[];
  rates: Rate[];
  rounds: [string, number, number][];
  bars: number[];
  day: number;
  date: string;
  now: number;
  again: number;
  version: string;
}

export interface Full extends Brief {
  idx: number;
  dots: ToldDot[];
  just: Line[];
}

const DEBOUNCE_MS = 200;
const AGAIN_MS = 5000;
const EVERY_MS = 300_000;
const REMEMBERED = 400;

/** Which parts of the page take what has been read. */
export interface Shown {
  brief(state: Brief): void;
  full(state: Full, since: LiveEvent[]): void;
  trouble(kind: "" | "lost" | "signed_out", at: number): void;
}

export class Sync {
  /** When the figures on the wall were last known to be true. */
  updated = now();
  private recent: LiveEvent[] = [];
  private timer = 0;
  private wantsFull = false;
  private reading = false;
  private took = 0;
  private lost = false;

  constructor(private url: string, private state: Full, private shown: Shown) {
    for (const type of ["matter", "gone", "happened"]) document.addEventListener(`live:${type}`, (event) => this.remember((event as CustomEvent).detail));
    document.addEventListener("live", () => (this.updated = now()));
    document.addEventListener("live:counts", () => this.soon());
    document.addEventListener("live:refetch", () => this.soon(true));
    document.addEventListener("live:link", (event) => this.link((event as CustomEvent).detail.lost));
    window.setInterval(() => this.soon(true), EVERY_MS);
    this.atMidnight();
    if (state.again) this.later(state.again);
  }

  /** Events that came after the state on the wall was read; they are still to be added to it. */
  since(idx = this.state.idx): LiveEvent[] {
    return this.recent.filter((event) => Number(event.data?.idx ?? -1) > idx);
  }

  /** Read again, at most a few times a second however much happens. */
  soon(full = false): void {
    this.wantsFull ||= full;
    if (this.timer || this.reading) return void (this.reading && (this.due = true));
    this.timer = window.setTimeout(() => void this.read(), Math.max(DEBOUNCE_MS, 2 * this.took));
  }

  private due = false;

  private remember(event: LiveEvent): void {
    this.recent.push(event);
    if (this.recent.length > REMEMBERED) this.recent.splice(0, this.recent.length - REMEMBERED);
  }

  private later(seconds: number): void {
    window.setTimeout(() => this.soon(), Math.max(1, seconds) * 1000);
  }

  private async read(): Promise<void> {
    this.timer = 0;
    this.reading = true;
    const full = this.wantsFull;
    this.wantsFull = false;
    const began = performance.now();
    try {
      const answer = await fetch(full ? `${this.url}?full=1` : this.url, { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20_000) });
      if (answer.ok) this.take((await answer.json()) as Brief | Full, full);
      else this.refused(answer.status, full);
    } catch {
      this.failed(full);
    }
    this.took = performance.now() - began;
    this.reading = false;
    if (this.due || this.wantsFull) {
      this.due = false;
      this.soon();
    }
  }

  private take(state: Brief | Full, full: boolean): void {
    this.updated = now();
    if (!this.lost) this.shown.trouble("", this.updated);
    if (full) {
      this.state = state as Full;
      this.shown.full(this.state, this.since());
    }
    this.shown.brief(state);
    if (state.again) this.later(state.again);
    if (state.version !== this.state.version) void renew(state.version);
  }

  private refused(status: number, full: boolean): void {
    if (status === 401 || status === 403) this.shown.trouble("signed_out", this.updated);
    this.failed(full);
  }

  private failed(full: boolean): void {
    this.wantsFull ||= full;
    window.setTimeout(() => this.soon(), AGAIN_MS);
  }

  /** Back again: what happened meanwhile may be more than the stream remembers. */
  private link(lost: boolean): void {
    this.lost = lost;
    this.shown.trouble(lost ? "lost" : "", this.updated);
    if (!lost) this.soon(true);
  }

  private atMidnight(): void {
    const day = 86_400_000;
    const shanghai = 8 * 3_600_000;
    const left = day - ((now() + shanghai) % day);
    window.setTimeout(() => {
      this.soon(true);
      this.atMidnight();
    }, left + 1500);
  }
}

/** The server has other scripts than this page: load the page anew, once for each version, and only when all of it is there to be loaded. */
async function renew(version: string): Promise<void> {
  if (sessionStorage.getItem("linli:wall") === version) return;
  const page = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!page?.ok || page.redirected) return;
  const scripts = new DOMParser().parseFromString(await page.text(), "text/html").querySelectorAll<HTMLScriptElement>("script[type=module][src]");
  const there = await Promise.all([...scripts].map((script) => fetch(script.src).then((answer) => answer.ok, () => false)));
  if (!there.length || there.includes(false)) return;
  sessionStorage.setItem("linli:wall", version);
  location.reload();
}

export const PAST = 86_400_000;
const LATE = 3;

export interface Timed {
  at: number | null;
  warn?: number | null;
}

/**
 * The stretch of clocks around now, in the order of their hours. What broke within a day goes before what has plenty of time; what broke
 * earlier still keeps a few places, so that it is never out of sight. `rows` are in the order of their hours.
 */
export function around<T extends Timed>(rows: T[], present: number, most: number): T[] {
  const past = rows.filter((row) => row.at !== null && row.at <= present);
  const coming = rows.filter((row) => row.at === null || row.at > present);
  const short = coming.filter((row) => row.warn && row.warn <= present).length;
  const recent = past.filter((row) => present - row.at! < PAST).length;
  const late = Math.min(past.length, Math.max(Math.min(LATE, most), Math.min(recent, most - short)));
  return [...past.slice(past.length - late), ...coming].slice(0, most);
}
