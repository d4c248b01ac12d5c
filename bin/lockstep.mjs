#!/usr/bin/env node
// The command line. The code is built from TypeScript: a checkout whose dist/ is not of the sources as they are is built
// first, and what is stale nevertheless is never run.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isCheckout, remedy, staleness } from './fresh.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const argv = process.argv.slice(2)

const refuse = (why) => {
  const [message, hint] = [`the build is stale: ${why}`, remedy(root)]
  const error = { code: 'stale-build', message, hint, file: null, line: null, column: null }
  if (argv.includes('--json')) process.stdout.write(`${JSON.stringify({ ok: false, error })}\n`)
  else process.stderr.write(`lockstep: ${message}\n  ${hint}\n`)
  process.exitCode = 3
}

if (isCheckout(root) && staleness(root) !== undefined) {
  const { build } = await import('../scripts/bootstrap.mjs')
  build()
}
const stale = staleness(root)
if (stale === undefined) {
  const { main } = await import('../dist/scripts/cli.js')
  await main(argv)
} else refuse(stale)
