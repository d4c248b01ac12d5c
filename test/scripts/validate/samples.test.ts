/** The sample logs in traces/: made by the machines, deterministic, and a few of hardware; accepted or rejected where they should be. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { everydayShare } from '../../effort.ts'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import type { Order } from '../../../impl/lib/validate/event.ts'
import { Fields } from '../../../impl/lib/validate/json-codec.ts'
import { logLines, sampleEvents } from '../../../impl/lib/validate/sample.ts'
import { machineOf } from '../../../impl/lib/protocol/model.ts'
import { oneModel } from '../../../impl/lib/protocol/target.ts'
import { logValidator } from '../../../scripts/validate/subject.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { loadModels, project } from '../../project.ts'

const SAMPLED = [
  'flush-inhibit/posted.sc',
  'poll-kick/clear-recheck.sc',
  'vtl-wakeup/posted.sc',
  'apf-ready/landed.sc',
  'apic-groups/namespace.sc',
]
const STEPS = 40
/** event (from 0) that the rejected sample lacks */
const DROPPED = 24
/** the header is line 1, and the event after the dropped one has its place */
const REJECTED_AT = DROPPED + 2

const models = loadModels()

/** `UPDATE_SAMPLES=1` writes the files anew. */
const update = process.env['UPDATE_SAMPLES'] !== undefined

describe.each(SAMPLED)('%s', (name) => {
  const model = models.find((m) => m.name === name)
  if (model === undefined) throw new Error(`no model ${name}`)
  const kernel = assemble(compile(machineOf(model)))
  const fields = new Fields(kernel)
  const total = sampleEvents(kernel, fields, { seed: 1, steps: STEPS })
  const lanes = sampleEvents(kernel, fields, { seed: 2, steps: STEPS, stateless: true, lanes: true, skew: 3 })
  const texts = {
    accepted: logLines({ model: name, order: 'total' }, total),
    rejected: logLines({ model: name, order: 'total' }, total.toSpliced(DROPPED, 1)),
    'lanes.accepted': logLines({ model: name, order: 'per-cpu' }, lanes),
  }

  it.each(Object.entries(texts))('%s.ndjson is what the machine gives', (kind, lines) => {
    const file = join(packageRoot(), 'traces', model.protocol.name, `${model.stem}.${kind}.ndjson`)
    const text = `${lines.join('\n')}\n`
    if (update) writeFileSync(file, text)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  const validate = (lines: readonly string[]) =>
    logValidator(model, project).validate([{ firstLine: 1, lines }], { file: 'sample' })

  it('is accepted, in its own order and with the order of its lanes only', async () => {
    for (const lines of [texts.accepted, texts['lanes.accepted']]) {
      const result = await validate(lines)
      expect([result.verdict, result.explained]).toEqual(['accepted', result.events])
    }
  })

  it('is rejected where an event is missing, with the blame on both sides', async () => {
    const { verdict, divergence, explained } = await validate(texts.rejected)
    expect([verdict, divergence?.line, explained]).toEqual(['rejected', REJECTED_AT, DROPPED])
    expect(divergence?.allowed).toContainEqual(expect.objectContaining({ action: total[DROPPED]?.action }))
    const { candidates = [] } = divergence ?? {}
    expect(candidates).toHaveLength(1)
    expect(candidates[0]?.why).not.toBe('')
    expect(divergence?.lanes.filter((line) => line.length > 75)).toEqual([])
  })
})

describe('what the C harness has logged', () => {
  const read = (build: string): string[] =>
    readFileSync(join(packageRoot(), 'traces', 'poll-kick', `harness-${build}.ndjson`), 'utf8').split('\n')
  const validate = (name: string, lines: readonly string[], order?: Order) =>
    logValidator(oneModel(models, name), project).validate([{ firstLine: 1, lines }], {
      file: 'harness',
      ...(order === undefined ? {} : { order }),
    })
  const CORRECT = ['poll-kick/clear-recheck.sc', 'poll-kick/clear-recheck.tso']

  it.each(
    everydayShare<[string, number, string[]]>(
      [
        ['posted', 26, ['poll-kick/posted.sc', 'poll-kick/posted.tso']],
        ['clear-recheck-no-mb', 27, ['poll-kick/clear-recheck-no-mb.tso']],
      ],
      ([build]) => build === 'posted',
    ),
  )(
    '%s: the poller that sleeps on is rejected, and the build’s own design allows it (a share every day, all in CI)',
    async (build, line, own) => {
      const lines = read(`${build}.rejected`)
      for (const name of CORRECT) {
        const { verdict, divergence } = await validate(name, lines)
        expect([verdict, divergence]).toMatchObject([
          'rejected',
          { line, event: { action: 'kvm_vcpu_poll_read_kicked', thread: 'poller3', result: false } },
        ])
        // what each thread saw is enough
        expect((await validate(name, lines, 'per-cpu')).verdict).toBe('rejected')
      }
      for (const name of own) expect((await validate(name, lines)).verdict).toBe('accepted')
    },
  )

  it('clear-recheck-no-mb: without a store buffer nothing explains it', async () => {
    const { verdict, divergence } = await validate(
      'poll-kick/clear-recheck-no-mb.sc',
      read('clear-recheck-no-mb.rejected'),
    )
    expect([verdict, divergence?.line]).toEqual(['rejected', 27])
  })

  it('clear-recheck is accepted', async () => {
    for (const name of CORRECT) {
      expect((await validate(name, read('clear-recheck.accepted'))).verdict).toBe('accepted')
    }
  })

  it('has no clock of the machine in it', () => {
    for (const build of ['posted.rejected', 'clear-recheck-no-mb.rejected', 'clear-recheck.accepted']) {
      const times = read(build).flatMap((line) => /"time":(\d+)/.exec(line)?.[1] ?? [])
      expect([build, [...new Set(times)]]).toEqual([build, ['0', '1', '2']])
    }
  })
})
