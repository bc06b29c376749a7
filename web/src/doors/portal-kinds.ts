// Step 1: what it is. A tap goes on by itself, unless there is advice to be read first; typing narrows the list.

export function startKinds(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-kinds]");
  if (!form) return;
  form.addEventListener("change", (event) => {
    const field = event.target as HTMLInputElement;
    if (field.name === "what") advise(form, field);
  });
  const chosen = form.querySelector<HTMLInputElement>('input[name="what"]:checked');
  if (chosen) advise(form, chosen, false);
  const search = document.querySelector<HTMLInputElement>("[data-kinds-search]");
  search?.addEventListener("input", () => narrow(form, search.value));
}

function advise(form: HTMLFormElement, field: HTMLInputElement, onward = true): void {
  form.querySelectorAll(".pt-advice.on").forEach((shown) => shown.classList.remove("on"));
  const advice = [...form.querySelectorAll<HTMLElement>("[data-advice-for]")].find((one) => one.dataset.adviceFor!.split(" ").includes(field.value));
  if (advice) {
    advice.classList.add("on");
    advice.setAttribute("role", "alert");
    advice.scrollIntoView({ block: "nearest" });
  } else if (form.dataset.kinds === "stay") return;
  else if (onward && window.matchMedia("(pointer: coarse), (hover: none)").matches) form.requestSubmit();
  else if (onward) form.querySelector<HTMLElement>("[data-next] button")?.focus({ preventScroll: true });
}

/** Every letter typed must stand in the row, in any order: 灯路 finds 路灯. */
function narrow(form: HTMLFormElement, typed: string): void {
  const letters = [...typed.toLowerCase().trim()].filter((letter) => letter.trim());
  const latin = /^[\x20-\x7f]+$/.test(typed.trim());
  const fits = (text: string) => (latin ? text.includes(typed.trim().toLowerCase()) : letters.every((letter) => text.includes(letter)));
  let any = false;
  document.querySelectorAll<HTMLElement>("[data-usual]").forEach((part) => (part.hidden = letters.length > 0));
  form.querySelectorAll<HTMLDetailsElement>("[data-kind-group]").forEach((group) => {
    const whole = fits(group.querySelector("summary")?.textContent?.toLowerCase() ?? "");
    let shown = 0;
    group.querySelectorAll<HTMLElement>("[data-kind-row]").forEach((row) => {
      row.hidden = letters.length > 0 && !whole && !fits(row.textContent?.toLowerCase() ?? "");
      if (!row.hidden) shown += 1;
    });
    group.hidden = shown === 0;
    if (shown) any = true;
    group.name = letters.length ? "" : "group";
    group.open = letters.length > 0 && shown > 0;
  });
  const none = form.querySelector<HTMLElement>("[data-kinds-none]");
  if (none) none.hidden = any;
}
