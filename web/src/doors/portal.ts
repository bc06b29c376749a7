// The portal's islands. Every page works without them; they save taps.

import { startKinds } from "./portal-kinds";
import { startTownMap } from "./portal-map";
import { startWhere, startWorker } from "./portal-where";
import { toast } from "../toasts";
import { say } from "../words";

export function startPortal(): void {
  startKinds();
  startWhere();
  startWorker();
  startTownMap();
  startLikely();
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const copy = target.closest<HTMLElement>("[data-copy]");
    if (copy) void copyText(textOf(copy.dataset.copy!));
    const share = target.closest<HTMLElement>("[data-share]");
    if (share) void shareText(share.dataset.shareTitle ?? "", textOf(share.dataset.share!));
  });
}

const textOf = (selector: string): string => document.querySelector(selector)?.textContent?.trim() ?? "";

async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(say("copied"));
  } catch {
    toast(say("copy_failed"), "bad");
  }
}

/** The phone's own sheet where there is one; else the clipboard. */
async function shareText(title: string, url: string): Promise<void> {
  if (!navigator.share) return copyText(`${title} ${url}`);
  await navigator.share({ title, url }).catch(() => undefined);
}

/** With words there may be better guesses at what is the same: ask again when the writer pauses. */
function startLikely(): void {
  const place = document.querySelector<HTMLElement>("[data-likely]");
  const words = document.querySelector<HTMLTextAreaElement>("#say");
  const htmx = (window as unknown as { htmx?: { ajax(verb: string, url: string, how: object): void } }).htmx;
  if (!place || !words) return;
  let timer = 0;
  words.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      const library = htmx ?? (window as unknown as { htmx?: typeof htmx }).htmx;
      if (words.value.trim().length > 3) library?.ajax("POST", place.dataset.likely!, { target: place, swap: "innerHTML", values: { words: words.value } });
    }, 1200);
  });
}
