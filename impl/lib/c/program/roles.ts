/** What the annotations of lockstep.h say of a function. */

import type { FunctionDefinition } from '../syntax/ast.ts'

const ANNOTATION = 'lockstep '

/** A function whose steps are shown where it is called. */
export const PRIMITIVE = 'lockstep primitive'

const THREADS: readonly string[] = ['thread', 'threads', 'daemon', 'interrupt']

/** What a function is for the model, with what is said of it; undefined for an ordinary one. */
export const roleOf = ({ annotations }: FunctionDefinition): readonly [role: string, argument: string] | undefined => {
  const own = annotations.find((a) => a.startsWith(ANNOTATION) && a !== PRIMITIVE)
  if (own === undefined) return undefined
  const [role = '', ...rest] = own.slice(ANNOTATION.length).split(' ')
  return [role, rest.join(' ')]
}

export const isThread = (definition: FunctionDefinition): boolean => THREADS.includes(roleOf(definition)?.[0] ?? '')
