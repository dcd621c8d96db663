// A QR code drawn in the browser (ISO/IEC 18004: byte mode, error correction M, versions 1 to 10), so that
// no server is asked to draw a check code and no server learns one.

// per version: error correction bytes a block, blocks, data bytes of the shortest block; the last `longer`
// blocks hold one byte more
const VERSIONS = [
  { check: 10, blocks: 1, data: 16, longer: 0, align: [] },
  { check: 16, blocks: 1, data: 28, longer: 0, align: [6, 18] },
  { check: 26, blocks: 1, data: 44, longer: 0, align: [6, 22] },
  { check: 18, blocks: 2, data: 32, longer: 0, align: [6, 26] },
  { check: 24, blocks: 2, data: 43, longer: 0, align: [6, 30] },
  { check: 16, blocks: 4, data: 27, longer: 0, align: [6, 34] },
  { check: 18, blocks: 4, data: 31, longer: 0, align: [6, 22, 38] },
  { check: 22, blocks: 4, data: 38, longer: 2, align: [6, 24, 42] },
  { check: 22, blocks: 5, data: 36, longer: 2, align: [6, 26, 46] },
  { check: 26, blocks: 5, data: 43, longer: 1, align: [6, 28, 50] },
];

const MASKS = [
  (row, column) => (row + column) % 2,
  (row) => row % 2,
  (row, column) => column % 3,
  (row, column) => (row + column) % 3,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2,
  (row, column) => ((row * column) % 2) + ((row * column) % 3),
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2,
];

const room = ({ data, blocks, longer }) => data * blocks + longer;

// ---- the field GF(256) with the polynomial 0x11d

const POWERS = [1];
for (let i = 1; i < 255; i++) POWERS.push((POWERS[i - 1] << 1) ^ (POWERS[i - 1] > 127 ? 0x11d : 0));
const times = (a, b) => (a && b ? POWERS[(POWERS.indexOf(a) + POWERS.indexOf(b)) % 255] : 0);

/** The remainder of the block, `length` bytes of Reed-Solomon. */
function checkBytes(block, length) {
  let generator = [1];
  for (let i = 0; i < length; i++) {
    const shifted = generator.map((each) => times(each, POWERS[i]));
    generator = [...generator, 0].map((each, at) => each ^ (shifted[at - 1] ?? 0));
  }
  const rest = [...block, ...Array(length).fill(0)];
  for (let at = 0; at < block.length; at++) {
    const lead = rest[at];
    generator.forEach((each, offset) => {
      rest[at + offset] ^= times(each, lead);
    });
  }
  return rest.slice(block.length);
}

/** Mode, length, bytes and filling, then blocks and their check bytes woven together. */
function codewords(bytes, number) {
  const version = VERSIONS[number - 1];
  const bits = [[4, 4], [bytes.length, number < 10 ? 8 : 16], ...[...bytes].map((each) => [each, 8]), [0, 4]]
    .map(([value, width]) => value.toString(2).padStart(width, "0"))
    .join("");
  const data = (bits.slice(0, room(version) * 8).match(/.{1,8}/g) ?? []).map((each) => parseInt(each.padEnd(8, "0"), 2));
  for (let i = 0; data.length < room(version); i++) data.push(i % 2 ? 0x11 : 0xec);
  const blocks = Array.from({ length: version.blocks }, (_, i) =>
    data.splice(0, version.data + (i >= version.blocks - version.longer ? 1 : 0)),
  );
  const checks = blocks.map((block) => checkBytes(block, version.check));
  const woven = (rows) => rows.at(-1).flatMap((_, at) => rows.map((row) => row[at]).filter((each) => each !== undefined));
  return [...woven(blocks), ...woven(checks)];
}

// ---- the square

/** A value with the remainder of its division by the generator behind it. */
function guarded(value, generator, length) {
  const width = generator.toString(2).length;
  let rest = value << length;
  while (rest.toString(2).length >= width) rest ^= generator << (rest.toString(2).length - width);
  return (value << length) | rest;
}

/** Everything but data: true, false, or undefined where data goes. */
function frame(number, mask) {
  const size = 17 + 4 * number;
  const cells = Array.from({ length: size }, () => Array(size));
  const put = (row, column, dark) => {
    if (row >= 0 && column >= 0 && row < size && column < size) cells[row][column] = Boolean(dark);
  };
  const rings = (row, column, radius, light) => {
    for (let y = -radius; y <= radius; y++) {
      for (let x = -radius; x <= radius; x++) put(row + y, column + x, !light.includes(Math.max(Math.abs(y), Math.abs(x))));
    }
  };
  for (let i = 8; i < size - 8; i++) for (const [row, column] of [[6, i], [i, 6]]) put(row, column, i % 2 === 0);
  const { align } = VERSIONS[number - 1];
  const [first, last] = [6, align.at(-1)];
  for (const row of align) {
    for (const column of align) {
      const corner = (row === first && column === first) || (row === first && column === last) || (row === last && column === first);
      if (!corner) rings(row, column, 2, [1]);
    }
  }
  for (const [row, column] of [[3, 3], [3, size - 4], [size - 4, 3]]) rings(row, column, 4, [2, 4]);
  const format = guarded(mask, 0x537, 10) ^ 0x5412; // error correction M is 00
  for (let i = 0; i < 15; i++) {
    const dark = (format >> i) & 1;
    put(i < 6 ? i : i < 8 ? i + 1 : size - 15 + i, 8, dark);
    put(8, i < 8 ? size - 1 - i : i < 9 ? 7 : 14 - i, dark);
  }
  put(size - 8, 8, true);
  if (number > 6) {
    const stated = guarded(number, 0x1f25, 12);
    for (let i = 0; i < 18; i++) {
      const [far, near] = [size - 11 + (i % 3), Math.floor(i / 3)];
      put(far, near, (stated >> i) & 1);
      put(near, far, (stated >> i) & 1);
    }
  }
  return cells;
}

function filled(words, number, mask) {
  const cells = frame(number, mask);
  const size = cells.length;
  const bits = words.flatMap((each) => [...each.toString(2).padStart(8, "0")].map(Number));
  let [at, up] = [0, true];
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5; // the timing pattern's column holds no data
    for (let step = 0; step < size; step++) {
      const row = up ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (cells[row][column] !== undefined) continue;
        cells[row][column] = Boolean((bits[at++] ?? 0) ^ (MASKS[mask](row, column) === 0));
      }
    }
    up = !up;
  }
  return cells;
}

/** How hard a square is to read: long runs and blocks of one colour. */
function unrest(cells) {
  let sum = 0;
  for (const rows of [cells, cells[0].map((_, column) => cells.map((row) => row[column]))]) {
    for (const row of rows) {
      const runs = row.map((each) => (each ? "1" : "0")).join("").match(/1{5,}|0{5,}|1011101/g) ?? [];
      sum += runs.reduce((all, run) => all + run.length, 0);
    }
  }
  for (let row = 1; row < cells.length; row++) {
    for (let column = 1; column < cells.length; column++) {
      const here = cells[row][column];
      const same = [cells[row - 1][column], cells[row][column - 1], cells[row - 1][column - 1]];
      if (same.every((each) => each === here)) sum += 3;
    }
  }
  return sum;
}

/** Rows of cells, true where dark. `mask` is chosen where none is given. Throws where the text is too long. */
export function qrOf(text, mask) {
  const bytes = new TextEncoder().encode(text);
  const number = 1 + VERSIONS.findIndex((each, at) => room(each) >= bytes.length + (at < 9 ? 2 : 3));
  if (!number) throw new Error("too long for a QR code");
  const words = codewords(bytes, number);
  const tried = (mask === undefined ? MASKS.map((_, at) => at) : [mask]).map((each) => filled(words, number, each));
  return tried.reduce((best, each) => (unrest(each) < unrest(best) ? each : best));
}

/** Draw into an empty `<svg>`, with the quiet zone of four cells. */
export function drawQr(svg, text) {
  const cells = qrOf(text);
  const side = cells.length + 8;
  svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const dark = cells.flatMap((row, y) => row.flatMap((each, x) => (each ? `M${x + 4} ${y + 4}h1v1h-1z` : [])));
  path.setAttribute("d", dark.join(""));
  svg.replaceChildren(path);
}
