// SHA-256, SHA-512 and the checking of Ed25519, from their definitions (FIPS 180-4, RFC 8032), for browsers and addresses where WebCrypto
// is missing or does not know Ed25519. Slow and plain; a receipt needs some thirty hashes and a few signatures.

type Bytes = Uint8Array;

const primes = ((): bigint[] => {
  const found: bigint[] = [];
  for (let n = 2; found.length < 80; n++) if (found.every((p) => n % Number(p) !== 0)) found.push(BigInt(n));
  return found;
})();

/** The whole part of the k-th root of n. */
function root(n: bigint, k: bigint): bigint {
  let low = 0n;
  let high = 1n << (BigInt(n.toString(2).length) / k + 1n);
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle ** k <= n) low = middle;
    else high = middle - 1n;
  }
  return low;
}

interface Size { word: bigint; rounds: number; big: bigint[]; small: bigint[] }

const SIZES: Record<256 | 512, Size> = {
  256: { word: 32n, rounds: 64, big: [2n, 13n, 22n, 6n, 11n, 25n], small: [7n, 18n, 3n, 17n, 19n, 10n] },
  512: { word: 64n, rounds: 80, big: [28n, 34n, 39n, 14n, 18n, 41n], small: [1n, 8n, 7n, 19n, 61n, 6n] },
};

/** SHA-2 of either size. Its constants are fractions of roots of primes, so they are computed instead of listed. */
export function sha2(message: Bytes, bits: 256 | 512): Bytes {
  const { word, rounds, big, small } = SIZES[bits];
  const mask = (1n << word) - 1n;
  const [a1, a2, a3, e1, e2, e3] = big as [bigint, bigint, bigint, bigint, bigint, bigint];
  const [s1, s2, s3, t1, t2, t3] = small as [bigint, bigint, bigint, bigint, bigint, bigint];
  const turn = (x: bigint, n: bigint) => ((x >> n) | (x << (word - n))) & mask;
  const k = primes.slice(0, rounds).map((p) => root(p << (3n * word), 3n) & mask);
  let state = primes.slice(0, 8).map((p) => root(p << (2n * word), 2n) & mask);
  const width = Number(word) / 8;
  const block = 16 * width;
  const padded = new Uint8Array(Math.ceil((message.length + 1 + 2 * width) / block) * block);
  padded.set(message);
  padded[message.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  for (let at = 0; at < padded.length; at += block) {
    const w: bigint[] = [];
    for (let n = 0; n < 16; n++) w.push(number(padded.subarray(at + n * width, at + (n + 1) * width)));
    for (let n = 16; n < rounds; n++) {
      const x = w[n - 15]!;
      const y = w[n - 2]!;
      const one = turn(x, s1) ^ turn(x, s2) ^ (x >> s3);
      const two = turn(y, t1) ^ turn(y, t2) ^ (y >> t3);
      w.push((w[n - 16]! + one + w[n - 7]! + two) & mask);
    }
    let [a, b, c, d, e, f, g, h] = state as [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint];
    for (let n = 0; n < rounds; n++) {
      const first = h + (turn(e, e1) ^ turn(e, e2) ^ turn(e, e3)) + ((e & f) ^ (~e & mask & g)) + k[n]! + w[n]!;
      const second = (turn(a, a1) ^ turn(a, a2) ^ turn(a, a3)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) & mask, c, b, a, (first + second) & mask];
    }
    state = [a, b, c, d, e, f, g, h].map((value, n) => (state[n]! + value) & mask);
  }
  const out = new Uint8Array(8 * width);
  state.forEach((value, n) => out.set(written(value, width), n * width));
  return out;
}

/** Big-endian. */
function number(bytes: Bytes): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

function written(value: bigint, width: number): Bytes {
  const out = new Uint8Array(width);
  for (let n = width - 1; n >= 0; n--, value >>= 8n) out[n] = Number(value & 255n);
  return out;
}

const little = (bytes: Bytes): bigint => number(Uint8Array.from(bytes).reverse());

// ── Ed25519 ──────────────────────────────────────────────────────────

const P = (1n << 255n) - 19n;
const L = (1n << 252n) + 27742317777372353535851937790883648493n;
const mod = (n: bigint, by = P): bigint => ((n % by) + by) % by;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base); exponent > 0n; exponent >>= 1n, b = mod(b * b)) if (exponent & 1n) result = mod(result * b);
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));
const TURN = power(2n, (P - 1n) / 4n); // a square root of -1

interface Point { x: bigint; y: bigint; z: bigint; t: bigint }
const ZERO: Point = { x: 0n, y: 1n, z: 1n, t: 0n };

function add(a: Point, b: Point): Point {
  const m = mod((a.y - a.x) * (b.y - b.x));
  const n = mod((a.y + a.x) * (b.y + b.x));
  const c = mod(2n * D * a.t * b.t);
  const d = mod(2n * a.z * b.z);
  const [e, f, g, h] = [n - m, d - c, d + c, n + m];
  return { x: mod(e * f), y: mod(g * h), z: mod(f * g), t: mod(e * h) };
}

function times(scalar: bigint, point: Point): Point {
  let result = ZERO;
  for (let base = point; scalar > 0n; scalar >>= 1n, base = add(base, base)) if (scalar & 1n) result = add(result, base);
  return result;
}

function unpack(bytes: Bytes): Point | null {
  const whole = little(bytes);
  const y = whole & ((1n << 255n) - 1n);
  if (y >= P) return null;
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * TURN);
  if (mod(x * x) !== square) return null;
  const odd = whole >> 255n;
  if (x === 0n && odd) return null;
  if ((x & 1n) !== odd) x = P - x;
  return { x, y, z: 1n, t: mod(x * y) };
}

const base = unpack(written(mod(4n * power(5n, P - 2n)), 32).reverse());

/** Whether the 64 bytes are the key's signature of the message (RFC 8032, 5.1.7). */
export function holdsEd25519(key: Bytes, signature: Bytes, message: Bytes): boolean {
  if (key.length !== 32 || signature.length !== 64 || base === null) return false;
  const owner = unpack(key);
  const r = unpack(signature.subarray(0, 32));
  const s = little(signature.subarray(32));
  if (owner === null || r === null || s >= L) return false;
  const joined = new Uint8Array(64 + message.length);
  joined.set(signature.subarray(0, 32));
  joined.set(key, 32);
  joined.set(message, 64);
  const h = mod(little(sha2(joined, 512)), L);
  const left = times(s, base);
  const right = add(r, times(h, owner));
  return mod(left.x * right.z - right.x * left.z) === 0n && mod(left.y * right.z - right.y * left.z) === 0n;
}
