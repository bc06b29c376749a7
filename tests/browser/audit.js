// What can be told about a page without looking at it: names, labels, contrast, targets, overflow. Answers complaints.
(phone) => {
  const wrong = [];
  const say = (what, node) => wrong.push(`${what}: ${node ? node.outerHTML.replace(/\s+/g, " ").slice(0, 160) : ""}`);
  const seen = (node) => node.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && node.getClientRects().length > 0;
  const hidden = (node) => !!node.closest("[aria-hidden=true], [hidden], [inert]");
  const textOf = (id) => document.getElementById(id)?.textContent?.trim() ?? "";
  const spoken = (node) => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll("[aria-hidden=true], style, script").forEach((part) => part.remove());
    copy.querySelectorAll("img[alt], [aria-label]").forEach((part) => part.append(part.getAttribute("aria-label") || part.getAttribute("alt")));
    return copy.textContent.trim() || node.querySelector("svg title")?.textContent || "";
  };
  const nameOf = (node) => {
    const by = (node.getAttribute("aria-labelledby") || "").split(/\s+/).map(textOf).join(" ").trim();
    if (by) return by;
    if (node.getAttribute("aria-label")?.trim()) return node.getAttribute("aria-label");
    if (node.matches("input, select, textarea")) {
      const label = [...(node.labels ?? [])].map((one) => one.textContent.trim()).join(" ").trim();
      return label || node.title || (node.matches("[type=submit], [type=button]") ? node.value : "");
    }
    return spoken(node) || node.title || "";
  };

  const root = document.documentElement;
  if (!/^(zh-CN|zh-Hans|zh|en)/.test(root.lang)) say(`lang is "${root.lang}"`);
  if (!document.title.trim()) say("no title");
  if (document.querySelectorAll("main").length !== 1) say(`${document.querySelectorAll("main").length} main landmarks`);
  if (root.scrollWidth > innerWidth + 1) {
    const widest = [...document.querySelectorAll("body *")].filter((node) => seen(node) && node.getBoundingClientRect().right > innerWidth + 1).at(-1);
    say(`scrolls sideways by ${root.scrollWidth - innerWidth} px`, widest);
  }

  const ids = new Map();
  for (const node of document.querySelectorAll("[id]")) ids.set(node.id, (ids.get(node.id) ?? 0) + 1);
  for (const [id, count] of ids) if (count > 1) say(`id "${id}" stands ${count} times`);
  for (const name of ["aria-labelledby", "aria-describedby", "for"])
    for (const node of document.querySelectorAll(`[${name}]`))
      for (const id of node.getAttribute(name).split(/\s+/)) if (id && !ids.has(id)) say(`${name} points at nothing`, node);

  const acts = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=option], [role=tab], [tabindex]:not([tabindex='-1'])";
  for (const node of document.querySelectorAll(acts)) {
    if (hidden(node)) continue;
    if (!nameOf(node).trim()) say("no name", node);
    if (node.tabIndex > 0) say("tabindex above 0", node);
    if (!seen(node) || node.matches("canvas, .skip, input[type=radio], input[type=checkbox], input[type=file]")) continue;
    const box = node.getBoundingClientRect();
    const inline = getComputedStyle(node).display === "inline";
    if (phone && !inline && box.width > 0 && Math.min(box.width, box.height) < 24) say(`only ${Math.round(box.width)} × ${Math.round(box.height)} px`, node);
  }
  for (const node of document.querySelectorAll("img:not([alt])")) say("a picture without alt", node);
  for (const node of document.querySelectorAll("[role=img]")) if (!hidden(node) && !nameOf(node).trim()) say("a drawing without a name", node);

  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const known = new Map();
  const rgba = (text) => {
    if (!known.has(text)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = text;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      known.set(text, [r, g, b, a / 255]);
    }
    return known.get(text);
  };
  const over = (top, below) => [0, 1, 2].map((n) => top[n] * top[3] + below[n] * (1 - top[3])).concat(1);
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none" || at.matches("[data-map]")) return null;  // not one colour
      const colour = rgba(style.backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
      if (style.position === "absolute" || style.position === "fixed") { if (!layers.some((one) => one[3] === 1)) return null; }
    }
    return layers.reverse().reduce((below, top) => over(top, below), rgba(getComputedStyle(root).backgroundColor)[3] ? rgba(getComputedStyle(root).backgroundColor) : [255, 255, 255, 1]);
  };
  const light = (c) => [0, 1, 2].map((n) => { const v = c[n] / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }).reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const told = new Set();
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.data.trim() || !node || hidden(node) || !seen(node) || node.closest("script, style, svg, option, [disabled], [aria-disabled=true], .vh, .skip, .toast")) continue;
    let faded = false;
    for (let at = node; at; at = at.parentElement) if (Number(getComputedStyle(at).opacity) < 1) faded = true;
    if (faded) continue;
    const style = getComputedStyle(node), below = ground(node);
    if (!below) continue;
    const a = light(over(rgba(style.color), below)), b = light(below);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 600);
    if (ratio < (large ? 3 : 4.5) - 0.02) {
      const key = `${node.className} ${style.color}`;
      if (!told.has(key)) say(`contrast ${ratio.toFixed(2)} of "${text.data.trim().slice(0, 20)}"`, node);
      told.add(key);
    }
  }
  return wrong;
}
