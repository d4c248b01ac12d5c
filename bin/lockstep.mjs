#!/usr/bin/env node
// The command line. The code is built from TypeScript: a checkout whose dist/ is not of the sources as they are is built
// first, and what is stale nevertheless is never run.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileLater } from './compile-later.mjs'
import { runBundled } from './files.mjs'
import { isCheckout, staleness } from './fresh.mjs'
import { runFresh } from './run.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const argv = process.argv.slice(2)
// what measures runs as it would anywhere else
if (argv[0] !== 'live' && argv[0] !== 'bench') compileLater()
if (!(await runBundled(argv))) {
  // all files are read for it: once, unless something has to be done
  let stale = staleness(root)
  if (stale !== undefined && isCheckout(root)) {
    const { build } = await import('../scripts/bootstrap.mjs')
    await build()
    stale = staleness(root)
  }
  await runFresh(argv, {}, stale)
}
