// Two projects side by side, in a dialog: copies of what the ballot says, nothing else.

/** Wire the buttons of the ballot. */
export function offerComparison(root) {
  const dialog = root.querySelector("[data-compare]");
  const both = dialog.querySelector("[data-both]");
  const { add, drop } = root.dataset;
  let chosen = [];

  function paint() {
    for (const button of root.querySelectorAll("[data-compare-add]")) {
      const on = chosen.includes(button);
      button.setAttribute("aria-pressed", String(on));
      button.querySelector("[data-label]").textContent = on ? drop : add;
      button.hidden = false;
    }
  }

  function open() {
    both.replaceChildren(
      ...chosen.map((button) => {
        const copy = button.closest("[data-project]").cloneNode(true);
        for (const each of [copy, ...copy.querySelectorAll("[id]")]) each.removeAttribute("id");
        for (const input of copy.querySelectorAll("input, button")) input.remove();
        const column = document.createElement("div");
        column.append(...copy.childNodes);
        return column;
      }),
    );
    dialog.showModal();
  }

  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-compare-add]");
    if (!button) return;
    chosen = chosen.includes(button) ? chosen.filter((each) => each !== button) : [...chosen, button].slice(-2);
    paint();
    if (chosen.length === 2) open();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    chosen.at(-1)?.focus();
    chosen = [];
    paint();
  });
  paint();
}
