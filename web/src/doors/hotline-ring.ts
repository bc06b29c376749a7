// Calls that wait: in the sample town they are rehearsed (somebody invented rings); a telephone adapter sends "linli:ring" instead.

import { now } from "../clock";
import { announce, say } from "../words";
import { toast } from "../toasts";
import { onLine } from "./hotline";

interface Caller {
  phone: string;
  masked: string;
  name: string;
  says: string;
}
interface Waiting extends Caller {
  since: number;
}

const EVERY_MS = 75_000;
let waiting: Waiting[] = [];
let callers: Caller[] = [];
let next = 0;
let timer = 0;
let speaking: Waiting | null = null;

export function startRinging(): void {
  callers = JSON.parse(document.getElementById("callers")?.textContent ?? "[]") as Caller[];
  document.addEventListener("linli:ring", (event) => ring((event as CustomEvent<Caller>).detail));
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("[data-ring]")) ringNext();
    const row = target.closest<HTMLElement>("[data-take-call]");
    if (row) answer(Number(row.dataset.takeCall));
  });
  document.addEventListener("change", (event) => {
    const box = event.target as HTMLInputElement;
    if (!box.matches("[data-ring-self]")) return;
    window.clearInterval(timer);
    if (box.checked) {
      ringNext();
      timer = window.setInterval(ringNext, EVERY_MS);
    }
  });
  document.addEventListener("htmx:afterSettle", () => window.setTimeout(bubble));
  window.setInterval(draw, 1000);
}

function ringNext(): void {
  if (!callers.length || waiting.length >= 4) return;
  ring(callers[next++ % callers.length]);
}

function ring(caller: Caller): void {
  waiting.push({ ...caller, since: now() });
  announce(say("call_ring", { number: caller.masked }));
  draw();
}

function answer(at: number): void {
  if (onLine()) return toast(say("call_on_line"), "bad");
  const field = document.getElementById("take") as HTMLInputElement | null;
  const button = document.getElementById("answer");
  if (!field || !button) return;
  [speaking] = waiting.splice(at, 1);
  field.value = speaking.phone;
  button.click();
  draw();
}

/** What the invented caller says stands beside the place to type, because nobody can be heard. */
function bubble(): void {
  const place = document.querySelector<HTMLElement>(".hl-type");
  if (!onLine() || !place || !speaking || place.querySelector(".hl-says")) return;
  const box = document.createElement("p");
  box.className = "hl-says";
  const who = document.createElement("b");
  who.textContent = `${say("call_says")} `;
  box.append(who, `${speaking.says}${document.documentElement.lang.startsWith("en") ? ". " : "。"}${speaking.name}`);
  place.append(box);
  const name = document.getElementById("c-name") as HTMLInputElement | null;
  if (name && !name.value) name.placeholder = speaking.name;
}

function draw(): void {
  const box = document.getElementById("waiting");
  if (!box) return;
  box.hidden = waiting.length === 0;
  if (box.childElementCount !== waiting.length + 1) box.replaceChildren(head(), ...waiting.map(row));
  box.querySelectorAll<HTMLElement>("[data-waited]").forEach((place, n) => {
    const total = Math.floor((now() - (waiting[n]?.since ?? now())) / 1000);
    place.textContent = say("call_waited", { time: `${String(Math.floor(total / 60)).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}` });
  });
}

function head(): HTMLElement {
  const title = document.createElement("h2");
  title.textContent = say("call_waits");
  return title;
}

function row(caller: Waiting, n: number): HTMLElement {
  const line = document.createElement("p");
  const number = document.createElement("b");
  number.className = "num";
  number.textContent = caller.masked;
  const waited = document.createElement("span");
  waited.className = "clk soon";
  waited.dataset.waited = "";
  const take = document.createElement("button");
  take.type = "button";
  take.className = "btn sm";
  take.dataset.takeCall = String(n);
  if (n === 0) take.dataset.key = "F6";
  take.textContent = `${say("call_take")}${n === 0 ? " F6" : ""}`;
  line.append(number, waited, take);
  return line;
}
