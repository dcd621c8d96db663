// Pictures of a proposal: looked at before they are sent, sent one after the other with their progress, moved by
// dragging or by buttons without a new page. Without this script the plain forms do the same.

const choose = document.querySelector("[data-choose]");
const arrange = document.querySelector("[data-arrange]");
const list = arrange.querySelector("[data-list]");
const said = arrange.querySelector("[data-said]");
const filled = (text, value) => text.replace("{n}", value);

// --- those that are there: their order and their words

/** What the buttons of a picture are called: each says of which picture it is. */
function call(item, name) {
  for (const button of item.querySelectorAll("[data-of]")) button.ariaLabel = button.dataset.of + arrange.dataset.colon + name;
}

/** Says of every picture which turn it has, and names it in its buttons. */
function number() {
  [...list.children].forEach((item, at) => {
    const turn = filled(arrange.dataset.turn, at + 1);
    item.querySelector("[data-turn]").textContent = at === 0 ? turn + arrange.dataset.first : turn;
    const name = item.querySelector("input").value || turn;
    call(item, name);
    item.querySelector("[data-grip]").hidden = list.children.length < 2;
  });
  arrange.hidden = list.children.length === 0;
  const full = list.children.length >= Number(choose.dataset.most);
  if (!choose.contains(document.activeElement)) choose.hidden = full && previews.children.length === 0;
  document.querySelector("[data-full]").hidden = !full;
}

async function keep(sentence) {
  const body = new FormData(arrange);
  body.set("action", "save");
  body.set("order", [...list.children].map((item) => item.dataset.picture).join(","));
  try {
    const answer = await fetch(arrange.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) throw new Error();
    said.textContent = sentence;
  } catch {
    said.textContent = arrange.dataset.failed;
  }
}

function settle(item) {
  number();
  keep(filled(arrange.dataset.moved, [...list.children].indexOf(item) + 1));
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  if (button.dataset.move === "-1") item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  button.focus();
  settle(item);
});

list.addEventListener("change", () => {
  number();
  keep("");
});

list.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest("[data-grip]");
  if (!grip) return;
  const held = grip.closest("li");
  const before = [...list.children].indexOf(held);
  grip.setPointerCapture(event.pointerId);
  held.classList.add("is-held");
  const follow = ({ clientX, clientY }) => {
    const over = document.elementFromPoint(clientX, clientY)?.closest("[data-list] > li");
    if (!over || over === held) return;
    if (held.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING) over.after(held);
    else over.before(held);
  };
  const letGo = () => {
    grip.removeEventListener("pointermove", follow);
    held.classList.remove("is-held");
    if ([...list.children].indexOf(held) !== before) settle(held);
  };
  grip.addEventListener("pointermove", follow);
  grip.addEventListener("lostpointercapture", letGo, { once: true });
});

/** A copy of the pattern of a picture, with the names of this one. */
function another({ id, sha256, alt }) {
  const item = arrange.querySelector("[data-another]").content.cloneNode(true).firstElementChild;
  item.dataset.picture = id;
  for (const each of item.querySelectorAll("*")) {
    for (const name of ["id", "name", "for", "value", "formaction"]) {
      const value = each.getAttribute(name);
      if (value) each.setAttribute(name, value.replace(/-0$/, `-${id}`).replace("/0/", `/${id}/`));
    }
  }
  item.querySelector("img").src = `/media/${sha256}-320.webp`;
  item.querySelector("input").value = alt;
  return item;
}

// --- those that are being chosen

const previews = choose.querySelector("[data-previews]");
const progress = choose.querySelector("[data-progress]");
const inputs = [...choose.querySelectorAll("input[type=file]")];
const files = new Map();

choose.querySelector(".chooser").classList.add("chooser--js");
choose.querySelector("[data-send]").hidden = true;

/** What is wrong with a file as far as this page can tell: the server looks again. */
function wrongWith(file) {
  if (!["image/jpeg", "image/png", "image/webp"].includes(file.type)) return choose.dataset.type;
  if (file.size > Number(choose.dataset.bytes)) return filled(choose.dataset.large, (file.size / 2 ** 20).toFixed(1));
  return "";
}

async function draw(canvas, file) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.max(canvas.width / picture.width, canvas.height / picture.height);
    const [wide, high] = [picture.width * scale, picture.height * scale];
    canvas.getContext("2d").drawImage(picture, (canvas.width - wide) / 2, (canvas.height - high) / 2, wide, high);
    picture.close();
  } catch {
    // no picture that this browser can draw: the server says what is wrong with it
  }
}

function refuse(item, text) {
  const place = item.querySelector("[data-wrong]");
  place.textContent = text;
  place.hidden = text === "";
  item.querySelector("progress").hidden = true;
}

function show(file) {
  const item = choose.querySelector("[data-preview]").content.cloneNode(true).firstElementChild;
  item.querySelector("[data-name]").textContent = file.name;
  call(item, file.name);
  const wrong = wrongWith(file);
  refuse(item, wrong);
  item.querySelector(".field").hidden = wrong !== "";
  draw(item.querySelector("canvas"), file);
  item.querySelector("[data-drop]").addEventListener("click", () => {
    files.delete(item);
    item.remove();
    offer();
    inputs[0].focus();
  });
  files.set(item, { file, wrong });
  previews.append(item);
}

function offer() {
  const sendable = [...files.values()].some(({ wrong }) => wrong === "");
  choose.querySelector("[data-send]").hidden = !sendable;
  choose.querySelector("[data-kindly]").hidden = !sendable;
  number();
}

for (const input of inputs) {
  input.addEventListener("change", () => {
    for (const file of input.files) show(file);
    input.value = ""; // the same file can be chosen again, and nothing is sent twice
    offer();
  });
}

/** One file with its words; the picture as the server keeps it, or the sentence of what is wrong. */
function send(item, { file }) {
  const body = new FormData();
  body.set("csrf_token", choose.elements.csrf_token.value);
  body.set("picture", file);
  body.set("alt", item.querySelector("[data-alt]").value);
  const bar = item.querySelector("progress");
  bar.hidden = false;
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", choose.getAttribute("action"));
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = (100 * loaded) / total;
      progress.textContent = filled(choose.dataset.sending, Math.round(bar.value));
    });
    request.addEventListener("load", () => resolve(request.response ?? { text: choose.dataset.lost }));
    request.addEventListener("error", () => resolve({ text: choose.dataset.lost }));
    request.send(body);
  });
}

async function sendAll() {
  const button = choose.querySelector("[data-send]");
  button.disabled = true;
  for (const [item, chosen] of [...files]) {
    if (chosen.wrong) continue;
    if (list.children.length >= Number(choose.dataset.most)) {
      refuse(item, choose.dataset.tooMany);
      continue;
    }
    refuse(item, "");
    const result = await send(item, chosen);
    if (!result.id) {
      refuse(item, result.text);
      continue;
    }
    files.delete(item);
    item.remove();
    progress.textContent = filled(choose.dataset.added, chosen.file.name);
    if (!list.querySelector(`[data-picture="${result.id}"]`)) list.append(another(result));
    document.querySelector("[data-none]")?.remove();
  }
  button.disabled = false;
  offer();
  previews.querySelector("[data-wrong]:not([hidden])")?.scrollIntoView({ block: "center" });
  return [...files.values()].every(({ wrong }) => wrong);
}

choose.addEventListener("submit", (event) => {
  event.preventDefault();
  sendAll();
});

// whoever is done has not forgotten the pictures that still wait
arrange.addEventListener("submit", async (event) => {
  const { submitter } = event;
  if (submitter?.value !== "done" || choose.querySelector("[data-send]").hidden) return;
  event.preventDefault();
  if (await sendAll()) arrange.requestSubmit(submitter);
});

number();
