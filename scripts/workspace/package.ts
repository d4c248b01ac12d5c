/** The package itself: where it is, and what it says of itself. */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Home } from '../../impl/lib/protocol/protocol.ts'

const isOurs = (dir: string): boolean => {
  try {
    return (JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as { name?: string }).name === 'lockstep'
  } catch {
    // not here: go on upwards
    return false
  }
}

let root: string | undefined

/** The package's root: the nearest directory above this file that has our package.json. */
export const packageRoot = (): string => {
  for (let dir = dirname(fileURLToPath(import.meta.url)); root === undefined; dir = dirname(dir)) {
    if (isOurs(dir)) root = dir
    else if (dir === dirname(dir)) throw new Error('package.json of lockstep not found')
  }
  return root
}

/** Is it a checkout, which can be built and added to? bin/fresh.mjs asks the same. */
export const isCheckout = (): boolean => existsSync(join(packageRoot(), 'tsconfig.build.json'))

/** What our package.json says of us. */
export const packageJson = () =>
  JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    readonly version: string
    readonly engines: { readonly node: string }
  }

/** Directory of the TLA+ modules that protocols share. */
export const libraryDirectory = (): string => join(packageRoot(), 'spec', 'lib')

const below = (directory: string, file: string): string | undefined => {
  const path = relative(directory, file).replaceAll('\\', '/')
  return path.startsWith('..') ? undefined : path
}

/** What stands before the path of a file of ours among those of somebody else's workspace. */
export const OURS = 'lockstep:'

/**
 * A path as people and certificates have it: relative to the workspace if it is in there; `lockstep:spec/lib/Memory.tla` for a
 * file of ours that another workspace uses.
 */
export const shownPath = ({ root: workspace, builtin }: Pick<Home, 'root' | 'builtin'>, file: string): string => {
  const ours = builtin
    ? undefined
    : ['spec/lib', 'impl'].find((tree) => below(join(packageRoot(), tree), file) !== undefined)
  // a workspace within a checkout of ours is not ours for that
  if (ours !== undefined && below(join(packageRoot(), ours), workspace) === undefined)
    return `${OURS}${below(packageRoot(), file) ?? file}`
  return below(workspace, file) ?? file
}
