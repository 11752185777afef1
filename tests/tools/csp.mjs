// Judges the content security policies of a rendered site: of every page's <meta> and of `_headers`.
//
//   node csp.mjs PUBLIC
//
// Ends with 1 when a page has no policy, or the evaluator finds something. What it finds only possible is printed:
// it warns of every script-src 'self', for hosts where strangers may put scripts.
import { readFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import evaluator from "csp_evaluator/dist/evaluator.js";
import parser from "csp_evaluator/dist/parser.js";
import { pages, policy } from "./folder.mjs";

/// The evaluator's severities up to here are findings; then come "maybe" and "strict CSP".
const MEDIUM = 30;

const root = process.argv[2];
if (!root) {
  console.error("usage: node csp.mjs PUBLIC");
  process.exit(2);
}

const META = /<meta\b[^>]*http-equiv\s*=\s*["']?content-security-policy["']?[^>]*>/i;
const policies = new Map();
let found = 0;
const say = (what) => {
  found += 1;
  console.log(what);
};
const header = policy(root);
if (header) policies.set(header, ["_headers"]);
for (const page of pages(root)) {
  const meta = META.exec(readFileSync(path.join(root, page), "utf8"))?.[0];
  const content = /\bcontent\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(meta ?? "");
  const text = (content?.[1] ?? content?.[2] ?? "").replace(/&#39;|&#x27;|&apos;/g, "'");
  if (!text) say(`${page}: no policy`);
  else policies.set(text, [...(policies.get(text) ?? []), page]);
}
for (const [text, where] of policies) {
  const parsed = new parser.CspParser(text).csp;
  for (const finding of new evaluator.CspEvaluator(parsed).evaluate()) {
    const what = `${where[0]} (and ${where.length - 1} more): ${finding.directive} ${finding.value ?? ""}: ${finding.description}`;
    if (finding.severity <= MEDIUM) say(what);
    else console.log(`possible only: ${what}`);
  }
}
console.log(`${policies.size} policies, ${found} found`);
process.exit(found === 0 && policies.size > 0 ? 0 : 1);
