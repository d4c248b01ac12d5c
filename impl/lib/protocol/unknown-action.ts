/** What is said of an action that nobody here has: a near one may be meant, or the log or map is of another protocol. */

import { actionsOf } from './actions.ts'
import type { Project } from './project.ts'
import type { HousedProtocol } from './protocol.ts'
import { near } from '../text/near.ts'

/** Names that a hint lists where none is near. */
const MOST_NAMES = 8

/** `a, b and c` */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`

const someOf = (names: readonly string[]): string => {
  const more = names.length - MOST_NAMES
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : listed(names)
}

/** Does a protocol that nobody has asked for have the action? What is wrong with it is told where it is asked for. */
const has = (other: HousedProtocol, action: string, project: Project): boolean => {
  try {
    return actionsOf(other, project).has(action)
  } catch {
    return false
  }
}

/** Names of the protocols that have an action of this name, but for `protocol`. */
const othersWith = (action: string, protocol: HousedProtocol, project: Project): string[] =>
  project.protocols.filter((other) => other !== protocol && has(other, action, project)).map(({ name }) => name)

/**
 * How to go on with an action that is not among `known`, which are the actions of `protocol`.
 *
 * @param what names it, e.g. `log`
 */
export const unknownActionHint = (
  action: string,
  known: readonly string[],
  { protocol, project }: { readonly protocol: HousedProtocol; readonly project: Project },
  what: 'log' | 'map' | 'option' | 'trace',
): string => {
  const others = othersWith(action, protocol, project)
  const candidates = near(action, known)
  const meant = candidates.length === 0 ? '' : `did you mean ${candidates.join(', ')}?`
  if (others.length === 0) return meant === '' ? `the actions are ${someOf(known)}` : meant
  const [have, whose] = others.length === 1 ? ['has', others.join()] : ['have', 'one of them']
  const there = `${listed(others)} ${have} such an action${what === 'option' ? '' : `: is this a ${what} of ${whose}?`}`
  return meant === '' ? there : `${meant} ${there}`
}
