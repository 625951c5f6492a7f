// Texts of documents, with the words of the query marked.

const COMMON = new Set(["the", "and", "for", "with", "from", "that", "this", "are", "was", "what", "how", "which"]);

const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** The same word, or the same but for its ending. */
const sameWord = (a, b) => a === b || (Math.min(a.length, b.length) >= 4 && (a.startsWith(b) || b.startsWith(a)));

function marked(text, query) {
  const wanted = [...new Set(words(query))].filter((w) => w.length > 1 && !COMMON.has(w));
  const found = new Set();
  const parts = text.split(/([\p{L}\p{N}]+)/u).map((part) => {
    const hits = wanted.filter((w) => sameWord(w, part.toLowerCase()));
    hits.forEach((w) => found.add(w));
    return hits.length > 0 ? el("mark", {}, part) : part;
  });
  return { node: el("bdi", {}, parts), missing: wanted.filter((w) => !found.has(w)) };
}

/** Texts of the relevant documents and of the first ones that are not. */
function texts(set, query, grades, final) {
  const docs = [...new Set([...grades.all.slice(0, 5), ...(final?.d.slice(0, 3) ?? [])])].filter((d) => set.texts[d]);
  if (docs.length === 0) return null;
  const one = (doc) => {
    const { node, missing } = marked(set.texts[doc], query.text);
    const { text, kind } = mark(doc, grades);
    return [el("dt", {}, el("code", {}, set.docs[doc][0]), " ", el("span", { class: `grade ${kind}` }, text)),
      el("dd", {}, node, missing.length > 0 ? el("small", {}, " Not in the text: ", bdi(missing.join(", "))) : null)];
  };
  return el("details", { class: "texts" }, el("summary", {}, "Texts, with the words of the query marked"), el("dl", {}, docs.flatMap(one)));
}
