// Two rankings of one query: how alike they are, and who moved.

/** Rank-biased overlap of what is kept of both, with persistence 0.9: 1 for equal lists (Webber and others, 2010). */
function rbo(a, b) {
  const depth = Math.min(a.length, b.length);
  const [seenA, seenB] = [new Set(), new Set()];
  let [sum, weight, common] = [0, 1, 0];
  for (let d = 1; d <= depth; d += 1) {
    if (a[d - 1] === b[d - 1]) common += 1;
    else {
      if (seenB.has(a[d - 1])) common += 1;
      if (seenA.has(b[d - 1])) common += 1;
    }
    seenA.add(a[d - 1]);
    seenB.add(b[d - 1]);
    sum += weight * (common / d);
    weight *= 0.9;
  }
  // What lies beyond is taken to agree as the depth that is seen does.
  return depth === 0 ? null : (1 - 0.9) * sum + weight * (common / depth);
}

/** Facts about two final lists, in words. */
function alike(set, a, b) {
  const top = (list, k) => list.d.slice(0, Math.min(k, list.top));
  const k = Math.min(10, a.top, b.top);
  const [topA, topB] = [top(a, k), top(b, k)];
  const shared = topA.filter((d) => topB.includes(d));
  const both = [...a.ranks.keys()].filter((d) => b.ranks.has(d));
  let reversed = 0;
  both.forEach((x, i) => both.slice(i + 1).forEach((y) => {
    if ((a.ranks.get(x) - a.ranks.get(y)) * (b.ranks.get(x) - b.ranks.get(y)) < 0) reversed += 1;
  }));
  const facts = [`${shared.length} of the top ${k} in both`, `rank-biased overlap ${digits(rbo(top(a, 100), top(b, 100)), 3)}`,
    `${reversed} of ${(both.length * (both.length - 1)) / 2} pairs in reverse order`];
  const far = both.map((d) => [Math.abs(a.ranks.get(d) - b.ranks.get(d)), d]).sort((x, y) => y[0] - x[0])[0];
  if (far && far[0] > 0) {
    facts.push(`furthest: ${set.docs[far[1]][0]}, #${b.ranks.get(far[1])} → #${a.ranks.get(far[1])}`);
  }
  return facts;
}

/** Final lists side by side, a row per document that is high in one of them or relevant. */
function aligned(set, grades, a, b, names) {
  const rank = (list, doc) => list.ranks.get(doc) ?? Infinity;
  const docs = new Set([...a.d.slice(0, 10), ...b.d.slice(0, 10), ...[...a.d, ...b.d].filter(grades.relevant)]);
  const rows = [...docs].sort((x, y) => rank(a, x) - rank(a, y) || rank(b, x) - rank(b, y));
  const text = (list, doc) => (list.ranks.has(doc) ? `#${list.ranks.get(doc)}` : list.complete || grades.relevant(doc) ? "–" : `>#${list.top}`);
  const moved = (doc) => {
    const [now, then] = [a.ranks.get(doc), b.ranks.get(doc)];
    if (!now || !then) return "";
    return now === then ? "=" : now < then ? `▲${then - now}` : `▼${now - then}`;
  };
  const row = (doc) => {
    const { text: grade, kind } = mark(doc, grades);
    return el("tr", { class: kind }, el("td", { class: "num" }, text(a, doc)), el("td", { class: "num" }, text(b, doc)),
      el("td", { class: "moved" }, moved(doc)), el("td", {}, bdi(set.docs[doc][1]), " ", el("code", {}, set.docs[doc][0])),
      el("td", { class: `grade ${kind}` }, grade));
  };
  const head = [names[0], names[1], "moved", "document", "grade"];
  return el("div", { class: "lists", tabindex: "0", role: "group", "aria-label": "Both rankings" }, el("table", {},
    el("caption", { class: "sr" }, "Both rankings by document"),
    el("thead", {}, el("tr", {}, head.map((h, i) => el("th", { scope: "col", class: i < 2 ? "num" : null }, h)))),
    el("tbody", {}, rows.map(row))));
}
