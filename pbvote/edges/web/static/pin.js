// A pin for a proposal: put on the map by pressing, moved by arrow keys, or set to where the device is.
// The two number fields hold it; without this script they are all there is.

const field = document.querySelector("[data-pin]");
const box = field.querySelector("[data-placing]");
const svg = box.querySelector("svg");
const said = box.querySelector("[data-said]");
const outside = field.querySelector("[data-outside]");
const { latitude, longitude, district } = field.closest("form").elements;
const full = svg ? { x: 0, y: 0, w: svg.viewBox.baseVal.width, h: svg.viewBox.baseVal.height } : null;
const world = svg ? Object.fromEntries(["west", "north", "across", "up"].map((name) => [name, Number(svg.dataset[name])])) : null;
const areas = svg ? [...svg.querySelectorAll("[data-district]")] : [];
const CLOSEST = 24; // times as large as the whole map

let view = full;
let pin = null; // in units of the map

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const within = (value, least, most) => Math.min(Math.max(value, least), most);
const nameOf = (area) => area?.dataset.name ?? "";
const areaAt = (point) => areas.find((area) => area.isPointInFill(new DOMPoint(point.x, point.y)));
const chosen = () => (district ? areas.find((area) => area.dataset.district === district.value) : areas.length === 1 ? areas[0] : undefined);

/** Show a part of the map, with pin and names as large as before. */
function show(x, y, w) {
  const wide = within(w, full.w / CLOSEST, full.w);
  const high = (wide / full.w) * full.h;
  view = { x: within(x, 0, full.w - wide), y: within(y, 0, full.h - high), w: wide, h: high };
  svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.h}`);
  svg.style.setProperty("--unit", String(view.w / full.w));
  draw();
}

function zoom(times) {
  const centre = pin ?? { x: view.x + view.w / 2, y: view.y + view.h / 2 };
  const wide = view.w / times;
  show(centre.x - wide / 2, centre.y - ((wide / full.w) * full.h) / 2, wide);
}

/** A part of the drawing, made of attributes alone. */
function made(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

/** The villages of the district, to find the place between them; without them the map is what it was. */
async function drawVillages(id) {
  const group = svg.querySelector("[data-villages]");
  group.replaceChildren();
  group.dataset.of = id;
  if (!id) return;
  try {
    const answer = await fetch(group.dataset.villages + encodeURIComponent(id), { headers: { Accept: "application/json" } });
    const { villages } = await answer.json();
    if (group.dataset.of !== id) return; // another district has been chosen meanwhile
    group.append(
      ...villages.map(({ path }) => made("path", { d: path, class: "atlas__village" })),
      ...villages.filter(({ label }) => label).map(({ label, x, y }) => made("text", { x, y, class: "atlas__village-name" }, label)),
    );
    draw();
  } catch {
    group.replaceChildren();
  }
}

/** The part of the map with the district, or all of it. */
function lookAt(area) {
  drawVillages(area?.dataset.district ?? "");
  if (!area) return show(0, 0, full.w);
  const [x, y, w, h] = area.dataset.box.split(" ").map(Number);
  const wide = Math.max(w, (h / full.h) * full.w) * 1.2;
  return show(x + w / 2 - wide / 2, y + h / 2 - ((wide / full.w) * full.h) / 2, wide);
}

function draw() {
  const drop = svg.querySelector("[data-drop]");
  drop.setAttribute("visibility", pin ? "visible" : "hidden");
  if (pin) drop.setAttribute("transform", `translate(${pin.x} ${pin.y}) scale(${view.w / full.w})`);
  const mine = chosen();
  for (const area of areas) area.classList.toggle("atlas__d--mine", area === mine);
  for (const name of svg.querySelectorAll("[data-names]")) {
    name.classList.toggle("atlas__name--mine", name.dataset.names === mine?.dataset.district);
  }
  const near = view.w < full.w * 0.9 || areas.length === 1;
  svg.classList.toggle("atlas--near", near && svg.querySelector("[data-villages]").childElementCount > 0);
}

/** A kind question where the pin lies in another district than the proposal. */
function ask() {
  const mine = chosen();
  const here = pin && areaAt(pin);
  const differs = Boolean(pin && mine && here !== mine);
  const change = outside.querySelector("[data-switch]");
  outside.hidden = !differs;
  change.hidden = !(differs && here && district);
  if (!differs) return;
  const question = here ? box.dataset.question : box.dataset.questionNowhere;
  outside.querySelector("[data-asks]").textContent = fill(question, { name: nameOf(here), chosen: nameOf(mine) });
  change.textContent = fill(box.dataset.change, { name: nameOf(here) });
}

/** Write the pin into the fields, which are saved as if they had been typed. */
function write() {
  latitude.value = pin ? (world.north - pin.y / world.up).toFixed(5) : "";
  longitude.value = pin ? (world.west + pin.x / world.across).toFixed(5) : "";
  latitude.dispatchEvent(new Event("input", { bubbles: true }));
}

function put(point, { before = "" } = {}) {
  pin = { x: within(point.x, 0, full.w), y: within(point.y, 0, full.h) };
  if (pin.x < view.x || pin.x > view.x + view.w || pin.y < view.y || pin.y > view.y + view.h) {
    show(pin.x - view.w / 2, pin.y - view.h / 2, view.w);
  }
  const here = areaAt(pin);
  let text = here ? box.dataset.in : box.dataset.nowhere;
  if (here && district && !district.value) {
    district.value = here.dataset.district;
    text = box.dataset.both;
  }
  said.textContent = before + fill(text, { name: nameOf(here) });
  write();
  draw();
  ask();
}

function remove() {
  if (svg) pin = null;
  latitude.value = longitude.value = "";
  latitude.dispatchEvent(new Event("input", { bubbles: true }));
  said.textContent = box.dataset.removed;
  outside.hidden = true;
  if (svg) draw();
}

/** The fields as a point of the map; null where they hold none. */
function typed() {
  const [north, east] = [latitude.value, longitude.value].map((text) => (text.trim() ? Number(text) : Number.NaN));
  if (Number.isNaN(north) || Number.isNaN(east)) return null;
  return { x: (east - world.west) * world.across, y: (world.north - north) * world.up };
}

function locate() {
  said.textContent = box.dataset.asking;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      if (!svg) {
        latitude.value = coords.latitude.toFixed(5);
        longitude.value = coords.longitude.toFixed(5);
        latitude.dispatchEvent(new Event("input", { bubbles: true }));
        said.textContent = box.dataset.here;
        return;
      }
      const point = { x: (coords.longitude - world.west) * world.across, y: (world.north - coords.latitude) * world.up };
      if (point.x < 0 || point.y < 0 || point.x > full.w || point.y > full.h) said.textContent = box.dataset.far;
      else put(point, { before: box.dataset.here });
    },
    () => {
      said.textContent = box.dataset.denied;
    },
    { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 },
  );
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const centre = { x: view.x + view.w / 2, y: view.y + view.h / 2 };
  if (STEPS[event.key]) {
    const [right, down] = STEPS[event.key];
    const step = view.w / (event.shiftKey ? 250 : 50);
    put(pin ? { x: pin.x + right * step, y: pin.y + down * step } : centre);
  } else if (event.key === "Enter" || event.key === " ") put(pin ?? centre);
  else if (event.key === "+" || event.key === "=") zoom(2);
  else if (event.key === "-") zoom(1 / 2);
  else if (event.key === "Delete" || event.key === "Backspace") remove();
  else return;
  event.preventDefault();
}

if (svg) {
  const map = box.querySelector("[data-map]");
  map.addEventListener("click", (event) => {
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    put({ x, y });
  });
  map.addEventListener("keydown", press);
  for (const button of box.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => zoom(button.dataset.zoom === "in" ? 2 : 1 / 2));
  }
  for (const each of [latitude, longitude]) {
    each.addEventListener("change", () => {
      pin = typed();
      draw();
      ask();
    });
  }
  district?.addEventListener("change", () => {
    lookAt(chosen());
    ask();
  });
  outside.querySelector("[data-switch]").addEventListener("click", () => {
    const here = areaAt(pin);
    district.value = here.dataset.district;
    district.dispatchEvent(new Event("input", { bubbles: true }));
    said.textContent = fill(box.dataset.in, { name: nameOf(here) });
    map.focus();
    draw();
    ask();
  });
}
box.querySelector("[data-remove]").addEventListener("click", remove);
if ("geolocation" in navigator) {
  const button = box.querySelector("[data-locate]");
  button.hidden = false;
  button.addEventListener("click", locate);
}
box.hidden = false;
if (svg) {
  pin = typed();
  lookAt(pin && areaAt(pin) !== chosen() ? undefined : chosen());
  ask();
}
