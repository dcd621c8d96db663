// Copies the address of a public page, or hands it to the device's own sheet. Without this script LINE, the QR
// code and the poster stay. Only the address and the title are told: nothing of whoever presses.

for (const panel of document.querySelectorAll("[data-share]")) {
  const { share: url, title } = panel.dataset;
  const said = panel.querySelector("[data-said]");
  const copy = panel.querySelector("[data-copy]");
  const sheet = panel.querySelector("[data-sheet]");

  copy.hidden = !navigator.clipboard;
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(url);
      said.textContent = copy.dataset.done;
    } catch {
      said.textContent = copy.dataset.failed;
    }
  });

  sheet.hidden = !navigator.canShare?.({ url, title });
  sheet.addEventListener("click", async () => {
    try {
      await navigator.share({ url, title });
    } catch {
      // closed without sharing: nothing to say
    }
  });
}
