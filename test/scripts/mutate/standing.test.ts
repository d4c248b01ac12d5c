/**
 * Properties and fairness are held by machines with a fault: in each that is on record the property has the verdict which it
 * has always had. A property that is weakened, on one side or on both, changes one of them.
 */

import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import type { Standing } from './standing.ts'
import { standings, verdictNow } from './standing.ts'
import { isCI, isFull } from '../../effort.ts'
import { loadModels, PROTOCOLS } from '../../project.ts'

const models = loadModels()

const isFast = ({ model }: Standing): boolean => models.some((m) => m.name === model && m.tags.includes('fast'))

/** All of them where CI asks, in models tagged fast; every day one property of each protocol, with its first fault. */
const asked = PROTOCOLS.map((protocol) => {
  const all = standings(protocol).filter((s) => isFull || isFast(s))
  return {
    name: protocol.name,
    some: isCI ? all : all.filter((s, i) => all.findIndex((t) => t.cell === s.cell) === i).slice(0, 1),
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
