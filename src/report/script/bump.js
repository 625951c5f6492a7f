// Rank flow: one column per stage, one line per document.

const BUMP = { depth: 12, row: 22, left: 40, column: 190, top: 34 };

function bump(set, stages, grades) {
  const last = stages.at(-1).list;
  const docs = [...new Set([...last.d.filter((d) => grades.targets.has(d)).slice(0, 4), ...last.d.slice(0, 8),
    ...[...grades.targets].slice(0, 4)])];
  const x = (i) => BUMP.left + i * BUMP.column;
  const y = (rank) => BUMP.top + (Math.min(rank, BUMP.depth + 1) - 1) * BUMP.row;
  const width = x(stages.length - 1) + 250;
  const height = y(BUMP.depth + 1) + 20;
  const svg = draw("svg", { class: "bump", viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
    "aria-label": "Rank of documents after each stage" });
  stages.forEach((stage, i) => svg.append(draw("text", { x: x(i), y: 16, class: "head" }, stage.name)));
  svg.append(draw("text", { x: 4, y: y(1) + 4 }, "#1"), draw("text", { x: 4, y: y(BUMP.depth + 1) + 4 }, `>${BUMP.depth}`));
  for (const doc of docs) {
    const kind = mark(doc, grades).kind;
    const group = draw("g", { class: `flow ${kind}` });
    const at = (stage) => stage.list.ranks.get(doc);
    stages.forEach((stage, i) => {
      if (!at(stage)) return;
      for (const from of stage.from.filter(at)) {
        const j = stages.indexOf(from);
        group.append(draw("path", { d: `M${x(j)} ${y(at(from))} C${x(j) + 70} ${y(at(from))} ${x(i) - 70} ${y(at(stage))} ${x(i)} ${y(at(stage))}` }));
      }
    });
    stages.forEach((stage, i) => {
      if (at(stage)) group.append(draw("circle", { cx: x(i), cy: y(at(stage)), r: kind === "target" ? 6 : 4 }));
    });
    const way = stages.map((s) => `${s.name} ${at(s) ? `#${at(s)}` : "–"}`).join(", ");
    group.append(draw("title", {}, `${set.docs[doc][1] || set.docs[doc][0]}: ${way}`));
    const end = at(stages.at(-1));
    if (end && end <= BUMP.depth) {
      const name = set.docs[doc][1] || set.docs[doc][0];
      group.append(draw("text", { x: x(stages.length - 1) + 12, y: y(end) + 4 }, `${kind === "target" ? "★ " : ""}${name.length > 32 ? `${name.slice(0, 31)}…` : name}`));
    }
    svg.append(group);
  }
  return el("div", { class: "canvas", tabindex: "0", role: "group", "aria-label": "Rank flow" }, svg);
}
