/** What the package exports, by the name that it is imported by: the module that is behind each. */

/** As `exports` of package.json has them; test/layout/api.test.ts holds one to the other. */
export const API = {
  lockstep: 'impl/index.ts',
  'lockstep/ablate': 'impl/api/ablate.ts',
  'lockstep/blocks': 'impl/api/blocks.ts',
  'lockstep/docs': 'impl/api/docs.ts',
  'lockstep/kernel': 'impl/api/kernel.ts',
  'lockstep/kvm': 'impl/api/kvm.ts',
  'lockstep/litmus': 'impl/api/litmus.ts',
  'lockstep/live': 'impl/api/live.ts',
  'lockstep/prove': 'impl/api/prove.ts',
  'lockstep/report': 'impl/api/report.ts',
  'lockstep/tla': 'impl/api/tla.ts',
  'lockstep/validate': 'impl/api/validate.ts',
} as const

/** A name that something of the package is imported by. */
export type ApiName = keyof typeof API

export const API_NAMES = Object.keys(API) as readonly ApiName[]

/** Is it such a name? */
export const isApiName = (name: string): name is ApiName => Object.hasOwn(API, name)
