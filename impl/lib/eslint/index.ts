/** What `lockstep/eslint` exports: a plugin for ESLint that says of machines what TypeScript does not. */

import { stepNotTaken } from './step-not-taken.ts'

/** As the types of ESLint and of typescript-eslint both take it; they do not take each other's rules, so those are not in it. */
interface Plugin {
  readonly meta: { readonly name: string }
}

interface Config {
  readonly name: string
  readonly plugins: { readonly lockstep: Plugin }
  readonly rules: { readonly 'lockstep/step-not-taken': 'error' }
}

const exported = { meta: { name: 'lockstep' }, rules: { 'step-not-taken': stepNotTaken } }

const recommended: Config = {
  name: 'lockstep/recommended',
  plugins: { lockstep: exported },
  rules: { 'lockstep/step-not-taken': 'error' },
}

/** The plugin; `configs.recommended` is a flat configuration with all of its rules on. */
const plugin: Plugin & { readonly configs: { readonly recommended: Config } } = Object.assign(exported, {
  configs: { recommended },
})

export default plugin
