/** A macro as `#define` gives it. */

import { errorAtToken, quoted } from './error.ts'
import { shown } from '../../text/shown.ts'
import type { Token } from './token.ts'

/** A token of a macro's text; `parameter` is its number where it is one. */
export interface BodyToken {
  readonly token: Token
  readonly parameter: number | undefined
  /** whether `#` stands before it */
  readonly stringify: boolean
  /** whether `##` stands behind it */
  readonly paste: boolean
}

export interface Macro {
  readonly name: string
  /** undefined where it has no parameter list */
  readonly parameters: readonly string[] | undefined
  /** whether the last parameter takes all that is left */
  readonly variadic: boolean
  readonly body: readonly BodyToken[]
  /** what is made of `__LINE__` and its kin, where that depends on the use */
  readonly special?: 'line' | 'file' | 'counter'
}

const bad = (token: Token, message: string, hint: string): never => {
  throw errorAtToken('c-preprocessor', token, message, hint)
}

/** The parameters from behind the `(` on, and where the text of the macro begins. */
const parametersOf = (line: readonly Token[], name: Token): { names: string[]; variadic: boolean; at: number } => {
  const names: string[] = []
  const hint = 'Write the parameters as #define F(a, b, ...).'
  for (let at = 0; ;) {
    const token = line[at] ?? bad(name, `The parameters of ${shown(name.text)} do not end`, hint)
    if (token.is(')') && names.length === 0 && at === 0) return { names, variadic: false, at: 1 }
    const named = token.kind === 'name' && line[at + 1]?.is('...') === true
    if (token.is('...') || named) {
      if (line[at + (named ? 2 : 1)]?.is(')') !== true) bad(token, `'...' is not the last parameter`, hint)
      names.push(named ? token.text : '__VA_ARGS__')
      return { names, variadic: true, at: at + (named ? 3 : 2) }
    }
    if (token.kind !== 'name') bad(token, `${quoted(token)} is no parameter of a macro`, hint)
    if (names.includes(token.text)) bad(token, `The parameter ${shown(token.text)} is there twice`, hint)
    names.push(token.text)
    const after = line[at + 1] ?? bad(name, `The parameters of ${shown(name.text)} do not end`, hint)
    if (after.is(')')) return { names, variadic: false, at: at + 2 }
    if (!after.is(',')) bad(after, `${quoted(after)} where ',' or ')' was expected in a list of parameters`, hint)
    at += 2
  }
}

const bodyOf = (text: readonly Token[], parameters: readonly string[] | undefined): BodyToken[] => {
  const body: BodyToken[] = []
  const numberOf = (token: Token): number | undefined => {
    const number = token.kind === 'name' ? (parameters?.indexOf(token.text) ?? -1) : -1
    return number < 0 ? undefined : number
  }
  for (let i = 0; i < text.length; i++) {
    const token = text[i]
    if (token === undefined) continue
    if (token.is('##')) bad(token, "'##' has nothing to join", 'It stands between two tokens.')
    if (token.is('__VA_OPT__')) bad(token, '__VA_OPT__ is not supported', 'Write ##__VA_ARGS__.')
    const stringify = token.is('#') && parameters !== undefined
    const what = stringify ? text[++i] : token
    const parameter = what === undefined ? undefined : numberOf(what)
    if (what === undefined || (stringify && parameter === undefined)) {
      return bad(token, "'#' stands before what is no parameter of the macro", 'It makes a string of an argument.')
    }
    const paste = text[i + 1]?.is('##') === true && text[i + 2] !== undefined
    if (paste) i++
    body.push({ token: stringify ? spacedAs(what, token) : what, parameter, stringify, paste })
  }
  return body
}

const spacedAs = (token: Token, as: Token): Token =>
  token.spaced === as.spaced ? token : token.moved(undefined, as.spaced)

/** A macro from the tokens behind `#define`. */
export const macroOf = (line: readonly Token[], directive: Token): Macro => {
  const [name, open] = line
  const hint = 'Write #define NAME text, or #define NAME(a, b) text.'
  if (name === undefined) return bad(directive, '#define names no macro', hint)
  if (name.kind !== 'name') bad(name, `${quoted(name)} is no name of a macro`, hint)
  if (name.text === 'defined' || name.text === '__VA_ARGS__') bad(name, `${name.text} is no name of a macro`, hint)
  if (open?.is('(') === true && !open.spaced) {
    const { names, variadic, at } = parametersOf(line.slice(2), name)
    const body = bodyOf(line.slice(2 + at), names)
    return { name: name.text, parameters: names, variadic, body }
  }
  const body = bodyOf(line.slice(1), undefined)
  return { name: name.text, parameters: undefined, variadic: false, body }
}

const same = (a: readonly BodyToken[], b: readonly BodyToken[]): boolean =>
  a.length === b.length &&
  a.every((x, i) => {
    const y = b[i]
    return (
      x.token.text === y?.token.text &&
      x.stringify === y.stringify &&
      x.paste === y.paste &&
      (i === 0 || x.token.spaced === y.token.spaced)
    )
  })

/** Whether a second definition says the same, which C allows. */
export const isSameMacro = (a: Macro, b: Macro): boolean =>
  a.special === b.special &&
  a.variadic === b.variadic &&
  a.parameters?.join() === b.parameters?.join() &&
  same(a.body, b.body)
