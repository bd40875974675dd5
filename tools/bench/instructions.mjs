/** What of a processor decides how fast its number formats are. */
import fs from 'node:fs'
import os from 'node:os'

const telling =
  /^(avx2|avx512f|avx512_bf16|avx512_fp16|avx512_vnni|avx_vnni|amx_bf16|amx_tile|amx_int8|amx_fp16|asimd|bf16|i8mm|sve2?)$/

export function instructionSets(cpuinfo = read('/proc/cpuinfo')) {
  const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? ''
  return flags.split(/\s+/).filter((flag) => telling.test(flag))
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

export function machine() {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    instructions: instructionSets(),
    load: os.loadavg().map((value) => Math.round(value * 10) / 10),
  }
}
