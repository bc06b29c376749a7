// Where words may stand on a map that is read from five metres: inside their grid, outside their community, beside their dot.
// Pure geometry in pixels.

export interface Spot {
  x: number;
  y: number;
}

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export type Ring = Spot[];

export const boxAt = (middle: Spot, w: number, h: number): Box => ({ x: middle.x - w / 2, y: middle.y - h / 2, w, h });

export function overlap(a: Box, b: Box): number {
  const across = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
  return across > 0 && down > 0 ? across * down : 0;
}

export function outside(box: Box, frame: Box): number {
  return box.w * box.h - overlap(box, frame);
}

export function inside(ring: Ring, at: Spot): boolean {
  let odd = false;
  for (let n = 0, m = ring.length - 1; n < ring.length; m = n++) {
    const a = ring[n]!;
    const b = ring[m]!;
    if (a.y > at.y !== b.y > at.y && at.x < ((b.x - a.x) * (at.y - a.y)) / (b.y - a.y) + a.x) odd = !odd;
  }
  return odd;
}

export function boundsOf(ring: Ring): Box {
  const xs = ring.map((spot) => spot.x);
  const ys = ring.map((spot) => spot.y);
  const x = Math.min(...xs);
  const y = Math.min(...ys);
  return { x, y, w: Math.max(...xs) - x, h: Math.max(...ys) - y };
}

const corners = (box: Box): Spot[] => [
  { x: box.x, y: box.y }, { x: box.x + box.w, y: box.y }, { x: box.x, y: box.y + box.h }, { x: box.x + box.w, y: box.y + box.h },
];

/** The seat of a grid's number: as near to its upper left corner as it fits with a little air; null where the grid is too small. */
export function numberSeat(ring: Ring, w: number, h: number, air: number): Box | null {
  const around = boundsOf(ring);
  const step = Math.max(2, air / 2);
  let best: Box | null = null;
  let least = Infinity;
  for (let y = around.y; y < around.y + around.h - h; y += step) {
    for (let x = around.x; x < around.x + around.w - w; x += step) {
      const far = x - around.x + 1.3 * (y - around.y);
      if (far >= least) break;
      const with_air = { x: x - air, y: y - air, w: w + 2 * air, h: h + 2 * air };
      if (!corners(with_air).every((corner) => inside(ring, corner))) continue;
      best = { x, y, w, h };
      least = far;
    }
  }
  return best;
}

export type Side = "l" | "r" | "t" | "b" | "in";

export interface Seat {
  box: Box;
  side: Side;
}

/** How far the ring reaches to one side within a band of the other direction. */
function reach(ring: Ring, side: Side, from: number, to: number): number | null {
  const level = side === "l" || side === "r";
  let most: number | null = null;
  const take = (value: number) => {
    if (most === null) most = value;
    else most = side === "l" || side === "t" ? Math.min(most, value) : Math.max(most, value);
  };
  for (let n = 0; n < ring.length; n++) {
    const a = ring[n]!;
    const b = ring[(n + 1) % ring.length]!;
    const [p, q] = level ? [a.y, b.y] : [a.x, b.x];
    const [u, v] = level ? [a.x, b.x] : [a.y, b.y];
    const lo = Math.max(from, Math.min(p, q));
    const hi = Math.min(to, Math.max(p, q));
    if (lo > hi) continue;
    for (const band of [lo, hi]) take(p === q ? u : u + ((v - u) * (band - p)) / (q - p));
  }
  return most;
}

interface Sizes {
  upright: { w: number; h: number };
  level: { w: number; h: number };
}

/** The seat of a community's name: outside all communities, beside its own edge; in its middle where it has no edge outside. */
export function nameSeat(own: Ring, all: Ring[], sizes: Sizes, taken: Box[], frame: Box, gap: number): Seat {
  const around = boundsOf(own);
  const middle = { x: around.x + around.w / 2, y: around.y + around.h / 2 };
  let best: Seat = { box: boxAt(middle, sizes.level.w, sizes.level.h), side: "in" };
  let least = 6000;
  for (const side of ["l", "r", "b", "t"] as const) {
    const standing = side === "l" || side === "r";
    const { w, h } = standing ? sizes.upright : sizes.level;
    for (let n = 0; n <= 12; n++) {
      const along = standing ? around.y + ((around.h - h) * n) / 12 : around.x + ((around.w - w) * n) / 12;
      const edge = reach(own, side, along, along + (standing ? h : w));
      if (edge === null) continue;
      const box = {
        l: { x: edge - gap - w, y: along, w, h }, r: { x: edge + gap, y: along, w, h },
        t: { x: along, y: edge - gap - h, w, h }, b: { x: along, y: edge + gap, w, h },
      }[side];
      const off = standing ? Math.abs(along + h / 2 - middle.y) : Math.abs(along + w / 2 - middle.x);
      const price = 60 * covered(box, all) + 40 * outside(box, frame) + taken.reduce((sum, other) => sum + 40 * overlap(box, other), 0) + off * 2 + (standing ? 0 : 60);
      if (price < least) (least = price), (best = { box, side });
    }
  }
  return best;
}

/** How much of a box lies on any of these rings, sampled. */
function covered(box: Box, rings: Ring[]): number {
  let hits = 0;
  for (let i = 0; i <= 4; i++) for (let j = 0; j <= 4; j++) if (rings.some((ring) => inside(ring, { x: box.x + (box.w * i) / 4, y: box.y + (box.h * j) / 4 }))) hits++;
  return hits;
}

export interface Weighed {
  box: Box;
  weight: number;
}

const TURNS = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => (n * Math.PI) / 4 + Math.PI / 2);

/** The seat of a callout: near its dot, on as little as possible of what must stay readable. */
export function calloutSeat(dot: Spot, w: number, h: number, near: number, obstacles: Weighed[], frame: Box): Box {
  let best = boxAt({ x: dot.x, y: dot.y + near + h / 2 }, w, h);
  let least = Infinity;
  for (const far of [1, 1.9, 2.8, 3.8, 5]) {
    TURNS.forEach((turn, n) => {
      const across = Math.cos(turn);
      const down = Math.sin(turn);
      for (const slide of Math.abs(across) < 0.1 ? [0, 0.3, -0.3] : [0]) {
        const box = boxAt({ x: dot.x + across * (near * far + w / 2) + slide * w, y: dot.y + down * (near * far + h / 2) }, w, h);
        let price = 100 * outside(box, frame) + near * far * 6 + n * 2 + Math.abs(slide) * 20;
        for (const other of obstacles) price += other.weight * overlap(box, other.box);
        if (price < least) (least = price), (best = box);
      }
    });
  }
  return best;
}

/** Where a line from a spot meets the edge of a box; null where the spot lies in it. */
export function edgeTowards(box: Box, from: Spot): Spot | null {
  const x = Math.max(box.x, Math.min(from.x, box.x + box.w));
  const y = Math.max(box.y, Math.min(from.y, box.y + box.h));
  return x === from.x && y === from.y ? null : { x, y };
}
