// Small helpers. Texts from outside are set as text and never parsed, so nothing here has to escape them.

/** An element with attributes and children; a child is a node, a text, or nothing. */
function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for drawings. An empty one in the page says what their name space is called. */
function draw(name, attributes = {}, ...children) {
  const space = document.getElementById("pen").namespaceURI;
  return fill(document.createElementNS(space, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== ""));
  return element;
}

/** A text from outside, whose writing direction must not spill over. */
const bdi = (text) => el("bdi", {}, text);

/** What stands after `#`: either the name of a place in the page or `key=value&…`. */
const place = {
  read() {
    const text = location.hash.slice(1);
    return new URLSearchParams(text.includes("=") ? text : "");
  },
  /** Changes some keys, drops those that are null, keeps the rest, and adds no step to the history. */
  write(changes) {
    const state = place.read();
    for (const [key, value] of Object.entries(changes)) {
      if (value === null || value === "") state.delete(key);
      else state.set(key, value);
    }
    history.replaceState(null, "", `#${state}`);
  },
};

/** Says something to those who listen to the page. */
function tell(text) {
  document.getElementById("told").textContent = text;
}

/** Copies a text, or shows it for copying by hand where the browser does not allow it. */
async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    tell(`${what} copied`);
  } catch {
    const area = el("textarea", { readonly: "", rows: "12", "aria-label": what }, text);
    const dialog = el("dialog", {}, el("p", {}, `${what}, to copy by hand:`), area,
      el("button", { type: "button", click: () => dialog.close() }, "Close"));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
    area.select();
  }
}

const button = (label, click, attributes = {}) => el("button", { type: "button", click, ...attributes }, label);

/** A choice; `options` are pairs of value and label. */
function choice(label, options, chosen, change) {
  const select = el("select", { change: () => change(select.value) },
    options.map(([value, text]) => el("option", { value, selected: value === chosen ? "" : null }, text)));
  return el("label", {}, el("span", {}, label), select);
}
