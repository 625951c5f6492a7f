// Accessibility, by axe-core's rules for WCAG 2 A and AA, in both themes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { open, reports } from "./browser.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

for (const [name, path] of Object.entries(reports)) {
  // The colours of both themes are those of every report, so one is enough in the dark.
  for (const colorScheme of name === "fixture" ? ["light", "dark"] : ["light"]) {
    test(`${name}: nothing to object to in ${colorScheme}`, async () => {
      const page = await open(path, { colorScheme });
      await page.locator("#query-list button.open >> nth=0").click();
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
        resultTypes: ["violations"],
      }));
      const told = violations.map((v) => `${v.id}: ${v.help}; ${v.nodes.length} times, first ${v.nodes[0].html.slice(0, 200)} ${v.nodes[0].failureSummary}`);
      assert.deepEqual(told, []);
    });
  }
}
