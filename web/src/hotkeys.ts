// Keys for people who work with both hands. A button or field says its own key: data-key="S", "Ctrl+Enter", "Alt+2", "F8", "/".
// J and K walk through [data-rows]; ? shows every key of the page. While somebody types, only keys with Ctrl/Alt/F work.

import { isTyping } from "./held";
import { ICON, line } from "./signs";
import { say } from "./words";

const NAMES: Record<string, string> = { Enter: "↵", Escape: "Esc", ArrowUp: "↑", ArrowDown: "↓" };

export function startHotkeys(): void {
  document.addEventListener("click", (event) => (event.target as HTMLElement).closest("[data-keys-help]") && showKeys());
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const typing = isTyping(event.target as HTMLElement);
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
    if (typing && plain && !/^F\d/.test(event.key)) return event.key === "Escape" ? (event.target as HTMLElement).blur() : undefined;
    if (plain && event.key === "?") return take(event, showKeys);
    if (plain && /^[jk]$/i.test(event.key) && walk(event.key.toLowerCase() === "j" ? 1 : -1)) return event.preventDefault();
    const found = bound().find((node) => node.dataset.key!.split(" ").some((key) => fits(key, event)));
    if (found) take(event, () => use(found));
  });
}

function take(event: Event, act: () => void): void {
  event.preventDefault();
  act();
}

/** Only what can be seen and pressed; what an open dialog covers is out of reach of the mouse and so of the keys. */
function bound(): HTMLElement[] {
  const open = document.querySelector<HTMLElement>("dialog[open]");
  return [...(open ?? document).querySelectorAll<HTMLElement>("[data-key]")].filter(
    (node) => node.offsetParent !== null && !node.matches("[disabled], [aria-disabled=true]"),
  );
}

export function fits(key: string, event: KeyboardEvent): boolean {
  const parts = key.split("+");
  const last = parts.pop() || "+";
  const has = (name: string) => parts.some((part) => part.toLowerCase() === name);
  if (has("ctrl") !== (event.ctrlKey || event.metaKey) || has("alt") !== event.altKey) return false;
  return event.key.toLowerCase() === last.toLowerCase() || event.code === `Key${last.toUpperCase()}` || event.code === `Digit${last}`;
}

function use(node: HTMLElement): void {
  const field = node.matches("input, textarea, select") ? node : null;
  if (field && !field.matches("[type=radio], [type=checkbox]")) {
    field.focus();
    (field as HTMLInputElement).select?.();
  } else node.click();
}

function walk(step: number): boolean {
  const list = document.querySelector<HTMLElement>("[data-rows]:not(dialog:not([open]) *)");
  if (!list) return false;
  const rows = [...list.querySelectorAll<HTMLElement>("[data-row], a.matter")].filter((row) => row.offsetParent);
  const here = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const start = here >= 0 ? here : rows.findIndex((row) => row.matches("[aria-current]"));
  const next = rows[Math.max(0, Math.min(rows.length - 1, start + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  if (next && list.dataset.rows === "open") next.click();
  return true;
}

function label(node: HTMLElement): string {
  if (node.dataset.keyLabel) return node.dataset.keyLabel;
  const copy = node.cloneNode(true) as HTMLElement;
  copy.querySelectorAll("kbd, svg, small").forEach((part) => part.remove());
  const placeholder = (node as HTMLInputElement).placeholder;
  return node.getAttribute("aria-label") || copy.textContent?.trim() || placeholder || node.title;
}

function showKeys(): void {
  document.querySelector("dialog[data-keys]")?.remove();
  const sheet = document.createElement("dialog");
  sheet.className = "sheet";
  sheet.dataset.keys = "";
  const head = document.createElement("div");
  head.className = "sheet-head";
  const title = document.createElement("h2");
  title.textContent = say("keys_title");
  const shut = document.createElement("button");
  shut.className = "btn icon sm quiet";
  shut.setAttribute("aria-label", say("keys_close"));
  shut.append(line(ICON.close));
  shut.addEventListener("click", () => sheet.close());
  head.append(title, shut);
  const list = document.createElement("ul");
  list.className = "lines open";
  for (const node of bound()) list.append(keyLine(node.dataset.key!.split(" ")[0], label(node)));
  sheet.append(head, list);
  sheet.addEventListener("close", () => sheet.remove());
  document.body.append(sheet);
  sheet.showModal();
}

function keyLine(key: string, words: string): HTMLLIElement {
  const row = document.createElement("li");
  const text = document.createElement("span");
  text.textContent = words;
  const keys = document.createElement("span");
  keys.className = "end row";
  for (const part of key.split("+")) {
    const cap = document.createElement("kbd");
    cap.textContent = NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part);
    keys.append(cap);
  }
  row.append(text, keys);
  return row;
}
