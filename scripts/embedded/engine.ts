/**
 * The npm package tla-checker (WASM): a second opinion on safety that needs no Java. It can drop a definition that it
 * cannot parse without saying so, so no verdict of its counts unless its number of states is the expected one; check.ts
 * sees to that. It works synchronously, so callers that want a time limit run it in worker.ts.
 */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { check_spec_with_cfg, explore_eval, initSync } from 'tla-checker'
import { z } from 'zod'
import type { TlaValue } from '../../impl/lib/kernel/language/value.ts'

let ready = false

const initialise = (): void => {
  if (ready) return
  initSync({ module: readFileSync(createRequire(import.meta.url).resolve('tla-checker/tla_checker_bg.wasm')) })
  ready = true
}

const answerSchema = z.object({
  success: z.boolean(),
  error_type: z.string().nullable(),
  error_message: z.string().nullable(),
  states_explored: z.number(),
  trace: z.array(z.string()).nullable(),
  warnings: z.array(z.unknown()),
})

/** What the engine says of one run. */
export interface EmbeddedAnswer {
  readonly outcome: 'success' | 'violation' | 'deadlock' | 'error'
  readonly states: number
  /** number of states of the counterexample */
  readonly depth: number | undefined
  readonly message: string | undefined
  readonly warnings: readonly string[]
}

/** One run, as a worker is given it. */
export interface EmbeddedRun {
  readonly source: string
  readonly cfg: string
  readonly maxStates: number
  readonly allowDeadlock: boolean
}

const outcomeOf = (success: boolean, type: string | null): EmbeddedAnswer['outcome'] => {
  if (success) return 'success'
  if (type === 'InvariantViolation') return 'violation'
  return type === 'Deadlock' ? 'deadlock' : 'error'
}

/** Checks a flattened specification; blocks until done. */
export const runEmbedded = ({ source, cfg, maxStates, allowDeadlock }: EmbeddedRun): EmbeddedAnswer => {
  initialise()
  const text = check_spec_with_cfg(source, cfg, '{}', maxStates, 1_000_000, allowDeadlock, false)
  const answer = answerSchema.parse(JSON.parse(text))
  const depth = answer.trace === null ? undefined : (answer.trace.join('\n').match(/^State \d+/gm)?.length ?? undefined)
  return {
    outcome: outcomeOf(answer.success, answer.error_type),
    states: answer.states_explored,
    depth,
    message: answer.error_message ?? undefined,
    warnings: answer.warnings.map(String),
  }
}

/** A value in the form that the engine's stepping functions take. */
const toJson = (value: TlaValue): unknown => {
  switch (value.kind) {
    case 'bool':
    case 'str':
      return value.value
    case 'int':
      return Number(value.value)
    case 'model':
      return value.name
    case 'set':
      return value.items.map(toJson)
    case 'interval':
      return Array.from({ length: Number(value.hi - value.lo) + 1 }, (_, i) => Number(value.lo) + i)
    case 'seq':
      return { __tuple: value.items.map(toJson) }
    case 'record':
      return Object.fromEntries(value.fields.map(([name, v]) => [name, toJson(v)]))
    case 'fun':
      return { __fn: value.entries.map(([argument, v]) => [toJson(argument), toJson(v)]) }
  }
}

const evaluationSchema = z.object({ ok: z.boolean(), json: z.unknown().optional() })

/** Evaluates a state predicate in a state; undefined where the engine cannot. */
export const evaluateIn = (
  source: string,
  cfg: string,
  state: ReadonlyMap<string, TlaValue>,
  expression: string,
): boolean | undefined => {
  initialise()
  const values = JSON.stringify(Object.fromEntries([...state].map(([name, value]) => [name, toJson(value)])))
  try {
    const { ok, json } = evaluationSchema.parse(JSON.parse(explore_eval(source, cfg, '{}', values, expression)))
    return ok && typeof json === 'boolean' ? json : undefined
  } catch {
    // a panic of the WASM module: the question stays open
    return undefined
  }
}
