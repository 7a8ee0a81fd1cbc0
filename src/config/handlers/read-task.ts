import type { Task } from "../../model/handler.ts";
import type { Part } from "./part.ts";

/** `task: { http: { url, secretRef } }` or `task: { script: { path, persistent, maxCalls } }`. */
export function readTask(part: Part): Task | undefined {
  const kinds = part.keys(["http", "script"]);
  const http = kinds.get("http");
  const script = kinds.get("script");
  if (http !== undefined && script !== undefined) return part.problem("must be either http or script, not both");
  if (http !== undefined) return readHttp(http);
  if (script !== undefined) return readScript(script);
  return part.tree.kind === "map" ? part.problem("must name http or script") : undefined;
}

function readHttp(part: Part): Task | undefined {
  const keys = part.keys(["url", "secretRef"]);
  const url = keys.get("url");
  if (url === undefined) return part.problem("needs a url");
  const address = readUrl(url);
  const secretRefs = readSecretRefs(keys.get("secretRef"));
  return address === undefined ? undefined : { kind: "http", url: address, secretRefs };
}

/** The text is never repeated in a problem: it may hold a password, which is what is being refused. */
function readUrl(part: Part): string | undefined {
  const text = part.text();
  if (text === undefined) return undefined;
  if (!URL.canParse(text)) return part.problem("must be an absolute URL, such as https://crm.example.net/hooks");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return part.problem("must start with http:// or https://");
  if (url.username !== "" || url.password !== "") {
    return part.problem("must not hold a user or password; secrets are named by secretRef");
  }
  if (url.hash !== "") return part.problem("must not hold a fragment (#...): it is never sent");
  return text;
}

function readSecretRefs(part: Part | undefined): readonly string[] {
  if (part === undefined) return [];
  const parts = part.tree.kind === "list" ? (part.items() ?? []) : [part];
  if (parts.length > 8) part.problem("must name at most 8 secrets");
  return parts.flatMap(
    (ref) =>
      ref.matching(/^(env:[A-Za-z_]\w*|file:.+)$/, "env:NAME or file:PATH: secrets stand outside this file") ?? [],
  );
}

function readScript(part: Part): Task | undefined {
  const keys = part.keys(["path", "persistent", "maxCalls"]);
  const stays = keys.get("persistent")?.flag() === true;
  const maxCalls = keys.get("maxCalls");
  if (maxCalls !== undefined && !stays) maxCalls.problem("is for persistent scripts: it needs persistent: true");
  const persistent = stays ? { persistent: { maxCalls: maxCalls?.whole(1, 1_000_000) ?? null } } : {};
  const path = keys.get("path");
  if (path === undefined) return part.problem("needs a path");
  const text = path.text(500);
  if (text === undefined) return undefined;
  const isInside = !text.startsWith("/") && !/[\\\0]/.test(text) && !text.split("/").includes("..");
  return isInside
    ? { kind: "script", path: text, ...persistent }
    : path.problem("must be a path inside SCRIPTS_DIR, without ..");
}
