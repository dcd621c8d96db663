// What an amount is read as, beside its field while somebody types. The server is the one reader of 85萬 and
// NT$300,000; without this script the next page says it.

for (const field of document.querySelectorAll("[data-money]")) {
  const place = field.parentElement.querySelector("output");
  let waiting = 0;
  let newest = 0;

  async function read() {
    const mine = (newest += 1);
    try {
      const answer = await fetch(`/amount?${new URLSearchParams({ typed: field.value })}`);
      if (!answer.ok || mine !== newest) return;
      const { said, amount } = await answer.json();
      place.textContent = said;
      field.dispatchEvent(new CustomEvent("amount", { bubbles: true, detail: amount ?? 0 }));
    } catch {
      place.textContent = ""; // no connection: what is read shows when the form is sent
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    place.textContent = "";
    waiting = setTimeout(read, 350);
  });
  if (field.value !== field.defaultValue) read();
}
