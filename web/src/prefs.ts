// Theme and size change at once; the language needs new words and so a new page. Without script the same form posts.

export function startPrefs(root: ParentNode = document): void {
  root.querySelectorAll<HTMLFormElement>("form[data-prefs]:not([data-ready])").forEach((form) => {
    form.dataset.ready = "1";
    form.querySelectorAll<HTMLElement>("[data-prefs-save]").forEach((button) => (button.hidden = true));
    form.addEventListener("change", (event) => choose(form, event.target as HTMLInputElement));
  });
}

function choose(form: HTMLFormElement, field: HTMLInputElement): void {
  if (field.name === "lang") return form.requestSubmit();
  const page = document.documentElement;
  if (field.name === "theme") page.dataset.theme = field.value;
  if (field.name === "size") page.dataset.size = field.value;
  document.dispatchEvent(new CustomEvent("prefs", { detail: { [field.name]: field.value } }));
  void keep(form, field);
}

async function keep(form: HTMLFormElement, field: HTMLInputElement): Promise<void> {
  const body = new FormData();
  body.set(field.name, field.value);
  body.set("csrfmiddlewaretoken", form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "");
  await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } }).catch(() => undefined);
}
