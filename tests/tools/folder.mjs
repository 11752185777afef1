// A rendered site as a folder: its files, and a small server that shows it in a sub-path.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".xml": "application/xml",
  ".txt": "text/plain; charset=utf-8",
  ".png": "image/png",
  ".ics": "text/calendar; charset=utf-8",
  ".woff2": "font/woff2",
};

/// Every file below a folder, by its path from there, in order.
export function files(root) {
  const all = readdirSync(root, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)).split(path.sep).join("/"))
    .sort();
}

/// Every HTML page.
export function pages(root) {
  return files(root).filter((file) => file.endsWith(".html"));
}

/// The policy that the site asks its host to send for every page (`_headers`), if it does.
export function policy(root) {
  const file = path.join(root, "_headers");
  if (!existsSync(file)) return undefined;
  return /^\s*Content-Security-Policy:\s*(.+)$/im.exec(readFileSync(file, "utf8"))?.[1].trim();
}

/// Serves a folder on a free loopback port, under /status/, with the policy of `_headers`. What names the host's root
/// (404.html alone may: a host shows it at any depth) is answered from there too.
export async function serve(root) {
  const csp = policy(root);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const inside = !pathname.includes("..");
    const under = pathname.startsWith("/status/") ? pathname.slice("/status/".length) : pathname.slice(1);
    let file = path.join(root, decodeURIComponent(under));
    if (inside && existsSync(file) && statSync(file).isDirectory()) file = path.join(file, "index.html");
    if (!inside || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    const headers = { "content-type": TYPES[path.extname(file)] ?? "application/octet-stream" };
    if (csp) headers["content-security-policy"] = csp;
    response.writeHead(200, headers).end(readFileSync(file));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${server.address().port}/status/`, close: () => server.close() };
}
