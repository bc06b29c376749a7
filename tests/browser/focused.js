// What has the focus, where it stands, and whether that is to be seen.
() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  const around = node.closest("label, .find, .pick, .choices label, .tick, .dk-note") ?? node;
  const outer = getComputedStyle(around);
  const ring = [style, outer].some((s) => (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none");
  const path = [];
  for (let at = node; at && at !== document.body; at = at.parentElement) path.unshift([...at.parentElement.children].indexOf(at));
  return { where: path.join("."), ring, html: node.outerHTML.slice(0, 120), shown: box.width > 0 && box.height > 0 };
}
