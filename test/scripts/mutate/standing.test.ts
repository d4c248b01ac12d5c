/**
 * Properties and fairness are held by machines with a fault: in each that is on record the property has the verdict which it
 * has always had. A property that is weakened, on one side or on both, changes one of them.
 */

import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { PROTOCOLS } from '../../../impl/catalog.ts'
import { loadModels } from '../../../scripts/lib/project.ts'
import { standings, verdictNow } from '../../../scripts/mutate/standing.ts'

const models = loadModels()

/** All of them where CI asks; every day each property of a protocol with its first fault. */
const isWhole = process.env['CI'] !== undefined || process.env['LOCKSTEP_FULL'] !== undefined

const asked = PROTOCOLS.map((protocol) => {
  const all = standings(protocol)
  return {
    name: protocol.name,
    some: isWhole ? all : all.filter((s, i) => all.findIndex((t) => t.cell === s.cell) === i),
  }
}).filter(({ some }) => some.length > 0)

describe.each(asked)('$name', ({ some }) => {
  it.each(some)(
    '$cell is $verdict in $model with a fault in $fault.within: $fault.from',
    { timeout: 60_000 },
    async (s) => {
      expect(await verdictNow(ts, models, s)).toBe(s.verdict)
    },
  )
})

it('there are such machines', () => {
  expect(asked.map(({ name }) => name)).toContain('flush-inhibit')
})
