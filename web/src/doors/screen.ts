// The wall: drawn once from what came with the page, then kept true by the stream and by short reads.

import { now } from "../clock";
import type { LiveEvent } from "../live";
import type { LinliMap } from "../map";
import { say } from "../words";
import { Card } from "./screen-card";
import { Lettering, type Outline } from "./screen-map";
import * as parts from "./screen-parts";
import { Sync, type Brief, type Full } from "./screen-state";

const LOST_MS = 2500; // a stream that ends to begin anew is no trouble

class Wall {
  private lettering: Lettering | null = null;
  private sync: Sync;
  private card: Card;
  private timer = 0;

  constructor(private state: Full, outline: Outline, url: string) {
    this.card = new Card(new URL(".", new URL(url, location.href)).pathname, (id) => this.lettering?.pick(id) ?? false);
    this.sync = new Sync(url, state, this);
    this.full(state, []);
    this.brief(state);
    this.trouble("", now());
    document.addEventListener("map:ready", (event) => this.lettered(event as CustomEvent, outline));
    document.addEventListener("map:open", (event) => void this.card.open((event as CustomEvent).detail.id));
    document.addEventListener("live:happened", (event) => parts.addJust((event as CustomEvent).detail.data));
    document.addEventListener("clock:turn", () => parts.drawRunning());
    document.addEventListener("live:link", (event) => {
      if (!(event as CustomEvent).detail.lost && !this.lettering) location.reload(); // the server went before the map had come
    });
    const list = parts.part("running");
    if (list) new ResizeObserver(() => parts.drawRunning()).observe(list.parentElement ?? list);
    window.setInterval(() => (parts.movePast(), parts.drawRunning()), 5000);
  }

  brief(state: Brief): void {
    parts.showCounts(state);
    parts.showRunning(state);
    parts.showRates(state);
    parts.showRounds(state);
    parts.showBars(state);
  }

  full(state: Full, since: LiveEvent[]): void {
    this.state = state;
    parts.showJust(state.just);
    for (const { type, data } of since) if (type === "happened") parts.addJust(data);
    this.lettering?.replace(state, since);
  }

  /** Say what is wrong and how old the figures are; nothing while all is well. */
  trouble(kind: "" | "lost" | "signed_out", at: number): void {
    window.clearTimeout(this.timer);
    const say_it = () => {
      const place = parts.part("lost");
      if (place) {
        place.hidden = !kind;
        place.textContent = kind ? say(kind, { hour: parts.hourOf(at) }) : "";
      }
      const word = parts.part("live-word");
      if (word) word.textContent = say(kind ? "lost_short" : "live");
      word?.classList.toggle("off", !!kind);
    };
    if (kind === "lost") this.timer = window.setTimeout(say_it, LOST_MS);
    else say_it();
  }

  private lettered(event: CustomEvent, outline: Outline): void {
    const map = event.detail.map as LinliMap;
    this.lettering = new Lettering(map, map.frame, outline, (id) => void this.card.open(id));
    this.lettering.replace(this.state, this.sync.since());
  }
}

const read = <T>(id: string): T | null => JSON.parse(document.getElementById(id)?.textContent ?? "null") as T | null;

export function startScreen(): void {
  const url = document.body.dataset.screen;
  const state = read<Full>("wall-state");
  const outline = read<Outline>("wall-outline");
  if (url && state && outline) new Wall(state, outline, url);
}
