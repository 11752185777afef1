// Opens pages of a rendered site in Chromium and runs axe on them: light and dark, wide and narrow. Also says when a
// page is wider than its window, or when the page itself reports an error. Serves the folder in a sub-path, as a
// visitor may find it.
//
//   node axe.mjs PUBLIC [--per-folder N] [--shots DIR]
//
// Ends with 1 when anything was found.
import { mkdirSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { pages, serve } from "./folder.mjs";

const BUILDER = AxeBuilder.default ?? AxeBuilder;
const SCHEMES = ["light", "dark"];
const WIDTHS = [1280, 360];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const [root, ...options] = process.argv.slice(2);
const option = (name, or) => (options.includes(name) ? options[options.indexOf(name) + 1] : or);
const perFolder = Number(option("--per-folder", "2"));
const shots = option("--shots");
if (!root) {
  console.error("usage: node axe.mjs PUBLIC [--per-folder N] [--shots DIR]");
  process.exit(2);
}

/// Every page at the top, and of each folder the first pages by name: pages of one folder are of one type. A folder
/// of folders (`incidents/<id>/index.html`) counts as one.
function chosen(all) {
  const seen = new Map();
  return all.filter((page) => {
    const parts = page.split("/");
    const type = parts.length === 1 ? page : `${parts[0]}/${parts.length}`;
    seen.set(type, (seen.get(type) ?? 0) + 1);
    return seen.get(type) <= perFolder;
  });
}

const server = await serve(root);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: FLAGS,
});
if (shots) mkdirSync(shots, { recursive: true });
const list = chosen(pages(root));
let found = 0;
for (const colorScheme of SCHEMES) {
  for (const width of WIDTHS) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, reducedMotion: "reduce" });
    for (const page of list) {
      const where = `${page} (${colorScheme}, ${width} px)`;
      const say = (what) => {
        found += 1;
        console.log(`${where}: ${what}`);
      };
      const tab = await context.newPage();
      tab.on("pageerror", (error) => say(`script error: ${error.message}`));
      tab.on("console", (message) => message.type() === "error" && say(`console: ${message.text()}`));
      tab.on("requestfailed", (request) => say(`not loaded: ${request.url()}`));
      await tab.goto(server.url + page, { waitUntil: "load" });
      // target-size (24 px) is WCAG 2.2 AA, and off unless asked for.
      const result = await new BUILDER({ page: tab }).options({ rules: { "target-size": { enabled: true } } }).analyze();
      for (const violation of result.violations) {
        say(`${violation.id}: ${violation.help}`);
        for (const node of violation.nodes.slice(0, 3)) {
          console.log(`    ${node.target.join(" ")}  ${node.failureSummary?.split("\n").slice(1, 3).join(" ").trim()}`);
        }
      }
      const wide = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wide > 0) say(`${wide} px wider than the window`);
      if (shots) {
        const name = `${page.replaceAll("/", "_")}-${colorScheme}-${width}.png`;
        await tab.screenshot({ path: path.join(shots, name), fullPage: true });
      }
      await tab.close();
    }
    await context.close();
  }
}
await browser.close();
server.close();
console.log(`${list.length} pages, ${list.length * SCHEMES.length * WIDTHS.length} looks, ${found} found`);
process.exit(found === 0 && list.length > 0 ? 0 : 1);
