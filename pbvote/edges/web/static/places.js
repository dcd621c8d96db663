// The list and the map in step: pointing at one marks the other. Without this script a pin is a link to its card.

const both = (id) => document.querySelectorAll(`[data-pin="${id}"], [data-row="${id}"]`);
const only = (id) => {
  for (const each of document.querySelectorAll("[data-pin].is-on, [data-row].is-on")) each.classList.remove("is-on");
  for (const each of both(id)) each.classList.add("is-on");
};

for (const each of document.querySelectorAll("[data-pin], [data-row]")) {
  const id = each.dataset.pin ?? each.dataset.row;
  each.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse") only(id);
  });
  each.addEventListener("focusin", () => only(id));
}

for (const pin of document.querySelectorAll("[data-pin]")) {
  pin.addEventListener("click", (event) => {
    const card = document.querySelector(`[data-row="${pin.dataset.pin}"]`);
    if (!card) return;
    event.preventDefault();
    only(pin.dataset.pin);
    card.scrollIntoView({ block: "nearest" });
    card.querySelector("a").focus({ preventScroll: true });
  });
}
