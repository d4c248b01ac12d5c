// What `npm start` and `npm test` run on a fresh clone: install what is missing, build what is stale, then go on.
// Plain JavaScript and nothing but Node's own modules, because nothing is installed yet.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isCheckout, RECORD, recordOf, sourceDigests, staleness } from '../bin/fresh.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/** Runs a command to its end; its output goes to stderr, so that stdout stays the caller's. */
const run = (command, args) => {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (error) {
    console.error(`lockstep: cannot run ${command}: ${error.message}`)
    process.exit(3)
  }
  if (signal !== null || status !== 0) {
    console.error(`lockstep: ${command} ${args.join(' ')} failed (${signal ?? `exit code ${status}`})`)
    process.exit(3)
  }
}

/** Installs the locked dependencies unless they are there and the lock file is the one they were installed from. */
export const install = () => {
  const lock = join(root, 'package-lock.json')
  const mark = join(root, 'node_modules', '.lockstep-lock')
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return
  console.error('lockstep: installing the dependencies (npm ci)')
  run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(mark, wanted)
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Drafts of builds that were killed. */
const sweep = () => {
  for (const name of readdirSync(root)) {
    const [, pid] = /^dist\.(\d+)(?:\.old)?$/.exec(name) ?? []
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(root, name), { recursive: true, force: true })
  }
}

/** Puts a whole build in the place of the old one; a build of the same sources that was faster is as good. */
const replace = (draft) => {
  const [dist, old] = [join(root, 'dist'), join(root, `${draft}.old`)]
  for (let tries = 1; ; tries++) {
    try {
      if (existsSync(dist)) renameSync(dist, old)
      renameSync(join(root, draft), dist)
      return
    } catch (error) {
      if (staleness(root) === undefined) return
      if (tries === 5) throw error
    } finally {
      rmSync(old, { recursive: true, force: true })
    }
  }
}

/** Builds dist/ unless it is of the sources as they are. */
export const build = () => {
  // an installed package has no compiler and no need of one
  if (!isCheckout(root) || staleness(root) === undefined) return
  install()
  sweep()
  const draft = `dist.${process.pid}`
  const remove = () => {
    rmSync(join(root, draft), { recursive: true, force: true })
  }
  process.once('exit', remove)
  const sources = sourceDigests(root)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', draft])
  writeFileSync(join(root, draft, basename(RECORD)), `${JSON.stringify(recordOf(root, sources, draft), null, 2)}\n`)
  replace(draft)
  process.off('exit', remove)
}

const finish = ({ status, signal }) => {
  if (signal) process.kill(process.pid, signal)
  process.exit(status ?? 3)
}

const [, script, task, ...rest] = process.argv
if (script !== undefined && fileURLToPath(import.meta.url) === script) {
  install()
  build()
  const stdio = 'inherit'
  if (task === 'start') {
    finish(spawnSync(process.execPath, [join(root, 'bin', 'lockstep.mjs'), 'start', ...rest], { stdio }))
  } else if (task === 'test') {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    finish(spawnSync(process.execPath, [vitest, 'run', ...rest], { cwd: root, stdio }))
  } else if (task !== 'build') {
    console.error('usage: node scripts/bootstrap.mjs start|test|build [ARGS]')
    process.exit(2)
  }
}
