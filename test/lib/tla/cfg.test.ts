/** Configurations are read strictly: what an engine would have to leave aside is refused, with its place. */

import { describe, expect, it } from 'vitest'
import { parseCfg, printCfg } from '../../../impl/lib/tla/cfg.ts'
import { Constants } from '../../../impl/lib/kernel/language/constants.ts'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'
import { checkedCfg } from '../../../impl/lib/tla/checked-cfg.ts'
import { namesOf } from '../../../impl/lib/tla/module/names.ts'
import { tla } from '../../../impl/lib/kernel/language/value.ts'
import { specFiles, specText } from '../../../scripts/workspace/spec-files.ts'
import { loadModels } from '../../project.ts'

const FILE = 'a.cfg'

/** A configuration in which each part stands on lines of its own. */
const GOOD = `\\* what it is
SPECIFICATION FairSpec
CONSTANTS
    Rounds = 1 \\* how many
    Name = "CHECK_DEADLOCK (* \\\\* = <-"
INVARIANTS
    TypeOK
    SafeInv
PROPERTIES
    EndsProp
CHECK_DEADLOCK FALSE
`

const NAMES = namesOf([
  `---- MODULE M ----
CONSTANTS
    Rounds,  \\* CONSTANT Commented
    Name     (* CONSTANT Too *)
Spec == Init
TypeOK == TRUE
SafeInv == TRUE
EndsProp == TRUE
====`,
  'FairSpec ==\n    /\\ Spec\n',
])

const read = (text: string) => checkedCfg(parseCfg(text, FILE), FILE, NAMES)

const problemOf = (body: () => unknown) => {
  try {
    body()
  } catch (error) {
    if (error instanceof LockstepError) return { exit: error.exit, ...error.problem }
    throw error
  }
  return undefined
}

describe('a configuration', () => {
  it('is read with its places', () => {
    const { specification, constants, invariants, properties, checkDeadlock, places } = read(GOOD)
    expect({ specification, invariants, properties, checkDeadlock }).toEqual({
      specification: 'FairSpec',
      invariants: ['TypeOK', 'SafeInv'],
      properties: ['EndsProp'],
      checkDeadlock: false,
    })
    expect([...constants]).toEqual([
      ['Rounds', tla.int(1n)],
      ['Name', tla.str('CHECK_DEADLOCK (* \\* = <-')],
    ])
    expect(places.get('SafeInv')).toEqual({ file: FILE, line: 8, column: 5 })
  })

  it('may have comments within comments, as for TLC', () => {
    expect(read(`(* a (* b *) c *)\n${GOOD}`).invariants).toEqual(['TypeOK', 'SafeInv'])
  })

  it('checks for deadlocks unless it says otherwise, and may say that it does', () => {
    expect(read(GOOD.replace('CHECK_DEADLOCK FALSE\n', '')).checkDeadlock).toBe(true)
    expect(read(GOOD.replace('CHECK_DEADLOCK FALSE\n', 'CHECK_DEADLOCK TRUE\n')).checkDeadlock).toBe(true)
  })

  it('may have Spec or FairSpec where there are no temporal properties', () => {
    const safe = GOOD.replace('PROPERTIES\n    EndsProp\n', '')
    expect(read(safe).specification).toBe('FairSpec')
    expect(read(safe.replace('FairSpec', 'Spec')).specification).toBe('Spec')
  })

  it.each([
    'INIT Init',
    'NEXT Next',
    'VIEW Nope',
    'ALIAS Nope',
    'SYMMETRY Perms',
    'CONSTRAINT Nope',
    'CONSTRAINTS Nope',
    'ACTION_CONSTRAINT Nope',
    'ACTION_CONSTRAINTS Nope',
    'POSTCONDITION Nope',
  ])('is refused with %s, which only TLC has', (statement) => {
    expect(problemOf(() => parseCfg(`${GOOD}${statement}\n`, FILE))).toMatchObject({
      exit: 2,
      code: 'reduced-graph',
      file: FILE,
      line: 12,
      column: 1,
      message: expect.stringContaining(statement.split(' ')[0] ?? '') as string,
    })
  })

  it.each<[string, string, string, string, readonly [number, number], RegExp]>([
    [
      'an unknown statement',
      'bad-cfg',
      'CHECK_DEADLOCK F',
      'TERMINAL Foo\nCHECK_DEADLOCK F',
      [11, 1],
      /no statement TERMINAL/,
    ],
    ['a misspelt one', 'bad-cfg', 'PROPERTIES', 'PROPERTYS', [9, 1], /no statement PROPERTYS: expected SPECIFICATION/],
    ['something before the first', 'bad-cfg', 'SPECIFICATION', 'oops\nSPECIFICATION', [2, 1], /found "oops"/],
    ['no SPECIFICATION', 'bad-cfg', 'SPECIFICATION FairSpec\n', '', [1, 1], /no SPECIFICATION/],
    ['an empty SPECIFICATION', 'bad-cfg', ' FairSpec', '', [2, 1], /found nothing/],
    ['two names of one', 'bad-cfg', 'FairSpec', 'FairSpec Spec', [2, 24], /found "Spec"/],
    ['two SPECIFICATIONs', 'bad-cfg', 'CONSTANTS', 'SPECIFICATION Spec\nCONSTANTS', [3, 1], /given twice/],
    ['a SPECIFICATION that there is not', 'bad-cfg', 'FairSpec', 'NoSuch', [2, 15], /NoSuch .*expected FairSpec/],
    ['properties and no fairness', 'bad-cfg', 'FairSpec', 'Spec', [2, 15], /fairness.*expected FairSpec/],
    ['CHECK_DEADLOCK false', 'bad-cfg', 'FALSE', 'false', [11, 16], /expected TRUE or FALSE, found "false"/],
    ['CHECK_DEADLOCK and two words', 'bad-cfg', 'FALSE', 'FALSE TRUE', [11, 22], /found "TRUE"/],
    ['CHECK_DEADLOCK and none', 'bad-cfg', ' FALSE', '', [11, 1], /found nothing/],
    ['CHECK_DEADLOCK twice', 'bad-cfg', 'FALSE', 'FALSE\nCHECK_DEADLOCK FALSE', [12, 1], /given twice/],
    ['an unknown constant', 'bad-cfg', '    Name', '    Bogus = 3\n    Name', [5, 5], /no constant Bogus/],
    ['a missing constant', 'bad-cfg', '    Rounds = 1', '', [5, 5], /constant Rounds is missing/],
    ['a constant twice', 'bad-cfg', '    Name', '    Rounds = 1\n    Name', [5, 5], /Rounds is given twice/],
    ['a constant that is replaced', 'bad-cfg', 'Rounds = 1', 'Rounds <- Two', [4, 5], /Rounds <-/],
    ['no constant', 'bad-cfg', 'Rounds = 1', 'Rounds', [4, 5], /expected NAME = value/],
    ['an invariant twice', 'bad-cfg', '    TypeOK', '    SafeInv\n    TypeOK', [9, 5], /SafeInv is listed twice/],
    ['a property twice', 'bad-cfg', '    EndsProp', '    EndsProp EndsProp', [10, 14], /EndsProp is listed twice/],
    ['an invariant that there is not', 'bad-cfg', 'SafeInv', 'NoSuchInv', [8, 5], /no NoSuchInv/],
    ['a property that there is not', 'bad-cfg', 'EndsProp', 'NoSuchProp', [10, 5], /no NoSuchProp/],
    ['a property among the invariants', 'bad-cfg', 'SafeInv', 'EndsProp2Prop', [8, 5], /expected an invariant/],
    ['an invariant among the properties', 'bad-cfg', 'EndsProp', 'OtherInv', [10, 5], /expected a temporal property/],
    ['what is no name', 'bad-cfg', 'SafeInv', 'Safe,Inv', [8, 5], /expected a name, found "Safe,Inv"/],
    ['a comment without an end', 'bad-cfg', 'CHECK_DEADLOCK F', '(* (* *)\nCHECK_DEADLOCK F', [11, 1], /comment/],
    ['more than a value', 'tla-syntax', 'Rounds = 1', 'Rounds = 1 x', [4, 16], /found 'x'/],
    ['half a value', 'tla-syntax', 'Rounds = 1', 'Rounds = {1,', [4, 17], /found the end/],
    ['a value without an end', 'tla-too-deep', '= 1', `= ${'{'.repeat(1001)}`, [4, 1014], /nested deeper/],
  ])('is refused with %s', (_, code, from, to, [line, column], message) => {
    expect(GOOD).toContain(from)
    const problem = problemOf(() => read(GOOD.replace(from, () => to)))
    const expected = { exit: 2, code, file: FILE, line, column, message: expect.stringMatching(message) as string }
    expect(problem).toMatchObject(expected)
    expect(problem?.hint).toBeDefined()
  })

  it('says of a value of another kind where it is', () => {
    const { constants, places } = read(GOOD)
    const problem = problemOf(() => new Constants(constants, 'a', undefined, places).natural('Name'))
    expect(problem).toMatchObject({ exit: 2, code: 'bad-constant', file: FILE, line: 5, column: 5 })
  })

  it('that is printed is read again', () => {
    const cfg = read(GOOD)
    const { constants, specification, invariants, properties } = read(printCfg(cfg, cfg))
    expect({ constants, specification, invariants, properties }).toEqual({
      constants: cfg.constants,
      specification: cfg.specification,
      invariants: cfg.invariants,
      properties: cfg.properties,
    })
  })
})

describe('the modules of the package', () => {
  it('declare what each model binds, and have the specification of each', () => {
    for (const model of loadModels()) {
      const names = namesOf(specFiles(model.protocol).map(specText))
      expect([model.name, [...names.constants].sort()]).toEqual([model.name, [...model.cfg.constants.keys()].sort()])
      expect([model.name, names.definitions.has(model.cfg.specification)]).toEqual([model.name, true])
    }
  })
})
