// The inline form of an act: opens in sight with its first question focused; quick hours, parts, a stamped position.

import { now } from "../clock";
import { say } from "../words";

const MINUTE = 60_000;

export function startActForms(): void {
  document.addEventListener("htmx:afterSettle", (event) => {
    const box = (event as CustomEvent).detail?.target as HTMLElement | undefined;
    if (box?.id !== "act") return;
    intoSight(box);
    box.querySelector<HTMLElement>("textarea, select, input:not([type=hidden], [type=file]), button")?.focus({ preventScroll: true });
  });
  document.addEventListener("linli:refused", (event) => {
    const place = document.querySelector<HTMLElement>("#act [data-refused]");
    if (!place) return;
    place.textContent = (event as CustomEvent).detail?.sentence ?? "";
    place.hidden = false;
  });
  document.addEventListener("input", (event) => {
    const place = (event.target as HTMLElement).closest("#act form")?.querySelector<HTMLElement>("[data-refused]");
    if (place) place.hidden = true;
  });
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const quick = target.closest<HTMLElement>("[data-quick-for] button");
    if (quick) choose(quick);
    if (target.closest("[data-part-more]")) addPart(target.closest<HTMLElement>("[data-parts]")!);
    const stamp = target.closest<HTMLButtonElement>("[data-stamp]");
    if (stamp) stampPosition(stamp);
  });
}

/** Scroll the pane, and only the pane, until the form stands above the bar of acts. */
function intoSight(box: HTMLElement): void {
  const pane = box.closest<HTMLElement>(".pane");
  if (!pane) return;
  const bar = pane.querySelector<HTMLElement>(".acts")?.offsetHeight ?? 0;
  const room = pane.getBoundingClientRect();
  const form = box.getBoundingClientRect();
  const below = form.bottom - (room.bottom - bar) + 12;
  const above = form.top - room.top - 12;
  if (below > 0) pane.scrollTop += Math.min(below, above);
}

/** A local date and time as datetime-local writes it, in the office's zone (Shanghai has no summer time). */
export function written(ms: number): string {
  return new Date(ms + 8 * 60 * MINUTE).toISOString().slice(0, 16);
}

export function quickHour(present: number, rule: DOMStringMap): string {
  if (rule.plus) return written(present + Number(rule.plus) * MINUTE);
  const today = written(present).slice(0, 10);
  if (rule.at) return `${today}T${rule.at.padStart(2, "0")}:00`;
  return `${written(present + 24 * 60 * MINUTE).slice(0, 10)}T${(rule.tomorrow ?? "9").padStart(2, "0")}:00`;
}

function choose(button: HTMLElement): void {
  const field = document.getElementById(button.closest<HTMLElement>("[data-quick-for]")!.dataset.quickFor!) as HTMLInputElement;
  field.value = quickHour(now(), button.dataset);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

function addPart(box: HTMLElement): void {
  const rows = box.querySelectorAll<HTMLElement>(".dk-part");
  const fresh = rows[rows.length - 1].cloneNode(true) as HTMLElement;
  fresh.querySelectorAll<HTMLInputElement>("input, select").forEach((field) => (field.value = ""));
  rows[rows.length - 1].after(fresh);
  fresh.querySelector("select")?.focus();
}

function stampPosition(button: HTMLButtonElement): void {
  const note = button.parentElement?.querySelector<HTMLElement>("[data-stamped]");
  const field = button.form?.querySelector<HTMLInputElement>('[name="position"]');
  if (!field || !note) return;
  if (!navigator.geolocation) return void (note.textContent = say("stamp_failed"));
  button.setAttribute("aria-busy", "true");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      field.value = `${coords.longitude.toFixed(7)},${coords.latitude.toFixed(7)}`;
      note.textContent = say("stamped", { n: Math.round(coords.accuracy) });
      button.removeAttribute("aria-busy");
    },
    () => {
      note.textContent = say("stamp_failed");
      button.removeAttribute("aria-busy");
    },
    { enableHighAccuracy: true, timeout: 12_000 },
  );
}
