import { deliveries } from "./figures/deliveries.ts";
import { growth } from "./figures/growth.ts";
import { idle } from "./figures/idle.ts";
import { isolation } from "./figures/isolation.ts";
import { parts } from "./figures/parts.ts";
import { peersDeliveries } from "./figures/peers-deliveries.ts";
import { peersRequests } from "./figures/peers-requests.ts";
import { requests } from "./figures/requests.ts";
import { work } from "./figures/work.ts";
import type { Figure } from "./support/place.ts";

/** In the order in which they are measured. */
export const figures: readonly Figure[] = [
  deliveries,
  requests,
  work,
  isolation,
  growth,
  idle,
  parts,
  peersDeliveries,
  peersRequests,
];
