#!/usr/bin/env node
// The command line. The code is built from TypeScript: a checkout whose dist/ is not of the sources as they are is built
// first, and what is stale nevertheless is never run.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isCheckout, staleness } from './fresh.mjs'
import { runFresh } from './run.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

if (isCheckout(root) && staleness(root) !== undefined) {
  const { build } = await import('../scripts/bootstrap.mjs')
  await build()
}
await runFresh(process.argv.slice(2))
