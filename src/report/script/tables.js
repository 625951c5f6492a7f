// Tables: sort by any column, show some rows, copy.

/** What stands in a cell, without notes in small print and marks for the eye. */
function cellText(cell) {
  const clone = cell.cloneNode(true);
  clone.querySelectorAll("small, .tag, [aria-hidden]").forEach((n) => n.remove());
  return clone.textContent.trim().replace(/\s+/g, " ");
}

/** A number as the report writes it: typographic minus, grouped digits, blanks that align, a mark for ties. */
function number(text) {
  const plain = text.replace(/[\u2007\u2008~≥<#,\s]/g, "").replace("−", "-");
  const found = /^[+-]?\d+(\.\d+)?/.exec(plain);
  return found ? Number(found[0]) : null;
}

/** The cells of a row by column; a wide one stands in each of its columns. */
function columns(row) {
  return [...row.cells].flatMap((cell) => Array(Math.min(cell.colSpan, 40)).fill(cell));
}

function sortable(table) {
  const body = table.tBodies[0];
  const heads = table.tHead ? [...table.tHead.rows].at(-1) : null;
  if (!heads || table.tBodies.length !== 1 || body.rows.length < 2 || body.querySelector("[rowspan]")) return;
  const original = [...body.rows];
  let column = 0;
  for (const head of [...heads.cells]) {
    const at = column;
    column += head.colSpan;
    const label = [...head.childNodes];
    const sort = button("", () => turn(head), { class: "sort" });
    sort.append(...label);
    head.append(sort);
    head.dataset.at = at;
  }
  const turn = (head) => {
    const next = { none: "descending", descending: "ascending", ascending: "none" };
    // Words are looked up from A; numbers from the largest.
    const words = original.every((r) => number(cellText(columns(r)[head.dataset.at] ?? r.cells[0])) === null);
    const turned = { none: "ascending", ascending: "descending", descending: "none" };
    order(head, (words ? turned : next)[head.getAttribute("aria-sort") ?? "none"]);
    place.write({ sort: head.getAttribute("aria-sort") ? sortName(table, head) : null });
  };
  const order = (head, direction) => {
    for (const other of heads.cells) other.removeAttribute("aria-sort");
    if (direction === "none") return body.append(...original);
    head.setAttribute("aria-sort", direction);
    body.append(...sorted(original, Number(head.dataset.at), direction === "descending"));
    return tell(`sorted by ${cellText(head)}, ${direction}`);
  };
  table.sortBy = (at, direction) => {
    const head = [...heads.cells].find((h) => h.dataset.at === at);
    if (head && ["ascending", "descending"].includes(direction)) order(head, direction);
  };
}

const sortName = (table, head) =>
  [[...document.querySelectorAll("table")].indexOf(table), head.dataset.at, head.getAttribute("aria-sort")].join(".");

/** The reference stays on top and rows without a value at the end, whichever way the column is sorted. */
function sorted(rows, at, descending) {
  const keyed = rows.map((row, i) => {
    const cell = columns(row)[at];
    const text = cell && !(cell.colSpan > 3) ? cellText(cell) : "";
    return { row, i, text, value: number(text) };
  });
  const numeric = keyed.some((k) => k.value !== null);
  const empty = (k) => (numeric ? k.value === null : k.text === "" || k.text === "–");
  const compare = (a, b) => (numeric ? a.value - b.value : a.text.localeCompare(b.text, "en"));
  const pinned = (k) => k.row.classList.contains("reference");
  keyed.sort((a, b) => pinned(b) - pinned(a) || empty(a) - empty(b)
    || (empty(a) ? 0 : compare(a, b) * (descending ? -1 : 1)) || a.i - b.i);
  return keyed.map((k) => k.row);
}

/** Headings and visible rows as texts. */
function grid(table) {
  const headings = [...table.tHead.rows].at(-1);
  const texts = (row) => {
    let before = null;
    return columns(row).map((cell) => {
      const text = cell === before ? "" : cellText(cell);
      before = cell;
      return text;
    });
  };
  const width = columns(headings).length;
  const rows = [...table.tBodies].flatMap((b) => [...b.rows]).filter((r) => !r.hidden);
  return [texts(headings), ...rows.map((r) => texts(r).slice(0, width))];
}

const csv = (rows) => rows.map((r) => r.map((t) => (/[",\n]/.test(t) ? `"${t.replaceAll('"', '""')}"` : t)).join(",")).join("\n");

function markdown([head, ...rows]) {
  const line = (cells) => `| ${cells.map((t) => t.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function copyable(table) {
  const tools = el("div", { class: "tools" },
    button("Copy as CSV", () => copy(csv(grid(table)), "Table as CSV"), { class: "quiet" }),
    button("Copy as Markdown", () => copy(markdown(grid(table)), "Table as Markdown"), { class: "quiet" }));
  (table.closest(".scroll") ?? table).before(tools);
  return tools;
}

function tables() {
  for (const table of document.querySelectorAll(".scroll > table")) {
    if (!table.tHead) continue;
    sortable(table);
    const tools = copyable(table);
    if (table.dataset.settings) filterable(table, tools);
  }
  const [table, at, direction] = (place.read().get("sort") ?? "").split(".");
  const wanted = document.querySelectorAll("table")[Number(table)];
  if (direction && wanted?.sortBy) wanted.sortBy(at, direction);
}

/** The leaderboard: a choice per setting that varies. Its first columns are the settings. */
function filterable(table, tools) {
  const names = table.dataset.settings.split("\n");
  const rows = [...table.tBodies[0].rows];
  const only = new Map();
  const show = () => {
    for (const row of rows) {
      row.hidden = [...only].some(([at, label]) => label !== "" && cellText(row.cells[at]) !== label);
    }
    const shown = rows.filter((r) => !r.hidden).length;
    left.textContent = shown < rows.length ? `${shown} of ${rows.length} cells` : "";
    place.write({ only: [...only].filter(([, l]) => l).map(([at, l]) => `${at}:${l}`).join("|") });
  };
  const left = el("span", { class: "left", role: "status" });
  const asked = new Map((place.read().get("only") ?? "").split("|").filter(Boolean).map((o) => {
    const [at, ...label] = o.split(":");
    return [Number(at), label.join(":")];
  }));
  names.forEach((name, at) => {
    const labels = [...new Set(rows.map((r) => cellText(r.cells[at])))];
    if (labels.length < 2 || labels.length > 60) return;
    const wanted = labels.includes(asked.get(at)) ? asked.get(at) : "";
    only.set(at, wanted);
    tools.append(choice(name, [["", "all"], ...labels.map((l) => [l, l])], wanted, (label) => {
      only.set(at, label);
      show();
    }));
  });
  tools.append(left);
  if ([...only.values()].some(Boolean)) show();
}
