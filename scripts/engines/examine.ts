/** Looks at a workspace of somebody else before its models are decided. */

import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import type { Output } from '../ui/output.ts'
import { requireNames } from '../workspace/names.ts'
import { typeErrors } from './types.ts'

/**
 * What is asked of a workspace before its models are decided: names are held to each other, and type errors are said.
 * @throws LockstepError (exit 2) `unknown-name`
 */
export const examine = (out: Output, project: Project, models: readonly Model[]): void => {
  requireNames(models, project.modelsOf)
  const { workspace } = project
  if (workspace === undefined) return
  const own = [...new Set(models.map(({ protocol }) => protocol))].filter(({ home }) => !home.builtin)
  const errors = typeErrors(workspace.root, own)
  if (errors !== undefined) out.note(errors)
}
