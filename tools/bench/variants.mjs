/**
 * The ways in which a careful PyTorch user would write the tuned loop, each a subject of its own: test/bench/tuned_worker.py
 * reads the settings. A group's variants compute in the same number format; the fastest of a group, part by part, is what
 * ours is held against.
 */

/** The plain loop of the first table; it runs in every comparison, fastest or not. */
export const plainVariant = 'tuned'

export const groups = ['float32', 'tf32', 'autocast']

export const groupTitles = {
  float32: 'best float32 PyTorch',
  tf32: 'best TF32 PyTorch',
  autocast: 'best autocast(bfloat16) PyTorch',
}

/** TF32 is the GPU's alone; with autocast it serves what stays in float32. */
const numberFormats = {
  float32: {},
  tf32: { tf32: true },
  autocast: { autocast: true, tf32: true },
}

const channelsLast = { layout: 'channels_last' }

/** On a GPU the compiler chooses the convolutions' layout itself, and CUDA graphs are a mode of it. */
const ways = {
  cpu: [
    { name: 'eager', settings: {} },
    { name: 'channels_last', settings: channelsLast },
    { name: 'compile', settings: { compile: 'default' } },
    { name: 'channels_last + compile', settings: { ...channelsLast, compile: 'default' } },
  ],
  gpu: [
    { name: 'eager', settings: {} },
    { name: 'channels_last', settings: channelsLast },
    { name: 'channels_last + compile', settings: { ...channelsLast, compile: 'default' } },
    { name: 'channels_last + compile(reduce-overhead)', settings: { ...channelsLast, compile: 'reduce-overhead' } },
  ],
}

export const wayNames = (device) => ways[device].map(({ name }) => name)

/**
 * The variants for a device: what each is called, its group, and the settings of its worker.
 * @param {'cpu' | 'gpu'} device
 * @param {{ groups?: string[], names?: string[] }} [wanted] all by default
 */
export function variantsFor(device, { groups: wanted = groups, names = wayNames(device) } = {}) {
  return groups
    .filter((group) => wanted.includes(group) && !(group === 'tf32' && device !== 'gpu'))
    .flatMap((group) =>
      ways[device]
        .filter(({ name }) => names.includes(name))
        .map(({ name, settings }) => ({
          id: group === 'float32' && name === 'eager' ? plainVariant : `${group}: ${name}`,
          group,
          title: name,
          settings: { ...settings, ...numberFormats[group] },
        })),
    )
}
