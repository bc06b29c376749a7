// The field: acts that survive without a network, one position at one tap, the queue at the top of the page.

import { now } from "../clock";
import { freshKey } from "../forms";
import { refresh } from "../live";
import { toast } from "../toasts";
import { say } from "../words";
import { drop, put, send, waiting, type Kept } from "./field-queue";
import { startKinds } from "./portal-kinds";
import { position } from "./portal-where";

const AGAIN = 20_000;
let away = false;
let sending = false;
const ours = new Set<string>(); // kept from this very page: when they are sent, the page goes on

export function startField(): void {
  startKinds();
  document.addEventListener("submit", (event) => void onSubmit(event), true);
  document.addEventListener("click", (event) => void onClick(event));
  document.addEventListener("live:link", (event) => setAway((event as CustomEvent).detail.lost as boolean));
  window.addEventListener("online", () => setAway(false));
  window.addEventListener("offline", () => setAway(true));
  document.addEventListener("htmx:afterSwap", () => document.querySelector<HTMLAnchorElement>("a[data-call]")?.focus());
  setAway(!navigator.onLine);
  window.setInterval(() => void flush(), AGAIN);
}

const me = (): string => document.body.dataset.me ?? "";

function setAway(lost: boolean): void {
  away = lost;
  void show();
  if (!lost) void flush();
}

async function onSubmit(event: SubmitEvent): Promise<void> {
  const form = event.target as HTMLFormElement;
  if (!form.matches("form[data-act]")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  const button = event.submitter as HTMLButtonElement | null;
  busy(form, button, true);
  try {
    if (!(await placed(form))) return;
    await act(form, button);
  } finally {
    busy(form, button, false);
  }
}

function busy(form: HTMLFormElement, button: HTMLElement | null, on: boolean): void {
  for (const part of [form, button]) on ? part?.setAttribute("aria-busy", "true") : part?.removeAttribute("aria-busy");
}

/** The position of this tap. Where it is needed and the phone gives none, the page with the map says so and lets it be set by hand. */
async function placed(form: HTMLFormElement): Promise<boolean> {
  const field = form.querySelector<HTMLInputElement>('input[name="position"]');
  const needed = form.dataset.needsPosition;
  if (!field || field.value || !(needed || form.dataset.wantsPosition !== undefined)) return true;
  try {
    const { coords } = await position();
    field.value = `${coords.longitude.toFixed(6)},${coords.latitude.toFixed(6)}`;
    return true;
  } catch {
    if (!needed) return true;
    if (away || !navigator.onLine) toast(say("here_failed"), "bad");
    else location.assign(`${needed}?denied=1`);
    return false;
  }
}

async function act(form: HTMLFormElement, button: HTMLButtonElement | null): Promise<void> {
  const kept: Kept = {
    key: form.querySelector<HTMLInputElement>('input[name="key"]')?.value || freshKey(),
    me: me(), url: form.action, name: form.dataset.actName ?? "", on: form.dataset.actOn ?? "", at: now(), late: false,
    fields: [...new FormData(form, button)].map(([name, value]) => (value instanceof File ? [name, value, value.name] : [name, value])),
  };
  await put(kept);
  const told = await send(kept);
  if (told.ok) {
    await drop(kept.key);
    forgetDraft(form);
    return location.assign(told.next);
  }
  if ("refused" in told) {
    await drop(kept.key);
    toast(told.refused, "bad");
    document.dispatchEvent(new CustomEvent("linli:refused", { detail: { field: told.field, sentence: told.refused } }));
    return;
  }
  kept.late = true;
  ours.add(kept.key);
  await put(kept);
  if ("signIn" in told) toast(say("sign_in"), "bad");
  else {
    toast(say("kept"));
    away = true;
    button?.setAttribute("disabled", "");
  }
  await show();
}

function forgetDraft(form: HTMLFormElement): void {
  try {
    if (form.dataset.draft) localStorage.removeItem(`linli.draft.${form.dataset.draft}`);
  } catch {
    // private windows keep nothing, so there is nothing to forget
  }
}

/** Send what waits, oldest first; stop at the first that finds no network. */
async function flush(): Promise<void> {
  if (sending || !navigator.onLine) return;
  sending = true;
  let sent = 0;
  let onward = "";
  try {
    for (const kept of await waiting(me())) {
      if (kept.refused || (!kept.late && now() - kept.at < 15_000)) continue;
      const told = await send({ ...kept, late: true });
      if (told.ok) {
        await drop(kept.key);
        sent += 1;
        if (ours.has(kept.key)) onward = told.next;
      } else if ("refused" in told) await put({ ...kept, late: true, refused: told.refused });
      else if ("signIn" in told) {
        toast(say("sign_in"), "bad");
        break;
      } else break;
    }
  } finally {
    sending = false;
  }
  if (sent) {
    toast(say("sent_late", { n: sent }));
    refresh("*");
  }
  await show();
  if (onward) window.setTimeout(() => location.assign(onward), 1200);
}

async function show(): Promise<void> {
  const box = document.querySelector<HTMLElement>("[data-queue]");
  if (!box) return;
  const rows = (await waiting(me())).filter((row) => row.late || row.refused);
  box.hidden = !away && rows.length === 0;
  box.querySelector("[data-queue-title]")!.textContent = say(away ? "offline_title" : "queued_title");
  box.querySelector("[data-queue-lead]")!.textContent = rows.length ? say("queued_lead", { n: rows.length }) : say("none_queued");
  box.querySelector<HTMLElement>("[data-queue-send]")!.hidden = !rows.length;
  box.querySelector("[data-queue-list]")!.replaceChildren(...rows.map(line));
}

function line(row: Kept): HTMLElement {
  const item = document.createElement("li");
  const hour = document.createElement("time");
  hour.textContent = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", hour12: false }).format(row.at);
  const words = document.createElement("span");
  words.textContent = [row.name, row.on].filter(Boolean).join(" · ") + (row.refused ? ` — ${row.refused}` : "");
  item.append(hour, words);
  if (row.refused) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = say("drop");
    button.dataset.drop = row.key;
    item.append(button);
  }
  return item;
}

async function onClick(event: MouseEvent): Promise<void> {
  const target = event.target as HTMLElement;
  if (target.closest("[data-queue-send]")) return flush();
  const gone = target.closest<HTMLElement>("[data-drop]");
  if (gone) {
    await drop(gone.dataset.drop!);
    return show();
  }
  const get = target.closest<HTMLElement>("[data-position-get]");
  if (get) await stamp(get);
}

/** "Note where I am": once, now; the map opens where the phone gives nothing. */
async function stamp(button: HTMLElement): Promise<void> {
  const box = button.closest<HTMLElement>("[data-position]")!;
  const said = box.querySelector<HTMLElement>("[data-position-said]");
  button.setAttribute("aria-busy", "true");
  if (said) said.textContent = say("locating");
  try {
    const { coords } = await position();
    box.querySelector<HTMLInputElement>(`input[name="${box.dataset.position}"]`)!.value = `${coords.longitude.toFixed(6)},${coords.latitude.toFixed(6)}`;
    if (said) said.textContent = say("here_done", { n: Math.max(1, Math.round(coords.accuracy)) });
    fly(box, coords.longitude, coords.latitude);
  } catch {
    if (said) said.textContent = say("here_failed");
    const hand = box.querySelector<HTMLElement>("[data-by-hand]");
    if (hand) {
      hand.hidden = false;
      hand.querySelector<HTMLInputElement>('[name="by_hand"]')!.checked = true;
    }
  } finally {
    button.removeAttribute("aria-busy");
  }
}

const maps = new WeakMap<Element, { flyTo(lon: number, lat: number, zoom?: number): void }>();
document.addEventListener("map:ready", (event) => maps.set(event.target as Element, (event as CustomEvent).detail.map));

function fly(box: HTMLElement, lon: number, lat: number): void {
  const frame = box.querySelector("[data-map]");
  if (!frame) return;
  maps.get(frame)?.flyTo(lon, lat, 18);
  for (const [name, value] of [["pin_lon", lon], ["pin_lat", lat]] as const) {
    const field = box.querySelector<HTMLInputElement>(`input[name="${name}"]`);
    if (field) field.value = value.toFixed(6);
  }
}
