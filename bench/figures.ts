import { deliveries } from "./figures/deliveries.ts";
import { requests } from "./figures/requests.ts";
import type { Figure } from "./support/place.ts";

/** In the order in which they are measured. */
export const figures: readonly Figure[] = [deliveries, requests];
