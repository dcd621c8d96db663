// The plain count of a Pabulib file (most votes first, what does not fit is passed over), as anybody would write it.
import { readFileSync } from "node:fs";

const fields = (line) => {
  const out = [];
  let at = 0;
  while (at <= line.length) {
    if (line[at] === '"') {
      let text = "";
      for (at += 1; ; at += 1) {
        if (line[at] === '"' && line[at + 1] === '"') { text += '"'; at += 1; }
        else if (line[at] === '"') break;
        else text += line[at];
      }
      out.push(text);
      at += 2;
    } else {
      const end = line.indexOf(";", at);
      out.push(line.slice(at, end < 0 ? line.length : end));
      at = end < 0 ? line.length + 1 : end + 1;
    }
  }
  return out;
};

let section = "";
let columns = [];
let budget = 0;
const projects = new Map();
for (const line of readFileSync(process.argv[2], "utf8").replace(/^\uFEFF/, "").split(/\r?\n/)) {
  if (!line) continue;
  if (["META", "PROJECTS", "VOTES"].includes(line)) { section = line; columns = []; continue; }
  const row = fields(line);
  if (!columns.length) { columns = row; continue; }
  if (section === "META" && row[0] === "budget") budget = Number(row[1]);
  if (section === "PROJECTS") projects.set(row[columns.indexOf("project_id")], { cost: Number(row[columns.indexOf("cost")]), votes: 0 });
  if (section === "VOTES") for (const id of new Set(row[columns.indexOf("vote")].split(",").filter(Boolean))) projects.get(id).votes += 1;
}
const winners = [];
for (const [id, project] of [...projects].sort((a, b) => b[1].votes - a[1].votes || (a[0] < b[0] ? -1 : 1))) {
  if (project.cost <= budget) { winners.push(id); budget -= project.cost; }
}
console.log(JSON.stringify(winners));
