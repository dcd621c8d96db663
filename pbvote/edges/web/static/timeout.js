// A form that ends by itself says so two minutes before, and lasts as long again for whoever asks.

const box = document.querySelector("[data-time-out]");
const whole = Number(box.dataset.timeOut) * 60_000;
const WARN = 120_000;
let timers = [];

function arm() {
  for (const timer of timers) clearTimeout(timer);
  box.hidden = true;
  timers = [
    setTimeout(() => {
      box.hidden = false;
    }, Math.max(0, whole - WARN)),
    setTimeout(() => {
      box.querySelector("[data-warn]").hidden = true;
      box.querySelector("[data-over]").hidden = false;
      box.querySelector("[data-longer]").hidden = true;
    }, whole),
  ];
}

box.querySelector("[data-longer]").addEventListener("click", async () => {
  const answer = await fetch(box.dataset.alive, { cache: "no-store" }).catch(() => null);
  if (answer?.ok) arm();
});
arm();
