// The report as its readers have it: a file, in a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open, reports, texts } from "./browser.mjs";

const board = "#leaderboard table.board >> nth=0";

for (const [name, path] of Object.entries(reports)) {
  test(`${name}: opens from a file, asks for nothing else, complains about nothing`, async () => {
    const page = await open(path);
    assert.deepEqual(page.requests, [page.url()]);
    assert.deepEqual(page.complaints, []);
    assert.match(await page.title(), /evalrun$/);
    assert.ok(await page.locator("#verdict .status").isVisible());
    assert.ok((await page.locator("figure svg.chart").count()) >= 3);
  });

  test(`${name}: is complete without script`, async () => {
    const page = await open(path, { javaScriptEnabled: false });
    for (const section of ["#verdict", "#leaderboard", "#charts", "#queries", "#method", "#manifest", "#spec", "#raw"]) {
      assert.ok(await page.locator(section).isVisible(), section);
    }
    const query = page.locator("#queries details.query >> nth=0");
    await query.locator("summary >> nth=0").click();
    assert.ok(await query.locator(".list >> nth=0").isVisible());
    assert.deepEqual(page.complaints, []);
  });

  for (const width of [500, 1280]) {
    test(`${name}: fits ${width} pixels`, async () => {
      const page = await open(path, { viewport: { width, height: 900 } });
      await page.locator("#query-list button.open >> nth=0").click();
      const [wide, room] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= room, `the page is ${wide} wide`);
    });
  }
}

test("columns sort, the reference stays on top, and a third click restores the order", async () => {
  const page = await open(reports.fixture);
  const names = () => texts(page, `${board} >> tbody tr`).then((rows) => rows.map((r) => r.split("\t").slice(0, 2).join(" ").trim()));
  const before = await names();
  const head = page.locator(`${board} >> thead th`, { hasText: "p95" });
  const sort = head.locator("button");
  await sort.focus();
  await page.keyboard.press("Enter");
  assert.equal(await head.getAttribute("aria-sort"), "descending");
  const at = await head.evaluate((h) => Number(h.dataset.at));
  const values = await page.locator(board).evaluate((table, column) => [...table.tBodies[0].rows]
    .filter((r) => !r.classList.contains("reference") && !r.querySelector(".missing"))
    .map((r) => parseFloat([...r.cells].flatMap((c) => Array(c.colSpan).fill(c))[column].innerText)), at);
  assert.ok(values.length > 2 && values.every((v, i) => i === 0 || values[i - 1] >= v), values.join(" "));
  assert.equal((await names())[0], before[0]);
  assert.match(page.url(), /#sort=/);
  const again = await open(reports.fixture, { hash: new URL(page.url()).hash });
  assert.equal(await again.locator(`${board} >> thead th[aria-sort=descending]`).count(), 1, "the address says how it is sorted");
  await sort.click();
  assert.equal(await head.getAttribute("aria-sort"), "ascending");
  await sort.click();
  assert.equal(await head.getAttribute("aria-sort"), null);
  assert.deepEqual(await names(), before);
});

test("the leaderboard filters by setting", async () => {
  const page = await open(reports.fixture);
  const rows = page.locator(`${board} >> tbody tr:visible`);
  const all = await rows.count();
  await page.locator("#leaderboard .tools >> nth=0").getByLabel("pipeline").selectOption("hybrid");
  assert.ok((await rows.count()) < all);
  for (const text of await rows.allInnerTexts()) assert.match(text, /^hybrid/);
  assert.match(await page.locator("#leaderboard .left >> nth=0").innerText(), /2 of 8 cells/);
});

test("a table is copied as it is shown, by hand where there is no clipboard", async () => {
  const page = await open(reports.fixture);
  await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await page.locator("#leaderboard").getByRole("button", { name: "Copy as CSV" }).first().click();
  const lines = (await page.locator("dialog textarea").inputValue()).split("\n");
  assert.match(lines[0], /^pipeline,quantization,nDCG@10,difference,/);
  assert.equal(lines.length, 9, "a heading and eight cells");
  assert.ok(lines.every((l) => l.replace(/"[^"]*"/g, "").split(",").length === lines[0].split(",").length));
});

test("a query opens by its address, beside another cell", async () => {
  const page = await open(reports.fixture, { hash: "#q=demo-A&cell=demo-reranked&vs=demo-dense" });
  const query = page.locator("#query-page");
  assert.ok(await query.isVisible());
  assert.match(await query.innerText(), /rose from #4 to #1/);
  assert.match(await query.innerText(), /rescued into the top 1/);
  assert.match(await query.innerText(), /#4 → #1 ▲3/);
  assert.match(await query.innerText(), /rank-biased overlap 0\.\d+/);
  assert.ok(await query.locator("svg.bump path").count() > 3);
  const old = await open(reports.fixture, { hash: "#q-demo-A" });
  assert.ok(await old.locator("#query-page").isVisible(), "the address of the page without script leads there too");
});

test("queries are searched, filtered and opened with the keyboard", async () => {
  const page = await open(reports.fixture);
  const rows = page.locator("#query-list tbody tr");
  const tools = page.locator("#query-app .tools >> nth=0");
  await tools.getByLabel("show").selectOption("wins");
  const wins = await rows.count();
  assert.ok(wins > 0);
  for (const text of await rows.allInnerTexts()) assert.match(text, /▲/);
  await tools.getByLabel("search").fill("no such query");
  assert.equal(await rows.count(), 0);
  await tools.getByLabel("search").fill("");
  await page.locator("#query-list button.open >> nth=0").focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator("#query-list button[aria-expanded=true]").count(), 1);
  assert.match(page.url(), /#q=/);
  await page.locator("#query-page").getByRole("button", { name: "Close" }).click();
  assert.equal(await page.locator("#query-page").count(), 0);
});

test("script and page say the same of every list that both show", async () => {
  for (const path of Object.values(reports)) {
    const page = await open(path);
    // Both are read as text; the page without script has its lists closed.
    const differing = await page.evaluate(async () => {
      const plain = (node) => node.textContent.replace(/[\u2007\u2008\s]+/g, " ").trim();
      const rows = (lists) => [...lists.querySelectorAll(".list tbody tr")].map((r) => [...r.cells].map(plain).join(" | "));
      const data = JSON.parse(document.getElementById("data").textContent);
      const found = [];
      let compared = 0;
      for (const body of document.querySelectorAll(".static .query-body")) {
        const key = body.id.slice(2);
        const set = data.sets.find((s) => s.queries.some((q) => q.key === key));
        for (const lists of body.querySelectorAll(".lists")) {
          const name = lists.previousElementSibling.textContent;
          const cell = set.cells.find((c) => c.name === name);
          location.hash = `q=${encodeURIComponent(key)}&cell=${cell.id}&vs=${cell.id}`;
          await new Promise((done) => { setTimeout(done, 0); });
          await new Promise((done) => { requestAnimationFrame(done); });
          const own = rows(document.querySelector("#query-page .lists"));
          const theirs = rows(lists);
          compared += theirs.length;
          theirs.forEach((row, i) => {
            if (row !== own[i] && found.length < 5) found.push({ key, name, row, own: own[i] });
          });
        }
      }
      return { found, compared };
    });
    assert.deepEqual(differing.found, []);
    assert.ok(differing.compared > 50, `${differing.compared} rows`);
  }
});

test("dark and light follow the system, and the reader's choice goes before it", async () => {
  const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await open(reports.fixture, { colorScheme: "dark" });
  assert.equal(await ground(dark), "rgb(20, 23, 26)");
  await dark.getByLabel("theme").selectOption("light");
  assert.equal(await ground(dark), "rgb(255, 255, 255)");
  const light = await open(reports.fixture, { colorScheme: "light" });
  assert.equal(await ground(light), "rgb(255, 255, 255)");
  // A chart's colours follow too.
  const ink = (page) => page.evaluate(() => getComputedStyle(document.querySelector("svg.chart text")).fill);
  await dark.getByLabel("theme").selectOption("dark");
  assert.notEqual(await ink(dark), await ink(light));
});

test("it prints, on white, with the first queries open", async () => {
  const page = await open(reports.fixture, { colorScheme: "dark" });
  const pdf = await page.pdf({ format: "A4", printBackground: true });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  assert.ok(pdf.length > 50_000, `${pdf.length} bytes`);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.ok(await page.locator("#queries details.query[open] .list >> nth=0").isVisible());
  assert.ok(!(await page.locator("#query-app").isVisible()));
});

test("texts from outside stay texts, and no script but the page's own runs", async () => {
  const page = await open(reports.fixture);
  assert.equal(await page.locator("img").count(), 0);
  assert.ok((await page.locator("body").innerText()).includes("</script><img src=x onerror=alert(1)>"));
  const blocked = await page.evaluate(() => new Promise((done) => {
    document.addEventListener("securitypolicyviolation", (event) => done(event.violatedDirective));
    const script = document.createElement("script");
    // The policy takes no script from a text at all, so this throws before it could be blocked.
    try { script.text = "document.title = 'owned'"; } catch (error) { done(error.name); }
    document.body.append(script);
    setTimeout(() => done("it ran"), 200);
  }));
  assert.match(blocked, /TypeError|script-src|require-trusted-types/);
  assert.doesNotMatch(await page.title(), /owned/);
});

test("pointing at a mark shows its cell everywhere, and arrow keys read a chart out", async () => {
  const page = await open(reports.fixture);
  await page.locator(`${board} >> tbody tr[data-cell] >> nth=1`).hover();
  assert.ok(await page.locator("svg .lit").count() > 0);
  const chart = page.locator("figure .canvas >> nth=0");
  await chart.focus();
  await page.keyboard.press("ArrowRight");
  assert.match(await page.locator("figure .reading >> nth=0").innerText(), /nDCG@10 0\.\d+/);
});
