// Checks every link of a rendered site: relative, to a file that is there, to an id that is there. A link that
// works from a server but not from a folder on disk (to a folder, to the host's root) is a mistake too.
//
//   node links.mjs PUBLIC
//
// Ends with 1 when anything was found.
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { files } from "./folder.mjs";

const root = process.argv[2];
if (!root) {
  console.error("usage: node links.mjs PUBLIC");
  process.exit(2);
}

const ATTRIBUTE = /[\s"'](href|src|srcset|poster|action|data|xlink:href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;
const ID = /[\s"'](?:id|name)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi;
const ENTITIES = { amp: "&", quot: '"', apos: "'", lt: "<", gt: ">", "#39": "'", "#x27": "'", "#x2f": "/", "#x2F": "/" };

const plain = (text) => text.replace(/&(#?\w+);/g, (whole, name) => ENTITIES[name] ?? whole);

/// The tags of a page, without comments, scripts' and styles' insides.
function tags(html) {
  const bare = html.replace(/<!--[\s\S]*?-->/g, "").replace(/(<(script|style)\b[^>]*>)[\s\S]*?<\/\2>/gi, "$1");
  return bare.match(/<[a-z][^>]*>/gi) ?? [];
}

function linksOf(file, text) {
  if (file.endsWith(".css")) return [...text.matchAll(/url\(\s*["']?([^"')]+)["']?\s*\)/g)].map((m) => m[1]);
  return tags(text).flatMap((tag) => {
    // Its address is the site's own and absolute on purpose.
    if (/^<link\b[^>]*\brel\s*=\s*["']?canonical\b/i.test(tag)) return [];
    return [...tag.matchAll(ATTRIBUTE)].flatMap((m) => {
      const value = plain(m[2] ?? m[3] ?? m[4] ?? "");
      return m[1].toLowerCase() === "srcset" ? value.split(",").map((part) => part.trim().split(/\s+/)[0]) : [value];
    });
  });
}

const idsOf = new Map();
function ids(file) {
  if (!idsOf.has(file)) {
    const text = readFileSync(path.join(root, file), "utf8");
    idsOf.set(file, new Set(tags(text).flatMap((tag) => [...tag.matchAll(ID)].map((m) => plain(m[1] ?? m[2] ?? m[3] ?? "")))));
  }
  return idsOf.get(file);
}

/// What is wrong with a link, if anything.
function wrong(file, link) {
  if (link === "") return "an empty link";
  if (/^(https?|mailto|data|tag|tel|webcal|sms|xmpp):/i.test(link)) return undefined;
  if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return "a link of an unknown kind";
  // A host shows 404.html at any depth, so nothing relative would work there.
  if (link.startsWith("/")) return file === "404.html" ? undefined : "not relative: it breaks in a sub-path and in a folder";
  const [beforeHash, fragment] = link.split("#", 2);
  const target = beforeHash.split("?")[0];
  const to = target === "" ? file : path.posix.normalize(path.posix.join(path.posix.dirname(file), decodeURIComponent(target)));
  if (to.startsWith("..")) return "it leaves the site";
  const real = path.join(root, to);
  if (!existsSync(real)) return `there is no ${to}`;
  if (statSync(real).isDirectory()) return `${to} is a folder: from a disk it shows no page`;
  if (fragment && /\.(html|svg)$/.test(to) && !ids(to).has(decodeURIComponent(fragment))) return `${to} has no id "${fragment}"`;
  return undefined;
}

let [checked, found] = [0, 0];
for (const file of files(root).filter((name) => /\.(html|svg|css)$/.test(name))) {
  for (const link of new Set(linksOf(file, readFileSync(path.join(root, file), "utf8")))) {
    checked += 1;
    const what = wrong(file, link);
    if (what) {
      found += 1;
      console.log(`${file}: ${link}: ${what}`);
    }
  }
}
console.log(`${checked} links, ${found} found`);
process.exit(found === 0 && checked > 0 ? 0 : 1);
