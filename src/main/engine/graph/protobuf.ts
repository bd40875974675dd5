/** The protocol-buffer wire format, writing alone: graphs, event files. */

type WireType = 0 | 1 | 2 | 5

/** Appends fields to one message; `finish` gives its bytes. Fields are written in call order, as the format allows. */
export class MessageWriter {
  private readonly chunks: Uint8Array[] = []

  private varint(value: number | bigint): void {
    const bytes: number[] = []
    // Nearly all of them are small, and BigInt takes its time.
    if (typeof value === 'number' && value >= 0 && value < 0x80000000) {
      let small = value
      for (; small >= 0x80; small >>>= 7) bytes.push((small & 0x7f) | 0x80)
      bytes.push(small)
      this.chunks.push(Uint8Array.from(bytes))
      return
    }
    // Negative int64 values are ten bytes of two's complement.
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    bytes.push(Number(rest))
    this.chunks.push(Uint8Array.from(bytes))
  }

  private tag(field: number, wireType: WireType): void {
    this.varint((field << 3) | wireType)
  }

  int(field: number, value: number): this {
    this.tag(field, 0)
    this.varint(value)
    return this
  }

  bool(field: number, value: boolean): this {
    return this.int(field, value ? 1 : 0)
  }

  float(field: number, value: number): this {
    this.tag(field, 5)
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setFloat32(0, value, true)
    this.chunks.push(bytes)
    return this
  }

  double(field: number, value: number): this {
    this.tag(field, 1)
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, value, true)
    this.chunks.push(bytes)
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.tag(field, 2)
    this.varint(value.byteLength)
    this.chunks.push(value)
    return this
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  message(field: number, value: MessageWriter): this {
    return this.bytes(field, value.finish())
  }

  /** One entry of a `map<string, Message>` field. */
  entry(field: number, key: string, value: MessageWriter): this {
    return this.message(field, new MessageWriter().string(1, key).message(2, value))
  }

  finish(): Uint8Array {
    return Buffer.concat(this.chunks)
  }
}
