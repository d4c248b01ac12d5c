/** Which conjunct is to blame, also where it is in a step of a library. */

import { describe, expect, it } from 'vitest'
import type { SourceText } from '../../../impl/lib/prove/blame.ts'
import { falseGuards, findAction, updatesOf } from '../../../impl/lib/prove/blame.ts'

const LIBRARY: SourceText = {
  file: 'Mutex.tla',
  text: `---- MODULE Mutex ----
mutex_lock(th, v, holder) ==
    /\\ drained(th)
    /\\ mutex[v] = "free" \\* held back
    /\\ mutex' = [mutex EXCEPT ![v] = holder]

drained(th) == store_buffer[th] = <<>>
====
`,
}

const PROTOCOL: SourceText = {
  file: 'P.tla',
  text: `---- MODULE P ----
ioctl_lock(t) ==
    /\\ At(ioctl(t), "ioctl_lock")
    /\\ mutex_lock(ioctl(t), t, "ioctl")
    /\\ Goto(ioctl(t), "next")
    /\\ UNCHANGED <<x, y>>

alone ==
    /\\ x = 1
    /\\ x' = 2
====
`,
}

const modules = [LIBRARY, PROTOCOL]

const blameOf = (action: string, args: string[], isFalse: (predicate: string) => boolean) => {
  const asked: string[] = []
  const definition = findAction(modules, action)
  if (definition === undefined) throw new Error(`no ${action}`)
  const blamed = falseGuards(modules, definition, args, (predicate) => {
    asked.push(predicate)
    return !isFalse(predicate)
  })
  return { asked, blamed }
}

describe('falseGuards', () => {
  it('asks for the guards of the action and of the library’s step, with the arguments in place', () => {
    const { asked, blamed } = blameOf('ioctl_lock', ['2'], () => false)
    expect(asked).toEqual(['At(ioctl(2), "ioctl_lock")', 'drained(ioctl(2))', 'mutex[2] = "free"'])
    expect(blamed).toEqual([])
  })

  it('blames the library’s own line, and the line that calls it', () => {
    expect(blameOf('ioctl_lock', ['2'], (p) => p === 'mutex[2] = "free"').blamed).toEqual([
      { side: 'spec', file: 'P.tla', line: 4, text: 'mutex_lock(ioctl(t), t, "ioctl")' },
      { side: 'spec', file: 'Mutex.tla', line: 4, text: 'mutex[v] = "free"' },
    ])
  })

  it('takes an argument that is a thread whole', () => {
    const { asked } = blameOf('mutex_lock', ['<<"vcpu", 0>>', '0', '"run"'], () => false)
    expect(asked).toEqual(['drained(<<"vcpu", 0>>)', 'mutex[0] = "free"'])
  })

  it('names the predicate that a guard is made of', () => {
    expect(blameOf('ioctl_lock', ['2'], (p) => p === 'drained(ioctl(2))').blamed.slice(1)).toEqual([
      { side: 'spec', file: 'Mutex.tla', line: 3, text: 'drained(th)' },
      { side: 'spec', file: 'Mutex.tla', line: 7, text: 'drained(th) == store_buffer[th] = <<>>' },
    ])
  })

  it('does without parameters', () => {
    expect(blameOf('alone', [], () => true).blamed).toEqual([{ side: 'spec', file: 'P.tla', line: 9, text: 'x = 1' }])
  })
})

describe('findAction', () => {
  const of = (...lines: string[]) => findAction([{ file: 'M.tla', text: lines.join('\n') }], 'a')

  it('finds conjuncts with their lines, whatever is in comments and strings', () => {
    const found = of(
      'LOCAL a(x,',
      '        y) == \\* a == 1',
      '    (* /\\ no',
      '       (* /\\ nor this *) *)',
      '    /\\ x = "/\\\\ (* \\\\*"',
      '    /\\ \\/ y',
      '       \\/ x /\\ y',
      'b == 2',
    )
    expect(found).toMatchObject({ line: 1, parameters: ['x', 'y'] })
    expect(found?.conjuncts.map(({ line, text }) => [line, text])).toEqual([
      [5, 'x = "/\\\\ (* \\\\*"'],
      [6, '\\/ y \\/ x /\\ y'],
    ])
  })

  it.each([
    ['x /\\ f("/\\\\ \\\\/", y) /\\ z', ['x', 'f("/\\\\ \\\\/", y)', 'z']],
    ['x /\\ y => z', ['x /\\ y => z']],
    ['x <=> y /\\ z', ['x <=> y /\\ z']],
    ['x /\\ {IF p THEN q ELSE r} = {}', ['x', '{IF p THEN q ELSE r} = {}']],
    ['\\E p \\in S : x /\\ y', ['\\E p \\in S : x /\\ y']],
    ['IFx /\\ y', ['IFx', 'y']],
  ])('splits %s', (body, conjuncts) => {
    expect(of(`a == ${body}`)?.conjuncts.map(({ text }) => text)).toEqual(conjuncts)
  })

  it('takes the first of two', () => {
    expect(of('a == 1', 'a == 2')).toMatchObject({ line: 1, body: '1' })
  })
})

describe('updatesOf', () => {
  it('finds what becomes of a variable in the library’s step', () => {
    const definition = findAction(modules, 'ioctl_lock')
    if (definition === undefined) throw new Error('no ioctl_lock')
    expect(updatesOf(modules, definition, ['mutex'])).toEqual([
      { side: 'spec', file: 'P.tla', line: 4, text: 'mutex_lock(ioctl(t), t, "ioctl")' },
      { side: 'spec', file: 'Mutex.tla', line: 5, text: "mutex' = [mutex EXCEPT ![v] = holder]" },
    ])
    expect(updatesOf(modules, definition, ['y']).map(({ line }) => line)).toEqual([6])
  })
})
