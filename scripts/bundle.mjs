// Makes one file each of what a check of files, and help, run: a hundred modules take longer to be loaded than most litmus tests to be
// decided. They are made of what the compiler made, and of small packages that are nothing but code, so nothing else runs. No module of a
// user's runs in these.
import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/** What each is made of. Those that are scripts are run by bin/script.mjs, which keeps the code that V8 makes of them. */
const ENTRIES = {
  'help.cjs': 'scripts/help.js',
  'quick.cjs': 'scripts/quick.js',
  'files.cjs': 'scripts/files.js',
  'files-supervisor.mjs': 'scripts/files-supervisor.js',
  'files-thread.mjs': 'scripts/files-thread.js',
  'ahead-thread.mjs': 'scripts/ahead-thread.js',
}

/** Packages that are taken in; others read files of their own, and stay where these are. */
const TAKEN_IN = ['commander', 'picocolors', 'ts-pattern']

/** Threads that load the rest later. */
const ALONE = /(?:^|\/)(?:files|ahead)-thread\.js$/

/** What takes other ways: it knows where it is, or what is loaded of the package. bin/files.mjs lets nobody in who needs it. */
const ELSEWHERE = /\/(?:commands\/check|commands\/check-c-tlc|engines\/tlc|node\/loaded)\.js$/

/** What a litmus test has no need of besides: it is read before it is known that it is not run. */
const OF_C = /\/(?:commands\/check-c|c\/open|c\/files|c\/protocol\/\w+)\.js$/

const FILES = `
import { scriptOf } from '../../bin/script.mjs'
const { exports, keep } = scriptOf('files.cjs')
export const mainOfFiles = async (argv) => {
  await exports.mainOfFiles(argv)
  keep()
}
export const answerFromTheEnd = exports.answerFromTheEnd
`

const plugin = (draft, entry) => ({
  name: 'lockstep',
  setup: (build) => {
    build.onResolve({ filter: /^[^.]/ }, ({ path, kind }) =>
      kind === 'entry-point' || TAKEN_IN.includes(path) ? undefined : { path, external: true },
    )
    build.onResolve({ filter: /^\./ }, ({ path, importer, kind, resolveDir }) => {
      if (ALONE.test(importer) && path === './files.js') return { path, namespace: 'script' }
      // as seen from dist/bundle/
      if (path.endsWith('/bin/script.mjs')) return { path, external: true }
      const name = relative(draft, join(resolveDir, path)).replaceAll('\\', '/')
      const isLeftOut = ELSEWHERE.test(`/${name}`) || (entry === 'quick.cjs' && OF_C.test(`/${name}`))
      if (!isLeftOut) return undefined
      // only what is loaded when it is asked for can be left out
      if (kind === 'dynamic-import') return { path: name, namespace: 'never' }
      return ELSEWHERE.test(`/${name}`) ? { errors: [{ text: `${name} is not for a bundle` }] } : undefined
    })
    build.onLoad({ filter: /.*/, namespace: 'script' }, () => ({ contents: FILES, loader: 'js' }))
    build.onLoad({ filter: /.*/, namespace: 'never' }, ({ path }) => ({
      contents: `throw new TypeError('${path} is not in this bundle')`,
      loader: 'js',
    }))
  },
})

const PACKAGE = /(?:^|\/)node_modules\//

/** The sources that a bundle is made of; packages are of the lock file, which all of them depend on. */
const sourcesOf = ({ inputs }) =>
  Object.keys(inputs)
    .flatMap((path) =>
      /^(?:never|script):|(?<!\.js)$/.test(path) || PACKAGE.test(path) ? [] : [path.replace(/\.js$/, '.ts')],
    )
    .sort()

const isScript = (entry) => entry.endsWith('.cjs')

/** How a script is made: it has `bundleUrl` of whoever runs it, and nothing that is loaded later. */
const SCRIPT = { format: 'cjs', supported: { 'dynamic-import': false }, define: { 'import.meta.url': 'bundleUrl' } }

/** What those whose code is taken in ask for. */
const licencesOf = (root) =>
  TAKEN_IN.map((name) => {
    const directory = join(root, 'node_modules', name)
    const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    return `${name} ${version}\n\n${readFileSync(join(directory, 'LICENSE'), 'utf8').trim()}\n`
  }).join(`\n${'-'.repeat(80)}\n\n`)

/** Writes the bundles into a draft of dist/; answers the sources of each, by its name. */
export const bundle = async (root, name) => {
  const { build } = await import('esbuild')
  const draft = join(root, name)
  const made = Object.entries(ENTRIES).map(async ([entry, path]) => {
    const { metafile } = await build({
      absWorkingDir: draft,
      bundle: true,
      entryPoints: [path],
      format: 'esm',
      legalComments: 'none',
      logLevel: 'error',
      metafile: true,
      minifySyntax: true,
      minifyWhitespace: true,
      outfile: join(draft, 'bundle', entry),
      platform: 'node',
      plugins: [plugin(draft, entry)],
      ...(isScript(entry) ? SCRIPT : {}),
    })
    return [entry, sourcesOf(metafile)]
  })
  const sources = Object.fromEntries(await Promise.all(made))
  writeFileSync(join(draft, 'bundle', 'LICENSES.txt'), licencesOf(root))
  return sources
}
