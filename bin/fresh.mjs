// Is dist/ what the build made of the sources as they are? Asked before anything of dist/ is loaded, so: plain JavaScript
// and Node's own modules only. Times of files say nothing (checkouts, copies and archives set them as they like); contents do.
import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** What the build was made of and what it made, relative to the package. */
export const RECORD = 'dist/build.json'

/** What beside the sources decides what the build makes of them. */
const SETTINGS = ['package-lock.json', 'scripts/bundle.mjs', 'tsconfig.build.json', 'tsconfig.json']

/** What `lockstep new` writes: it is the user's, and the build passes over it. */
const TEMPLATES = 'impl/templates'

/** A checkout can be built again; an installed package has no compiler. */
export const isCheckout = (root) => existsSync(join(root, 'tsconfig.build.json'))

const listed = (root, dir, ending, hidden = false) => {
  if (!existsSync(join(root, dir))) return []
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    // the compiler passes over these too
    if (entry.name.startsWith('.') && !hidden) return []
    const path = `${dir}/${entry.name}`
    if (path === TEMPLATES) return []
    if (entry.isDirectory()) return listed(root, path, ending, hidden)
    return entry.name.endsWith(ending) ? [path] : []
  })
}

let room = Buffer.allocUnsafe(2 ** 17)

/** What a file has in it, until the next one is read: there are a thousand of them before every command. */
const bytesOf = (file) => {
  const opened = openSync(file)
  try {
    let length = 0
    for (;;) {
      const read = readSync(opened, room, length, room.length - length, null)
      length += read
      if (read === 0) return room.subarray(0, length)
      if (length === room.length) room = Buffer.concat([room], 2 * length)
    }
  } finally {
    closeSync(opened)
  }
}

const sha256 = (file) => hash('sha256', bytesOf(file))

const digests = (root, paths) => Object.fromEntries(paths.sort().map((path) => [path, sha256(join(root, path))]))

/** sha256 of everything that the build reads. */
export const sourceDigests = (root) => {
  const settings = SETTINGS.filter((path) => existsSync(join(root, path)))
  return digests(root, [...listed(root, 'impl', '.ts'), ...listed(root, 'scripts', '.ts'), ...settings])
}

/** What the build makes of a source. */
export const emittedPath = (source) => `dist/${source.replace(/\.ts$/, '.js')}`

/**
 * A module in `dist` that is of no source which the build knows: it came from behind a symbolic link or out of a hidden directory, and
 * nobody would notice a change of it. Undefined if there is none.
 */
export const unrecorded = (root, sources, dist) => {
  const made = new Set(Object.keys(sources).map((path) => emittedPath(path).replace(/^dist/, dist)))
  return listed(root, dist, '.js', true).find((path) => !made.has(path))
}

const bundlePath = (name) => `dist/bundle/${name}`

/** The record of a build in `dist`, which may have another name until it is whole; `bundles`: the sources of each. */
export const recordOf = (root, sources, dist, bundles) => {
  const made = [
    ...Object.keys(sources).flatMap((path) => (path.endsWith('.ts') ? [emittedPath(path)] : [])),
    ...Object.keys(bundles).map(bundlePath),
  ].map((path) => [path, sha256(join(root, path.replace(/^dist/, dist)))])
  return { format: 'lockstep-build', sources, emitted: Object.fromEntries(made), bundles }
}

const readRecord = (root) => {
  try {
    const record = JSON.parse(readFileSync(join(root, RECORD), 'utf8'))
    return record?.format === 'lockstep-build' ? record : undefined
  } catch {
    return undefined
  }
}

/** undefined where there is none */
const sha256IfThere = (file) => {
  try {
    return sha256(file)
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

const changedEmitted = (root, emitted) =>
  Object.entries(emitted).find(([path, digest]) => sha256IfThere(join(root, path)) !== digest)

/** Why dist/ must not be run, in a few words that name a file; undefined if it may be. */
export const staleness = (root) => {
  const record = readRecord(root)
  if (record === undefined)
    return existsSync(join(root, 'dist')) ? `${RECORD} is missing or damaged` : 'dist is missing'
  const now = sourceDigests(root)
  const changed = Object.keys(now).find((path) => now[path] !== record.sources[path])
  if (changed !== undefined) return `${changed} is not what dist was built from`
  // a package has not all of the sources, a checkout has
  const gone = isCheckout(root) ? Object.keys(record.sources).find((path) => now[path] === undefined) : undefined
  if (gone !== undefined) return `${gone}, which dist was built from, is gone`
  const emitted = changedEmitted(root, record.emitted)
  return emitted === undefined ? undefined : `${emitted[0]} is not what the build wrote`
}

/** Are bundles what the build made, of their sources as they are? Whatever else may be stale does not run in them. */
export const areFreshBundles = (root, names) => {
  const record = readRecord(root)
  if (record === undefined || !names.every((name) => Array.isArray(record.bundles?.[name]))) return false
  const paths = names.map(bundlePath)
  if (!paths.every((path) => sha256IfThere(join(root, path)) === record.emitted[path])) return false
  const settings = SETTINGS.filter((file) => existsSync(join(root, file)))
  const sources = new Set([...names.flatMap((name) => record.bundles[name]), ...settings])
  // a package has not all of the sources, a checkout has
  const mayBeGone = !isCheckout(root)
  return [...sources].every((file) => {
    const now = sha256IfThere(join(root, file))
    return now === record.sources[file] || (mayBeGone && now === undefined)
  })
}

/** How to go on. */
export const remedy = (root) =>
  isCheckout(root) ? '`npm run build` builds it again' : 'install the package again: its files were changed'
