import { useRouter } from 'vue-router'
import { settingsSchema } from '@shared/domain'
import { useDraftStore } from '../stores/draft'
import { useEngineStore } from '../stores/engine'
import { useNoticesStore } from '../stores/notices'
import { useUndoStore } from '../stores/undo'
import { useActions, type Action } from './useActions'

interface Place {
  readonly id: string
  readonly title: string
  readonly to: string
  readonly keys?: string
  readonly words?: string
}

const places: readonly Place[] = [
  { id: 'runs', title: 'Runs', to: '/', keys: 'g r' },
  { id: 'queue', title: 'Queue', to: '/queue', keys: 'g q', words: 'waiting running order' },
  { id: 'studies', title: 'Studies', to: '/studies', keys: 'g t' },
  { id: 'newStudy', title: 'New study', to: '/studies/new' },
  { id: 'compare', title: 'Compare models', to: '/compare', keys: 'g c' },
  {
    id: 'explorer',
    title: 'Image explorer',
    to: '/explorer',
    keys: 'g i',
    words: 'synthetic pictures thumbnails pool',
  },
  {
    id: 'timeMachine',
    title: 'Time machine',
    to: '/time',
    keys: 'g m',
    words: 'evaluations steps play animation gif accuracy asr confusion',
  },
  { id: 'openSettings', title: 'Settings', to: '/settings', keys: 'g s' },
  { id: 'freeSpace', title: 'Free space on disk', to: '/settings/workspace', words: 'checkpoints bin delete' },
  { id: 'openWorkspaces', title: 'Open another workspace', to: '/settings/workspace', words: 'recent folder switch' },
  { id: 'executors', title: 'Executors', to: '/settings/executors', words: 'slurm cluster' },
  { id: 'device', title: 'Device report', to: '/settings/device', words: 'gpu cpu cuda' },
  { id: 'runtime', title: 'TensorFlow on this machine', to: '/runtime', words: 'install fetch gpu cpu bundle' },
  { id: 'log', title: 'Engine log', to: '/settings/log' },
]

/** What can be done on every page. */
export function useWorkbenchActions(dialogs: { openSheet: () => void; openPalette: () => void }): void {
  const router = useRouter()
  const engine = useEngineStore()
  const draft = useDraftStore()
  const notices = useNoticesStore()
  const undo = useUndoStore()
  const go = (to: string): void => void router.push(to)

  const everywhere: Action[] = [
    { id: 'showShortcuts', title: 'Keyboard shortcuts', group: 'Everywhere', keys: '?', run: dialogs.openSheet },
    {
      id: 'openPalette',
      title: 'Find a run or a command',
      group: 'Everywhere',
      keys: 'Ctrl+K',
      run: dialogs.openPalette,
    },
    { id: 'newExperiment', title: 'New experiment', group: 'Go to', keys: 'n', run: () => go('/new') },
    ...places.map(({ to, ...place }): Action => ({ ...place, group: 'Go to', run: () => go(to) })),
  ]
  const fromPreset = (): Action[] =>
    (engine.catalogue?.presets ?? []).map((preset) => ({
      id: `preset:${preset.id}`,
      title: `New experiment: ${preset.title}`,
      group: 'New experiment from a preset',
      words: preset.id,
      run: () =>
        void notices
          .attempt('The preset could not be used.', () => draft.applyPreset(preset))
          .then(() => router.push('/new')),
    }))
  const themes = (): Action[] =>
    settingsSchema.theme.options.map(({ value, label }) => ({
      id: `theme:${value}`,
      title: `${settingsSchema.theme.label}: ${label}`,
      group: 'Appearance',
      words: 'colours appearance',
      enabled: () => engine.settings.theme !== value,
      run: () => void notices.attempt('The setting could not be saved.', () => engine.change({ theme: value })),
    }))
  const undoing = (): Action[] => [
    {
      id: 'undo',
      title: undo.next ? `Undo: ${undo.next}` : 'Undo what was done with runs',
      group: 'Everywhere',
      keys: 'Ctrl+Z',
      enabled: () => Boolean(undo.next),
      run: () => void undo.undo(),
    },
    {
      id: 'redo',
      title: undo.nextAgain ? `Do again: ${undo.nextAgain}` : 'Do again what was taken back',
      group: 'Everywhere',
      keys: 'Ctrl+Shift+Z',
      enabled: () => Boolean(undo.nextAgain),
      run: () => void undo.redo(),
    },
  ]
  useActions(() => [...undoing(), ...everywhere, ...fromPreset(), ...themes()])
}
