// What `npm start` and `npm test` run on a fresh clone: install what is missing, build what is stale, then go on.
// Plain JavaScript and nothing but Node's own modules, because nothing is installed yet.
import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isCheckout, RECORD, recordOf, sourceDigests, staleness, unrecorded } from '../bin/fresh.mjs'
import { runFresh } from '../bin/run.mjs'
import { isAlive, withLock } from './bootstrap-lock.mjs'
import { bundle } from './bundle.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/**
 * A shell that becomes the program and leaves a watcher behind, which kills it when the pipe that only we hold ends: when
 * we are killed in a way that lets no handler run. scripts/tlc/guard.ts explains; it is not built yet here.
 */
const WATCH_THEN_EXEC =
  '(trap \'\' INT TERM HUP; IFS= read -r line <&3 || kill -KILL $$) >/dev/null 2>&1 & exec "$@" 3<&-'

const start = (command, args, [input, output]) =>
  process.platform === 'win32'
    ? spawn(command, args, { cwd: root, stdio: [input, output, 2] })
    : spawn('sh', ['-c', WATCH_THEN_EXEC, 'lockstep', command, ...args], {
        cwd: root,
        stdio: [input, output, 2, 'pipe'],
      })

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** Runs a program to its end and hands signals on to it; a signal that came ends us too. */
const runProgram = (command, args, streams) =>
  new Promise((resolve, reject) => {
    let child
    let told
    const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
      const handler = () => {
        told ??= code
        child.kill(signal)
        // one that does not obey
        setTimeout(() => child.kill('SIGKILL'), 800).unref()
      }
      process.on(signal, handler)
      return [signal, handler]
    })
    // only now: who sees that it runs may send a signal at once
    child = start(command, args, streams)
    child.once('error', reject)
    child.stdio[3]?.on('error', () => undefined)
    // the watcher goes too: the process number may belong to another soon
    child.once('exit', () => child.stdio[3]?.end('done\n'))
    child.once('exit', (status, signal) => {
      for (const [name, handler] of handlers) process.off(name, handler)
      if (told !== undefined) process.exit(told)
      resolve({ status, signal })
    })
  })

/** Runs a command to its end; its output goes to stderr, so that stdout stays the caller's, and so does stdin. */
const run = async (command, args) => {
  const { status, signal } = await runProgram(command, args, ['ignore', 2]).catch((error) => {
    console.error(`lockstep: cannot run ${command}: ${error.message}`)
    process.exit(3)
  })
  if (signal !== null || status !== 0) {
    console.error(`lockstep: ${command} ${args.join(' ')} failed (${signal ?? `exit code ${status}`})`)
    process.exit(3)
  }
}

/** Runs while no other process installs or builds in this directory. */
const exclusively = (task) => withLock(join(root, '.lockstep-setup.lock'), task)

const lockDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')

const installMark = join(root, 'node_modules', '.lockstep-lock')

const isInstalled = (wanted) => existsSync(installMark) && readFileSync(installMark, 'utf8') === wanted

/** Installs the locked dependencies unless they are there and the lock file is the one they were installed from. */
const installNow = async () => {
  const wanted = lockDigest()
  if (isInstalled(wanted)) return
  console.error('lockstep: installing the dependencies (npm ci)')
  await run(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(installMark, wanted)
}

/** The same, once, however many ask for it at a time. */
export const install = async () => {
  if (!isInstalled(lockDigest())) await exclusively(installNow)
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

/** Builds in a draft, which takes the place of dist/ when it is whole; with the lock, and if nobody did while it was waited for. */
const buildNow = async () => {
  if (staleness(root) === undefined) return
  await installNow()
  sweep()
  const draft = `dist.${process.pid}`
  const remove = () => {
    rmSync(join(root, draft), { recursive: true, force: true })
  }
  process.once('exit', remove)
  const sources = sourceDigests(root)
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', draft])
  const foreign = unrecorded(root, sources, draft)
  if (foreign !== undefined) {
    const source = foreign.slice(draft.length + 1).replace(/\.js$/, '.ts')
    console.error(
      `lockstep: ${JSON.stringify(source)} is behind a symbolic link or in a hidden directory: a change of it would not be noticed`,
    )
    console.error('  sources are plain files and directories; put it where it is linked to, or take it out')
    process.exit(3)
  }
  const record = recordOf(root, sources, draft, await bundle(root, draft))
  writeFileSync(join(root, draft, basename(RECORD)), `${JSON.stringify(record, null, 2)}\n`)
  replace(draft)
  process.off('exit', remove)
}

/** Builds dist/ unless it is of the sources as they are; once, however many ask for it at a time. */
export const build = async () => {
  // an installed package has no compiler and no need of one
  if (isCheckout(root) && staleness(root) !== undefined) await exclusively(buildNow)
}

const finish = ({ status, signal }) => {
  if (signal) process.kill(process.pid, signal)
  else process.exit(status ?? 3)
}

const [, script, task, ...rest] = process.argv
if (script !== undefined && fileURLToPath(import.meta.url) === script) {
  const parent = process.ppid
  await install()
  await build()
  // whoever wanted it is gone
  if (process.ppid !== parent) process.exit(SIGNALS.SIGTERM)
  if (task === 'start') await runFresh(['start', ...rest], { watchParents: true })
  else if (task === 'test') {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    finish(await runProgram(process.execPath, [vitest, 'run', ...rest], ['inherit', 'inherit']))
  } else if (task !== 'build') {
    console.error('usage: node scripts/bootstrap.mjs start|test|build [ARGS]')
    process.exit(2)
  }
}
