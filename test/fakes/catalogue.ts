/**
 * The declarations that the fake engine offers: few, small, stable, so that view tests do not move when a method does.
 */
import type { Catalogue } from '../../src/shared/contract'
import { metricDefinitions, type ArtifactForm } from '../../src/shared/domain'
import {
  boolean,
  choice,
  describeRegistry,
  integer,
  integerList,
  metricsOfMembers,
  number,
  path,
  type FamilyDescription,
  type MemberDescription,
  type ParameterSchema,
} from '../../src/shared/schema'
import { strategies } from '../../src/main/engine/families/strategies'
import { resolveExperiment } from '../../src/main/engine/control/experiments/resolve'
import { sections } from '../../src/main/engine/control/experiments/sections'
import { memberTable } from '../../src/main/engine/control/experiments/memberTable'

const member = (
  id: string,
  title: string,
  params: ParameterSchema,
  facts: Record<string, unknown> = {},
  presets: MemberDescription['presets'] = {},
): MemberDescription => ({
  id,
  title,
  params,
  facts,
  presets,
  summary: `${title}, as the fake engine knows it.`,
  reference: { citation: 'Fake 2023', place: 'section 1' },
})

const classNames = [
  'stop',
  'yield',
  'limit',
  'priority',
  'no entry',
  'caution',
  'keep right',
  'roundabout',
  'crossing',
  'parking',
]
const imageFacts = { classes: 10, classNames, height: 32, width: 32, channels: 3, needsFiles: false }

const form = (kind: ArtifactForm): MemberDescription =>
  member(`form-${kind}`, `The form ${kind}`, {}, { view: { kind }, empty: null })

export const fakeFamilies: FamilyDescription[] = [
  {
    id: 'analysis',
    title: 'Analyses',
    members: [
      member(
        'classes',
        'Classes',
        {},
        {
          view: { kind: 'component', component: 'Classes' },
          empty: { title: 'Nothing evaluated yet', text: 'It appears with the first evaluation.' },
        },
      ),
      member('one-test-image', 'One image', {}, { view: { kind: 'images' }, empty: null }),
      member('suspects', 'Suspect test', {}, { view: { kind: 'component', component: 'Suspects' }, empty: null }),
      form('histogram'),
      form('table'),
      form('images'),
      member(
        'form-imageNumbers',
        'Numbers per image',
        {
          imageLimit: integer({ label: 'Images, at most', default: 2000, min: 1, max: 5000, help: 'Taken evenly.' }),
          hold: boolean({ label: 'Go on and on', default: false, help: 'It ends when it is cancelled.' }),
        },
        {
          view: { kind: 'imageNumbers' },
          empty: null,
          numbers: { suspected: { title: 'Suspected', unit: '%', definition: 'Share of the images.' } },
          asked: { of: 'student', most: 4, keptImages: true },
        },
      ),
      member(
        'form-panels',
        'Several panels',
        {},
        {
          view: { kind: 'panels' },
          empty: null,
          asked: { of: 'model', most: 1, keptImages: false, image: { step: 'atStep', index: 'atPlace' } },
        },
      ),
    ],
  },
  {
    id: 'dataset',
    title: 'Data sets',
    members: [
      member(
        'signs',
        'Signs',
        { seed: integer({ label: 'Seed', default: 0, min: 0, max: 1000, help: 'Of the drawing.' }) },
        { ...imageFacts, train: 5000, test: 1000 },
      ),
      member(
        'cifar10',
        'CIFAR-10',
        {
          path: path({
            label: 'Folder or archive',
            default: '',
            select: 'fileOrFolder',
            optional: false,
            help: 'The binary layout.',
          }),
        },
        {
          ...imageFacts,
          needsFiles: true,
          sources: [
            {
              url: 'https://data.example/cifar10.tar.gz',
              fileName: 'cifar10.tar.gz',
              bytes: 1000,
              md5: '0'.repeat(32),
            },
          ],
        },
      ),
    ],
  },
  {
    id: 'attack',
    title: 'Attacks',
    members: [
      member('badnet_grid', 'BadNets, grid', {
        patchSize: integer({
          label: 'Patch side',
          unit: 'px',
          default: 3,
          min: 1,
          max: 16,
          help: 'Side of the patch.',
        }),
        corner: choice({
          label: 'Corner',
          default: 'bottomRight',
          options: [
            { value: 'bottomRight', label: 'Bottom right' },
            { value: 'topLeft', label: 'Top left' },
          ],
          help: 'Where it sits.',
        }),
      }),
      member('blend', 'Blend', {
        strength: number({
          label: 'Strength',
          default: 0.2,
          min: 0,
          max: 1,
          step: 0.05,
          help: 'Share of the pattern.',
        }),
      }),
    ],
  },
  {
    id: 'architecture',
    title: 'Networks',
    members: [
      member('wrn', 'Wide ResNet', {
        depth: integer({ label: 'Depth', default: 10, min: 10, max: 40, help: '6n + 4.' }),
        width: integer({ label: 'Width', default: 2, min: 1, max: 10, help: 'Widening factor.' }),
      }),
    ],
  },
  {
    id: 'distillation',
    title: 'Distillation',
    members: [
      member(
        'zskt',
        'ZSKT',
        {
          pseudoBatches: integer({
            label: 'Pseudo batches',
            default: 60,
            min: 1,
            max: 1_000_000,
            help: 'Length of the run.',
          }),
          batchSize: integer({ label: 'Batch size', default: 64, min: 2, max: 1024, help: 'Images per pseudo batch.' }),
          attention: number({
            label: 'Attention weight',
            default: 250,
            min: 0,
            max: 10_000,
            help: 'β of attention transfer.',
          }),
          scheduled: boolean({ label: 'Anneal the learning rate', default: true, help: 'Cosine.' }),
          milestones: integerList({
            label: 'Milestones',
            default: [],
            min: 0,
            max: 1_000_000,
            maxLength: 8,
            advanced: true,
            help: 'Steps.',
            visibleWhen: { field: 'scheduled', equals: false },
          }),
        },
        { batchParameter: 'batchSize' },
      ),
      member('cmi', 'CMI', {
        pseudoBatches: integer({ label: 'Calls', default: 20, min: 1, max: 1_000_000, help: 'Synthesis calls.' }),
        poolCapacity: integer({
          label: 'Pool capacity',
          unit: 'images',
          default: 0,
          min: 0,
          max: 1_000_000,
          help: '0 keeps all.',
        }),
      }),
      member(
        'ood',
        'One image (OoD)',
        {
          picture: path({
            label: 'Picture',
            default: '',
            select: 'file',
            extensions: ['png', 'jpg'],
            optional: true,
            help: 'Empty takes the built-in one.',
          }),
          pseudoBatches: integer({ label: 'Batches', default: 60, min: 1, max: 1_000_000, help: 'Of patches.' }),
          rotation: number({
            label: 'Rotation',
            unit: 'degrees',
            default: 35,
            min: 0,
            max: 180,
            help: 'To either side.',
          }),
        },
        { patchPreview: ['picture', 'rotation'] },
      ),
      member(
        'kd',
        'Clean-data KD',
        { pseudoBatches: integer({ label: 'Batches', default: 60, min: 1, max: 1_000_000, help: 'Of real images.' }) },
        { usesRealImages: true },
      ),
    ],
  },
  {
    id: 'defense',
    title: 'Defenses',
    members: [
      member('sv', 'Shuffling Vaccine', {
        coefficient: number({
          label: 'Penalty coefficient',
          default: 1,
          min: 0,
          max: 100,
          help: 'Weight of the penalty.',
        }),
      }),
      member(
        'sr',
        'Self-Retrospection',
        {
          rounds: integer({ label: 'Rounds', default: 5, min: 1, max: 100, help: 'Inner rounds.' }),
          portion: number({ label: 'Share', default: 0.02, min: 0, max: 1, help: 'Of the batch.' }),
        },
        {},
        {
          zskt: { title: 'Reference, ZSKT', params: {} },
          cmi: { title: 'Reference, CMI', params: { rounds: 9, portion: 0.1 } },
        },
      ),
    ],
  },
  {
    id: 'exporter',
    title: 'File formats that are written',
    members: [
      member('torch', 'PyTorch', {}, { extensions: ['.pt', '.pth'], needs: 'weights' }),
      member('safetensors', 'safetensors', {}, { extensions: ['.safetensors'], needs: 'weights' }),
    ],
  },
  {
    id: 'runExporter',
    title: 'Forms that a run is written in',
    members: [
      member(
        'tensorboard',
        'TensorBoard',
        { images: boolean({ label: 'Images', default: true, help: 'The kept synthetic images.' }) },
        { target: { kind: 'folder' }, opens: 'tensorboard --logdir FOLDER' },
      ),
      member(
        'abdrun',
        'Reproducible run',
        {},
        { target: { kind: 'file', extensions: ['.abdrun'] }, opens: 'abd reproduce FILE' },
      ),
      member(
        'mlflow',
        'MLflow',
        {},
        { target: { kind: 'address', example: 'http://127.0.0.1:5000' }, opens: 'The tracking server’s page' },
      ),
    ],
  },
  describeRegistry(strategies, ({ search }) => ({ searches: search !== undefined })),
]

export const fakeMetrics = metricsOfMembers([
  {
    id: 'sv',
    metrics: {
      penalty: { title: 'SV penalty', group: 'defense', unit: '', definition: 'Penalty of suspected images.' },
      maskRate: { title: 'SV suspected share', group: 'defense', unit: '%', definition: 'Of the pseudo batch.' },
      tailRatio: { title: 'SV tail ratio', group: 'defense', unit: '%', definition: 'Of the pooled samples.' },
    },
  },
  {
    id: 'classes',
    metrics: {
      accuracy: { title: 'Accuracy by class', group: 'quality', unit: '%', definition: 'Of the images of a class.' },
      asr: { title: 'ASR by source class', group: 'quality', unit: '%', definition: 'Of the triggered images.' },
      confusion: { title: 'Confusion matrices', group: 'quality', unit: '', definition: 'Counts of images.' },
      mistakeShare: { title: 'Share of the true class', group: 'quality', unit: '%', definition: 'Of a mistake.' },
    },
  },
  {
    id: 'one-test-image',
    metrics: {
      calledTarget: { title: 'Called the target', group: 'quality', unit: '', definition: 'Of the shown class.' },
    },
  },
  {
    id: 'suspects',
    metrics: { auc: { title: 'AUC', group: 'defense', unit: '%', definition: 'Area under the ROC curve.' } },
  },
])

export const fakeMembers = memberTable(fakeFamilies)

export const fakeCatalogue: Catalogue = {
  families: fakeFamilies,
  sections,
  metrics: { ...metricDefinitions, ...fakeMetrics },
  presets: [
    {
      id: 'quick',
      title: 'Quick look',
      quick: true,
      description: 'A backdoor crosses, a defense stops it; seconds with the fake engine.',
      demonstration: {
        explanation: ['The teacher obeys the trigger.', 'So does its student.', 'The defended student does not.'],
        analysis: 'one-test-image',
        students: ['No defense'],
        otherDraws: 'More threads are another draw.',
        config: { attack: { id: 'blend' }, teacher: { training: { epochs: 4 } } },
        measured: [
          { seed: 0, seconds: 61, teacher: { accuracy: 0.99, asr: 0.98 }, students: [{ accuracy: 0.9, asr: 0.95 }] },
          { seed: 1, seconds: 240, teacher: { accuracy: 0.994, asr: 1 }, students: [{ accuracy: 0.85, asr: 0.81 }] },
        ],
      },
      config: {
        name: 'Quick look',
        attack: { id: 'blend' },
        teacher: { training: { epochs: 4 } },
        distillation: { method: { id: 'zskt', params: { pseudoBatches: 40 } } },
        recording: { imagesEvery: 5, evaluateEvery: 10 },
      },
    },
    {
      id: 'parity',
      title: 'As published',
      description: 'Settings of the paper.',
      config: { name: 'As published', data: { id: 'cifar10' } },
    },
    ...['badnet_grid', 'blend'].flatMap((attack) =>
      ['ZSKT and ABD', 'Clean-data KD'].map((column) => ({
        id: `table-${attack}-${column}`,
        title: `Published: ${attack}, ${column}`,
        description: `${column} against ${attack}, as in the table.`,
        config: { name: `Published ${attack}`, attack: { id: attack } },
        cell: { row: attack, column },
      })),
    ),
  ],
  defaults: resolveExperiment({}, fakeMembers).config,
}
