import type { StackAddresses } from "../../src/dev-stack/addresses.ts";

/** What every figure is measured with. */
export interface Place {
  readonly servers: StackAddresses;
  readonly rounds: number;
  /** Share of the usual counts: 1, less for a quick look. */
  readonly scale: number;
  readonly say: (line: string) => void;
}

export interface Figure {
  readonly id: string;
  readonly title: string;
  /** It is measured beside the peers that PEERS_DIR names [false]. */
  readonly needsPeers?: boolean;
  /** Markdown. */
  readonly measure: (place: Place) => Promise<string>;
}
