// The list of all queries: which cell against which, which queries, and one of them open.

const MOST = 200;
const FLAG = { unjudged: 1, rescued: 2, buried: 4, unanswered: 8 };
const view = { set: null, cell: 0, other: 0, which: "all", search: "", open: null };
let sets = [];

function queries() {
  const data = document.getElementById("data");
  if (!data) return;
  sets = JSON.parse(data.textContent).sets.filter((s) => s.cells.length > 0);
  if (sets.length === 0) return;
  document.querySelector("#queries .static")?.classList.add("replaced");
  document.querySelector("#queries h2 ~ .note")?.after(el("div", { id: "query-app" }));
  addEventListener("hashchange", () => follow(true));
  choose(sets[0]);
  follow(false);
}

/** The best cell by its mean is shown, beside the reference. */
function choose(set) {
  const mean = (c) => {
    const values = set.values[c].filter((v) => v !== null);
    return values.reduce((a, b) => a + b, 0) / Math.max(values.length, 1);
  };
  const reference = set.cells.findIndex((c) => c.ref);
  const best = set.cells.map((_, c) => c).reduce((a, b) => (mean(b) > mean(a) ? b : a));
  Object.assign(view, { set, other: Math.max(reference, 0), cell: best, which: "all", search: "", open: null });
}

/** What the address asks for: `q=parts-q15&cell=…&vs=…`, or a query's place in the page without script. */
function follow(scroll) {
  const asked = place.read();
  const key = asked.get("q") ?? (location.hash.startsWith("#q-") ? location.hash.slice(3) : null);
  const set = sets.find((s) => s.queries.some((q) => q.key === key)) ?? (scroll ? null : view.set);
  if (!set) return;
  if (set !== view.set) choose(set);
  const cell = (name, otherwise) => {
    const at = set.cells.findIndex((c) => c.id === asked.get(name));
    return at < 0 ? otherwise : at;
  };
  view.cell = cell("cell", view.cell);
  view.other = cell("vs", view.other);
  const open = set.queries.findIndex((q) => q.key === key);
  view.open = open < 0 ? null : open;
  if (open >= 0 && !wanted().includes(open)) Object.assign(view, { which: "all", search: "" });
  render();
  if (view.open !== null) document.getElementById("query-page")?.scrollIntoView({ block: "start" });
}

const delta = (q) => {
  const [a, b] = [view.set.values[view.cell][q], view.set.values[view.other][q]];
  return a === null || b === null ? null : a - b;
};

const KINDS = [
  ["all", "all", () => true],
  ["wins", "wins", (q) => (delta(q) ?? 0) > 1e-9],
  ["losses", "losses", (q) => (delta(q) ?? 0) < -1e-9],
  ["rescued", "rescued", (q) => view.set.flags[view.cell][q] & FLAG.rescued],
  ["buried", "buried", (q) => view.set.flags[view.cell][q] & FLAG.buried],
  ["lost", "best answer not found", (q) => view.set.ranks[view.cell][q] === 0],
  ["unjudged", "unjudged at top", (q) => view.set.flags[view.cell][q] & FLAG.unjudged],
  ["unanswered", "not answered", (q) => view.set.flags[view.cell][q] & FLAG.unanswered],
];

function wanted() {
  const { set, which, search } = view;
  const kind = KINDS.find(([name]) => name === which)[2];
  const text = search.toLowerCase();
  const found = set.queries.map((_, q) => q)
    .filter((q) => kind(q) && (!text || `${set.queries[q].id} ${set.queries[q].text}`.toLowerCase().includes(text)));
  // Equal ones stay in the order of the data block: those that move most come first.
  return found.sort((a, b) => Math.abs(delta(b) ?? 0) - Math.abs(delta(a) ?? 0) || a - b);
}

function render() {
  const app = document.getElementById("query-app");
  app.replaceChildren(controls(), el("div", { id: "query-list" }));
  renderList();
}

function controls() {
  const { set } = view;
  const cells = set.cells.map((c, i) => [String(i), c.name + (c.ref ? " (reference)" : "")]);
  const kinds = KINDS.map(([name, text, is]) => [name, `${text} (${set.queries.filter((_, q) => is(q)).length})`])
    .filter(([name, text]) => name === view.which || name === "all" || !text.endsWith("(0)"));
  const search = el("input", { type: "search", value: view.search, input: () => {
    view.search = search.value;
    renderList();
  } });
  const again = () => {
    remember();
    render();
  };
  return el("div", { class: "tools" },
    sets.length > 1 ? choice("data", sets.map((s, i) => [String(i), s.name]), String(sets.indexOf(set)), (i) => {
      choose(sets[Number(i)]);
      again();
    }) : null,
    choice("cell", cells, String(view.cell), (c) => { view.cell = Number(c); again(); }),
    choice("beside", cells, String(view.other), (c) => { view.other = Number(c); again(); }),
    choice("show", kinds, view.which, (which) => { view.which = which; renderList(); }),
    el("label", {}, el("span", {}, "search"), search));
}

function renderList() {
  const { set } = view;
  const found = wanted();
  const shown = found.slice(0, MOST);
  if (view.open !== null && !shown.includes(view.open)) shown.push(view.open);
  const list = document.getElementById("query-list");
  if (found.length === 0) return list.replaceChildren(el("p", {}, "No query."));
  const heads = ["query", "text", `${set.measure}`, "beside", "difference", "best answer"];
  const table = el("table", { class: "all-queries" }, el("caption", { class: "sr" }, "Queries"),
    el("thead", {}, el("tr", {}, heads.map((h, i) => el("th", { scope: "col", class: i > 1 ? "num" : null }, h)))),
    el("tbody", {}, shown.flatMap(queryRows)));
  const note = found.length > shown.length ? `The first ${shown.length} of ${found.length}; search for the others.` : `${found.length} of ${set.queries.length}`;
  return list.replaceChildren(el("p", { class: "note", role: "status" }, note), table);
}

function queryRows(q) {
  const { set } = view;
  const query = set.queries[q];
  const isOpen = view.open === q;
  const difference = delta(q);
  const rank = (c) => ({ null: "–", 0: "not found" })[set.ranks[c][q]] ?? `#${set.ranks[c][q]}`;
  const way = view.cell === view.other ? rank(view.cell) : `${rank(view.other)} → ${rank(view.cell)}`;
  const toggle = button("", () => (isOpen ? closeQuery() : openQuery(q)), { class: "open", "aria-expanded": String(isOpen), id: `open-${q}` });
  toggle.append(bdi(query.id));
  const sign = difference > 1e-9 ? "good" : difference < -1e-9 ? "bad" : "dim";
  const arrow = difference > 1e-9 ? " ▲" : difference < -1e-9 ? " ▼" : "";
  const row = el("tr", { class: isOpen ? "is-open" : null }, el("th", { scope: "row" }, toggle), el("td", { class: "text" }, bdi(query.text)),
    el("td", { class: "num" }, digits(set.values[view.cell][q], 3)), el("td", { class: "num" }, digits(set.values[view.other][q], 3)),
    el("td", { class: `num ${sign}` }, difference === null ? "–" : signed(difference) + arrow), el("td", { class: "num nowrap" }, way));
  return isOpen ? [row, el("tr", { class: "page" }, el("td", { colspan: "6" }, queryPage(set, q, view.cell, view.other)))] : [row];
}

function remember() {
  const { set, open, cell, other } = view;
  const key = open === null ? null : set.queries[open].key;
  place.write({ q: key, cell: key && set.cells[cell].id, vs: key && set.cells[other].id });
}

function openQuery(q) {
  view.open = q;
  remember();
  renderList();
  document.getElementById(`open-${q}`)?.focus({ preventScroll: true });
  document.getElementById("query-page")?.scrollIntoView({ block: "nearest" });
}

function closeQuery() {
  const was = view.open;
  view.open = null;
  remember();
  renderList();
  document.getElementById(`open-${was}`)?.focus();
}
