/** The one model of a command's target, and what is said where the target could have meant others. */

import type { Model } from '../../impl/lib/protocol/model.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import { oneModel, targetModels } from '../../impl/lib/protocol/target.ts'
import type { Output } from '../ui/output.ts'

/**
 * The model that a target means, as {@link oneModel}. A design with one model that is tagged fast means that one: it is said
 * which, and which are left out, since an answer for it is none for the others.
 *
 * @throws LockstepError (exit 2) `several-models`, `unknown-target`
 */
export const modelOfTarget = (out: Output, project: Project, target: string, otherwise?: string): Model => {
  const models = project.modelsFor([target])
  const model = oneModel(models, target, otherwise)
  const { left } = targetModels(models, target)
  if (left.length > 0) {
    out.note(
      `${target} is taken for ${model.name}; tagged full, and not meant: ${left.map(({ name }) => name).join(', ')}`,
    )
  }
  return model
}
