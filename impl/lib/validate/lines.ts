/** How lines of a log come: in batches, since one `await` a line would cost more than all else. */

/** Lines that follow each other, without their ends. */
export interface Lines {
  /** number of the first one, from 1 */
  readonly firstLine: number
  readonly lines: readonly string[]
  /** the same as UTF-8 with line ends between them, `\n` or `\r\n`, and none after the last; where that is how they came */
  readonly bytes?: Uint8Array
}
