// What a ballot may hold: the one rule of the browser, for the ballot, a project's page and the seal
// (docs/protocol.md, S2 and S5). No network, no storage, no page.
//
// What this module guarantees: no number stands here. A form's limits are those of the manifest's
// `ballot_form` and of the district's budget; what is refused while choosing is what no legal ballot holds,
// and fault() gives the codes of the service's own rule (both are held to tests/vectors/ballot_forms.json).

const spent = (chosen) => chosen.reduce((sum, project) => sum + project.cost, 0);
const given = (chosen) => chosen.reduce((sum, project) => sum + (project.points ?? 0), 0);

/** A set of projects: what a form does unless it says otherwise. */
const SET = {
  /** Whether the order of the projects says something. */
  ordered: false,
  /** Whether projects get points, one at least. */
  points: false,
  /** What has been used of what there is: projects, money or points. */
  meter: (rule, chosen) => ({ used: chosen.length, whole: rule.most, money: false }),
  /** Why one more project cannot be chosen, beside their number: `{why, n}` or null; n in NT$ for money. */
  obstacle: () => null,
  /** Why so many points cannot be given to a project of the ballot: `{why, n}` or null. */
  excess: () => null,
  /** Why a list of projects with known costs is not legal, beside their number: a code or null. */
  fault: () => null,
};

/** Every ballot form by its kind. */
export const FORMS = {
  "up-to": SET,
  exactly: SET,
  between: SET,
  ranking: { ...SET, ordered: true },
  knapsack: {
    ...SET,
    meter: (rule, chosen) => ({ used: spent(chosen), whole: rule.budget, money: true }),
    obstacle(rule, chosen, project) {
      const over = spent(chosen) + project.cost - rule.budget;
      return over > 0 ? { why: "over", n: over } : null;
    },
    fault: (rule, chosen) => (spent(chosen) > rule.budget ? "over-budget" : null),
  },
  points: {
    ...SET,
    points: true,
    meter: (rule, chosen) => ({ used: given(chosen), whole: rule.pointsTotal, money: false }),
    obstacle: (rule, chosen) => (given(chosen) >= rule.pointsTotal ? { why: "spent", n: rule.pointsTotal } : null),
    excess(rule, chosen, wanted, before) {
      if (wanted > rule.pointsMost) return { why: "pointsFull", n: rule.pointsMost };
      return given(chosen) - before + wanted > rule.pointsTotal ? { why: "spent", n: rule.pointsTotal } : null;
    },
    fault(rule, chosen) {
      const fits = ({ points }) => Number.isInteger(points) && points >= 1 && points <= rule.pointsMost;
      if (!chosen.every(fits)) return "points-range";
      return given(chosen) > rule.pointsTotal ? "points-too-many" : null;
    },
  },
};

/** The rule of a ballot: the manifest's `ballot_form` and the district's budget in NT$. */
export function ruleOf(form, budget) {
  return {
    ...FORMS[form.kind],
    kind: form.kind,
    least: form.min_choices,
    most: form.max_choices,
    budget,
    pointsTotal: form.points_total ?? 0,
    pointsMost: form.points_most || (form.points_total ?? 0),
  };
}

/** What is kept before anything is chosen. */
export const emptyDraft = (district) => ({
  district,
  chosen: [],
  counter: false,
  identified: false,
  reviewed: false,
});

export const find = (chosen, number) => chosen.find((project) => project.number === number);

/** Why one more project (`{number, cost}`) cannot be chosen: `{why, n}` or null. */
export function obstacle(rule, chosen, project) {
  if (chosen.length >= rule.most) return { why: "full", n: rule.most };
  return rule.obstacle(rule, chosen, project);
}

/** The choices with one project more, which must have no obstacle. */
export function add(rule, chosen, project) {
  const all = [...chosen, rule.points ? { ...project, points: 1 } : project];
  return rule.ordered ? all : all.sort((a, b) => a.number - b.number);
}

export const remove = (chosen, number) => chosen.filter((project) => project.number !== number);

/** Why a chosen project cannot get so many points more (or, below 0, less): `{why, n}` or null. */
export function excess(rule, chosen, number, more) {
  const { points } = find(chosen, number);
  return more > 0 ? rule.excess(rule, chosen, points + more, points) : null;
}

/** The choices with so many points more or less for one project; without points it is off the ballot. */
export const give = (chosen, number, more) =>
  chosen
    .map((project) => (project.number === number ? { ...project, points: project.points + more } : project))
    .filter((project) => project.points !== 0);

/** The choices with one project so many places further down (or, below 0, up); null where there is no place. */
export function move(chosen, number, by) {
  const at = chosen.findIndex((project) => project.number === number);
  const to = at + by;
  if (at < 0 || to < 0 || to >= chosen.length) return null;
  const order = [...chosen];
  [order[at], order[to]] = [order[to], order[at]];
  return order;
}

/** `{used, whole, money}`: what the meter shows; `money` where both are NT$. */
export const meter = (rule, chosen) => rule.meter(rule, chosen);

/** Whether enough is chosen to go on. */
export const enough = (rule, chosen) => chosen.length >= rule.least;

/** What the ballot says: numbers, ascending for a set and in order for a ranking; with points, pairs. */
export function said(rule, chosen) {
  const listed = rule.ordered ? chosen : [...chosen].sort((a, b) => a.number - b.number);
  return listed.map(({ number, points }) => (rule.points ? [number, points] : number));
}

/** Why what a ballot says is not legal, as a code of the service's rule, or null. `costs`: number to NT$. */
export function fault(rule, costs, says) {
  const chosen = says.map((each) => {
    const [number, points] = Array.isArray(each) ? each : [each, undefined];
    return { number, points, cost: costs.get(number) };
  });
  const seen = new Set();
  for (const { number } of chosen) {
    if (!costs.has(number)) return "project-unknown";
    if (seen.has(number)) return "project-twice";
    seen.add(number);
  }
  if (chosen.length < rule.least) return "too-few";
  if (chosen.length > rule.most) return "too-many";
  return rule.fault(rule, chosen);
}

/** So many points, in words. */
export const pointsSaid = (words, n) => (n === 1 ? words.givenOne : words.given.replace("{n}", String(n)));

/** A sentence of the page about an obstacle, with its number; `amount` writes NT$. */
export function sentence(words, { why, n }, amount) {
  return words[why].replace("{n}", String(n)).replace("{money}", amount(n));
}
