// The desk: the list keeps its place while news comes in, the open matter is never pulled from under somebody's fingers.

import { startActForms } from "./desk-form";
import { startPicking } from "./desk-pick";
import { holdKeys, underWay } from "../held";
import { announce, say } from "../words";
import { toast } from "../toasts";

const QUIET_MS = 1200;
const OWN_MS = 2500;
const AGAIN_MS = 250;

interface Htmx {
  trigger(node: Element, name: string): void;
  ajax(verb: string, url: string, context: Record<string, unknown>): Promise<void>;
}
const htmx = (): Htmx | undefined => (window as unknown as { htmx?: Htmx }).htmx;

const list = (): HTMLElement | null => document.getElementById("inbox");
const open = (): HTMLElement | null => document.getElementById("matter");

export function startDesk(): void {
  holdKeys("#matter, #act");
  startActForms();
  startPicking();
  keepPlace();
  followNews();
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("htmx:afterSwap", (event) => swapped(event.target as HTMLElement));
  document.addEventListener("linli:acted", () => freshen(true));
  document.addEventListener("htmx:afterSettle", (event) => {
    if ((event as CustomEvent).detail?.target?.id === "matter") leaveSentField();
  });
  mark();
}

/** The list is swapped whole; where it was scrolled to and what had the focus stays. */
function keepPlace(): void {
  let top = 0;
  let focused: string | undefined;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = (event as CustomEvent).detail?.target as HTMLElement | undefined;
    if (target?.id !== "inbox") return;
    top = target.scrollTop;
    focused = document.activeElement?.closest<HTMLElement>("[data-matter]")?.dataset.matter;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if ((event.target as HTMLElement).id !== "inbox" && !(event.target as HTMLElement).closest("#inbox")) return;
    const box = list();
    if (!box) return;
    box.scrollTop = top;
    mark();
    if (focused && !document.activeElement?.closest("input, textarea, select")) row(focused)?.focus({ preventScroll: true });
    focused = undefined;
  });
}

const row = (id: string): HTMLElement | null | undefined =>
  list()?.querySelector<HTMLElement>(`[data-matter="${CSS.escape(id)}"] a.matter`);

/** Show in the list which matter is open. */
function mark(): void {
  const id = open()?.dataset.id;
  list()?.querySelectorAll<HTMLElement>("[data-matter]").forEach((item) => {
    const on = item.dataset.matter === id;
    item.classList.toggle("on", on);
    const link = item.querySelector("a.matter");
    if (on) link?.setAttribute("aria-current", "true");
    else link?.removeAttribute("aria-current");
  });
}

function swapped(target: HTMLElement): void {
  if (target.id !== "matter" && target.id !== "act") return;
  if (target.id === "act") return;
  document.body.classList.add("on-matter");
  mark();
  const title = document.getElementById("m-title");
  if (title) announce(title.textContent ?? "");
}

/** htmx gives the focus back to the field that was sent; the next key is meant for the matter, not for that field. */
function leaveSentField(): void {
  const now = document.activeElement as HTMLInputElement | null;
  if (now === document.body || (now?.closest(".dk-note") && now.value === "")) {
    document.getElementById("content")?.focus({ preventScroll: true });
  }
}

/** News: the list fetches itself again soon; the open matter only if nobody is busy in it, else it says so. */
function followNews(): void {
  let timer = 0;
  const soon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => freshen(false), QUIET_MS);
  };
  document.addEventListener("live:matter", (event) => {
    soon();
    const id = (event as CustomEvent).detail?.data?.id as string | undefined;
    if (id && id === open()?.dataset.id) renew();
  });
  document.addEventListener("live:refetch", () => (soon(), renew()));
  document.addEventListener("live:notice", () => htmx()?.trigger(document.body, "linli:bell"));
}

function freshen(now: boolean): void {
  if (document.hidden && !now) return;
  if (document.body.classList.contains("picking")) return;
  htmx()?.trigger(document.body, "linli:inbox");
}

document.addEventListener("visibilitychange", () => !document.hidden && freshen(true));

function busyHere(): boolean {
  const box = open();
  if (!box) return false;
  if (box.querySelector("#act form, #why section")) return true;
  return [...box.querySelectorAll<HTMLInputElement>("input:not([type=hidden]), textarea")].some((field) => field.value !== "");
}

let asking: HTMLElement | null = null;
let wished = false;
let own = 0;
/** One's own act comes back as the answer to its form; the news of it is not news here. */
document.addEventListener("htmx:beforeRequest", (event) => {
  const verb = (event as CustomEvent).detail?.requestConfig?.verb as string | undefined;
  if (verb === "post" && (event.target as HTMLElement).closest("#matter")) own = Date.now() + OWN_MS;
});

function renew(): void {
  const box = open();
  const id = box?.dataset.id;
  if (!id || asking) return;
  if (Date.now() < own) {
    window.setTimeout(renew, own - Date.now() + 10);
    own = 0;
    return;
  }
  if (underWay()) return void window.setTimeout(renew, AGAIN_MS);
  if (busyHere()) return sayMoved();
  load(box);
}

function sayMoved(): void {
  if (document.querySelector("[data-moved]")) return;
  toast(say("moved_on"), "good", { label: say("moved_show"), run: showMoved });
  document.querySelector("#toasts .toast:last-child")?.setAttribute("data-moved", "");
}

function showMoved(): void {
  const box = open();
  if (box?.dataset.id) load(box, true);
}

/** Whoever pressed, wrote or opened something while the news was fetched keeps what is on the page; the news is told instead. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const detail = (event as CustomEvent).detail as { xhr: XMLHttpRequest; shouldSwap: boolean; requestConfig: { elt: Element } };
  if (!asking || detail.requestConfig.elt !== asking) return;
  if (asking.isConnected && wished) return;
  if (asking.isConnected && !busyHere() && !underWay(detail.xhr)) return;
  detail.shouldSwap = false;
  window.setTimeout(renew, AGAIN_MS);
});

function load(box: HTMLElement, wish = false): void {
  asking = box;
  wished = wish;
  const top = document.getElementById("content")?.scrollTop ?? 0;
  const done = () => {
    asking = null;
    const pane = document.getElementById("content");
    if (pane && !box.isConnected) pane.scrollTop = top;
  };
  htmx()?.ajax("GET", `/desk/m/${box.dataset.id}/`, { source: box, target: "#matter", swap: "outerHTML" }).then(done, done);
}

function onClick(event: Event): void {
  const target = event.target as HTMLElement;
  const shut = target.closest<HTMLElement>("[data-shut]");
  if (shut) close(shut.dataset.shut!);
  const refused = target.closest<HTMLElement>("[data-why-not]");
  if (refused) {
    toast(say("refused", { name: refused.dataset.name ?? "", why: refused.dataset.whyNot ?? "" }), "bad");
  }
  const menu = target.closest("button[data-act]")?.closest<HTMLDetailsElement>("details");
  if (menu) menu.open = false;
  if (target.closest("[data-keys-help]")) document.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true }));
  if (target.closest("[data-clear-find]")) (document.getElementById("q") as HTMLInputElement).value = "";
  if (target.closest("[data-to-map]")) document.getElementById("side")?.focus();
  if (target.closest("[data-side]")) document.body.classList.toggle("side-open");
}

function close(where: string): void {
  const box = document.querySelector<HTMLElement>(where);
  if (!box) return;
  const act = box.querySelector<HTMLElement>("[data-act-of]")?.dataset.actOf;
  box.replaceChildren();
  const opener = act ? document.querySelector<HTMLElement>(`.acts [data-act="${CSS.escape(act)}"]`) : null;
  (opener ?? document.getElementById("content"))?.focus({ preventScroll: true });
}

function onKey(event: KeyboardEvent): void {
  if (event.key === "Escape") {
    const form = document.querySelector("#act form");
    if (form) close("#act");
    else close("#why");
    document.body.classList.remove("side-open");
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = (event.target as HTMLElement).closest<HTMLFormElement>("form") ?? document.querySelector<HTMLFormElement>("#act form");
    if (form?.matches("#act form, .dk-note, #contact form")) {
      event.preventDefault();
      form.requestSubmit();
    }
  }
}
