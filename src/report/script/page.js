// One query: in words, stage by stage, and against another cell.

function queryPage(set, q, cell, other) {
  const query = set.queries[q];
  const grades = gradesOf(set, query);
  const stages = stagesOf(set, cell, q);
  const against = other === cell ? null : stagesOf(set, other, q);
  const page = el("div", { class: "query-body", id: "query-page" });
  page.append(el("p", { class: "query-text" }, bdi(query.text)), toolbar(set, q, cell, other, stages));
  if (query.filter) page.append(el("p", {}, "Filter: ", bdi(query.filter)));
  page.append(relevantOf(set, grades));
  page.append(inWords(set, q, cell), other === cell ? "" : inWords(set, q, other));
  if (!stages) {
    page.append(el("p", { class: "note" }, "The lists of this query are not in this file, to keep it small; the bundle's traces hold them."));
    return page;
  }
  page.append(bump(set, stages, grades), lists(set, cell, stages, grades));
  if (against) {
    const names = [set.cells[cell].name, set.cells[other].name];
    const [a, b] = [stages.at(-1).list, against.at(-1).list];
    page.append(el("h3", {}, bdi(names[0]), " beside ", bdi(names[1])), el("p", { class: "note" }, `${alike(set, a, b).join("; ")}.`),
      aligned(set, grades, a, b, ["first", "second"]), lists(set, other, against, grades));
  }
  page.append(texts(set, query, grades, stages.at(-1).list) ?? "");
  return page;
}

function toolbar(set, q, cell, other, stages) {
  const query = set.queries[q];
  const issue = () => {
    const rows = (stages?.at(-1).list.d ?? []).slice(0, 10);
    const grades = gradesOf(set, query);
    const table = rows.map((doc, i) => [String(i + 1), set.docs[doc][0], set.docs[doc][1], mark(doc, grades).text]);
    return [`**${query.id}**: ${query.text}`, "", `${set.cells[cell].name}: ${set.measure} ${digits(set.values[cell][q], 3)}. ${set.strings[set.said[cell][q]]}`,
      "", markdown([["#", "document", "title", "grade"], ...table])].join("\n");
  };
  return el("div", { class: "tools" },
    button("Copy link", () => copy(location.href, "Link")),
    button("Copy as Markdown", () => copy(issue(), "Query as Markdown")),
    button("Close", () => closeQuery(), { class: "close" }));
}

function relevantOf(set, grades) {
  const shown = grades.all.slice(0, 10);
  if (shown.length === 0) return el("p", {}, "No relevant document is judged.");
  const one = (doc) => {
    const { text, kind } = mark(doc, grades);
    return el("span", { class: "doc" }, el("span", { class: `grade ${kind}` }, text), " ", bdi(set.docs[doc][1]), " ", el("code", {}, set.docs[doc][0]));
  };
  const more = grades.all.length - shown.length;
  return el("p", {}, "Relevant: ", shown.map(one), more > 0 ? ` and ${more} more` : "");
}

function inWords(set, q, cell) {
  const fates = set.fates[cell]?.[q] ?? [];
  return el("div", { class: "words", "data-cell": set.cells[cell].id },
    el("p", {}, el("b", {}, bdi(set.cells[cell].name)), ` ${set.measure} ${digits(set.values[cell][q], 3)}. `, bdi(set.strings[set.said[cell][q]])),
    fates.length > 0 ? el("ul", {}, fates.map((f) => el("li", {}, bdi(set.strings[f])))) : null);
}

function lists(set, cell, stages, grades) {
  return [el("h3", {}, bdi(set.cells[cell].name)),
    el("div", { class: "lists", tabindex: "0", role: "group", "aria-label": `Lists of ${set.cells[cell].name}` },
      stages.map((stage) => oneList(set, stage, grades)))].reduce((all, node) => (all.append(node), all), document.createDocumentFragment());
}

function oneList(set, stage, grades) {
  const { list } = stage;
  const moves = stage.from.length > 0;
  const rows = list.d.flatMap((doc, i) => {
    const gap = i > 0 && list.ranks.get(doc) > list.ranks.get(list.d[i - 1]) + 1;
    return [gap ? el("tr", { class: "gap" }, el("td", { colspan: "5" }, "⋮")) : null, oneRow(set, stage, doc, i, grades, moves)];
  });
  const head = ["#", "document", "score", "grade", ...(moves ? ["moved"] : [])];
  return el("div", { class: "list" }, el("table", {},
    el("caption", {}, el("b", {}, stage.name), " ", bdi(stage.what), el("br"), el("small", {}, `${set.strings[list.p]}, ${list.n} found`)),
    el("thead", {}, el("tr", {}, head.map((h) => el("th", { scope: "col", class: h === "#" || h === "score" ? "num" : null }, h)))),
    el("tbody", {}, rows)));
}

function oneRow(set, stage, doc, i, grades, moves) {
  const { list } = stage;
  const { text, kind } = mark(doc, grades);
  const said = label(doc, stage, grades, set.cutoffs);
  const moved = moves ? movement(doc, stage, grades) : null;
  // What each joined list gave to the score, on the fusion's own scale.
  const parts = list.c?.[i] ? el("small", { class: "parts" }, stage.from.map((input, n) => (list.c[i][n] ? `${input.name}\u00a0${digits(list.c[i][n], 4)}` : null)).filter(Boolean).join(" + ")) : null;
  return el("tr", { class: kind }, el("td", { class: "num" }, list.ranks.get(doc)),
    el("td", {}, bdi(set.docs[doc][1]), " ", el("code", {}, set.docs[doc][0]),
      said ? [" ", el("span", { class: `tag ${said.startsWith("rescued") ? "good" : "bad"}` }, said)] : null),
    el("td", { class: "num" }, digits(list.s[i], 4)), el("td", { class: `grade ${kind}` }, text),
    moved ? el("td", { class: `moved ${moved.kind}` }, moved.text, parts ? [el("br"), parts] : null) : null);
}
