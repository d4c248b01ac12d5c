/** The JSON of TLC's `-dumpTrace json`: values by what a model gives its variables, and nothing missing. */

import { describe, expect, it } from 'vitest'
import { compile } from '../../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../../impl/lib/kernel/machine/tables.ts'
import { parseItf } from '../../../../impl/lib/tla/trace/itf.ts'
import { isTlcJson, readTlcJson } from '../../../../impl/lib/tla/trace/tlc-json.ts'
import type { Trace } from '../../../../impl/lib/tla/trace/trace.ts'
import type { TlaValue } from '../../../../impl/lib/kernel/language/value.ts'
import { entriesOf, equal, tla } from '../../../../impl/lib/kernel/language/value.ts'
import { printValue } from '../../../../impl/lib/kernel/language/print-value.ts'
import { View } from '../../../../impl/lib/tla/state-codec.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { machineOf } from '../../../../impl/lib/protocol/model.ts'
import { oneModel } from '../../../../impl/lib/protocol/target.ts'
import { problemOf } from '../../fixture.ts'
import { packageRoot } from '../../../../scripts/workspace/package.ts'
import { loadModels } from '../../../project.ts'

const model = oneModel(loadModels(), 'flush-inhibit/no-srcu.sc')
const view = new View(assemble(compile(machineOf(model))))
const file = 'traces/flush-inhibit/no-srcu.sc.Deadlock.itf.json'
const trace = parseItf(readFileSync(join(packageRoot(), file), 'utf8'))

/** A value as module Json of TLC writes it: no sets, no keys but strings. */
const written = (value: TlaValue): unknown => {
  switch (value.kind) {
    case 'bool':
    case 'str':
      return value.value
    case 'int':
      return Number(value.value)
    case 'model':
      return value.name
    case 'set':
    case 'seq':
      return value.items.map(written)
    case 'interval':
      return Array.from({ length: Number(value.hi - value.lo) + 1 }, (_, i) => Number(value.lo) + i)
    case 'record':
    case 'fun': {
      const entries = entriesOf(value) ?? []
      const isSequence = entries.every(([argument], i) => equal(argument, tla.int(i + 1)))
      if (isSequence) return entries.map(([, v]) => written(v))
      return Object.fromEntries(
        entries.map(([argument, v]) => [argument.kind === 'str' ? argument.value : printValue(argument), written(v)]),
      )
    }
  }
}

const states = trace.states.map(({ values }) =>
  Object.fromEntries([...values].map(([name, value]) => [name, written(value)])),
)
const numbered = states.map((state, i) => [i + 1, state])
const actions = trace.states
  .slice(1)
  .map(({ action }, i) => [numbered[i], { name: action, location: {} }, numbered[i + 1]])
const document = { state: numbered, action: actions }

const readJson = (json: unknown): Trace => readTlcJson(json, (name) => view.domainOf(name), { file: 'ce.json' })

const same = (found: Trace): void => {
  expect(found.states).toHaveLength(trace.states.length)
  found.states.forEach(({ values }, i) => {
    for (const [name, value] of trace.states[i]?.values ?? []) {
      const other = values.get(name)
      expect([i, name, other !== undefined && equal(other, value)]).toEqual([i, name, true])
    }
  })
}

describe('-dumpTrace json', () => {
  it('is read as a list of states, with actions, and within a document that names the variables', () => {
    for (const json of [states, document, { counterexample: document, vars: [] }]) {
      expect(isTlcJson(json)).toBe(true)
      same(readJson(json))
    }
    expect(readJson(document).states.map(({ action }) => action)).toEqual(trace.states.map(({ action }) => action))
  })

  it('tells a loop by the action that goes back', () => {
    const last = numbered.length
    const back = [numbered[last - 1], { name: 'back' }, numbered[1]]
    expect(readJson({ state: numbered, action: [...actions, back] }).loop).toBe(1)
  })

  it.each<[string, unknown, RegExp]>([
    ['a state in the middle', { ...document, state: numbered.filter(([n]) => n !== 3) }, /expected state 3/],
    ['its last state', { ...document, state: numbered.slice(0, -1) }, /which is not there/],
    ['an action', { ...document, action: actions.slice(1) }, /no action leads to state 2/],
    ['a variable in one state', [...states.slice(0, -1), { pc: states[0]?.['pc'] }], /other variables/],
    ['all states', [], /no state/],
  ])('is refused without %s', (_, json, expected) => {
    const problem = problemOf(() => readJson(json))
    expect(problem).toMatchObject({ code: 'bad-tlc-json', file: 'ce.json' })
    expect(problem.message).toMatch(expected)
  })

  it('is refused with a value that the model never gives the variable', () => {
    const json = JSON.parse(JSON.stringify(states).replace('"vmexit_hypercall"', '"elsewhere"')) as unknown
    expect(problemOf(() => readJson(json)).message).toMatch(/state 1: pc.* is "elsewhere"/)
  })

  it('is not taken for ITF, nor ITF for it', () => {
    expect(isTlcJson(JSON.parse(readFileSync(join(packageRoot(), file), 'utf8')))).toBe(false)
  })
})
