import type { MetricSeries } from '@shared/domain'

/** A growing series: appending is cheap, reading hands out views on the filled part. */
export class SeriesBuffer {
  private steps = new Float64Array(256)
  private values = new Float64Array(256)
  private length = 0

  get size(): number {
    return this.length
  }
  /** In memory, with the room to grow. */
  get bytes(): number {
    return this.steps.byteLength + this.values.byteLength
  }
  get lastStep(): number {
    return this.length === 0 ? -Infinity : this.steps[this.length - 1]!
  }
  get lastValue(): number | null {
    return this.length === 0 ? null : this.values[this.length - 1]!
  }

  /**
   * Adds points; what lies at or before the last known step replaces the points from there on (a resumed run goes back
   * to its checkpoint).
   */
  append(added: MetricSeries): void {
    const first = added.steps[0]
    if (first === undefined) return
    while (this.length > 0 && this.steps[this.length - 1]! >= first) this.length--
    this.reserve(this.length + added.steps.length)
    this.steps.set(added.steps, this.length)
    this.values.set(added.values, this.length)
    this.length += added.steps.length
  }

  view(): MetricSeries {
    return { steps: this.steps.subarray(0, this.length), values: this.values.subarray(0, this.length) }
  }

  private reserve(needed: number): void {
    if (needed <= this.steps.length) return
    const size = Math.max(needed, this.steps.length * 2)
    const steps = new Float64Array(size)
    const values = new Float64Array(size)
    steps.set(this.steps.subarray(0, this.length))
    values.set(this.values.subarray(0, this.length))
    this.steps = steps
    this.values = values
  }
}
