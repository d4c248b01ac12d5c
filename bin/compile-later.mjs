// When V8 compiles again what has run often, for its best code.
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'

/**
 * Later than Node 20 does it by itself: most commands are over by then, and what was compiled on other threads meanwhile was for nothing; a
 * search that goes on for seconds gets there all the same. Node 22 and later have other compilers, are late by themselves, and
 * complain of the first option.
 */
export const compileLater = () => {
  if (!process.version.startsWith('v20.')) return
  setFlagsFromString('--interrupt-budget=1000000')
  setFlagsFromString('--wasm-tiering-budget=20000000')
}
