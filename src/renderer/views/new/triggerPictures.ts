import type { TriggerPreview } from '@shared/contract'

/** What a preview of a trigger holds, by name: clean, poisoned, and the difference with its scale. */
export const triggerPictures = ({ clean, poisoned, difference, gain }: TriggerPreview) =>
  [
    { key: 'clean', title: 'Clean', batch: clean },
    { key: 'poisoned', title: 'Poisoned', batch: poisoned },
    { key: 'difference', title: `Difference ×${gain}`, batch: difference },
  ] as const
