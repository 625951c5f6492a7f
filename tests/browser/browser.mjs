// A page of the report, with everything watched that it must not do.

import { after } from "node:test";
import { pathToFileURL } from "node:url";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

/** Where Debian, Ubuntu and Fedora put it; `CHROMIUM` names another. */
const places = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = places.find((path) => path && existsSync(path));
if (!executablePath) throw new Error("no Chromium found; install it, or set CHROMIUM to its path");

// As root, and in most containers, Chromium has no sandbox. It opens nothing but our own file.
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
after(() => browser.close());

export const reports = {
  fixture: process.env.REPORT_FIXTURE,
  demo: process.env.REPORT_DEMO,
};
for (const [name, path] of Object.entries(reports)) {
  if (!path || !existsSync(path)) throw new Error(`REPORT_${name.toUpperCase()} has to be the path of a report, it is ${path}`);
}

/** Opens a report; `options` are those of a browser context, and `hash` what follows `#`. */
export async function open(report, { hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.requests = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("dialog", (dialog) => {
    page.complaints.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => page.requests.push(request.url()));
  await page.goto(pathToFileURL(report).href + hash);
  return page;
}

/** The texts of all elements that match. */
export const texts = (page, selector) => page.locator(selector).allInnerTexts();
