// Dialogs, menus, "back": small manners of every page, by attribute.
//   data-sheet-open="#id" opens a <dialog class="sheet">; data-sheet-close shuts the one around it; data-go-back goes back
//   <dialog data-sheet-now> opens as soon as it arrives (from htmx)

export function startSheets(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const opener = target.closest<HTMLElement>("[data-sheet-open]");
    if (opener) document.querySelector<HTMLDialogElement>(opener.dataset.sheetOpen!)?.showModal();
    if (target.closest("[data-sheet-close]") || target.matches("dialog.sheet")) target.closest<HTMLDialogElement>("dialog")?.close();
    if (target.closest("[data-go-back]")) history.length > 1 ? history.back() : location.assign("/");
    document.querySelectorAll<HTMLDetailsElement>("details.menu[open]").forEach((menu) => !menu.contains(target) && (menu.open = false));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll<HTMLDetailsElement>("details.menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    });
  });
}

export function openNow(root: ParentNode = document): void {
  root.querySelectorAll<HTMLDialogElement>("dialog[data-sheet-now]:not([open])").forEach((sheet) => sheet.showModal());
}
