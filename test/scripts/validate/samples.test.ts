/** The sample logs in traces/: made by the machines, deterministic, accepted or rejected where they should be. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { assemble, compile } from '../../../impl/lib/compile.ts'
import { Fields } from '../../../impl/lib/validate/fields.ts'
import { logLines, sampleEvents } from '../../../impl/lib/validate/sample.ts'
import { loadModels, machineOf, packageRoot } from '../../../scripts/lib/project.ts'
import { Validator } from '../../../scripts/validate/run.ts'

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
    new Validator(model).validate([{ firstLine: 1, lines }], { file: 'sample' })

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
