// Acts made in the field, kept in this phone until the server has them. Nothing tapped is lost: it is stored before it is sent,
// under its idempotency key, so sending it twice does it once.

export interface Kept {
  key: string;
  me: string;
  url: string;
  name: string;
  on: string;
  at: number; // server time of the tap, milliseconds
  late: boolean; // a first try failed: from now on it says when it happened
  fields: [string, string | Blob, string?][];
  refused?: string;
}

export type Sent = { ok: true; next: string } | { ok: false; refused: string; field?: string } | { ok: false; away: true } | { ok: false; signIn: true };

const NAME = "linli-field";
const memory = new Map<string, Kept>(); // where the browser refuses a store (private windows)

function open(): Promise<IDBDatabase | null> {
  return new Promise((done) => {
    try {
      const asked = indexedDB.open(NAME, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("acts", { keyPath: "key" });
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => done(null);
    } catch {
      done(null);
    }
  });
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
  const base = await open();
  if (!base) return null;
  return new Promise((done) => {
    const dealing = base.transaction("acts", mode);
    const asked = work(dealing.objectStore("acts"));
    dealing.oncomplete = () => (base.close(), done(asked.result));
    dealing.onabort = dealing.onerror = () => (base.close(), done(null));
  });
}

export async function put(act: Kept): Promise<void> {
  memory.set(act.key, act);
  await within("readwrite", (store) => store.put(act));
}

export async function drop(key: string): Promise<void> {
  memory.delete(key);
  await within("readwrite", (store) => store.delete(key));
}

/** All that waits for this person, in the order it was done. */
export async function waiting(me: string): Promise<Kept[]> {
  const rows = (await within<Kept[]>("readonly", (store) => store.getAll())) ?? [];
  const all = new Map<string, Kept>([...memory, ...rows.map((row) => [row.key, row] as const)]);
  return [...all.values()].filter((row) => row.me === me).sort((a, b) => a.at - b.at);
}

export async function send(act: Kept): Promise<Sent> {
  const body = new FormData();
  for (const [name, value, file] of act.fields) {
    if (name === "csrfmiddlewaretoken" || name === "key") continue;
    if (value instanceof Blob) body.append(name, value, file ?? "photo.jpg");
    else body.append(name, value);
  }
  body.set("key", act.key);
  if (act.late) body.set("happened_at", String(Math.round(act.at)));
  const token = document.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
  let answer: Response;
  try {
    answer = await fetch(act.url, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token } });
  } catch {
    return { ok: false, away: true };
  }
  const told = (await answer.json().catch(() => null)) as { next?: string; code?: string; sentence?: string; field?: string } | null;
  if (answer.ok && told?.next) return { ok: true, next: told.next };
  if (told?.code === "doors.sign_in_first" || told?.code === "doors.stale_form") return { ok: false, signIn: true };
  if (answer.status >= 500 || answer.status === 429 || !told?.code) return { ok: false, away: true };
  return { ok: false, refused: told.sentence ?? told.code, field: told.field };
}
