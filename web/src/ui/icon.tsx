import type { JSX } from "preact";

/** Drawn here, so that nothing is fetched; 16 by 16, in the colour of the text. */
const paths = {
  handlers: "M2 4h5v3H2zM9 9h5v3H9zM7 5.5h2.5v5H9",
  events: "M3 13V3l5 4 5-4v10",
  log: "M3 3h10M3 6.3h10M3 9.6h7M3 13h5",
  letters: "M2 4h12v8H2zM2 4.5l6 4.5 6-4.5",
  flow: "M2 8h3M11 4h3M11 12h3M5 8c4 0 2-4 6-4M5 8c4 0 2 4 6 4",
  settings: "M2 5h6M11 5h3M2 11h3M8 11h6M8 3v4M5 9v4",
  ok: "M3 8.5l3.2 3L13 4.5",
  bad: "M4 4l8 8M12 4l-8 8",
  warn: "M8 2.5L14.5 13.5h-13zM8 6.5v3.2M8 11.4v.6",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3l8 5-8 5z",
  clock: "M8 2a6 6 0 100 12A6 6 0 008 2zM8 4.5V8l2.5 1.5",
  sun: "M8 5a3 3 0 100 6 3 3 0 000-6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.1 1.1M11.9 11.9L13 13M13 3l-1.1 1.1M4.1 11.9L3 13",
  moon: "M13 9.5A5.5 5.5 0 016.5 3 5.5 5.5 0 1013 9.5z",
  search: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.5 10.5L14 14",
  plus: "M8 3v10M3 8h10",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  right: "M6 3l5 5-5 5",
  dot: "M8 5.5a2.5 2.5 0 100 5 2.5 2.5 0 000-5z",
  archive: "M2 3h12v3H2zM3 6v7h10V6M6.5 9h3",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6a2 2 0 100 4 2 2 0 000-4z",
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
