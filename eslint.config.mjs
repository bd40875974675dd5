import prettier from 'eslint-config-prettier'
import vue from 'eslint-plugin-vue'
import typescript from 'typescript-eslint'

/**
 * Who may import whom (docs/architecture.md, "Layers"). Patterns match what stands in the import, so folders are named
 * as they are reached.
 */
const forbid = (...rules) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    { patterns: rules.map(([group, message, allowTypeImports = false]) => ({ group, message, allowTypeImports })) },
  ],
})
const noElectron = [['electron', 'electron/*'], 'Only src/main/electron imports electron.']
const noRenderer = [['@renderer/*', '**/renderer/**'], 'The main side knows nothing of the interface.']
const noTensorFlowLibrary = [
  ['@tensorflow/tfjs-node*', '@tensorflow/tfjs-node-gpu*'],
  'TensorFlow’s library is loaded in src/main/engine/runtime alone.',
  true,
]

const outside = [
  ['**/host', '**/host/*', '**/server', '**/server/*', '**/transports/*', '**/cli/*', '**/main/electron/*'],
  'The engine imports src/shared only; its entry joins it to the rest.',
]
const entries = [['**/entries/*'], 'Entries are started, never imported.']
const engineFolder = (folder) => [`**/${folder}`, `**/${folder}/**`]
const notForControl = [
  ['trainer', 'graph', 'maths'].flatMap(engineFolder),
  'Control never loads TensorFlow: a trainer does.',
]
/** One folder of the engine, and the folders beside it that it may not import. */
const layer = (folder, forbidden, why) => [
  {
    files: [`src/main/engine/${folder}/**`],
    rules: forbid(noElectron, noRenderer, ...(folder === 'runtime' ? [] : [noTensorFlowLibrary]), outside, entries, [
      forbidden.flatMap(engineFolder),
      why,
    ]),
  },
]

export default typescript.config(
  { ignores: ['out/**', 'node_modules/**', 'dist/**', 'coverage/**', 'test-results/**', '.*/**', 'resources/**'] },
  ...typescript.configs.strict,
  ...vue.configs['flat/recommended'],
  // Prettier decides how a line looks.
  prettier,
  {
    files: ['**/*.ts', '**/*.vue'],
    languageOptions: { parserOptions: { parser: typescript.parser, extraFileExtensions: ['.vue'] } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Loops over typed arrays know their bounds; anything else says what is missing instead.
      '@typescript-eslint/no-non-null-assertion': 'warn',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      // One import per module: what is a type only says so inside it.
      'no-duplicate-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      'no-console': 'error',
      eqeqeq: 'error',
      'no-control-regex': 'error',
      'prefer-const': 'error',
      'max-lines': ['warn', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['warn', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['warn', 4],
      'max-len': [
        'error',
        {
          code: 120,
          ignoreStrings: true,
          ignoreTemplateLiterals: true,
          ignoreRegExpLiterals: true,
          ignoreUrls: true,
          ignorePattern: '^\\s*(help|placeholder|definition|summary):|^import ',
        },
      ],
    },
  },
  {
    files: ['**/*.vue'],
    rules: {
      'max-len': 'off',
      'vue/max-len': [
        'error',
        {
          code: 120,
          template: 120,
          ignoreHTMLAttributeValues: true,
          ignoreHTMLTextContents: true,
          ignoreStrings: true,
          ignoreTemplateLiterals: true,
        },
      ],
      // Vue's own policy lets any text through as markup.
      'vue/no-v-html': 'error',
      'vue/attributes-order': 'off',
      'vue/require-default-prop': 'off',
      'vue/multi-word-component-names': 'off',
    },
  },
  {
    files: ['src/shared/**'],
    rules: forbid(noElectron, [
      ['**/main/**', '**/renderer/**', '@renderer/*', 'node:*'],
      'src/shared imports nothing of ours and runs in a browser too.',
    ]),
  },
  {
    files: ['src/renderer/**'],
    rules: forbid(noElectron, [['**/main/**', 'node:*'], 'The interface knows the engine only through src/shared.']),
  },
  {
    files: ['src/main/engine/**'],
    ignores: ['src/main/engine/entries/control.ts', 'src/main/engine/runtime/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, outside, entries),
  },
  {
    files: ['src/main/engine/entries/control.ts'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, notForControl),
  },
  ...layer('control', ['trainer', 'maths', 'graph', 'runtime'], 'Control never loads TensorFlow: a trainer does.'),
  ...layer('trainer', ['control'], 'A trainer knows control by its messages (protocol).'),
  ...layer(
    'protocol',
    ['control', 'trainer', 'graph', 'runtime', 'maths'],
    'The protocol is what control and trainer both know; it knows neither.',
  ),
  ...layer('families', ['control', 'trainer', 'protocol', 'runtime'], 'A member knows no process that uses it.'),
  ...layer(
    'images',
    ['control', 'trainer', 'protocol', 'families', 'graph', 'runtime'],
    'Images know nothing of members and processes.',
  ),
  ...layer(
    'weights',
    ['control', 'trainer', 'protocol', 'families', 'images', 'graph', 'runtime'],
    'Weights know nothing of members and processes.',
  ),
  ...layer(
    'graph',
    ['control', 'trainer', 'protocol', 'families', 'images', 'weights', 'runtime'],
    'Captured steps know nothing of what is computed.',
  ),
  ...layer(
    'maths',
    ['control', 'trainer', 'protocol', 'families', 'images', 'weights', 'graph', 'runtime'],
    'Maths imports ops, nn and src/shared only.',
  ),
  ...layer(
    'runtime',
    ['control', 'trainer', 'protocol', 'families', 'images', 'weights', 'graph', 'maths'],
    'The runtime starts TensorFlow and knows nothing of its use.',
  ),
  {
    files: ['src/main/machine/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, [
      ['**/engine/**', '**/host/**', '**/server/**', '**/cli/**', '**/transports/**', '**/setup/**', '**/shared/**'],
      'What knows the machine imports nothing of ours: everything else may import it.',
    ]),
  },
  {
    files: ['src/main/setup/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, [
      ['**/engine/**', '**/host/**', '**/server/**', '**/cli/**', '**/transports/**', '**/tools/**'],
      'Preparing TensorFlow imports src/shared and machine only: it runs before anything else is there.',
    ]),
  },
  {
    files: ['src/main/transports/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, [
      ['**/engine/**', '**/host/**', '**/server/**', '**/cli/**'],
      'Carriers import src/shared and machine only.',
    ]),
  },
  {
    files: ['src/main/host/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, [
      ['**/engine/**', '**/cli/**', '**/server', '**/server/**'],
      'Host knows the engine through the contract, and its door by what the entry gives it.',
    ]),
  },
  {
    files: ['src/main/server/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, [
      ['**/engine/**', '**/cli/**'],
      'The server knows the engine through the contract.',
    ]),
  },
  {
    files: ['src/main/cli/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, [
      ['**/engine/control/**', '**/engine/trainer/**', '**/engine/entries/**'],
      'The command line is a client of the engine; it asks data sets to recognise files, no more.',
    ]),
  },
  {
    files: ['src/main/electron/**'],
    rules: forbid(noRenderer, noTensorFlowLibrary, [
      ['**/engine/**', '**/cli/**'],
      'Main relays; the engine is another process.',
    ]),
  },
  {
    files: [
      'src/main/engine/{images,maths/random,families/attacks,families/datasets,families/importers,weights}/**',
      'src/renderer/charts/**',
      'src/renderer/components/pixels.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['test/e2e/support/electron/shim/**'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  {
    files: ['test/**', 'tools/**', '*.mjs', '*.ts'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'max-params': 'off',
      'max-len': 'off',
    },
  },
)
