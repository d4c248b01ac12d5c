/** Holds a configuration to its modules, so that nothing in it is for one engine only, and nothing for none. */

import type { Cfg } from './cfg.ts'
import type { LockstepError } from '../kernel/error.ts'
import { badInput } from '../kernel/error.ts'
import type { ModuleNames } from './module/names.ts'

/** What a model is run under where it has properties: every engine has the fairness of this one, and of no other. */
const FAIR = 'FairSpec'

const wrongSpecification = ({ specification, properties }: Cfg, { definitions }: ModuleNames): string | undefined => {
  const known = ['Spec', FAIR].filter((name) => definitions.has(name))
  if (properties.length > 0 && specification !== FAIR)
    return `${specification} is without the fairness that PROPERTIES are checked under: expected ${FAIR}`
  return known.includes(specification)
    ? undefined
    : `there is no specification ${specification}: expected ${known.join(' or ')}`
}

/** The first name of a list that its statement cannot have, and why. */
const wrongName = (
  { invariants, properties }: Cfg,
  { definitions }: ModuleNames,
): readonly [name: string, why: string] | undefined => {
  const kinds = [
    { names: invariants, form: /^TypeOK$|Inv$/, what: 'an invariant: TypeOK, or a name that ends in Inv' },
    { names: properties, form: /Prop$/, what: 'a temporal property: a name that ends in Prop' },
  ]
  for (const { names, form, what } of kinds) {
    for (const name of names) {
      if (!form.test(name)) return [name, `expected ${what}, found ${name}`]
      if (!definitions.has(name)) return [name, `the modules define no ${name}`]
    }
  }
  return undefined
}

/**
 * Holds a configuration to the modules that it is of: every constant bound, no other, properties that are there, and the one
 * specification that all engines mean. Answers the same configuration.
 * @throws LockstepError (exit 2) `bad-cfg` with file, line and column
 */
export const checkedCfg = (cfg: Cfg, file: string, names: ModuleNames): Cfg => {
  const wrong = (message: string, hint: string, at?: string): LockstepError =>
    badInput({ code: 'bad-cfg', message, hint, ...((at === undefined ? undefined : cfg.places.get(at)) ?? { file }) })
  const specification = wrongSpecification(cfg, names)
  if (specification !== undefined) throw wrong(specification, 'Spec goes with INVARIANTS alone', cfg.specification)
  const declared = [...names.constants]
  const unknown = [...cfg.constants.keys()].find((name) => !names.constants.has(name))
  if (unknown !== undefined)
    throw wrong(`the modules declare no constant ${unknown}`, `they declare ${declared.join(', ')}`, unknown)
  const missing = declared.filter((name) => !cfg.constants.has(name))
  if (missing.length > 0) {
    const [last] = [...cfg.constants.keys()].slice(-1)
    throw wrong(
      `the constant${missing.length === 1 ? '' : 's'} ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
      'bind every constant that the modules declare',
      last ?? cfg.specification,
    )
  }
  const [name, why] = wrongName(cfg, names) ?? []
  if (name !== undefined && why !== undefined) throw wrong(why, 'state it in the module first, or take it out', name)
  return cfg
}
