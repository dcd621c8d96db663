// Saving while somebody writes: what stands in the form goes to the server two seconds after the last
// change and before anything else on the page leaves it; without this script the buttons do the same.

const form = document.querySelector("form[data-autosave]");
const status = document.querySelector("[data-status]");
let waiting = 0;
// what was typed before this script came is saved like the rest
const TYPED = "textarea, input:not([type=hidden], [type=checkbox], [type=radio], [type=file])";
const early = [...form.elements].some(
  (field) => (field.matches(TYPED) && field.value !== field.defaultValue) || (field.matches("[type=checkbox], [type=radio]") && field.checked !== field.defaultChecked),
);
let saved = early ? "" : body();

function body() {
  const typed = new FormData(form);
  typed.delete("seen"); // the number of the version on the page: it changes with every save
  return new URLSearchParams(typed).toString();
}

function time() {
  return new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
}

/** What others have proposed already, while the title is being written. */
function suggest(found) {
  const place = form.querySelector("[data-similar]");
  if (!place) return;
  place.hidden = found.length === 0;
  place.querySelector("ul").replaceChildren(
    ...found.map(({ title, href }) => {
      const item = document.createElement("li");
      const link = Object.assign(document.createElement("a"), { href, textContent: title, target: "_blank", rel: "noopener" });
      item.append(link);
      return item;
    }),
  );
}

let busy = Promise.resolve();
let pending = 0;
let sent = false; // the form itself is on its way, with everything in it
let held = false;

/** One request after the other, so that first words never become two drafts. */
function save(leaving = false) {
  clearTimeout(waiting);
  pending += 1;
  busy = busy.then(() => send(leaving)).finally(() => {
    pending -= 1;
  });
  return busy;
}

async function send(leaving) {
  const now = body();
  if (now === saved || sent) return;
  try {
    const answer = await fetch(form.dataset.autosave, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
      body: `${now}&seen=${form.elements.seen.value}`,
      keepalive: leaving,
    });
    const result = answer.redirected ? {} : await answer.json();
    if (!answer.ok || !result.saved) throw new Error(result.text ?? "");
    saved = now;
    form.elements.seen.value = result.seen ?? form.elements.seen.value;
    if (result.edit) {
      // the first words have become a draft: from now on the page is the draft's own
      form.setAttribute("action", result.edit); // not .action: a button has that name
      form.dataset.autosave = result.autosave;
      history.replaceState(null, "", result.edit);
    }
    suggest(result.similar ?? []);
    status.textContent = `${form.dataset.saved} ${time()}`;
  } catch (error) {
    status.textContent = error.message || form.dataset.unsaved;
  }
}

form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(save, 2000);
});
if (early) waiting = setTimeout(save, 2000);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") save(true);
});
form.addEventListener("submit", async (event) => {
  clearTimeout(waiting);
  if (pending === 0) {
    sent = true;
    return;
  }
  event.preventDefault(); // a draft that is just being made gives the form its address
  const { submitter } = event;
  await busy;
  setTimeout(() => form.requestSubmit(submitter)); // not inside this event, or nothing would be sent
});

/** What leaves the page waits until all is kept: the page it leads to shows what is stored. Where keeping it
 * fails, one stays once and reads why. */
let warned = false;
async function first(event, go) {
  if (held || (pending === 0 && body() === saved)) {
    if (held === true) event.preventDefault();
    return;
  }
  event.preventDefault();
  held = true;
  await save();
  const kept = body() === saved;
  held = kept || warned ? "go" : false;
  warned = !kept;
  if (held) setTimeout(go);
}
document.addEventListener("submit", (event) => {
  const { target, submitter } = event;
  if (target !== form) first(event, () => target.requestSubmit(submitter));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const aside = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (!link || aside || link.target || link.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
  first(event, () => link.click());
});
window.addEventListener("pageshow", () => {
  sent = held = false;
});

// The cost against the rules, as the server read it (money.js).
const note = form.querySelector("[data-over]");

function weigh(amount) {
  if (!note) return;
  const limits = { most: Number(note.dataset.most), budget: Number(note.dataset.budget) };
  let said = "";
  if (limits.most && amount > limits.most) said = note.dataset.overMost.replace("{n}", limits.most.toLocaleString("en-US"));
  else if (limits.budget && amount > limits.budget) said = note.dataset.overBudget.replace("{n}", limits.budget.toLocaleString("en-US"));
  note.hidden = said === "";
  note.textContent = said;
}

if (note) weigh(Number(note.dataset.amount));
form.addEventListener("amount", (event) => weigh(event.detail));
