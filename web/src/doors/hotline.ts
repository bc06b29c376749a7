// The hotline console: kind and place lead to the promise without a click too many; the caller's words are never lost.

import { now } from "../clock";
import { holdKeys } from "../held";
import { startRinging } from "./hotline-ring";
import { say } from "../words";

interface Htmx {
  trigger(node: Element, name: string): void;
}
const htmx = (): Htmx | undefined => (window as unknown as { htmx?: Htmx }).htmx;

const call = (): HTMLFormElement | null => document.getElementById("call") as HTMLFormElement | null;
const field = (name: string): HTMLInputElement | null => call()?.querySelector<HTMLInputElement>(`input[name="${name}"][type=hidden]`) ?? null;
export const onLine = (): boolean => !!call()?.dataset.call;

let asked = "";

export function startHotline(): void {
  holdKeys("#call");
  document.addEventListener("submit", (event) => {
    if ((event.target as HTMLElement).id === "call" && !(event.target as HTMLElement).dataset.back) event.preventDefault();
  }, true);
  document.addEventListener("change", onChange);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("htmx:afterSettle", settled);
  document.addEventListener("htmx:oobAfterSwap", (event) => (event as CustomEvent).detail?.target?.id === "kinds" && heardKind());
  followQueue();
  window.setInterval(talkTime, 1000);
  settled();
  startRinging();
}

function settled(): void {
  talkTime();
  document.querySelectorAll<HTMLButtonElement>("[data-when-free]").forEach((button) => {
    button.disabled = onLine();
    button.title = onLine() ? say("call_on_line") : "";
  });
  const options = document.querySelectorAll("#opts > button");
  document.getElementById("address")?.setAttribute("aria-expanded", String(options.length > 0));
  const form = call();
  if (form && form.dataset.dressed !== "1") {
    form.dataset.dressed = "1";
    asked = chosenKind();
    if (form.dataset.call) document.getElementById("heard")?.focus();
    else if (!form.dataset.back) (document.getElementById("take") ?? document.getElementById("content"))?.focus({ preventScroll: true });
    else (form.querySelector<HTMLElement>('input[name="contacted"]') ?? document.getElementById("content"))?.focus();
  }
}

function talkTime(): void {
  document.querySelectorAll<HTMLElement>("[data-since]").forEach((place) => {
    const total = Math.max(0, Math.floor(now() / 1000) - Number(place.dataset.since));
    const two = (n: number) => String(n).padStart(2, "0");
    place.textContent = `${total >= 3600 ? `${Math.floor(total / 3600)}:` : ""}${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`;
  });
}

const chosenKind = (): string => call()?.querySelector<HTMLInputElement>('input[name="kind"]:checked')?.value ?? "";

/** The suggestions changed under what was typed: if another kind leads now, the promise follows. */
function heardKind(): void {
  if (chosenKind() !== asked) takeKind();
}

function takeKind(): void {
  const radio = call()?.querySelector<HTMLInputElement>('input[name="kind"]:checked');
  asked = radio?.value ?? "";
  const condition = field("condition");
  if (condition) condition.value = radio?.dataset.condition ?? "";
  foretell();
}

function foretell(): void {
  if (onLine()) htmx()?.trigger(document.body, "linli:ground");
}

function keep(): void {
  const words = document.getElementById("heard");
  if (words && onLine()) htmx()?.trigger(words, "linli:keep");
}

function onChange(event: Event): void {
  const target = event.target as HTMLInputElement;
  if (target.name === "kind") {
    byHand();
    takeKind();
    keep();
  } else if (target.matches("[data-other-kind]") && target.value) {
    otherKind(target as unknown as HTMLSelectElement);
  } else if (target.name === "condition_choice") {
    const condition = field("condition");
    if (condition) condition.value = target.value;
    foretell();
  } else if (["name", "back", "phone", "no_call"].includes(target.name) && onLine()) {
    keep();
    foretell();
  } else if (target.closest("[data-back]")) outcome();
}

function byHand(): void {
  const by = field("kind_by");
  if (by) by.value = "hand";
}

/** A kind from the long list becomes a chip of its own, chosen. */
function otherKind(list: HTMLSelectElement): void {
  const box = document.getElementById("kinds");
  if (!box) return;
  const known = box.querySelector<HTMLInputElement>(`input[value="${CSS.escape(list.value)}"]`);
  if (known) known.checked = true;
  else {
    const chip = document.createElement("label");
    chip.className = "pick";
    const radio = document.createElement("input");
    radio.type = "radio";
    radio.name = "kind";
    radio.value = list.value;
    radio.checked = true;
    chip.append(radio, list.selectedOptions[0].textContent ?? "");
    list.closest("label")?.before(chip);
  }
  list.value = "";
  byHand();
  takeKind();
  keep();
}

function onClick(event: Event): void {
  const target = event.target as HTMLElement;
  const option = target.closest<HTMLElement>("#opts > [data-address]");
  if (option) settleOn(option);
  const apart = target.closest<HTMLElement>("[data-apart]");
  if (apart) {
    const list = field("apart");
    if (list) list.value = `${list.value} ${apart.dataset.apart}`.trim();
    foretell();
  }
}

function settleOn(option: HTMLElement): void {
  const address = document.getElementById("address") as HTMLInputElement;
  address.value = option.dataset.address ?? "";
  for (const name of ["lon", "lat", "place"]) {
    const hidden = field(name);
    if (hidden) hidden.value = option.dataset[name] ?? "";
  }
  const room = call()?.querySelector<HTMLInputElement>('input[name="room"]');
  if (room && !room.value && option.dataset.rest) room.value = option.dataset.rest;
  document.getElementById("opts")?.replaceChildren();
  address.setAttribute("aria-expanded", "false");
  keep();
  foretell();
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.isComposing) return;
  if (event.key === "Tab" && !event.shiftKey && target.id === "heard") {
    event.preventDefault(); // what it is was heard from the words; Shift+Tab goes back to the kinds
    document.getElementById("address")?.focus();
    return;
  }
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    if (target.id === "take") {
      event.preventDefault();
      document.getElementById("answer")?.click();
    }
    const best = target.id === "address" ? document.querySelector<HTMLElement>("#opts > .on, #opts > [data-address]") : null;
    if (best) {
      event.preventDefault();
      settleOn(best);
    }
  }
  if (target.id === "address" && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    const options = [...document.querySelectorAll<HTMLElement>("#opts > [data-address]")];
    if (!options.length) return;
    event.preventDefault();
    const at = options.findIndex((option) => option.classList.contains("on"));
    const next = Math.max(0, Math.min(options.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
    options.forEach((option, n) => option.classList.toggle("on", n === next));
  }
}

/** What the three answers will do, said before they are sent; nobody reached leaves two of them open. */
function outcome(): void {
  const form = call();
  if (!form?.dataset.back) return;
  const value = (name: string) => form.querySelector<HTMLInputElement>(`input[name="${name}"]:checked`)?.value;
  const reached = value("contacted");
  form.querySelectorAll<HTMLElement>("[data-if-reached]").forEach((box) => {
    box.querySelectorAll<HTMLInputElement>("input").forEach((radio) => {
      radio.disabled = reached === "no";
      radio.required = reached !== "no";
      if (reached === "no") radio.checked = false;
    });
  });
  const place = form.querySelector<HTMLElement>("[data-outcome]");
  if (!place) return;
  const solved = value("solved");
  const satisfied = value("satisfied");
  let key = "";
  if (reached === "no") key = "outcome_unreached";
  else if (reached === "yes" && solved && satisfied) key = solved === "yes" && satisfied === "yes" ? "outcome_ended" : "outcome_again";
  place.hidden = !key;
  const words: Record<string, () => string> = {
    outcome_ended: () => say("outcome_ended"),
    outcome_again: () => say("outcome_again"),
    outcome_unreached: () => say("outcome_unreached"),
  };
  if (key) place.querySelector("span")!.textContent = words[key]();
}

function followQueue(): void {
  let timer = 0;
  const soon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => htmx()?.trigger(document.body, "linli:queue"), 2000);
  };
  document.addEventListener("live:matter", soon);
  document.addEventListener("live:refetch", soon);
}
