/** Whether a model explains a log of the C harness, by the validator itself. */

import type { LogEvent, LogHeader, Order } from '../../../impl/lib/validate/event.ts'
import { parseLine } from '../../../impl/lib/validate/event.ts'
import type { Validation } from '../../../impl/lib/validate/result.ts'
import type { Validator } from '../../../impl/lib/validate/validator.ts'
import { logValidator } from '../../../scripts/validate/subject.ts'
import { loadModels, project } from '../../project.ts'

/** A log as it was written, parsed. */
export interface Log {
  readonly header: LogHeader
  readonly events: readonly LogEvent[]
}

/** Parses a log; every line has to be an event. */
export const parse = (text: string): Log => {
  let header: LogHeader | undefined
  const events: LogEvent[] = []
  text
    .trimEnd()
    .split('\n')
    .forEach((line, i) => {
      const parsed = parseLine(line, i + 1)
      if ('message' in parsed) throw new Error(`line ${i + 1}: ${parsed.message}`)
      if ('header' in parsed) header = parsed.header
      else events.push(parsed)
    })
  if (header === undefined) throw new Error('a log without a header')
  return { header, events }
}

const validators = new Map<string, Validator>()
const models = loadModels()

const MAX_STATES = 300_000

/** Validates the text of a log; the unlogged steps of its header count in the model that it names. */
export const explain = (text: string, name: string, order: Order): Promise<Validation> => {
  const model = models.find((m) => m.name === name)
  if (model === undefined) throw new Error(`no model ${name}`)
  const validator = validators.get(name) ?? logValidator(model, project)
  validators.set(name, validator)
  const { header } = parse(text)
  return validator.validate([{ firstLine: 1, lines: text.split('\n') }], {
    file: 'harness',
    order,
    maxStates: MAX_STATES,
    ...(header.model === name ? {} : { unlogged: [] }),
  })
}
