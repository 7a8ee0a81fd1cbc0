import { type Settings, settingsDeclaration } from "./settings-declaration.ts";

export interface SettingRow {
  readonly path: string;
  readonly env: string;
  readonly format: string;
  readonly default: string;
  readonly doc: string;
  readonly sensitive: boolean;
}

/** One row a setting, in the order of the declaration; for the generated table and the summary at start. */
export function settingRows(tree: object = settingsDeclaration, path = ""): SettingRow[] {
  return Object.entries(tree).flatMap(([key, node]: [string, Record<string, unknown>]) => {
    const here = path === "" ? key : `${path}.${key}`;
    if (typeof node["env"] !== "string") return settingRows(node, here);
    const format = node["format"];
    return [
      {
        path: here,
        env: node["env"],
        format: Array.isArray(format) ? format.join(" \\| ") : String(format),
        default: textOf(node["default"]),
        doc: String(node["doc"]),
        sensitive: node["sensitive"] === true,
      },
    ];
  });
}

/** Settings that differ from their defaults, secrets masked: what a log line at start may show. */
export function summary(settings: Settings): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const row of settingRows()) {
    const value = row.path.split(".").reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], settings);
    if (textOf(value) === row.default) continue;
    shown[row.env] = row.sensitive ? "***" : value;
  }
  return shown;
}

/** A value as the table shows it; null as nothing. */
function textOf(value: unknown): string {
  if (value === null) return "";
  return typeof value === "string" ? value : Array.isArray(value) ? value.join(",") : JSON.stringify(value);
}
