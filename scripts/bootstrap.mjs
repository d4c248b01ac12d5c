// What `npm start` and `npm test` run on a fresh clone: install what is missing, build what is stale, then go on.
// Plain JavaScript and nothing but Node's own modules, because nothing is installed yet.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

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

/** Builds dist/ unless it was built from the sources as they are. */
export const build = () => {
  // an installed package has no compiler and no need of one
  if (!existsSync(join(root, 'tsconfig.build.json'))) return
  const mark = join(root, 'dist', '.lockstep-sources')
  const wanted = sourceDigest()
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted && statSync(join(root, 'dist')).isDirectory()) return
  install()
  run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'])
  mkdirSync(join(root, 'dist'), { recursive: true })
  writeFileSync(mark, wanted)
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
  } else {
    console.error('usage: node scripts/bootstrap.mjs start|test [ARGS]')
    process.exit(2)
  }
}
