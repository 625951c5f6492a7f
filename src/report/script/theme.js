// Light, dark, or as the system says; remembered where the browser lets a file remember anything.

function themes() {
  const remembered = () => {
    try { return localStorage.getItem("evalrun-theme") || ""; } catch { return ""; }
  };
  const set = (theme) => {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    try { localStorage.setItem("evalrun-theme", theme); } catch { /* a page from a file may have no storage */ }
  };
  const chosen = remembered();
  if (chosen) set(chosen);
  const options = [["", "as the system"], ["light", "light"], ["dark", "dark"]];
  document.getElementById("tools").append(choice("theme", options, chosen, set));
}

/** On paper the first queries are open, and afterwards they are as they were. */
function prints() {
  const first = [...document.querySelectorAll("#queries details.query")].slice(0, 10);
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = first.filter((d) => !d.open);
    opened.forEach((d) => { d.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((d) => { d.open = false; }));
}
