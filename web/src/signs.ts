// The five silhouettes, for clocks that change state while the page is open and for dots on the map.
// The same drawings as doors/glyphs.py; a test holds the two together.

export type State = "plenty" | "soon" | "breach" | "pause" | "kept";

export const SILHOUETTES: Record<State, string> = {
  plenty: "M8 1.2a6.8 6.8 0 1 0 0 13.6a6.8 6.8 0 1 0 0-13.6z",
  soon: "M8 1.2c.5 0 1 .3 1.3.8l6 10.6c.6 1.1-.1 2.2-1.3 2.2H2c-1.2 0-1.9-1.1-1.3-2.2L6.7 2c.3-.5.8-.8 1.3-.8z",
  breach: "M8 .4 15.6 8 8 15.6.4 8z",
  pause:
    "M3 1.5h10c.8 0 1.5.7 1.5 1.5v10c0 .8-.7 1.5-1.5 1.5H3c-.8 0-1.5-.7-1.5-1.5V3c0-.8.7-1.5 1.5-1.5zM5 4.5v7h2v-7zm4 0v7h2v-7z",
  kept: "M6.3 13.4 1 8.2l1.9-1.9 3.4 3.3 6.9-6.9 1.9 1.9z",
};

export const STATES = Object.keys(SILHOUETTES) as State[];

const SVG = "http://www.w3.org/2000/svg";

export function glyph(state: State): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `glyph ${state}`);
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path(SILHOUETTES[state]));
  return svg;
}

/** A line icon of the few that scripts draw themselves. */
export function line(d: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "i");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path(d));
  return svg;
}

export const ICON = {
  close: "M6 6l12 12M18 6 6 18",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  here: "M12 6a6 6 0 1 0 0 12a6 6 0 1 0 0-12zM12 2.5V6M12 18v3.5M2.5 12H6M18 12h3.5M12 12h.1",
  check: "m5 12.5 4.5 4.5L19 7.5",
  alert: "M12 4 21 19.5H3zM12 10v4.5M12 17h.1",
};

function path(d: string): SVGPathElement {
  const node = document.createElementNS(SVG, "path");
  node.setAttribute("fill-rule", "evenodd");
  node.setAttribute("d", d);
  return node;
}
