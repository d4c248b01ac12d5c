/** What the specification's side of `mutate` makes and asks, from the syntax alone. */

import { describe, expect, it } from 'vitest'
import { actionFaults, differenceOf } from '../../../impl/lib/mutate/actions.ts'
import { edited, numbered } from '../../../impl/lib/mutate/mutant.ts'
import {
  copiesOf,
  definitionsIn,
  editedDefinition,
  specWeakenings,
  weakerCopies,
} from '../../../impl/lib/mutate/spec.ts'
import { answerIn, statesModule } from '../../../impl/lib/mutate/states.ts'
import {
  fairnessOf,
  fairnessTable,
  responsesOf,
  responseTable,
  stepsOf,
  UnknownShape,
} from '../../../impl/lib/mutate/temporal.ts'
import { parseModule } from '../../../impl/lib/tla/module/parse.ts'
import { printExpr } from '../../../impl/lib/tla/module/print.ts'
import { definitionsOf, expanded } from '../../../impl/lib/tla/module/tree.ts'
import { parseValue } from '../../../impl/lib/tla/parse-value.ts'
import { tla } from '../../../impl/lib/kernel/language/value.ts'

const text = String.raw`---- MODULE M ----
CONSTANTS P, C
VARIABLES pc, x
vars == <<pc, x>>
Labels == {"a", "b", "c"}
At(p, l) == pc[p] = l
Goto(p, l) == pc' = [pc EXCEPT ![p] = l]
Init == pc = [p \in P |-> "a"] /\ x = 0
Free == x = 0 \/ x = 2
one(p) ==
    /\ At(p, "a")
    /\ Free
    /\ x' = 1
    /\ Goto(p, IF x = 0 THEN "b" ELSE "c")
two(p) == At(p, "b") /\ Goto(p, "a") /\ UNCHANGED x
Own(p) == \/ one(p)
          \/ two(p)
Next == \E p \in P : Own(p)
Spec == Init /\ [][Next]_vars
Fairness == \A p \in P : WF_vars(Own(p)) /\ SF_vars(one(p))
Sometimes == C /\ one(1)
Given == (C \/ P = {}) => (WF_vars(one(1)) /\ SF_vars(one(2)))
Busy == x = 1
AProp == \A p \in P : <>[](~Busy) => (At(p, "a") ~> At(p, "b"))
BProp == /\ Busy ~> ~Busy
         /\ AProp
BothInv == x = 3 => (Busy <=> Free)
OneInv == ~Busy \/ Free
MixedInv == Busy => (Busy /\ Free)
====
`
const source = { file: 'spec/m/M.tla', text }
const definitions = definitionsIn([source])
const body = (name: string) => {
  const found = definitions.get(name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found.body
}

describe('the shapes of a specification', () => {
  it('steps are found behind choices, with what is bound around them', () => {
    const bounds = [{ name: 'p', set: 'P' }]
    expect(stepsOf(body('Next'), definitions)).toEqual([
      { bounds, action: 'one', arguments: ['p'] },
      { bounds, action: 'two', arguments: ['p'] },
    ])
  })

  it('a step that only some models have is there under its condition', () => {
    const bounds = [{ name: 'lockstep_when', set: '{lockstep_x \\in {TRUE} : C}' }]
    expect(stepsOf(body('Sometimes'), definitions)).toEqual([{ bounds, action: 'one', arguments: ['1'] }])
    // what is asked of the state is a guard, and belongs to the action
    const [guarded] = stepsOf(body('two'), definitions)
    expect(guarded?.bounds).toEqual([])
  })

  it('responses are taken apart, with what has to hold for good', () => {
    expect(responsesOf(body('BProp'), definitions)).toEqual([
      { bounds: [], from: 'Busy', to: '~ Busy', always: 'TRUE' },
      { bounds: [{ name: 'p', set: 'P' }], from: 'At(p, "a")', to: 'At(p, "b")', always: '~ Busy' },
    ])
    expect(responseTable(responsesOf(body('AProp'), definitions))).toBe(
      '<<UNION {{<<<<p>>, (At(p, "a")), (At(p, "b")), (~ Busy)>>} : p \\in P}>>',
    )
  })

  it('what is none of the shapes is refused, not guessed', () => {
    expect(() => responsesOf(body('BothInv'), definitions)).toThrow(UnknownShape)
    expect(() => fairnessOf(body('AProp'), definitions)).toThrow(UnknownShape)
  })

  it('fairness that only some models assume is there under its condition', () => {
    const when = { name: 'lockstep_when', set: '{lockstep_x \\in {TRUE} : C \\/ (P = {})}' }
    expect(fairnessOf(body('Given'), definitions).map(({ bounds, strong }) => ({ bounds, strong }))).toEqual([
      { bounds: [when], strong: false },
      { bounds: [when], strong: true },
    ])
  })

  it('fairness is a table of steps by what is bound around it', () => {
    const fair = fairnessOf(body('Fairness'), definitions)
    expect(fair.map(({ strong, steps }) => [strong, steps.map(({ action }) => action)])).toEqual([
      [false, ['one', 'two']],
      [true, ['one']],
    ])
    expect(fairnessTable(fair)).toContain('UNION {{<<<<p>>, <<p>>>>} : p \\in P}')
  })

  it('an argument that would come under a quantifier of the same name is not put there', () => {
    const captured = parseModule(
      '---- MODULE C ----\nf(a) == \\E k \\in S : k = a\ng(k) == f(k)\nh == f(3)\n====\n',
      'C.tla',
    )
    const byName = new Map(definitionsOf(captured).map((d) => [d.name, d]))
    const of = (name: string) => byName.get(name)?.body ?? body('Next')
    expect(expanded(of('g'), byName)).toBeUndefined()
    expect(expanded(of('h'), byName)?.kind).toBe('quantifier')
  })
})

describe('weakenings', () => {
  const asked = ['AProp', 'BProp', 'BothInv', 'OneInv', 'MixedInv']
  const weakened = (within: string, to: string, direction: 'truer' | 'falser') => {
    const draft = specWeakenings([source], asked).find((d) => d.within === within && d.to === to)
    if (draft === undefined) throw new Error(`no ${within} -> ${to}`)
    expect(draft.direction).toBe(direction)
    return weakerCopies(definitions, editedDefinition(source, within, draft.edit), direction, asked, 'm1').lines
  }

  it('change a definition where it is asked that way, and nowhere else', () => {
    expect(weakened('Busy', 'FALSE', 'falser')).toEqual([
      'Busy_falser_m1 == FALSE',
      'BProp_m1 == (Busy_falser_m1 ~> (~ Busy_falser_m1)) /\\ AProp',
      'OneInv_m1 == (~ Busy_falser_m1) \\/ Free',
      'MixedInv_m1 == Busy_falser_m1 => (Busy /\\ Free)',
    ])
    expect(weakened('Busy', 'TRUE', 'truer').at(-1)).toBe('MixedInv_m1 == Busy => (Busy_truer_m1 /\\ Free)')
  })

  it('do not touch a property that asks for more than a yes or no', () => {
    expect(weakened('Busy', 'FALSE', 'falser').some((line) => line.startsWith('BothInv'))).toBe(false)
  })

  it('fairness loses each step of the choices that it names, and instances', () => {
    const said = specWeakenings([source], []).map(({ kind, within, from, to }) => `${kind} ${within}: ${from} -> ${to}`)
    expect(said).toContain('fairness Own: one(p) -> not among the fair steps')
    expect(said).toContain('fairness Fairness: SF_vars(one(p)) -> weak in place of strong')
    expect(said.some((one) => one.endsWith('-> p in one of P only'))).toBe(true)
    // a CHOOSE from an empty set has no value: it is asked of members only
    const [only] = specWeakenings([source], []).filter(({ to }) => to === 'p in one of P only')
    expect(only?.edit.text).toBe('{lockstep_one \\in P : lockstep_one = (CHOOSE lockstep_other \\in P : TRUE)}')
  })
})

describe('faults of actions', () => {
  const drafts = actionFaults([source], source)
  const said = drafts.map(({ within, from, to }) => `${within}: ${from} -> ${to}`)

  it.each([
    'one: At(p, "a") -> no such guard',
    'one: Free -> ~(Free)',
    "one: x' = 1 -> no such effect",
    "one: x' = 1 -> 2 in place of 1",
    'two: Goto(p, "a") -> no such effect',
    'two: Goto(p, "a") -> "b" in place of "a"',
    'one: IF (x = 0) THEN "b" ELSE "c" -> the branches exchanged',
    'Free: (x = 0) \\/ (x = 2) -> without x = 0',
    'Own: one(p) -> never taken',
    'Init: 0 -> 1 in place of 0',
  ])('%s', (one) => {
    expect(said).toContain(one)
  })

  it('leave no variable without a value: that is what TLC finds by itself', () => {
    const effects = drafts.filter(({ to }) => to === 'no such effect').map(({ edit }) => edit.text)
    expect(effects.length).toBeGreaterThan(0)
    expect(effects.every((effect) => /^UNCHANGED <<(pc|x)>>$/.test(effect))).toBe(true)
    expect(said.filter((one) => one.startsWith('two: UNCHANGED'))).toEqual([])
  })

  it('are other mutants than those of fairness, though the text is the same', () => {
    const { mutants } = numbered([...specWeakenings([source], []), ...drafts], new Map([[source.file, text]]))
    const same = mutants.filter(({ within, edit }) => within === 'Own' && edit.text === 'FALSE')
    expect(new Set(same.map(({ kind }) => kind))).toEqual(new Set(['fairness', 'fault']))
    expect(new Set(mutants.map(({ id }) => id)).size).toBe(mutants.length)
  })

  const differenceFor = (words: string) => {
    const draft = drafts.find(({ to, within }) => `${within}: ${to}` === words)
    if (draft === undefined) throw new Error(`no fault ${words}`)
    const changed = new Map(definitions).set(draft.within, editedDefinition(source, draft.within, draft.edit))
    const copies = copiesOf(changed, draft.within, [...definitions.keys()], 'm1')
    return differenceOf(draft.within, definitions, changed, copies.names)
  }

  it('change the definition that they are in as a change of the whole module does', () => {
    for (const { within, edit } of drafts) {
      const whole = definitionsIn([{ ...source, text: edited(text, edit) }]).get(within)
      const alone = editedDefinition(source, within, edit)
      expect(printExpr(alone.body)).toBe(whole === undefined ? '' : printExpr(whole.body))
    }
  })

  it('are told from the original by successors, in both directions', () => {
    const { formula, actions } = differenceFor('Free: without x = 0')
    expect(actions).toEqual(['one'])
    expect(formula).toBe(
      '(ENABLED (((\\E p \\in P : (one_m1(p)))) /\\ ~((\\E p \\in P : (one(p)))) /\\ LockstepMoves)) \\/ ' +
        '(ENABLED (((\\E p \\in P : (one(p)))) /\\ ~((\\E p \\in P : (one_m1(p)))) /\\ LockstepMoves))',
    )
  })

  it('a step that is never taken is missed where it could be', () => {
    const { formula, actions } = differenceFor('Own: never taken')
    expect(actions).toEqual(['one'])
    expect(formula).toBe('(ENABLED ((\\E p \\in P : (one(p))) /\\ ~(FALSE) /\\ LockstepMoves))')
  })
})

describe('the module that TLC is given', () => {
  const state = (x: number) => new Map([['x', tla.int(x)]])
  const questions = {
    groups: [[state(1), state(2)], [state(1)]],
    definitions: ['F == x = 1'],
    seen: ['F', '~F'],
    values: ['x'],
  }
  const { text: module, lines } = statesModule('MCM', questions)

  it('has each value once, each state in its group, and each formula on a line of its own', () => {
    expect(module).toContain('LockstepValues1 == <<1, 2>>')
    expect(module).toContain('LockstepTable == <<\n<<1>>,\n<<2>>,\n<<1>>>>')
    expect(module).toContain('LockstepGroup == <<0, 0, 1>>')
    const rows = module.split('\n')
    expect([...lines].map(([line, question]) => [rows[line - 1]?.includes('IF ~F THEN'), question])).toEqual([
      [false, 0],
      [true, 1],
    ])
    expect(() => parseModule(module.replace(/^LOCAL INSTANCE .*$/gm, ''), 'states')).not.toThrow()
  })

  it('is answered in lines, strings in values too', () => {
    expect(answerIn('"lockstep-seen 1 2"')).toEqual({ kind: 'seen', group: 1, question: 1 })
    const row = answerIn(String.raw`"lockstep-row 3 <<\"a\\\\b\", TRUE>>"`)
    expect(row).toEqual({ kind: 'values', state: 2, text: String.raw`<<"a\\b", TRUE>>` })
    expect(row?.kind === 'values' && parseValue(row.text)).toEqual(
      tla.seq([tla.str('a\\b'), { kind: 'bool', value: true }]),
    )
    expect(answerIn('"lockstep-row"')).toBeUndefined()
  })
})
