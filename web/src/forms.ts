// Forms that are sent once, keep what was typed, and say beside the field what is wrong.
//   data-once        fills the hidden field [name=key] with an idempotency key, renewed only after success
//   data-draft="x"   keeps words in this browser until a page with data-draft-done="x" is reached, or a day has passed

import { toast } from "./toasts";
import { say } from "./words";

const DAY = 24 * 3600 * 1000;

export function startForms(root: ParentNode = document): void {
  document.querySelectorAll<HTMLElement>("[data-draft-done]").forEach((done) => forget(done.dataset.draftDone!));
  root.querySelectorAll<HTMLFormElement>("form[data-once]").forEach((form) => stamp(form));
  root.querySelectorAll<HTMLFormElement>("form[data-draft]:not([data-draft-ready])").forEach(keepDraft);
}

export function listenToForms(): void {
  document.addEventListener("submit", onSubmit);
  window.addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll<HTMLFormElement>("form").forEach(release));
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = formOf(event);
    if (form) busy(form);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = formOf(event);
    if (!form) return;
    release(form);
    const detail = (event as CustomEvent).detail as { successful?: boolean };
    if (!detail.successful) return;
    if (form.dataset.once !== undefined) stamp(form, true);
    if (form.dataset.draft) forget(form.dataset.draft);
  });
  document.addEventListener("linli:refused", (event) => refused((event as CustomEvent).detail));
}

function formOf(event: Event): HTMLFormElement | null {
  const node = event.target as HTMLElement;
  return node instanceof HTMLFormElement ? node : null;
}

/** 128 random bits. crypto.randomUUID is missing where the page came over plain http from another machine. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function stamp(form: HTMLFormElement, again = false): void {
  let field = form.querySelector<HTMLInputElement>('input[name="key"]');
  if (!field) {
    field = document.createElement("input");
    field.type = "hidden";
    field.name = "key";
    form.append(field);
  }
  if (again || !field.value) field.value = freshKey();
}

function onSubmit(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (form.matches("[method=dialog]") || event.defaultPrevented) return;
  if (form.getAttribute("aria-busy") === "true") {
    event.preventDefault();
    toast(say("sent_twice"));
    return;
  }
  // htmx forms mark themselves; a plain form leaves the page, and comes back only through the cache
  if (!form.matches("[hx-post], [hx-get], [hx-put], [data-hx-post]") && form.method === "post") {
    busy(form, event.submitter as HTMLButtonElement | null);
    window.setTimeout(() => release(form), 15_000);
  }
}

function busy(form: HTMLFormElement, button?: HTMLButtonElement | null): void {
  form.setAttribute("aria-busy", "true");
  const pressed = button ?? (document.activeElement as HTMLElement | null)?.closest<HTMLButtonElement>("button");
  if (pressed && form.contains(pressed)) pressed.setAttribute("aria-busy", "true");
}

function release(form: HTMLFormElement): void {
  form.removeAttribute("aria-busy");
  form.querySelectorAll("[aria-busy]").forEach((part) => part.removeAttribute("aria-busy"));
}

function fieldsOf(form: HTMLFormElement): (HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[] {
  const all = [...form.querySelectorAll<HTMLInputElement>("textarea[name], select[name], input[name]")];
  return all.filter((field) => !field.matches("[type=hidden], [type=password], [type=file], [type=submit], [data-no-draft]"));
}

function keepDraft(form: HTMLFormElement): void {
  form.dataset.draftReady = "1";
  const place = `linli.draft.${form.dataset.draft}`;
  restore(form, place);
  let timer = 0;
  form.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      const values: Record<string, string> = {};
      for (const field of fieldsOf(form)) {
        if (field.matches("[type=radio], [type=checkbox]") && !(field as HTMLInputElement).checked) continue;
        if (field.value) values[field.name] = field.value;
      }
      safely(() => localStorage.setItem(place, JSON.stringify({ at: Date.now(), values })));
      form.dispatchEvent(new CustomEvent("draft:kept", { bubbles: true }));
    }, 400);
  });
}

function restore(form: HTMLFormElement, place: string): void {
  const kept = safely(() => JSON.parse(localStorage.getItem(place) ?? "null") as { at: number; values: Record<string, string> } | null);
  if (!kept) return;
  if (Date.now() - kept.at > DAY) return void safely(() => localStorage.removeItem(place));
  let changed = false;
  for (const field of fieldsOf(form)) {
    const value = kept.values[field.name];
    if (value === undefined) continue;
    if (field.matches("[type=radio], [type=checkbox]")) {
      const box = field as HTMLInputElement;
      if (box.value === value && !box.checked) box.checked = changed = true;
    } else if (!field.value) {
      field.value = value;
      changed = true;
    }
  }
  if (!changed) return;
  form.dispatchEvent(new Event("input", { bubbles: true }));
  toast(say("draft_back"), "good", { label: say("draft_clear"), run: () => (forget(form.dataset.draft!), form.reset()) });
}

function forget(name: string): void {
  safely(() => localStorage.removeItem(`linli.draft.${name}`));
}

/** Private windows refuse storage; a draft is a courtesy, not a promise. */
function safely<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

/** Put a refusal beside the field it is about. */
function refused(detail: { field?: string; sentence?: string }): void {
  const field = detail.field ? document.querySelector<HTMLElement>(`[name="${CSS.escape(detail.field)}"]`) : null;
  const holder = field?.closest<HTMLElement>(".field");
  if (!field || !holder) return;
  holder.querySelector(".error")?.remove();
  const note = document.createElement("p");
  note.className = "error";
  note.id = `error-${detail.field}`;
  note.textContent = detail.sentence ?? "";
  holder.append(note);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", note.id);
  field.focus();
  field.addEventListener("input", () => (field.removeAttribute("aria-invalid"), note.remove()), { once: true });
}
