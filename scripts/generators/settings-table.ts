import type { FormatName } from "../../src/config/formats.ts";
import { type SettingRow, settingRows } from "../../src/config/setting-rows.ts";
import type { Generator } from "./generator.ts";
import { generatedNote, table } from "./markdown.ts";

/** Every setting in one table. */
export const settingsTable: Generator = { path: "docs/settings.md", render };

const forms: Readonly<Record<FormatName, string>> = {
  milliseconds: "a whole number",
  bytes: "a whole number from 1048576",
  "body-bytes": "0 to 65536",
  count: "a whole number from 1",
  replication: "-1 or a whole number from 1",
  "port-number": "0 to 65535",
  "optional-port": "0 to 65535",
  "yes-no": "`true` or `false`",
  text: "text",
  name: "letters, digits, `.`, `_`, `-`",
  "http-url": "an http:// or https:// URL",
  "host-ports": "list of host:port",
  "host-names": "list of names or addresses",
  texts: "list of texts",
  names: "list of names",
  cidrs: "list of CIDRs",
};

function render(): string {
  return `# Settings

${generatedNote("src/config/settings-declaration.ts")}

A setting comes from the environment, else from a YAML or JSON file that \`CONFIG_FILE\` names (\`kafka.brokers\` is \`brokers\` in
the section \`kafka\`), else it is the default. An empty variable counts as not set. Lists are separated by commas in the environment and
are lists in the file. A value in a wrong form, a name in the file that does not exist, and settings that contradict each other end the
start with exit code 78, all of them named at once; other commands look only at the settings they need. A log line at start shows what differs from the defaults, secrets masked.

${table(["variable", "in the file", "form", "default", "what it does"], settingRows().map(row))}
`;
}

function row({ env, path, format, default: fallback, doc, sensitive }: SettingRow): readonly string[] {
  return [
    `\`${env}\``,
    `\`${path}\``,
    Object.hasOwn(forms, format) ? forms[format as FormatName] : format,
    fallback === "" ? "" : `\`${fallback}\``,
    sensitive ? `${doc} Never shown.` : doc,
  ];
}
