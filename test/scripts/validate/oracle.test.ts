/**
 * The reverse oracle: TLC, which knows the specification and not the machine, must give the validator's answer, on logs of
 * machines and on such logs with faults. A few dozen logs of each protocol every day, more in CI, and with LOCKSTEP_FULL=1
 * more than 500.
 */

import { describe, expect, it } from 'vitest'
import { PROTOCOLS } from '../../../impl/catalog.ts'
import { assemble, compile } from '../../../impl/lib/compile.ts'
import type { LogEvent } from '../../../impl/lib/validate/event.ts'
import { parseLine } from '../../../impl/lib/validate/event.ts'
import { Fields } from '../../../impl/lib/validate/fields.ts'
import type { LogText } from '../../../impl/lib/validate/trace-module.ts'
import type { Toolchain } from '../../../scripts/check/tlc.ts'
import { findToolchain } from '../../../scripts/check/tlc.ts'
import type { Model } from '../../../scripts/lib/project.ts'
import { loadModels, machineOf } from '../../../scripts/lib/project.ts'
import type { OracleAnswer } from '../../../scripts/validate/oracle.ts'
import { Oracle } from '../../../scripts/validate/oracle.ts'
import { Validator } from '../../../scripts/validate/run.ts'
import type { Generated, Source } from './generate.ts'
import { generate } from './generate.ts'

const toolchain = await findToolchain().catch(() => undefined)
if (toolchain === undefined) console.warn('oracle.test.ts: skipped, TLC needs Java: `lockstep doctor`')

const models = loadModels()
const seed = Number(process.env['VALIDATE_SEED'] ?? Date.now() % 1_000_000)

const FULL = process.env['LOCKSTEP_FULL'] !== undefined
const CI = process.env['CI'] !== undefined
/** Logs of each model, and models of each protocol. */
const LOGS = FULL ? 104 : CI ? 40 : 36
const MODELS = FULL ? 5 : CI ? 2 : 1

/** Correct and faulty designs, those whose store buffers matter too; each run takes a few, everyday ones in turn. */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  litmus: ['isa2.pso', 'sb.tso', '2+2w+wmbs.pso', 'iriw.sc', 'rwc+po+mb.tso'],
  'vtl-wakeup': ['no-block-mb.tso', 'posted.tso.v1', 'honour-if.sc', 'posted.sc.kinds', 'no-pending-check.sc'],
  'apic-groups': [
    'namespace-slot-full.tso',
    'intercept-slot-parked.tso',
    'configure-locked.tso',
    'match-posted.sc',
    'writable-apic-id.sc',
  ],
  'poll-kick': ['halted-userspace.tso', 'posted.tso', 'clear-recheck-no-mb.tso', 'self-kick.sc', 'posted.sc'],
  'apf-ready': ['landed-halt-no-block-mb.tso', 'landed.tso', 'ack-only.sc', 'posted.sc', 'no-slot-check.sc'],
  'flush-inhibit': [
    'request-then-check-release.tso',
    'posted.tso',
    'args-checked.sc',
    'pending-event.sc',
    'no-srcu.tso',
  ],
}

/** TLC goes through all states of smaller models where anything may have happened. */
const SMALL = 5_000

const modelOf = (name: string): Model => {
  const model = models.find((m) => m.name === name)
  if (model === undefined) throw new Error(`no model ${name}`)
  return model
}

const sourceOf = (model: Model): Source => {
  const kernel = assemble(compile(machineOf(model)))
  return { kernel, fields: new Fields(kernel), small: model.distinctStates <= SMALL }
}

/** A log as TLC is asked about it. */
const textOf = ({ lines, order, unlogged }: Generated): LogText => ({
  order,
  unlogged,
  events: lines.slice(1).map((text, i): LogEvent => {
    const parsed = parseLine(text, i + 2)
    if (!('line' in parsed) || 'message' in parsed) throw new Error(`not an event: ${text}`)
    return parsed
  }),
})

const ours = async (validator: Validator, log: Generated): Promise<OracleAnswer> => {
  const found = await validator.validate([{ firstLine: 1, lines: log.lines }], { file: 'generated' })
  expect(found.verdict).not.toBe('incomplete')
  return { accepted: found.accepted, explained: found.explained }
}

interface Compared {
  readonly log: Generated
  readonly seed: number
  readonly ours: OracleAnswer
  readonly theirs: OracleAnswer | undefined
}

const compare = async (name: string, count: number, tools: Toolchain): Promise<Compared[]> => {
  const model = modelOf(name)
  const source = sourceOf(model)
  const validator = new Validator(model)
  const seeds = Array.from({ length: count }, (_, i) => seed * 1000 + i)
  const logs = seeds.map((s) => generate(source, s))
  const { answers } = await new Oracle(model).ask(logs.map(textOf), tools)
  const compared: Compared[] = []
  for (const [i, log] of logs.entries()) {
    compared.push({ log, seed: seeds[i] ?? 0, ours: await ours(validator, log), theirs: answers[i] })
  }
  return compared
}

const disagreements = (compared: readonly Compared[]): string[] =>
  compared
    .filter((c) => c.ours.accepted !== c.theirs?.accepted || c.ours.explained !== c.theirs.explained)
    .map((c) =>
      [`seed ${c.seed}: ours ${JSON.stringify(c.ours)}, TLC ${JSON.stringify(c.theirs)}`, ...c.log.lines].join('\n'),
    )

describe.skipIf(toolchain === undefined)('TLC and the validator (needs Java)', () => {
  it.each(PROTOCOLS.map(({ name }) => name))(
    `agree on logs of %s (VALIDATE_SEED=${seed})`,
    async (protocol) => {
      if (toolchain === undefined) return
      const all: Compared[] = []
      for (const stem of (CHOSEN[protocol] ?? []).slice(0, MODELS)) {
        const compared = await compare(`${protocol}/${stem}`, LOGS, toolchain)
        expect(disagreements(compared).join('\n\n')).toBe('')
        all.push(...compared)
      }
      const share = (which: (c: Compared) => boolean, among = all): number => among.filter(which).length / among.length
      const figures = {
        logs: all.length,
        rejected: share((c) => !c.ours.accepted),
        partial: share(
          (c) => c.log.partial,
          all.filter((c) => c.ours.accepted),
        ),
        begun: share(
          (c) => c.ours.explained > 0,
          all.filter((c) => !c.ours.accepted),
        ),
      }
      if (FULL || CI) console.info(protocol, figures)
      // logs that are all allowed, or refused at their first line, would compare nothing
      expect(figures.rejected).toBeGreaterThan(0.1)
      expect(figures.rejected).toBeLessThan(0.9)
      expect(figures.partial).toBeGreaterThan(0.3)
      expect(figures.begun).toBeGreaterThan(0.4)
    },
    FULL ? 1_800_000 : 120_000,
  )
})
