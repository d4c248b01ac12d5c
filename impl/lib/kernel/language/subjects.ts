/** What the properties of a machine speak of, instance by instance. */

import type { Machine } from './machine.ts'

/** What some state must meet, for each instance of each property of a machine. */
export const subjectsOf = (machine: Machine): { property: string; instance: string; occurs: () => boolean }[] => [
  ...machine.invariants.flatMap(({ name: property, instances }) =>
    instances.map(({ name: instance, occurs }) => ({ property, instance, occurs })),
  ),
  ...machine.liveness.flatMap(({ name: property, instances }) =>
    instances.map(({ name: instance, from, eventuallyAlways }) => ({
      property,
      instance,
      occurs: (): boolean => from() && (eventuallyAlways?.() ?? true),
    })),
  ),
  ...(machine.possibilities ?? []).flatMap(({ name: property, instances }) =>
    instances.map(({ name: instance, from }) => ({ property, instance, occurs: from })),
  ),
]
