/** Looks at a workspace of somebody else before its models are decided. */

import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import type { Output } from '../ui/output.ts'
import { requireNames } from '../workspace/names.ts'
import { SetAside } from '../workspace/set-aside.ts'
import { typeErrors } from './types.ts'

/**
 * What is asked of a workspace before its models are decided: names are held to each other, and type errors are said.
 * @returns the models that can be decided
 * @throws LockstepError (exit 2) `unknown-name`, where that is none
 */
export const examine = (out: Output, project: Project, models: readonly Model[], aside = new SetAside()): Model[] => {
  for (const protocol of new Set(models.map((model) => model.protocol)))
    aside.attempt(protocol, () => {
      requireNames(
        models.filter((model) => model.protocol === protocol),
        project.modelsOf,
      )
    })
  const sound = aside.sound(models)
  const { workspace } = project
  if (workspace === undefined) return sound
  const own = [...new Set(sound.map(({ protocol }) => protocol))].filter(({ home }) => !home.builtin)
  const errors = typeErrors(workspace.root, own)
  if (errors !== undefined) out.note(errors)
  return sound
}
