// What the data block says of one query in one cell, in the words of the page (`view/lists` says the same of the
// queries that are there without script, and a test holds the two against each other).

/** Grades of a query by document; those that do not stand there are unjudged, or irrelevant where judgements are complete. */
function gradesOf(set, query) {
  const grades = new Map();
  for (let i = 0; i < query.grades.length; i += 2) grades.set(query.grades[i], query.grades[i + 1]);
  const top = Math.max(0, ...grades.values());
  const of = (doc) => grades.get(doc) ?? (set.complete ? 0 : null);
  return {
    of,
    relevant: (doc) => (of(doc) ?? 0) >= 1,
    targets: new Set([...grades].filter(([, g]) => top >= 1 && g === top).map(([doc]) => doc)),
    all: [...grades].filter(([, g]) => g >= 1).sort((a, b) => b[1] - a[1]).map(([doc]) => doc),
  };
}

/** A list with ranks: `d` documents, `r` the ranks of those that follow the unbroken top. */
function opened(list) {
  const top = list.d.length - (list.r?.length ?? 0);
  const rank = (i) => (i < top ? i + 1 : list.r[i - top]);
  const ranks = new Map(list.d.map((doc, i) => [doc, rank(i)]));
  return { ...list, top, ranks, complete: list.d.length >= list.n };
}

/** The stages of a cell with their lists and inputs; null where they are not in this file. */
function stagesOf(set, cell, query) {
  const at = set.at[cell][query];
  if (!at) return null;
  const stages = set.cells[cell].stages.map((stage, i) => ({ ...stage, list: opened(set.lists[at[i]]) }));
  for (const stage of stages) stage.from = stage.inputs.map((i) => stages[i]);
  return stages;
}

/** Where a document stood in an input: a rank, `>20` beyond the part that is kept, or nowhere. */
function before(doc, input, grades) {
  const rank = input.list.ranks.get(doc);
  if (rank) return { rank, text: `#${rank}` };
  const absent = input.list.complete || grades.relevant(doc);
  return { rank: null, text: absent ? "–" : `>#${input.list.top}`, absent };
}

/** `#4 → #1 ▲3`, or the rank in every list that was joined. */
function movement(doc, stage, grades) {
  const now = stage.list.ranks.get(doc);
  if (stage.from.length > 1) {
    const from = stage.from.map((input) => `${input.name}\u00a0${before(doc, input, grades).text}`);
    return { text: from.join(" · "), kind: "from" };
  }
  const then = before(doc, stage.from[0], grades);
  if (then.rank === now) return { text: `#${now} =`, kind: "same" };
  if (then.rank > now) return { text: `#${then.rank} → #${now} ▲${then.rank - now}`, kind: "up" };
  if (then.rank) return { text: `#${then.rank} → #${now} ▼${now - then.rank}`, kind: "down" };
  return { text: then.absent ? `NEW → #${now}` : `${then.text} → #${now} ▲`, kind: "up" };
}

/** Rescued, buried, or noise: what crossing a cut-off means. */
function label(doc, stage, grades, cutoffs) {
  if (stage.from.length === 0) return null;
  const now = (d) => stage.list.ranks.get(d) ?? Infinity;
  const then = (d) => Math.min(Infinity, ...stage.from.map((i) => i.list.ranks.get(d) ?? Infinity));
  if (!grades.targets.has(doc)) {
    const grade = grades.of(doc);
    const least = cutoffs[0];
    return grade !== null && grade < 1 && now(doc) <= least && then(doc) > least ? `noise in the top ${least}` : null;
  }
  for (const k of cutoffs) {
    const count = (rank) => [...grades.targets].filter((d) => rank(d) <= k).length;
    if (then(doc) > k && now(doc) <= k && count(now) > count(then)) return `rescued into the top ${k}`;
    if (then(doc) <= k && now(doc) > k && count(now) < count(then)) return `buried below the top ${k}`;
  }
  return null;
}

/** A judgement as it is written in a list. */
function mark(doc, grades) {
  const grade = grades.of(doc);
  if (grade === null) return { text: "unjudged", kind: "unjudged" };
  if (grades.targets.has(doc)) return { text: `★ ${grade}`, kind: "target" };
  return { text: String(grade).replace("-", "−"), kind: grade >= 1 ? "relevant" : "zero" };
}

const digits = (value, n) => (value === null || value === undefined ? "–" : value.toFixed(n).replace("-", "−"));
const signed = (value) => (value >= 0.0005 ? "+" : "") + digits(Math.abs(value) < 0.0005 ? 0 : value, 3);
