// A map behind the dots, where the operator has set a source of tiles; loaded when somebody asks for it.

const box = document.querySelector("[data-map]");
const place = box.querySelector("[data-place]");

function load(name, attributes) {
  return new Promise((resolve, reject) => {
    const element = Object.assign(document.createElement(name), attributes);
    element.addEventListener("load", resolve);
    element.addEventListener("error", reject);
    document.head.append(element);
  });
}

async function open() {
  await Promise.all([
    load("link", { rel: "stylesheet", href: "/static/vendor/leaflet/leaflet.css" }),
    load("script", { src: "/static/vendor/leaflet/leaflet.js" }),
  ]);
  box.querySelector("[data-open]").closest("p").hidden = true;
  place.hidden = false;
  box.querySelector("[data-controls]").hidden = false;
  const { L } = window;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(place, { zoomControl: false, attributionControl: false, zoomAnimation: !still, fadeAnimation: !still });
  L.tileLayer(box.dataset.tiles, { maxZoom: 18, referrerPolicy: "no-referrer" }).addTo(map);
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--brand").trim();
  const dots = [...box.querySelector("template").content.querySelectorAll("a")].map((link) => {
    const at = [Number(link.dataset.latitude), Number(link.dataset.longitude)];
    L.circleMarker(at, { radius: 11, color: "#fff", weight: 3, fillColor: colour, fillOpacity: 1 })
      .bindPopup(link.cloneNode(true))
      .addTo(map);
    return at;
  });
  map.fitBounds(dots, { padding: [40, 40], maxZoom: 16 });
  for (const button of box.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => map.setZoom(map.getZoom() + Number(button.dataset.zoom)));
  }
}

box.hidden = false;
box.querySelector("[data-open]").addEventListener("click", open, { once: true });
