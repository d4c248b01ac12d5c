/** The steps that are read from the text of a Next. */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'
import { specSteps } from '../../../impl/lib/validate/spec-steps.ts'
import { machineOf } from '../../../impl/lib/protocol/model.ts'
import { specFiles } from '../../../scripts/workspace/spec-files.ts'
import { loadModels, PROTOCOLS } from '../../project.ts'

const models = loadModels()

describe.each(PROTOCOLS)('$name', (protocol) => {
  const steps = specSteps(specFiles(protocol).map(({ file }) => ({ file, text: readFileSync(file, 'utf8') })))

  it('what has no thread of its own is what the machines have no program for', () => {
    const labels = models
      .filter((m) => m.protocol === protocol)
      .flatMap((model) => machineOf(model).environment.map(({ label }) => label))
    const worlds = steps.filter(({ thread }) => thread === undefined).map(({ action }) => action)
    expect([...new Set(worlds)].sort()).toEqual([...new Set(labels)].sort())
  })

  it('has every action of the documents, and no other', () => {
    const actions = new Set(steps.map(({ action }) => action))
    const known = Object.keys(protocol.docs.actions)
    expect(known.filter((name) => !actions.has(name) && name !== 'done')).toEqual([])
    expect([...actions].filter((name) => !known.includes(name))).toEqual([])
  })
})

describe('specSteps', () => {
  const module = (...lines: string[]) => [
    { file: 'M.tla', text: ['At(th, label) == pc[th] = label', ...lines].join('\n') },
  ]

  it('resolves groups, quantifiers and arguments, and finds the thread at the label', () => {
    const steps = specSteps(
      module(
        'a(n) ==',
        '    /\\ At(P(n), "a")',
        'b == /\\ TRUE \\* At(P(1), "b")',
        'Group(x) ==',
        '    \\/ a(x)',
        '    \\/ b',
        'Next ==',
        '    \\/ \\E n \\in Ids :',
        '        Group(n) \\/ a(f(n, 1))',
      ),
    )
    const bound = [{ name: 'n', set: 'Ids' }]
    expect(steps).toEqual([
      { action: 'a', bound, call: 'a(n)', args: ['n'], thread: 'P(n)' },
      { action: 'b', bound, call: 'b', args: [], thread: undefined },
      { action: 'a', bound, call: 'a(f(n, 1))', args: ['f(n, 1)'], thread: 'P(f(n, 1))' },
    ])
  })

  it('is led astray by no comment and by no string', () => {
    const steps = specSteps(
      module(
        'a(n, s) == /\\ At(P(n), "a")',
        'Next == (* \\/ b (* \\/ c *) *)',
        '    \\/ a(1, "x, (* y") \\* \\/ d',
        '    \\/ a(2, <<"z", 1 < 2>>)',
      ),
    )
    expect(steps.map(({ call, args }) => [call, args])).toEqual([
      ['a(1, "x, (* y")', ['1', '"x, (* y"']],
      ['a(2, <<"z", 1 < 2>>)', ['2', '<<"z", 1 < 2>>']],
    ])
  })

  it('finds the thread through an operator that says of it where it is, and an action that is quantified', () => {
    const steps = specSteps(
      module(
        "Goto(t, from, to) == At(t, from) /\\ pc' = [pc EXCEPT ![t] = to]",
        'a == Goto(one, "a", "b")',
        "c(t) == \\E i \\in Committable(t) : store_buffer' = i",
        'Next == a \\/ \\E t \\in Threads : c(t)',
      ),
    )
    expect(steps.map(({ call, bound, thread }) => [call, bound.length, thread])).toEqual([
      ['a', 0, 'one'],
      ['c(t)', 1, undefined],
    ])
  })

  it.each([
    ['a conjunction', ['a == /\\ TRUE', 'Next == a /\\ a']],
    ['what is defined nowhere', ['Next == \\/ a']],
    ['nothing', []],
  ])('refuses a Next that is %s', (_what, lines) => {
    expect(() => specSteps(module(...lines))).toThrow(LockstepError)
  })
})
