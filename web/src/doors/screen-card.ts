// The small card over the map: one matter's public steps. It closes by itself, so that a wall is never left covered.

import { tick } from "../clock";
import { toast } from "../toasts";
import { say } from "../words";
import { part } from "./screen-parts";

const OPEN_MS = 90_000;

export class Card {
  private dialog = part("card") as HTMLDialogElement | null;
  private body = part("card-body");
  private shown = "";
  private timer = 0;
  private back: HTMLElement | null = null;

  constructor(private base: string, private pick: (id: string) => boolean) {
    document.addEventListener("click", (event) => {
      const opener = (event.target as HTMLElement).closest<HTMLElement>("[data-matter]");
      if (opener?.dataset.matter) void this.open(opener.dataset.matter);
      if ((event.target as HTMLElement).closest("[data-card-close]")) this.close();
    });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
    for (const type of ["matter", "gone"]) document.addEventListener(`live:${type}`, (event) => this.heard((event as CustomEvent).detail.data?.id));
    this.dialog?.addEventListener("pointermove", () => this.wait());
    this.dialog?.addEventListener("keydown", () => this.wait());
  }

  async open(id: string): Promise<void> {
    if (!this.dialog || !this.body) return;
    const answer = await fetch(`${this.base}m/${id}/`, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return this.shown === id ? undefined : toast(say("card_failed"), "bad");
    this.body.innerHTML = await answer.text();
    tick(this.body);
    if (!this.dialog.open) {
      this.back = document.activeElement as HTMLElement | null;
      this.dialog.show();
    }
    this.dialog.classList.toggle("left", this.pick(id));
    if (this.shown !== id) this.dialog.scrollTop = 0;
    this.shown = id;
    this.wait();
  }

  close(): void {
    window.clearTimeout(this.timer);
    if (!this.dialog?.open) return;
    this.dialog.close();
    this.body?.replaceChildren();
    this.shown = "";
    this.pick("");
    this.back?.focus();
  }

  private wait(): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.close(), OPEN_MS);
  }

  /** Something happened to the matter it shows. */
  private heard(id: unknown): void {
    if (this.dialog?.open && id === this.shown) window.setTimeout(() => void (this.shown === id && this.open(this.shown)), 250);
  }
}
