import type { TestCallResult } from "../../bridge/test-call.ts";

/** A test call for people: what went there, what came back, what it means. Pure. */
export function testText({ request, headers, answer, status, outcome, detail, changes, ms }: TestCallResult): string {
  const lines: string[] = [];
  if (request !== null) {
    lines.push(
      "sent:",
      ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`),
      "",
      indented(request),
      "",
    );
    const code = status === null ? "" : ` (${status})`;
    lines.push(answer === null || answer === "" ? `answered${code}: nothing` : `answered${code}:`);
    if (answer !== null && answer !== "") lines.push(indented(answer));
    lines.push("");
  }
  lines.push(`${outcome} in ${ms} ms${detail === null ? "" : `: ${detail}`}`);
  for (const { path, from, to } of changes) lines.push(`  would change ${path}: ${from ?? "absent"} -> ${to}`);
  lines.push("nothing was applied");
  return lines.join("\n");
}

function indented(text: string): string {
  return pretty(text)
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}

/** Only to lay it out: what it says may not go through a float. */
function pretty(text: string): string {
  try {
    const laidOut = JSON.stringify(JSON.parse(text), null, 2);
    return laidOut.replaceAll(/\s/g, "") === text.replaceAll(/\s/g, "") ? laidOut : text;
  } catch {
    return text;
  }
}
