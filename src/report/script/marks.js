// Charts and tables speak of the same cells: pointing at one shows it in all.

function marks() {
  let lit = [];
  const light = (cell) => {
    lit.forEach((e) => e.classList.remove("lit"));
    lit = cell ? [...document.querySelectorAll("[data-cell]")].filter((e) => e.dataset.cell === cell) : [];
    lit.forEach((e) => e.classList.add("lit"));
  };
  const of = (event) => event.target.closest?.("[data-cell]")?.dataset.cell;
  document.addEventListener("pointerover", (event) => light(of(event)));
  document.addEventListener("focusin", (event) => light(of(event)));
  document.querySelectorAll(".canvas").forEach((canvas) => walk(canvas, light));
}

/** A chart has the focus as a whole; arrow keys go from mark to mark and read out each. */
function walk(canvas, light) {
  const hovers = [...canvas.querySelectorAll(".hover > *")];
  if (hovers.length === 0) return;
  const line = el("p", { class: "reading", role: "status" });
  canvas.after(line);
  let at = -1;
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    hovers[at]?.classList.remove("here");
    at = (at + step + hovers.length) % hovers.length;
    hovers[at].classList.add("here");
    line.textContent = hovers[at].querySelector("title")?.textContent ?? "";
    light(hovers[at].dataset.cell);
  });
  canvas.addEventListener("blur", () => {
    hovers[at]?.classList.remove("here");
    line.textContent = "";
  });
}

/** A mark that stands for a query opens it. */
function opens() {
  document.addEventListener("click", (event) => {
    const query = event.target.closest?.("[data-query]")?.dataset.query;
    if (query) location.hash = `q=${encodeURIComponent(query)}`;
  });
}
