// The page that checks a receipt: picked, pasted, dropped, or named by the square that was scanned (#entry.hash).

import { base64, check, hex, readProof, type Result, Unreadable } from "./verify-proof";
import { announce, say } from "../words";

const KEPT = "linli.ledger.keys";
const LOOKS_LIKE = /tlog-proof|^index \d|[A-Za-z0-9+/]{43}=/m;
const SIGNS = { yes: "✓", no: "✗", unknown: "?" } as const;

const field = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const lines = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

function kept(): string[] {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "[]") as string[];
  } catch {
    return [];
  }
}

function keep(vkey: string): void {
  try {
    localStorage.setItem(KEPT, JSON.stringify([...new Set([vkey, ...kept()])].slice(0, 20)));
  } catch { /* a browser that keeps nothing asks again next time */ }
}

function element(tag: string, css: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = css;
  made.textContent = text;
  return made;
}

let mark: Uint8Array | null = null;

async function run(written: string): Promise<void> {
  show([element("p", "dim", say("v_reading"))]);
  try {
    const given = lines(field<HTMLInputElement>("vkey").value);
    const witnesses = lines(field<HTMLTextAreaElement>("witness").value);
    const normal = written.replaceAll("\r\n", "\n").replace(/\n*$/, "\n");
    tell(await check(readProof(normal), { given, seen: kept(), witnesses, mark }), written);
  } catch (error) {
    const why = error instanceof Unreadable ? error.message : String(error);
    if (!LOOKS_LIKE.test(written)) { // nothing, a photograph, another letter: no reason to alarm anybody
      show([verdict("unknown", "v_none", written.trim() ? "v_other_say" : "v_none_say")]);
      return;
    }
    show([verdict("no", "v_broken", "v_broken_say"), list([{ key: "c_form", state: "no", say: "c_form_no", facts: { why } }])]);
  }
}

function tell(result: Result, written: string): void {
  const bad = result.checks.some((one) => one.state === "no");
  const sure = result.trusted;
  const parts = [
    bad ? verdict("no", "v_broken", "v_broken_say") : sure ? verdict("yes", "v_whole", "v_whole_say") : verdict("unknown", "v_holds", "v_holds_say"),
    list(result.checks),
  ];
  if (!bad && !sure && result.signer) parts.push(trustButton(result.signer.vkey, written));
  if (result.entry) parts.push(entryOf(result.entry));
  show(parts);
}

function verdict(state: keyof typeof SIGNS, title: string, means: string): HTMLElement {
  const box = element("div", `lg-verdict ${state}`);
  box.append(element("h2", "serif", `${SIGNS[state]} ${say(title)}`), element("p", "", say(means)));
  announce(say(title));
  return box;
}

function list(checks: Result["checks"]): HTMLElement {
  const made = element("ul", "lg-checks");
  for (const one of checks) {
    const row = element("li", one.state);
    const sign = element("span", "lg-sign", SIGNS[one.state]);
    sign.setAttribute("aria-hidden", "true");
    const words = element("div", "");
    const name = element("b", "", say(one.key));
    name.append(element("span", "lg-state", say(`v_${one.state}`)));
    words.append(name, element("p", "", say(one.say, one.facts)));
    row.append(sign, words);
    made.append(row);
  }
  return made;
}

function trustButton(vkey: string, written: string): HTMLElement {
  const button = element("button", "btn wide", say("v_trust")) as HTMLButtonElement;
  button.type = "button";
  button.addEventListener("click", () => {
    keep(vkey);
    announce(say("v_trusted"));
    void run(written);
  });
  return button;
}

function entryOf(entry: Record<string, unknown>): HTMLElement {
  const box = element("details", "card pad lg-part");
  const body = (entry.body ?? {}) as Record<string, unknown>;
  const facts: [string, string][] = [
    [say("v_when"), new Date(String(entry.at)).toLocaleString()],
    [say("v_act"), String(body.act ?? entry.kind)],
    [say("v_subject"), String(entry.subject)],
  ];
  const shown = element("dl", "lg-facts");
  for (const [name, value] of facts) {
    const pair = element("div", "");
    pair.append(element("dt", "", name), element("dd", "", value));
    shown.append(pair);
  }
  box.append(element("summary", "", say("v_entry")), shown, element("pre", "lg-entry", JSON.stringify(entry, null, 1)));
  return box;
}

function show(parts: HTMLElement[]): void {
  const place = field("result");
  place.hidden = false;
  place.replaceChildren(...parts);
  place.scrollIntoView({ block: "nearest" });
}

/** The square says which entry and which hash; the proof is fetched, and must be of exactly that hash. */
async function scanned(): Promise<void> {
  const [, entry, hash] = /^#([0-9a-z]{13})\.([A-Za-z0-9_-]{43})$/.exec(location.hash) ?? [];
  if (!entry || !hash) return;
  mark = base64(hash.replaceAll("-", "+").replaceAll("_", "/") + "=");
  show([element("p", "dim", say("v_fetching"))]);
  try {
    const answer = await fetch(`${field("check").dataset.proof}${entry}`, { headers: { Accept: "text/plain" } });
    if (!answer.ok) throw new Error(String(answer.status));
    field<HTMLTextAreaElement>("written").value = await answer.text();
  } catch {
    show([verdict("unknown", "v_fetch_failed", "v_reading"), element("p", "lg-mono", hex(mark))]);
    field("result").querySelector("p")?.remove();
    return;
  }
  await run(field<HTMLTextAreaElement>("written").value);
}

export function startVerify(): void {
  const form = document.getElementById("check");
  if (!form) return;
  const words = field<HTMLTextAreaElement>("written");
  const take = async (file: File | null | undefined): Promise<void> => {
    if (!file) return;
    mark = null;
    words.value = await file.text();
    await run(words.value);
  };
  field<HTMLInputElement>("file").addEventListener("change", (event) => void take((event.target as HTMLInputElement).files?.[0]));
  const drop = field("drop");
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    void take(event.dataTransfer?.files[0]);
  });
  words.addEventListener("input", () => { mark = null; });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    void run(words.value).then(() => field("result").focus());
  });
  window.addEventListener("hashchange", () => void scanned());
  void scanned();
}
