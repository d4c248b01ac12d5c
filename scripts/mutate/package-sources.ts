/** The sources of our own protocols, and which of them may be changed. */

import { join, posix } from 'node:path'
import { readPlainText } from '../node/input.ts'
import { packageRoot } from '../workspace/package.ts'

/** The machinery that protocols share. */
const isShared = (file: string): boolean => /^impl\/lib\/(kvm|kernel\/memory)\/.*\.ts$/.test(file)

/** Sources that may be changed: a protocol's own, and the machinery that protocols share. */
export const isMutable = (file: string, protocol: string): boolean =>
  file.startsWith(`impl/${protocol}/`) || isShared(file)

const importsOf = (file: string, text: string): string[] =>
  [...text.matchAll(/^(?:import|export) (?!type\b)[^']*?from '(\.[^']+)'/gm)].map(([, path = '']) =>
    posix.join(posix.dirname(file), path),
  )

/** Text of a source of the package. */
export const readSource = (file: string): string => readPlainText(join(packageRoot(), file), 'source')

/** The sources of a protocol, from that which exports it; each with those that it imports. */
export const sourcesFrom = (entry: string): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, readonly string[]>()
  const visit = (file: string): void => {
    if (found.has(file)) return
    const imports = importsOf(file, readSource(file))
    found.set(file, imports)
    imports.forEach(visit)
  }
  visit(entry)
  return found
}

export const entryOf = (protocol: string): string => `impl/${protocol}/index.ts`

/** Sources that may be changed and that a protocol is made of: its own first. */
export const mutableSources = (protocol: string): readonly string[] =>
  [...sourcesFrom(entryOf(protocol)).keys()]
    .filter((file) => isMutable(file, protocol))
    .sort((a, b) => Number(isShared(a)) - Number(isShared(b)))
