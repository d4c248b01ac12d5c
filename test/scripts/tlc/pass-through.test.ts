/** `lockstep tlc -- ARGS` from any directory, and what TLC's exit statuses become. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { everydayShare } from '../../effort.ts'
import { findToolchain } from '../../../scripts/engines/tlc.ts'
import { withPaths } from '../../../scripts/tlc/command.ts'
import { exitCodeOf } from '../../../scripts/tlc/exit.ts'
import { passThrough } from '../../../scripts/tlc/run.ts'
import { libraryDirectory } from '../../../scripts/workspace/package.ts'

const toolchain = await findToolchain().catch(() => undefined)

const MODULE = `---- MODULE M ----
EXTENDS Beside
Init == x = 0 /\\ store_buffer = <<>>
Next == x < 2 /\\ x' = x + 1 /\\ UNCHANGED store_buffer
Spec == Init /\\ [][Next]_<<x, store_buffer>>
Small == x < 2
Wrong == x.field = 1
ASSUME StoreBufferSlots > 0
====
`

const BESIDE = `---- MODULE Beside ----
EXTENDS Memory
VARIABLE x
====
`

const cfg = (rest: string, slots = 1): string =>
  `CONSTANTS Memory = "SC" StoreBufferSlots = ${slots}\nSPECIFICATION Spec\nCHECK_DEADLOCK FALSE\n${rest}\n`

describe('lockstep tlc', () => {
  const here = process.cwd()
  let elsewhere: string
  beforeAll(() => {
    elsewhere = mkdtempSync(join(tmpdir(), 'lockstep-pass-'))
    const directory = join(elsewhere, 'models')
    mkdirSync(directory)
    const files = {
      'M.tla': MODULE,
      'Beside.tla': BESIDE,
      'Bad.tla': '---- MODULE Bad ----\nInit == (\n====\n',
      'holds.cfg': cfg(''),
      'small.cfg': cfg('INVARIANT Small'),
      'wrong.cfg': cfg('INVARIANT Wrong'),
      'assume.cfg': cfg('', 0),
      'syntax.cfg': 'NONSENSE\n',
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
  })
  afterAll(() => {
    rmSync(elsewhere, { recursive: true, force: true })
  })

  it('gives the module by its absolute path, and the configuration as seen from it', () => {
    const directory = join(elsewhere, 'models')
    const path = join(directory, 'M.tla')
    expect(withPaths(['-config', join(directory, 'small.cfg'), join(directory, 'M.tla')])).toEqual({
      args: ['-config', 'small.cfg', path],
      specFile: path,
    })
    // without the endings, which TLC adds; and a name that is only there beside the module stays
    expect(withPaths(['-config', join(directory, 'small'), join(directory, 'M')]).args).toEqual(['-config', 'small.cfg', path]) // prettier-ignore
    expect(withPaths(['-config', 'small.cfg', path]).args).toEqual(['-config', 'small.cfg', path])
    expect(withPaths(['-config', 'x.cfg', 'Absent.tla'])).toEqual({ args: ['-config', 'x.cfg', 'Absent.tla'], specFile: undefined }) // prettier-ignore
  })

  const RUNS: readonly (readonly [string, readonly string[], number])[] = [
    ['a model that holds', ['-config', 'models/holds.cfg', 'models/M.tla'], 0],
    ['a violated invariant', ['-config', 'models/small.cfg', 'models/M.tla'], 1],
    ['an expression that cannot be evaluated', ['-config', 'models/wrong.cfg', 'models/M.tla'], 2],
    ['a false assumption', ['-config', 'models/assume.cfg', 'models/M.tla'], 2],
    ['a configuration that is none', ['-config', 'models/syntax.cfg', 'models/M.tla'], 2],
    ['no configuration', ['-config', 'models/absent.cfg', 'models/M.tla'], 2],
    ['a module that does not parse', ['models/Bad.tla'], 2],
    ['no module of that name', ['-config', 'models/holds.cfg', 'models/Absent.tla'], 2],
    ['an unknown option', ['-foo', 'models/M.tla'], 2],
    ['an option without its value', ['-workers'], 2],
    ['nothing at all', [], 2],
    ['help', ['-help'], 0],
  ]
  const left = [
    'an expression that cannot be evaluated',
    'a false assumption',
    'no configuration',
    'no module of that name',
  ]
  const share = everydayShare(RUNS, ([what]) => !left.includes(what))
  it.skipIf(toolchain === undefined).each(share)(
    '%s (needs Java; a share every day, all in CI)',
    async (_, args, expected) => {
      if (toolchain === undefined) return
      const { java, jar } = toolchain
      process.chdir(elsewhere)
      try {
        const ended = await passThrough({ java, jar, args, libraryPath: [libraryDirectory()], output: 'pipe' })
        expect([exitCodeOf(ended, args), ended.said.slice(-2000)]).toEqual([expected, expect.any(String)])
      } finally {
        process.chdir(here)
      }
    },
  )

  it('what TLC does not say is the environment', () => {
    const ended = { exitCode: null, signal: null, said: '' }
    expect(exitCodeOf({ ...ended, signal: 'SIGKILL' }, [])).toBe(3)
    expect(exitCodeOf({ ...ended, exitCode: 3 }, [])).toBe(3)
    expect(exitCodeOf({ ...ended, exitCode: 1, said: 'Could not create the Java Virtual Machine' }, [])).toBe(3)
    expect(exitCodeOf({ ...ended, exitCode: 127 }, [])).toBe(3)
    expect(exitCodeOf({ ...ended, exitCode: 255, said: 'java.lang.OutOfMemoryError' }, [])).toBe(3)
  })
})
