// Photos before they leave the device: several at once, made small, without position data, seen and removable.
// [data-photos] around a plain multiple file input (templates/parts/photos_field.html); the input itself carries the result.

import { ICON, line } from "./signs";
import { toast } from "./toasts";
import { say } from "./words";

const LONGEST = 1600;
const QUALITY = 0.82;

/** A JPEG of at most 1600 px, upright, its metadata gone because only pixels pass through the canvas. */
export async function shrink(file: File): Promise<File> {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!blob) throw new Error("no picture");
  return new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg", lastModified: Date.now() });
}

export function startPhotos(root: ParentNode = document): void {
  root.querySelectorAll<HTMLElement>("[data-photos]:not([data-ready])").forEach((box) => new Album(box));
}

class Album {
  private files: File[] = [];
  private input: HTMLInputElement;
  private shown: HTMLElement;
  private most: number;

  constructor(private box: HTMLElement) {
    box.dataset.ready = "1";
    this.input = box.querySelector<HTMLInputElement>("input[type=file]")!;
    this.shown = box.querySelector<HTMLElement>("[data-photos-shown]")!;
    this.most = Number(box.dataset.most ?? 6);
    this.input.addEventListener("change", () => void this.take());
    this.input.form?.addEventListener("reset", () => this.set([]));
  }

  private async take(): Promise<void> {
    const picked = [...(this.input.files ?? [])];
    const room = this.most - this.files.length;
    if (picked.length > room) toast(say("photo_too_many", { n: this.most }), "bad");
    this.box.setAttribute("aria-busy", "true");
    const small: File[] = [];
    for (const file of picked.slice(0, room)) {
      try {
        small.push(await shrink(file));
      } catch {
        toast(say("photo_failed"), "bad");
      }
    }
    this.box.removeAttribute("aria-busy");
    this.set([...this.files, ...small]);
  }

  private set(files: File[]): void {
    this.files = files;
    const carrier = new DataTransfer();
    files.forEach((file) => carrier.items.add(file));
    this.input.files = carrier.files;
    this.draw();
    this.box.dispatchEvent(new CustomEvent("photos", { bubbles: true, detail: { count: files.length } }));
  }

  private draw(): void {
    this.shown.querySelectorAll(".photo").forEach((old) => {
      URL.revokeObjectURL(old.querySelector("img")?.src ?? "");
      old.remove();
    });
    const adder = this.input.closest<HTMLElement>(".photo-add")!;
    this.files.forEach((file) => this.shown.insertBefore(this.preview(file), adder));
    adder.hidden = this.files.length >= this.most;
  }

  private preview(file: File): HTMLElement {
    const box = document.createElement("div");
    box.className = "photo";
    const picture = document.createElement("img");
    picture.src = URL.createObjectURL(file);
    picture.alt = file.name;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "x";
    remove.setAttribute("aria-label", say("photo_remove"));
    remove.append(line(ICON.close));
    remove.addEventListener("click", () => this.set(this.files.filter((other) => other !== file)));
    box.append(picture, remove);
    return box;
  }
}
