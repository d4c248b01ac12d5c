import js from '@eslint/js'
import { createJiti } from 'jiti'
import tseslint from 'typescript-eslint'

// `lockstep/eslint` of the sources as they are: nothing need be built for the linter
const lockstep = await createJiti(import.meta.url).import('./impl/lib/eslint/index.ts', { default: true })

export default tseslint.config(
  { ignores: ['dist/', 'dist.*/', 'node_modules/', 'coverage/', 'reference/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // it would turn `typed[i] as number`, whose range the inner loops prove, into the forbidden `!`
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // C names are kept as they are in the kernel
      '@typescript-eslint/naming-convention': 'off',
      // `for (const x of xs) yield* f(x)` and constant loops are how straight-line kernel code reads
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      eqeqeq: 'error',
    },
  },
  { files: ['**/*.ts'], ...lockstep.configs.recommended },
  {
    // every text that leaves us goes through one place, which makes it fit to be printed
    files: ['impl/**/*.ts', 'scripts/**/*.ts'],
    ignores: ['scripts/ui/**'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        ...['stdout', 'stderr'].map((property) => ({
          object: 'process',
          property,
          message: 'scripts/ui/output.ts is what writes',
        })),
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:process', 'process', 'node:console', 'console'].map((name) => ({
            name,
            message: 'scripts/ui/output.ts is what writes',
          })),
        },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
)
