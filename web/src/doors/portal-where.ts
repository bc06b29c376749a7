// Step 2: where it is. The pin stands still and the ground moves; words find the pin, the pin finds words.

import type { LinliMap } from "../map";
import { toast } from "../toasts";
import { say } from "../words";

interface Pin {
  lon: string;
  lat: string;
}

export function startWhere(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-where]");
  if (form) new Where(form);
}

class Where {
  private map: LinliMap | null = null;
  private address: HTMLInputElement;
  private hits: HTMLElement;
  private under: HTMLElement;
  private label = "";
  private chosen: [number, number] | null = null;
  private timer = 0;
  private asked = 0;

  constructor(private form: HTMLFormElement) {
    this.address = form.querySelector<HTMLInputElement>("#address")!;
    this.hits = form.querySelector<HTMLElement>("#hits")!;
    this.under = form.querySelector<HTMLElement>("#under")!;
    form.addEventListener("map:ready", (event) => this.drawn((event as CustomEvent).detail.map as LinliMap));
    form.addEventListener("map:pin", (event) => this.moved((event as CustomEvent).detail as Pin));
    this.address.addEventListener("input", () => this.typed());
    this.address.addEventListener("keydown", (event) => this.keys(event));
    this.hits.addEventListener("click", (event) => this.pick((event.target as HTMLElement).closest<HTMLElement>("[data-lon]")));
    form.querySelector("[data-locate]")?.addEventListener("click", (event) => this.here(event.currentTarget as HTMLElement));
    form.addEventListener("submit", () => this.settle());
  }

  /** A spot that was chosen while the map was still loading stands: the map goes there, not the spot to the map. */
  private drawn(map: LinliMap): void {
    this.map = map;
    if (this.chosen) map.ground.jumpTo({ center: this.chosen, zoom: 18 });
  }

  private field(name: string): HTMLInputElement {
    return this.form.querySelector<HTMLInputElement>(`input[name="${name}"]`)!;
  }

  /** The ground came to rest: who answers here? A name that was picked stays until the pin is moved away from it. */
  private moved(pin: Pin): void {
    this.field("by").value = "pin";
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(pin), 250);
  }

  private async ask(pin: Pin): Promise<void> {
    const turn = ++this.asked;
    this.under.setAttribute("aria-busy", "true");
    const text = await post(this.form, this.form.dataset.here!, { lon: pin.lon, lat: pin.lat });
    if (turn !== this.asked) return;
    this.under.removeAttribute("aria-busy");
    if (text === null) return;
    this.under.innerHTML = text;
    const shown = this.under.querySelector<HTMLElement>("[data-label]");
    if (shown && this.label) shown.textContent = this.label;
    this.field("label").value = this.label || shown?.textContent || "";
    this.label = "";
  }

  private typed(): void {
    this.field("by").value = "address";
    window.clearTimeout(this.timer);
    const text = this.address.value.trim();
    if (text.length < 2) return void this.close();
    this.timer = window.setTimeout(async () => {
      const turn = ++this.asked;
      const found = await post(this.form, this.form.dataset.suggest!, { address: text, lon: this.field("lon").value, lat: this.field("lat").value });
      if (found === null || turn !== this.asked) return;
      this.hits.innerHTML = found;
      this.address.setAttribute("aria-expanded", String(!!this.hits.querySelector("[data-lon]")));
    }, 180);
  }

  private keys(event: KeyboardEvent): void {
    const rows = [...this.hits.querySelectorAll<HTMLElement>("[data-lon]")];
    const at = rows.findIndex((row) => row.classList.contains("on"));
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && rows.length) {
      event.preventDefault();
      this.pick(rows[Math.max(at, 0)]);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && rows.length) {
      event.preventDefault();
      const next = (at + (event.key === "ArrowDown" ? 1 : -1) + rows.length) % rows.length;
      rows.forEach((row, n) => row.classList.toggle("on", n === next));
      rows.forEach((row, n) => row.setAttribute("aria-selected", String(n === next)));
    }
  }

  private pick(row: HTMLElement | null): void {
    if (!row) return;
    this.label = row.dataset.label ?? "";
    this.address.value = this.label;
    this.close();
    this.put(Number(row.dataset.lon), Number(row.dataset.lat));
  }

  private put(lon: number, lat: number): void {
    this.chosen = [lon, lat];
    this.field("lon").value = lon.toFixed(6);
    this.field("lat").value = lat.toFixed(6);
    this.field("label").value = this.label;
    this.moved({ lon: lon.toFixed(6), lat: lat.toFixed(6) });
    this.map?.flyTo(lon, lat, 18);
  }

  private close(): void {
    this.hits.replaceChildren();
    this.address.setAttribute("aria-expanded", "false");
  }

  private here(button: HTMLElement): void {
    button.setAttribute("aria-busy", "true");
    position()
      .then(({ coords }) => {
        this.address.value = "";
        this.put(coords.longitude, coords.latitude);
        toast(say("lon_lat"));
      })
      .catch(() => toast(say("no_here"), "bad"))
      .finally(() => button.removeAttribute("aria-busy"));
  }

  /** Words typed and not picked count more than a pin nobody touched. */
  private settle(): void {
    if (this.field("by").value === "address" && !this.address.value.trim()) this.field("by").value = "pin";
  }
}

export function position(): Promise<GeolocationPosition> {
  return new Promise((found, failed) => {
    if (!navigator.geolocation) return failed(new Error("none"));
    navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 10_000, maximumAge: 15_000 });
  });
}

/** Addresses and positions never stand in an address line: they are posted. */
async function post(form: HTMLFormElement, url: string, values: Record<string, string>): Promise<string | null> {
  const body = new FormData();
  Object.entries(values).forEach(([name, value]) => body.set(name, value));
  body.set("csrfmiddlewaretoken", form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "");
  const answer = await fetch(url, { method: "POST", body }).catch(() => null);
  return answer?.ok ? answer.text() : null;
}

/** "Who answers here": the same button, the page does the rest. */
export function startWorker(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-worker]");
  form?.querySelector("[data-locate]")?.addEventListener("click", (event) => {
    const button = event.currentTarget as HTMLElement;
    button.setAttribute("aria-busy", "true");
    position()
      .then(({ coords }) => {
        form.querySelector<HTMLInputElement>("[name=lon]")!.value = coords.longitude.toFixed(6);
        form.querySelector<HTMLInputElement>("[name=lat]")!.value = coords.latitude.toFixed(6);
        form.querySelector<HTMLInputElement>("#address")!.value = "";
        form.requestSubmit();
      })
      .catch(() => toast(say("no_here"), "bad"))
      .finally(() => button.removeAttribute("aria-busy"));
  });
}
