/**
 * The modules that the package exports, for those of a workspace: the very modules that run. Apart from their names, because what
 * imports this file runs all of them, and a result that is kept is of what ran.
 */

import type { ApiName } from './api.ts'

type Exports = Readonly<Record<string, unknown>>

const LOADED: Readonly<Record<ApiName, () => Promise<Exports>>> = {
  lockstep: () => import('../../impl/index.ts'),
  'lockstep/ablate': () => import('../../impl/api/ablate.ts'),
  'lockstep/blocks': () => import('../../impl/api/blocks.ts'),
  'lockstep/docs': () => import('../../impl/api/docs.ts'),
  'lockstep/kernel': () => import('../../impl/api/kernel.ts'),
  'lockstep/kvm': () => import('../../impl/api/kvm.ts'),
  'lockstep/litmus': () => import('../../impl/api/litmus.ts'),
  'lockstep/live': () => import('../../impl/api/live.ts'),
  'lockstep/prove': () => import('../../impl/api/prove.ts'),
  'lockstep/report': () => import('../../impl/api/report.ts'),
  'lockstep/tla': () => import('../../impl/api/tla.ts'),
  'lockstep/validate': () => import('../../impl/api/validate.ts'),
}

/** What `import` of a name gives. */
export const apiModule = (name: ApiName): Promise<Exports> => LOADED[name]()
