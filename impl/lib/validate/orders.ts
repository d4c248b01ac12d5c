/** The orders of logs, apart from what reads events: the command line has them as choices, and loads nothing else for that. */

/** What of the order of a log's lines can be trusted: all of it, that of each lane, or only that of intervals that do not overlap. */
export const ORDERS = ['total', 'per-cpu', 'interval'] as const
/** One of {@link ORDERS}. */
export type Order = (typeof ORDERS)[number]
