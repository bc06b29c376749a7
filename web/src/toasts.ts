// Short words at the edge: what was done (and how to undo it), or why not.

import { ICON, line } from "./signs";
import { say } from "./words";

export function toast(text: string, kind: "good" | "bad" = "good", act?: { label: string; run: () => void }): void {
  const box = document.createElement("div");
  box.className = `toast ${kind}`;
  box.dataset.toast = kind === "bad" ? "9000" : "5000";
  if (kind === "bad") box.setAttribute("role", "alert");
  const words = document.createElement("p");
  words.textContent = text;
  box.append(line(kind === "bad" ? ICON.alert : ICON.check), words);
  if (act) box.append(button(act.label, () => (act.run(), box.remove())));
  document.getElementById("toasts")?.append(box);
}

function button(label: string, run: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", run);
  return made;
}

/** Toasts leave by themselves, but never while somebody is reading (pointer or focus on them). */
export function startToasts(): void {
  const tray = document.getElementById("toasts");
  if (!tray) return;
  const arm = (box: HTMLElement) => {
    if (box.dataset.armed || !box.dataset.toast) return;
    box.dataset.armed = "1";
    const leave = () => (box.matches(":hover, :focus-within") ? window.setTimeout(leave, 1500) : box.remove());
    window.setTimeout(leave, Number(box.dataset.toast));
  };
  tray.querySelectorAll<HTMLElement>(".toast").forEach(arm);
  new MutationObserver(() => tray.querySelectorAll<HTMLElement>(".toast").forEach(arm)).observe(tray, { childList: true });
  tray.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("[data-toast-close]")) target.closest(".toast")?.remove();
  });
  document.addEventListener("htmx:sendError", () => toast(say("net_failed"), "bad"));
  document.addEventListener("htmx:timeout", () => toast(say("net_failed"), "bad"));
  document.addEventListener("htmx:responseError", () => toast(say("server_failed"), "bad"));
}
