/** TLC's `-tool` output as a whole: taken apart, and put together again. */

import type { RawMessage, ToolItem } from '../../../scripts/tlc/parser.ts'
import { ToolParser } from '../../../scripts/tlc/parser.ts'

/** All items of an output that is there as a whole. */
export const parseToolOutput = (text: string): ToolItem[] => {
  const parser = new ToolParser()
  return [...parser.push(text), ...parser.end()]
}

/** A message as TLC sends it, nested ones flattened. */
export const printRaw = ({ code, class: messageClass, text }: RawMessage): string =>
  `@!@!@STARTMSG ${code}:${messageClass} @!@!@\n${text}\n@!@!@ENDMSG ${code} @!@!@\n`
