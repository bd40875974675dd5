/**
 * The experiments that come with the product; a preset is one file under resources/presets and one line here; the
 * published table and the sweeps make their own.
 */
import type { ExperimentPreset } from '../../../../shared/domain'
import cifar10Zskt from '../../../../../resources/presets/cifar10-zskt.json'
import gtsrbZskt from '../../../../../resources/presets/gtsrb-zskt.json'
import quick from '../../../../../resources/presets/quick.json'
import { demonstration } from './demonstration'
import { publishedPresets } from './publishedPresets'

/** A new experiment's form begins at the first. */
export const presets: readonly ExperimentPreset[] = [quick, demonstration, cifar10Zskt, gtsrbZskt, ...publishedPresets]
