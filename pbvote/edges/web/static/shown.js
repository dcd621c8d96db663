// Hides fields that do not matter beside what is chosen elsewhere. Without this script all are shown, and the
// service passes over the same ones either way. What is hidden keeps what was typed.

const parts = [...document.querySelectorAll("[data-shown-when]")];

function said(name) {
  const inputs = [...document.getElementsByName(name)];
  const one = inputs[0]?.type === "radio" ? inputs.find((input) => input.checked) : inputs[0];
  return one ? one.value : "";
}

function matters(part) {
  const { shownWhen, shownAmong } = part.dataset;
  const around = document.getElementsByName(shownWhen)[0]?.closest("[data-shown-when]");
  return JSON.parse(shownAmong).includes(said(shownWhen)) && (!around || matters(around));
}

function update() {
  for (const part of parts) {
    const shown = matters(part) || part.querySelector(".field--wrong") !== null;
    if (shown && part.hidden && part.tagName === "DETAILS") part.open = true;
    part.hidden = !shown;
  }
}

document.addEventListener("change", update);
window.addEventListener("pageshow", update);
update();
