import vue from 'eslint-plugin-vue'
import typescript from 'typescript-eslint'

/** Who may import whom (docs/architecture.md, "Layers"). Patterns match what stands in the import, so folders are named as they are reached. */
const forbid = (...rules) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { patterns: rules.map(([group, message, allowTypeImports = false]) => ({ group, message, allowTypeImports })) }],
})
const noElectron = [['electron', 'electron/*'], 'Only src/main/electron imports electron.']
const noRenderer = [['@renderer/*', '**/renderer/**'], 'The main side knows nothing of the interface.']
const noTensorFlowLibrary = [['@tensorflow/tfjs-node*', '@tensorflow/tfjs-node-gpu*'], 'TensorFlow’s library is loaded in src/main/engine/runtime alone.', true]

export default typescript.config(
  { ignores: ['out/**', 'node_modules/**', 'dist/**', 'coverage/**', 'test-results/**', '.*/**', 'resources/**'] },
  ...typescript.configs.strict,
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.ts', '**/*.vue'],
    languageOptions: { parserOptions: { parser: typescript.parser, extraFileExtensions: ['.vue'] } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // Loops over typed arrays know their bounds; anything else says what is missing instead.
      '@typescript-eslint/no-non-null-assertion': 'warn',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
      'no-control-regex': 'error',
      'prefer-const': 'error',
      'max-lines': ['warn', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/*.vue'],
    // The layout of templates is the author's; what they mean is checked by the type checker.
    rules: {
      'vue/max-attributes-per-line': 'off', 'vue/singleline-html-element-content-newline': 'off', 'vue/multiline-html-element-content-newline': 'off',
      'vue/html-indent': 'off', 'vue/html-self-closing': 'off', 'vue/html-closing-bracket-newline': 'off', 'vue/first-attribute-linebreak': 'off',
      'vue/attributes-order': 'off', 'vue/require-default-prop': 'off', 'vue/multi-word-component-names': 'off',
    },
  },
  {
    files: ['src/shared/**'],
    rules: forbid(noElectron, [['**/main/**', '**/renderer/**', '@renderer/*', 'node:*'], 'src/shared imports nothing of ours and runs in a browser too.']),
  },
  {
    files: ['src/renderer/**'],
    rules: forbid(noElectron, [['**/main/**', 'node:*'], 'The interface knows the engine only through src/shared.']),
  },
  {
    files: ['src/main/engine/**'],
    ignores: ['src/main/engine/entries/control.ts', 'src/main/engine/runtime/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, [['**/host', '**/host/*', '**/server', '**/server/*', '**/transports/*', '**/cli/*', '**/main/electron/*'], 'The engine imports src/shared only; its entry joins it to the rest.']),
  },
  {
    files: ['src/main/engine/control/**', ],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary,
      [['**/host', '**/host/*', '**/server', '**/server/*', '**/transports/*', '**/cli/*'], 'The engine imports src/shared only; its entry joins it to the rest.'],
      [['**/runtime', '**/runtime/index', '**/graph', '**/training/loop', '**/training/stages'], 'Control never loads TensorFlow: a trainer does.']),
  },
  {
    files: ['src/main/transports/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, [['**/engine/**', '**/host/**', '**/server/**', '**/cli/**'], 'Carriers import src/shared only.']),
  },
  {
    files: ['src/main/host/**', 'src/main/server/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, [['**/engine/**', '**/cli/**'], 'Host and server know the engine through the contract.']),
  },
  {
    files: ['src/main/cli/**'],
    rules: forbid(noElectron, noRenderer, noTensorFlowLibrary, [['**/engine/control/**', '**/engine/store/**', '**/engine/training/**'], 'The command line is a client of the engine; it asks data sets to recognise files, no more.']),
  },
  {
    files: ['src/main/electron/**'],
    rules: forbid(noRenderer, noTensorFlowLibrary, [['**/engine/**', '**/cli/**'], 'Main relays; the engine is another process.']),
  },
  {
    files: ['src/main/engine/{attacks,datasets,importers,poisoning,random}/**', 'src/renderer/charts/**', 'src/renderer/components/pixels.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['test/e2e/support/electron/shim/**'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  {
    files: ['test/**', 'tools/**', '*.mjs', '*.ts'],
    rules: { 'no-console': 'off', '@typescript-eslint/no-non-null-assertion': 'off', 'max-lines': 'off' },
  },
)
