/** Calls rewritten: under another name, with a pointer in the place of what it points to, or taken out. */

import type { Edit } from './edit.ts'
import type { Call, Range, UserFile } from './user-file.ts'

const edit = (file: UserFile, start: number, end: number, text: string): Edit => ({ file: file.name, start, end, text })

/** Another name in the place of a call's own. */
export const renamed = (file: UserFile, { at }: Call, name: string): Edit => {
  const { start, end } = file.token(at)
  return edit(file, start, end, name)
}

/** `p` as `*p`, and `&x` as `x`. */
export const dereferenced = (file: UserFile, { from, to }: Range): Edit[] => {
  const [first, last] = [file.token(from), file.token(to - 1)]
  const inner = { from: from + 1, to }
  if (first.is('&') && file.isPostfix(inner)) return [edit(file, first.start, file.token(from + 1).start, '')]
  if (to - from === 1) return [edit(file, first.start, first.start, '*')]
  return [edit(file, first.start, first.start, '*('), edit(file, last.end, last.end, ')')]
}

/** `x` as `&x`. */
export const addressed = (file: UserFile, range: Range): Edit[] => {
  const [first, last] = [file.token(range.from), file.token(range.to - 1)]
  if (file.isPostfix(range)) return [edit(file, first.start, first.start, '&')]
  return [edit(file, first.start, first.start, '&('), edit(file, last.end, last.end, ')')]
}

/** Does a call stand by itself, as a statement or as what an `if` has for one? */
const isAlone = (file: UserFile, { close }: Call): boolean => file.is(file.after(close), ';')

/** READ_ONCE(x) as `x`. */
export const plainLoad = (file: UserFile, { at, open, close, args }: Call): Edit[] => {
  const [arg] = args
  const name = file.token(at)
  if (arg === undefined) return []
  // the brackets stay where an operator beside them could take part of what is between
  if (!file.isPostfix(arg)) return [edit(file, name.start, file.token(open).start, '')]
  const [first, last] = [file.token(arg.from), file.token(arg.to - 1)]
  return [edit(file, name.start, first.start, ''), edit(file, last.end, file.token(close).end, '')]
}

/** WRITE_ONCE(x, v) as `x = v`. */
export const plainStore = (file: UserFile, call: Call): Edit[] => {
  const { at, open, close, args } = call
  const [target, value] = args
  if (target === undefined || value === undefined) return []
  const name = file.token(at)
  const assigned = edit(file, file.token(target.to - 1).end, file.token(target.to).end, ' =')
  if (!isAlone(file, call)) return [edit(file, name.start, file.token(open).start, ''), assigned]
  const last = file.token(value.to - 1)
  return [
    edit(file, name.start, file.token(target.from).start, ''),
    assigned,
    edit(file, last.end, file.token(close).end, ''),
  ]
}

/** A call without its last argument. */
export const withoutLast = (file: UserFile, { args }: Call): Edit[] => {
  const last = args.at(-1)
  const before = args.at(-2)
  if (last === undefined || before === undefined) return []
  return [edit(file, file.token(before.to - 1).end, file.token(last.to - 1).end, '')]
}

/** What may stand before a statement that can go with its `;`: before others it would leave an `if` without one. */
const SEPARATES = [';', '{', '}']

/** What stands before a statement that has to leave its `;`. */
const HOLDS = [')', ':', 'else', 'do']

/** A call taken out, with its statement where it is one; `value` is left of one that is part of an expression. */
export const removed = (file: UserFile, call: Call, value: string): Edit => {
  const { start } = file.token(call.at)
  const { end } = file.token(call.close)
  const [before, semicolon] = [file.before(call.at), file.after(call.close)]
  const is = (texts: readonly string[]): boolean => texts.some((text) => file.is(before, text))
  if (semicolon === undefined || !isAlone(file, call) || !is([...SEPARATES, ...HOLDS]))
    return edit(file, start, end, value)
  if (is(HOLDS)) return edit(file, start, end, '')
  return { ...edit(file, start, file.token(semicolon).end, ''), isStatement: true }
}
