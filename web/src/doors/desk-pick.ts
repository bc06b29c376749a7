// Several matters at once: boxes appear in the list, T ticks the one under the cursor, the bar says how many.

import { say } from "../words";

const list = (): HTMLElement | null => document.getElementById("inbox");
const boxes = (): HTMLInputElement[] => [...(list()?.querySelectorAll<HTMLInputElement>('input[name="m"]') ?? [])];

export function startPicking(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("[data-bulk-toggle]")) toggle(!document.body.classList.contains("picking"));
    if (target.closest("[data-bulk-done]")) finish();
    if (target.closest("[data-bulk-all]")) {
      const all = boxes().every((box) => box.checked);
      boxes().forEach((box) => (box.checked = !all));
      count();
    }
  });
  document.addEventListener("change", (event) => (event.target as HTMLElement).matches?.('#inbox input[name="m"]') && count());
  document.addEventListener("submit", (event) => (event.target as HTMLElement).id === "picked" && event.preventDefault(), true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("picking") && !document.querySelector("#act form")) toggle(false);
    if (event.key.toLowerCase() !== "t" || !document.body.classList.contains("picking")) return;
    if (event.ctrlKey || event.altKey || event.metaKey || (event.target as HTMLElement).matches("textarea, select, input:not([type=checkbox])")) return;
    const box = document.activeElement?.closest("[data-matter]")?.querySelector<HTMLInputElement>('input[name="m"]');
    if (!box) return;
    box.checked = !box.checked;
    count();
  });
}

function toggle(on: boolean): void {
  document.body.classList.toggle("picking", on);
  const button = document.querySelector<HTMLElement>("[data-bulk-toggle]");
  button?.setAttribute("aria-pressed", String(on));
  // once boxes are shown, the same key ticks them
  if (on) button?.removeAttribute("data-key");
  else button?.setAttribute("data-key", "t");
  if (!on) boxes().forEach((box) => (box.checked = false));
  count();
}

function count(): void {
  const n = boxes().filter((box) => box.checked).length;
  const bar = document.querySelector<HTMLElement>("[data-bulk-bar]");
  if (!bar) return;
  bar.hidden = !document.body.classList.contains("picking");
  const words = bar.querySelector("[data-bulk-n]");
  if (words) words.textContent = say("bulk_n", { n });
  bar.querySelectorAll<HTMLButtonElement>("button[hx-get]").forEach((button) => (button.disabled = n === 0));
  document.getElementById("act-pane")?.replaceChildren();
}

function finish(): void {
  toggle(false);
  (window as unknown as { htmx?: { trigger(e: Element, n: string): void } }).htmx?.trigger(document.body, "linli:inbox");
}
