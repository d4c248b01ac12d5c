// Runs the command line that was built, or refuses to: what is stale is never run. Nothing of dist/ is loaded before that is known.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { remedy, staleness } from './fresh.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

const refuse = (why, argv) => {
  const [message, hint] = [`the build is stale: ${why}`, remedy(root)]
  const error = { code: 'stale-build', message, hint, file: null, line: null, column: null }
  if (argv.includes('--json')) process.stdout.write(`${JSON.stringify({ ok: false, error })}\n`)
  else process.stderr.write(`lockstep: ${message}\n  ${hint}\n`)
  process.exitCode = 3
}

/** Runs a command in a thread of this process: nothing stands between it and whoever sends a signal. `stale`: why not. */
export const runFresh = async (argv, options = {}, stale = staleness(root)) => {
  if (stale !== undefined) {
    refuse(stale, argv)
    return
  }
  const { supervise } = await import('../dist/scripts/supervisor.js')
  supervise(argv, options)
}
