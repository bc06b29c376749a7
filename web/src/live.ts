// The live stream: one EventSource a page, opened from <body data-live="/live/…">.
//
// Events become DOM events on document: "live" (any) and "live:<type>", detail {type, data, id}. Elements with
// data-live-refresh="type type" (or "*") get an htmx "refresh" trigger, at most twice a second each. After a lost
// connection the stream goes on from the last id; where the server cannot, it says "refetch" and everything refreshes.

import { setServerTime } from "./clock";
import { toast } from "./toasts";
import { say } from "./words";

export interface LiveEvent {
  type: string;
  data: any;
  id: string;
}

const KNOWN = ["hello", "beat", "refetch", "step", "opened", "matter", "clock", "notice", "counts", "place", "entry", "gone", "happened"];
// the server says "beat" every 15 s: after two of them missing, the connection is dead and nobody told us
const QUIET_MS = 35_000;

export class Live {
  private source: EventSource | null = null;
  private lastId = "";
  private wait = 1000;
  private heard = 0;
  private lost = false;
  private timer = 0;
  private types: Set<string>;

  constructor(private url: string, types: string[] = []) {
    this.types = new Set([...KNOWN, ...types]);
    this.open();
    window.setInterval(() => this.watch(), 5000);
    window.addEventListener("online", () => this.reopen());
    window.addEventListener("offline", () => this.setLost(true));
    window.addEventListener("pagehide", () => this.source?.close());
    window.addEventListener("pageshow", (event) => event.persisted && this.reopen());
  }

  private open(): void {
    window.clearTimeout(this.timer);
    this.source?.close();
    const address = new URL(this.url, location.href);
    if (this.lastId) address.searchParams.set("last", this.lastId);
    const source = new EventSource(address);
    this.source = source;
    this.heard = Date.now();
    const take = (event: MessageEvent) => this.take(event);
    source.onmessage = take;
    this.types.forEach((type) => source.addEventListener(type, take as EventListener));
    source.onopen = () => this.opened();
    source.onerror = () => this.failed(source);
  }

  private opened(): void {
    this.heard = Date.now();
    this.wait = 1000;
    if (this.lost) {
      this.setLost(false);
      refresh("*");
    }
  }

  private failed(source: EventSource): void {
    this.setLost(true);
    // the browser retries by itself unless the server answered with an error
    if (source.readyState === EventSource.CLOSED && this.source === source) this.later();
  }

  private later(): void {
    this.source?.close();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.open(), this.wait + Math.random() * 500);
    this.wait = Math.min(this.wait * 2, 30_000);
  }

  private reopen(): void {
    this.open();
  }

  /** A connection that died without a word (a sleeping laptop, a silent proxy) is noticed by the missing heartbeat; one that hangs while opening, too. */
  private watch(): void {
    if (this.source?.readyState === EventSource.CLOSED || Date.now() - this.heard <= QUIET_MS) return;
    this.setLost(true);
    this.reopen();
  }

  private take(event: MessageEvent): void {
    this.heard = Date.now();
    if (event.lastEventId) this.lastId = event.lastEventId;
    const detail: LiveEvent = { type: event.type, data: parsed(event.data), id: event.lastEventId };
    if (event.type === "message" && typeof detail.data?.type === "string") detail.type = detail.data.type;
    const hour = Number(detail.data?.now ?? 0);
    if (detail.type === "hello" && hour) setServerTime(hour);
    document.dispatchEvent(new CustomEvent("live", { detail }));
    document.dispatchEvent(new CustomEvent(`live:${detail.type}`, { detail }));
    if (detail.type !== "hello" && detail.type !== "beat") refresh(detail.type === "refetch" ? "*" : detail.type);
  }

  private setLost(lost: boolean): void {
    if (this.lost === lost) return;
    this.lost = lost;
    document.querySelectorAll<HTMLElement>("[data-offline-strip]").forEach((strip) => {
      strip.classList.toggle("on", lost);
      strip.hidden = !lost;
      const words = strip.querySelector("[data-offline-words]");
      if (words) words.textContent = lost ? say("offline") : "";
    });
    document.querySelectorAll(".livedot").forEach((dot) => dot.classList.toggle("off", lost));
    document.dispatchEvent(new CustomEvent("live:link", { detail: { lost } }));
    if (!lost) toast(say("online"));
  }
}

function parsed(text: string): any {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const due = new WeakMap<Element, number>();

/** Ask the parts of the page that follow this kind of event to fetch themselves again. */
export function refresh(type: string): void {
  document.querySelectorAll<HTMLElement>("[data-live-refresh]").forEach((part) => {
    const wanted = (part.dataset.liveRefresh ?? "*").split(/\s+/);
    if (type !== "*" && !wanted.includes("*") && !wanted.includes(type)) return;
    if (due.has(part)) return;
    due.set(part, window.setTimeout(() => fetchAgain(part), 500 * Math.random() * 0.3 + 150));
  });
}

function fetchAgain(part: HTMLElement): void {
  due.delete(part);
  if (!part.isConnected) return;
  // never under somebody's fingers: wait until what is being typed has been left
  if (part.contains(document.activeElement) && document.activeElement?.matches("input, textarea, select")) {
    document.activeElement.addEventListener("blur", () => refresh("*"), { once: true });
    return;
  }
  const htmx = (window as unknown as { htmx?: { trigger(e: Element, name: string): void } }).htmx;
  htmx?.trigger(part, "refresh");
}

let stream: Live | null = null;

export function startLive(): Live | null {
  const url = document.body.dataset.live;
  if (url && !stream) stream = new Live(url, (document.body.dataset.liveEvents ?? "").split(/\s+/).filter(Boolean));
  return stream;
}
