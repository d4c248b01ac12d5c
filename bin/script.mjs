// Runs a bundle that is one script, with the code that V8 made of it the last time: most of the time of a short command would go into making
// it again. It stands beside the script, where whoever can write it can write the script as well; where nobody can, it is made every time.
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import { threadId } from 'node:worker_threads'

const directory = fileURLToPath(new URL('../dist/bundle/', import.meta.url))

const readIfThere = (file) => {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

const DIGEST_BYTES = 32

const digestOf = (text, code) => createHash('sha256').update(text).update(code).digest()

/**
 * The code that was kept, if it is whole and of this very text: V8 itself knows the text by its length only. What another version or other
 * flags made V8 refuses.
 */
const codeOf = (file, text) => {
  const kept = readIfThere(file)
  if (kept === undefined) return undefined
  const code = kept.subarray(DIGEST_BYTES)
  return digestOf(text, code).equals(kept.subarray(0, DIGEST_BYTES)) ? code : undefined
}

/** Whole or not at all, however many do it at a time. */
const write = (file, bytes) => {
  const draft = `${file}.${process.pid}.${threadId}`
  try {
    writeFileSync(draft, bytes)
    renameSync(draft, file)
  } catch {
    // what cannot be kept is made again
    rmSync(draft, { force: true })
  }
}

/** What a script exports; `keep`: keeps the code of what has run of it, if there was none. */
export const scriptOf = (name) => {
  const file = join(directory, name)
  const text = `(function (module, require, bundleUrl) {${readFileSync(file, 'utf8')}\n})`
  const codeFile = `${file}.${process.version}-${process.arch}.code`
  const cachedData = codeOf(codeFile, text)
  const script = new Script(text, { filename: file, cachedData })
  const module = { exports: {} }
  script.runInThisContext()(module, createRequire(file), pathToFileURL(file).href)
  const keep = () => {
    if (cachedData !== undefined && script.cachedDataRejected !== true) return
    const code = script.createCachedData()
    write(codeFile, Buffer.concat([digestOf(text, code), code]))
  }
  return { exports: module.exports, keep }
}
