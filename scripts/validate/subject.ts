/** A model as logs are held against it: with its other designs, and the sources that are to blame. */

import { PROTOCOLS } from '../../impl/catalog.ts'
import type { Model } from '../../impl/lib/protocol/model.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { unknownActionHint } from '../../impl/lib/protocol/unknown-action.ts'
import { elsewhere } from '../../impl/lib/validate/elsewhere.ts'
import { Validator } from '../../impl/lib/validate/validator.ts'
import { loadModels } from '../workspace/project.ts'
import { blameSources } from '../engines/proof.ts'

/** Reads logs of a model. */
export const logValidator = (model: Model): Validator =>
  new Validator({
    name: model.name,
    machine: machineOf(model),
    claims: [model.name, `${model.protocol.name}/${model.design}`],
    elsewhere: elsewhere(model, loadModels),
    hint: (action, known, what) =>
      unknownActionHint(action, known, { protocol: model.protocol, protocols: PROTOCOLS }, what),
    sources: () => blameSources(model),
  })
