// People who work with both hands type faster than a page comes. While a part of the page is being fetched, the keys meant for it wait, and are
// given to what came: a letter becomes text where a field has the focus, and a key of the page elsewhere. What was refused lets them go.

const MOST = 60;
const NEVER = /^(Shift|Control|Alt|AltGraph|Meta|CapsLock|Tab|Process|Unidentified|Dead)$/;

const coming = new Map<XMLHttpRequest, HTMLElement>();
let kept: KeyboardEvent[] = [];

/** Is a part of the page on its way for which keys are held? */
export const underWay = (but?: XMLHttpRequest): boolean => [...coming.keys()].some((xhr) => xhr !== but);

/** Hold keys while an answer for one of ``parts`` (a selector) is on its way. */
export function holdKeys(parts: string): void {
  document.addEventListener("htmx:beforeSend", (event) => {
    const { xhr, target } = (event as CustomEvent).detail as { xhr: XMLHttpRequest; target?: HTMLElement };
    if (!target?.matches(parts)) return;
    coming.set(xhr, target);
    // after htmx, which swaps and settles while it is told of the load
    xhr.addEventListener("loadend", () => {
      coming.delete(xhr);
      if (xhr.status < 200 || xhr.status >= 400) kept = [];
      give();
    });
  });
  window.addEventListener("keydown", hold, true);
}

function hold(event: KeyboardEvent): void {
  if (!coming.size || !event.isTrusted || event.isComposing || NEVER.test(event.key)) return;
  if (event.ctrlKey || event.altKey || event.metaKey || elsewhere(event.target as HTMLElement)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.repeat && kept.length < MOST) kept.push(event);
}

/** A field that stays where it is keeps its keys. */
function elsewhere(node: HTMLElement): boolean {
  return isTyping(node) && ![...coming.values()].some((part) => part.contains(node));
}

function give(): void {
  while (kept.length && !coming.size) play(kept.shift()!);
}

function play(event: KeyboardEvent): void {
  const at = (document.activeElement as HTMLElement | null) ?? document.body;
  const { key, code, shiftKey } = event;
  const again = new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, cancelable: true });
  if (!at.dispatchEvent(again)) return;
  if (key.length === 1 && isTyping(at)) write(at as HTMLInputElement, key);
  else if (key === "Enter" && at.matches("a[href]")) at.click();
}

function write(field: HTMLInputElement, letter: string): void {
  if (field.selectionStart == null) return; // a list of choices, a date
  field.setRangeText(letter, field.selectionStart, field.selectionEnd ?? field.selectionStart, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Do letters become text here? */
export function isTyping(node: HTMLElement | null): boolean {
  return !!node?.closest?.("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=button], [type=submit])");
}
