/** What the package exports, by the name that it is imported by: the very modules that run, for those of a workspace. */

/** What one name gives. */
interface Part {
  /** its module, as the package has it */
  readonly source: string
  readonly load: () => Promise<Readonly<Record<string, unknown>>>
}

/** As `exports` of package.json has them; test/layout/api.test.ts holds one to the other. */
export const API = {
  lockstep: { source: 'impl/index.ts', load: () => import('../../impl/index.ts') },
  'lockstep/ablate': { source: 'impl/api/ablate.ts', load: () => import('../../impl/api/ablate.ts') },
  'lockstep/blocks': { source: 'impl/api/blocks.ts', load: () => import('../../impl/api/blocks.ts') },
  'lockstep/docs': { source: 'impl/api/docs.ts', load: () => import('../../impl/api/docs.ts') },
  'lockstep/kernel': { source: 'impl/api/kernel.ts', load: () => import('../../impl/api/kernel.ts') },
  'lockstep/kvm': { source: 'impl/api/kvm.ts', load: () => import('../../impl/api/kvm.ts') },
  'lockstep/litmus': { source: 'impl/api/litmus.ts', load: () => import('../../impl/api/litmus.ts') },
  'lockstep/live': { source: 'impl/api/live.ts', load: () => import('../../impl/api/live.ts') },
  'lockstep/prove': { source: 'impl/api/prove.ts', load: () => import('../../impl/api/prove.ts') },
  'lockstep/report': { source: 'impl/api/report.ts', load: () => import('../../impl/api/report.ts') },
  'lockstep/tla': { source: 'impl/api/tla.ts', load: () => import('../../impl/api/tla.ts') },
  'lockstep/validate': { source: 'impl/api/validate.ts', load: () => import('../../impl/api/validate.ts') },
} as const satisfies Readonly<Record<string, Part>>

/** A name that something of the package is imported by. */
export type ApiName = keyof typeof API

export const API_NAMES = Object.keys(API) as readonly ApiName[]

/** Is it such a name? */
export const isApiName = (name: string): name is ApiName => Object.hasOwn(API, name)
