/** What changed files of the recorded folders, in the order in which it was done. */

/** Files are named by their inode, since a name changes; `file` counts anew where an inode's number is used again. */
export type RecordedStep =
  /** A name for a new file. */
  | { readonly type: 'create'; readonly path: string; readonly inode: number }
  | { readonly type: 'write'; readonly inode: number; readonly offset: number; readonly data: string }
  | { readonly type: 'truncate'; readonly inode: number; readonly length: number }
  /** All written to this file before is on disk. */
  | { readonly type: 'sync'; readonly inode: number }
  /** All names given and taken in this folder before are on disk. */
  | { readonly type: 'syncFolder'; readonly path: string }
  | { readonly type: 'link'; readonly path: string; readonly inode: number }
  | { readonly type: 'rename'; readonly from: string; readonly to: string }
  | { readonly type: 'remove'; readonly path: string }
  | { readonly type: 'makeFolder'; readonly path: string }

/** A line of a record: one file of them per process. */
export type RecordedLine = RecordedStep & {
  /** Of the machine's monotonic clock, in nanoseconds: the processes of one machine share it. */
  readonly time: string
}

export const recordEnd = '.record.jsonl'
