import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle, gone, until } from './processes.ts'

let root: string

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'signals-test-'))
  const source = join(root, 'all.ts')
  const room = new URL('../../../scripts/node/', import.meta.url)
  const from = (name: string): string => `export * from ${JSON.stringify(fileURLToPath(new URL(name, room)))}\n`
  writeFileSync(source, ['signals.ts', 'children.ts', 'tempdir.ts'].map(from).join(''))
  await bundle(root, source)
})
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

/** Has a child without a guard and a temporary directory, prints the child's number, and then does `more`. */
const program = (more: string): string => `
  import { spawn } from 'node:child_process'
  import { installSignalHandlers, trackChild, makeTempDir } from ${JSON.stringify(join(root, 'bundle', 'all.mjs'))}
  installSignalHandlers()
  makeTempDir('test')
  const child = spawn('sleep', ['600'], { stdio: 'ignore' })
  trackChild(child)
  child.once('spawn', () => {
    console.log(child.pid)
    ${more}
  })
`

const endOf = async (more: string, signal?: NodeJS.Signals): Promise<unknown> => {
  const temporary = mkdtempSync(join(root, 'temporary-'))
  const file = join(temporary, '..', 'program.mjs')
  writeFileSync(file, program(more))
  const env = { ...process.env, TMPDIR: temporary }
  const parent = spawn(process.execPath, [file], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise((resolve) => parent.once('exit', resolve))
  const said = await new Promise<string>((resolve) => parent.stdout.setEncoding('utf8').once('data', resolve))
  if (signal !== undefined) parent.kill(signal)
  const code = await ended
  await until(() => gone(Number(said)), 'the child is gone')
  expect(readdirSync(temporary)).toEqual([])
  return code
}

describe.skipIf(process.platform === 'win32')('installSignalHandlers', () => {
  it.each<[NodeJS.Signals, number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('%s: children and temporary directories go, exit code %i', async (signal, code) => {
    expect(await endOf('', signal)).toBe(code)
  })

  it('an exit in the middle of the work cleans up too', async () => {
    expect(await endOf('process.exit(3)')).toBe(3)
  })

  it('so does an exception that nobody catches', async () => {
    expect(await endOf('throw new Error("unexpected")')).toBe(1)
  })
})
