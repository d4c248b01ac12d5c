/** A model as logs are held against it: with its other designs, and the sources that are to blame. */

import { given } from '../../impl/lib/kernel/given.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { unknownActionHint } from '../../impl/lib/protocol/unknown-action.ts'
import { elsewhere } from '../../impl/lib/validate/any-design.ts'
import { Validator } from '../../impl/lib/validate/validator.ts'
import type { Project } from '../../impl/lib/protocol/project.ts'
import { blameSources } from '../engines/proof.ts'
import { isSpecified } from '../workspace/spec-files.ts'

/** Reads logs of a model. */
export const logValidator = (model: Model, project: Project): Validator =>
  new Validator({
    name: model.name,
    machine: machineOf(model),
    claims: [model.name, `${model.protocol.name}/${model.design}`],
    elsewhere: elsewhere(model, project),
    ...given({ named: model.protocol.named }),
    hint: (action, known, what) => unknownActionHint(action, known, { protocol: model.protocol, project }, what),
    // without a specification there is nothing to blame
    ...(isSpecified(model.protocol) ? { sources: () => blameSources(model) } : {}),
  })
