// What `npm start` and `npm test` run on a fresh clone: install what is missing, build what is stale, then go on.
// Plain JavaScript and nothing but Node's own modules, because nothing is installed yet.
import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { withLock } from './bootstrap-lock.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/**
 * A shell that becomes the program and leaves a watcher behind, which kills it when the pipe that only we hold ends: when
 * we are killed in a way that lets no handler run. scripts/tlc/guard.ts explains; it is not built yet here.
 */
const WATCH_THEN_EXEC =
  '(trap \'\' INT TERM HUP; IFS= read -r line <&3 || kill -KILL $$) >/dev/null 2>&1 & exec "$@" 3<&-'

const start = (command, args, output) =>
  process.platform === 'win32'
    ? spawn(command, args, { cwd: root, stdio: ['inherit', output, 2] })
    : spawn('sh', ['-c', WATCH_THEN_EXEC, 'lockstep', command, ...args], {
        cwd: root,
        stdio: ['inherit', output, 2, 'pipe'],
      })

const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** Runs a program to its end and hands signals on to it; a signal that came ends us too. */
const runProgram = (command, args, output) =>
  new Promise((resolve, reject) => {
    const child = start(command, args, output)
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

/** Runs a command to its end; its output goes to stderr, so that stdout stays the caller's. */
const run = async (command, args) => {
  const { status, signal } = await runProgram(command, args, 2).catch((error) => {
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

const sources = (dir) =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) return sources(path)
    return entry.name.endsWith('.ts') ? [path] : []
  })

/** Digest of everything that the build reads. */
const sourceDigest = () => {
  const hash = createHash('sha256')
  const files = [...sources(join(root, 'impl')), ...sources(join(root, 'scripts'))].sort()
  for (const file of [...files, join(root, 'tsconfig.json'), join(root, 'tsconfig.build.json')]) {
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

const buildMark = join(root, 'dist', '.lockstep-sources')

const isBuilt = (wanted) => existsSync(buildMark) && readFileSync(buildMark, 'utf8') === wanted

const buildNow = async () => {
  const wanted = sourceDigest()
  if (isBuilt(wanted) && statSync(join(root, 'dist')).isDirectory()) return
  await installNow()
  await run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'])
  mkdirSync(join(root, 'dist'), { recursive: true })
  writeFileSync(buildMark, wanted)
}

/** Builds dist/ unless it was built from the sources as they are; once, however many ask for it at a time. */
export const build = async () => {
  // an installed package has no compiler and no need of one
  if (!existsSync(join(root, 'tsconfig.build.json'))) return
  if (!isBuilt(sourceDigest())) await exclusively(buildNow)
}

/** Runs the command line in this process: nothing stands between it and whoever sends a signal. */
const startCommand = async (args) => {
  const { supervise } = await import(pathToFileURL(join(root, 'dist', 'scripts', 'supervisor.js')).href)
  supervise(['start', ...args], { watchParents: true })
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
  if (task === 'start') await startCommand(rest)
  else if (task === 'test') {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    finish(await runProgram(process.execPath, [vitest, 'run', ...rest], 'inherit'))
  } else {
    console.error('usage: node scripts/bootstrap.mjs start|test [ARGS]')
    process.exit(2)
  }
}
