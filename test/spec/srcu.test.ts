/** SRCU, which every proof about flush-inhibit rests on, is a model of its own; and so is what would break it. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isCI } from '../effort.ts'
import { findToolchain } from '../../scripts/engines/tlc.ts'
import { runTlc } from '../../scripts/tlc/run.ts'
import { libraryDirectory } from '../../scripts/workspace/package.ts'

const toolchain = await findToolchain().catch(() => undefined)

describe.skipIf(toolchain === undefined)('spec/lib/SRCU.tla (needs Java)', () => {
  let directory: string
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'lockstep-srcu-'))
  })
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true })
  })

  const run = async (change: (name: string, text: string) => string) => {
    if (toolchain === undefined) throw new Error('needs Java')
    for (const name of ['Memory.tla', 'SRCU.tla', 'MCSRCU.tla', 'MCSRCU.cfg']) {
      const text = readFileSync(join(libraryDirectory(), name), 'utf8')
      writeFileSync(join(directory, name), change(name, text))
    }
    return runTlc({
      ...toolchain,
      specFile: join(directory, 'MCSRCU.tla'),
      cfgFile: join(directory, 'MCSRCU.cfg'),
      deadlock: true,
      timeoutMs: 60_000,
    })
  }

  const replaced = (file: string, from: string, to: string) => (name: string, text: string) => {
    if (name !== file) return text
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
    return text.replace(from, to)
  }

  it('gives its guarantee', async () => {
    const { outcome, distinctStates } = await run((_, text) => text)
    // by hand: with n sections open a synchroniser is idle or waits for one of 2^n subsets, so 4 + 2 * 9 + 25 states, less
    // the two in which each of the two waits for the section that the other found closed
    expect({ outcome, distinctStates }).toEqual({ outcome: 'success', distinctStates: 45 })
  })

  it('a grace period that waits for nothing breaks OutlivesOpenProp', async () => {
    const { outcome, violated } = await run(
      replaced('SRCU.tla', "/\\ srcu_gp' = [srcu_gp EXCEPT ![s] = srcu_readers]", "/\\ srcu_gp' = srcu_gp"),
    )
    expect(outcome).toBe('violation')
    expect(violated.join()).toContain('OutlivesOpenProp')
  })

  it.runIf(isCI)('a grace period that waits for later sections too may never end (needs CI)', async () => {
    const { outcome } = await run(
      replaced('SRCU.tla', '    /\\ srcu_gp[s] = {}\n', '    /\\ srcu_readers = {}\n    /\\ srcu_gp[s] = {}\n'),
    )
    expect(outcome).toBe('liveness')
  })

  it.runIf(isCI)('a section that is closed but waited for breaks GracePeriodWaitsForOpenInv (needs CI)', async () => {
    const { outcome, violated } = await run(replaced('SRCU.tla', 'srcu_gp[s] \\ {r}]', 'srcu_gp[s]]'))
    expect(outcome).toBe('violation')
    expect(violated).toContain('GracePeriodWaitsForOpenInv')
  })

  it.runIf(isCI)('a grace period is not always over at once (needs CI)', async () => {
    const { outcome, violated } = await run(
      replaced('MCSRCU.cfg', '    GracePeriodWaitsForOpenInv\n', '    EndsAtOnceInv\n'),
    )
    expect({ outcome, violated }).toEqual({ outcome: 'violation', violated: ['EndsAtOnceInv'] })
  })
})
