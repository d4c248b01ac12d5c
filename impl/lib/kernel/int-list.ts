/** An Int32Array that grows: lists of millions of numbers without boxing. */
export class Growing {
  private data: Int32Array
  length = 0

  constructor(capacity = 4096) {
    this.data = new Int32Array(capacity)
  }

  push(value: number): void {
    if (this.length === this.data.length) {
      const larger = new Int32Array(this.length * 2)
      larger.set(this.data)
      this.data = larger
    }
    this.data[this.length++] = value
  }

  /** What was pushed; shares memory with the list. */
  done(): Int32Array {
    return this.data.subarray(0, this.length)
  }
}
