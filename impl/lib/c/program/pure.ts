/** What an expression is made of. */

import type { Pure } from './ir.ts'

/** The expressions directly within one. */
export const partsOf = (pure: Pure): readonly Pure[] => {
  switch (pure.kind) {
    case 'unary':
    case 'convert':
      return [pure.operand]
    case 'binary':
    case 'and':
    case 'or':
    case 'distance':
      return [pure.left, pure.right]
    case 'conditional':
      return [pure.condition, pure.yes, pure.no]
    case 'field':
    case 'decay':
    case 'container':
      return [pure.pointer]
    case 'element':
      return [pure.pointer, pure.index]
    case 'drained':
      return [pure.thread]
    default:
      return []
  }
}
