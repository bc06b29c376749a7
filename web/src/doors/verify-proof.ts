// A receipt taken apart and checked, on the reader's side and by nothing but what the reader trusts. The forms are those of C2SP
// tlog-proof, tlog-checkpoint, signed-note and tlog-cosignature; the tree is RFC 9162's.

import { holdsEd25519, sha2 } from "./verify-sums";

type Bytes = Uint8Array;

export interface Key { vkey: string; name: string; kind: number; id: Bytes; public: Bytes }
export interface Line { name: string; id: Bytes; blob: Bytes }
export interface Proof {
  index: number;
  hashes: Bytes[];
  entry: string | null;
  keys: Record<string, string>[];
  opened: [string, string, string][];
  text: string;
  origin: string;
  size: number;
  root: Bytes;
  lines: Line[];
}
export type State = "yes" | "no" | "unknown";
export interface Check { key: string; state: State; say: string; facts: Record<string, string | number> }
export interface Result { checks: Check[]; entry: Record<string, unknown> | null; signer: Key | null; trusted: boolean }
export interface Trust { given: string[]; seen: string[]; witnesses: string[]; mark: Bytes | null }

/** What is written wrongly. */
export class Unreadable extends Error {}

const utf8 = new TextEncoder();

export function joined(...parts: Bytes[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { out.set(part, at); at += part.length; }
  return out;
}

export const hex = (bytes: Bytes): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const same = (a: Bytes, b: Bytes): boolean => a.length === b.length && a.every((byte, n) => byte === b[n]);

export function base64(text: string): Bytes {
  try {
    if (/\s/.test(text)) throw new Error("spaces");
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    throw new Unreadable("base64");
  }
}

export async function sha256(...parts: Bytes[]): Promise<Bytes> {
  const whole = joined(...parts);
  if (globalThis.crypto?.subtle) return new Uint8Array(await crypto.subtle.digest("SHA-256", whole as BufferSource));
  return sha2(whole, 256);
}

async function signed(key: Bytes, signature: Bytes, message: Bytes): Promise<boolean> {
  try {
    const known = await crypto.subtle.importKey("raw", key as BufferSource, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", known, signature as BufferSource, message as BufferSource);
  } catch {
    return holdsEd25519(key, signature, message); // no WebCrypto here, or one that does not know Ed25519
  }
}

// ── reading ──────────────────────────────────────────────────────────

export async function readKey(vkey: string): Promise<Key> {
  const [, name, id, material] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey.trim()) ?? [];
  if (!name || !id || !material) throw new Unreadable("vkey");
  const raw = base64(material);
  const kind = raw[0] ?? 0;
  if (raw.length !== 33 || (kind !== 1 && kind !== 4)) throw new Unreadable("vkey");
  const found = (await sha256(utf8.encode(name + "\n"), raw)).subarray(0, 4);
  if (hex(found) !== id) throw new Unreadable("vkey");
  return { vkey: vkey.trim(), name, kind, id: found, public: raw.subarray(1) };
}

export function readProof(written: string): Proof {
  const gap = written.indexOf("\n\n");
  const head = written.slice(0, gap).split("\n");
  if (gap < 0 || head.shift() !== "c2sp.org/tlog-proof@v1") throw new Unreadable("tlog-proof");
  const extra = head[0]?.startsWith("extra ") ? readExtra(head.shift()!.slice(6)) : null;
  const index = /^index (0|[1-9]\d{0,14})$/.exec(head.shift() ?? "");
  if (!index) throw new Unreadable("index");
  const hashes = head.map(base64);
  if (hashes.length > 63 || hashes.some((one) => one.length !== 32)) throw new Unreadable("hash");
  return { index: Number(index[1]), hashes, ...readCheckpoint(written.slice(gap + 2)), ...(extra ?? { entry: null, keys: [], opened: [] }) };
}

function readExtra(text: string): Pick<Proof, "entry" | "keys" | "opened"> {
  try {
    const said = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(base64(text)));
    return { entry: typeof said.entry === "string" ? said.entry : null, keys: said.keys ?? [], opened: said.opened ?? [] };
  } catch {
    throw new Unreadable("extra");
  }
}

function readCheckpoint(note: string): Pick<Proof, "text" | "origin" | "size" | "root" | "lines"> {
  const gap = note.lastIndexOf("\n\n");
  if (gap < 0 || !note.endsWith("\n")) throw new Unreadable("checkpoint");
  const text = note.slice(0, gap + 1);
  const [origin, size, root] = text.split("\n");
  if (!origin || !size || !/^(0|[1-9]\d{0,14})$/.test(size) || !root) throw new Unreadable("checkpoint");
  const hash = base64(root);
  if (hash.length !== 32) throw new Unreadable("root");
  const lines = note.slice(gap + 2, -1).split("\n").map((line) => {
    const [, name, blob] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    if (!name || !blob) throw new Unreadable("signature");
    const raw = base64(blob);
    return { name, id: raw.subarray(0, 4), blob: raw.subarray(4) };
  });
  return { text, origin, size: Number(size), root: hash, lines };
}

// ── checking ─────────────────────────────────────────────────────────

/** RFC 9162, 2.1.3.2: whether the leaf stands at that index of a tree of that size with that root. */
export async function included(leaf: Bytes, index: number, size: number, hashes: Bytes[], root: Bytes): Promise<boolean> {
  if (index >= size) return false;
  let [fn, sn] = [BigInt(index), BigInt(size - 1)];
  let grown = leaf;
  for (const other of hashes) {
    if (sn === 0n) return false;
    if (fn & 1n || fn === sn) {
      grown = await sha256(Uint8Array.of(1), other, grown);
      while (!(fn & 1n) && fn) { fn >>= 1n; sn >>= 1n; }
    } else {
      grown = await sha256(Uint8Array.of(1), grown, other);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && same(grown, root);
}

/** The keys to trust: those given, and every key that one of them vouches for along the chain in the receipt. */
async function walked(start: string[], chain: Record<string, string>[]): Promise<string[]> {
  const trusted = [...start];
  for (const said of chain) {
    const { vkey = "", previous = "", origin = "", signature = "", own = "" } = said;
    if (!previous || !trusted.includes(previous) || trusted.includes(vkey)) continue;
    try {
      const message = utf8.encode(`linli ledger key v1\n${origin}\n${previous}\n${vkey}\n`);
      const [before, after] = [await readKey(previous), await readKey(vkey)];
      if (await signed(before.public, base64(signature), message) && await signed(after.public, base64(own), message)) trusted.push(vkey);
    } catch { /* a link that cannot be read leads nowhere */ }
  }
  return trusted;
}

async function keysOf(vkeys: string[]): Promise<Key[]> {
  const found = await Promise.allSettled(vkeys.map(readKey));
  return found.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

async function lineHolds(key: Key, proof: Proof): Promise<Line | false | null> {
  const line = proof.lines.find((one) => one.name === key.name && same(one.id, key.id));
  if (!line) return null;
  if (key.kind === 1) return await signed(key.public, line.blob, utf8.encode(proof.text)) ? line : false;
  const message = utf8.encode(`cosignature/v1\ntime ${seen(line)}\n${proof.text}`);
  return line.blob.length === 72 && await signed(key.public, line.blob.subarray(8), message) ? line : false;
}

const seen = (line: Line): bigint => new DataView(line.blob.buffer, line.blob.byteOffset).getBigUint64(0);

/** Everything a receipt can be asked, in the order it is told. */
export async function check(proof: Proof, trust: Trust): Promise<Result> {
  const checks: Check[] = [];
  const tell = (key: string, state: State, say: string, facts: Check["facts"] = {}) => checks.push({ key, state, say, facts });
  tell("c_form", "yes", "c_form_means");
  const leaf = proof.entry !== null ? await sha256(Uint8Array.of(0), utf8.encode(proof.entry)) : trust.mark;
  if (leaf === null) throw new Unreadable("entry");
  if (trust.mark) tell("c_mark", same(leaf, trust.mark) ? "yes" : "no", "c_mark_means");
  tell("c_entry", "yes", proof.entry === null ? "c_entry_none" : "c_entry_means", { hash: hex(leaf) });
  const there = await included(leaf, proof.index, proof.size, proof.hashes, proof.root);
  tell("c_place", there ? "yes" : "no", there ? "c_place_means" : "c_place_no", { size: proof.size, n: proof.index + 1 });
  const { signer, trusted } = await checkSigner(proof, trust, tell);
  await checkWitnesses(proof, trust, tell);
  await checkOpened(proof, tell);
  return { checks, entry: proof.entry === null ? null : parsed(proof.entry), signer, trusted };
}

type Tell = (key: string, state: State, say: string, facts?: Check["facts"]) => void;

async function checkSigner(proof: Proof, trust: Trust, tell: Tell): Promise<{ signer: Key | null; trusted: boolean }> {
  const start = trust.given.length ? trust.given : trust.seen;
  const known = await walked(start, proof.keys);
  const named = proof.keys.map((said) => said.vkey ?? "");
  const possible = (await keysOf([...new Set([...known, ...named])])).filter((key) => key.kind === 1 && key.name === proof.origin);
  let signer: Key | null = null;
  for (const key of possible) if (await lineHolds(key, proof)) signer ??= key;
  tell("c_signed", signer ? "yes" : "no", signer ? "c_signed_means" : "c_signed_no", { origin: proof.origin });
  const trusted = signer !== null && known.includes(signer.vkey);
  const facts = { vkey: signer?.vkey ?? "" };
  if (trusted) tell("c_key", "yes", trust.given.length ? "c_key_means" : "c_key_seen", facts);
  else if (trust.given.length) tell("c_key", "no", "c_key_no", facts);
  else if (signer) tell("c_key", "unknown", "c_key_unknown", facts);
  return { signer, trusted };
}

async function checkWitnesses(proof: Proof, trust: Trust, tell: Tell): Promise<void> {
  let any = false;
  for (const key of (await keysOf(trust.witnesses)).filter((one) => one.kind === 4)) {
    const line = await lineHolds(key, proof);
    if (line === null) continue;
    any = true;
    const hour = line ? new Date(Number(seen(line)) * 1000).toLocaleString() : "";
    tell("c_witness", line ? "yes" : "no", line ? "c_witness_means" : "c_signed_no", { name: key.name, hour });
  }
  if (!any) tell("c_witness", trust.witnesses.length ? "no" : "unknown", "c_witness_none");
}

async function checkOpened(proof: Proof, tell: Tell): Promise<void> {
  const body = (parsed(proof.entry ?? "{}")?.body ?? {}) as { words?: [string, string][] };
  for (const [field, salt, words] of proof.opened) {
    const raw = Uint8Array.from(salt.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    const length = Uint8Array.of(raw.length >> 8, raw.length & 255);
    const made = hex(await sha256(utf8.encode("linli commitment v1\0"), length, raw, utf8.encode(words.normalize("NFC"))));
    const fits = (body.words ?? []).some(([name, commitment]) => name === field && commitment === made);
    tell("c_opened", fits ? "yes" : "no", fits ? "c_opened_means" : "c_opened_no", { words: words.length > 60 ? words.slice(0, 60) + "…" : words });
  }
}

function parsed(entry: string): Record<string, unknown> | null {
  try {
    return JSON.parse(entry) as Record<string, unknown>;
  } catch {
    return null;
  }
}
