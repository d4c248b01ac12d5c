/** tree-sitter and its grammar of C, for index.ts to load once: both are WebAssembly, so that nothing has to be built where we are installed. */

import { createRequire } from 'node:module'
import { Shapes } from './shape.ts'

export const loadShapes = async (): Promise<Shapes> => {
  const { Language, Parser } = await import('web-tree-sitter')
  const { resolve } = createRequire(import.meta.url)
  await Parser.init({ locateFile: () => resolve('web-tree-sitter/web-tree-sitter.wasm') })
  const language = await Language.load(resolve('tree-sitter-c/tree-sitter-c.wasm'))
  return new Shapes(new Parser().setLanguage(language), language)
}
