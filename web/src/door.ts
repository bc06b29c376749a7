// What every door starts with. A door's entry imports this, then adds its own.

import "./styles/linli.css";
import { startClocks, tick } from "./clock";
import { listenToForms, startForms } from "./forms";
import { startHotkeys } from "./hotkeys";
import { startLive } from "./live";
import { startPhotos } from "./photos";
import { startPrefs } from "./prefs";
import { openNow, startSheets } from "./sheets";
import { startToasts } from "./toasts";

/** Wire what stands on the page now, or in a fragment that htmx brought. */
function dress(root: ParentNode): void {
  startForms(root);
  startPhotos(root);
  startPrefs(root);
  openNow(root);
  startMaps(root);
  tick(root);
}

/** MapLibre is large: it is fetched when the first map comes into sight, and never on a page without one. */
function startMaps(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-map]:not([data-map-seen])").forEach((frame) => {
    frame.dataset.mapSeen = "1";
    const load = () => void import("./map").then(({ openMap }) => openMap(frame));
    if (!("IntersectionObserver" in window)) return load();
    const watch = new IntersectionObserver((seen) => {
      if (!seen.some((one) => one.isIntersecting)) return;
      watch.disconnect();
      load();
    }, { rootMargin: "200px" });
    watch.observe(frame);
  });
}

let started = false;

export function startDoor(): void {
  if (started) return;
  started = true;
  startClocks();
  startToasts();
  startSheets();
  startHotkeys();
  listenToForms();
  dress(document);
  startLive();
  document.addEventListener("htmx:load", (event) => {
    const part = (event as CustomEvent).detail?.elt as HTMLElement | undefined;
    if (part && part !== document.body) dress(part.parentElement ?? part);
  });
}

startDoor();
