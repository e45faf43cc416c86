/**
 * What each room is for, and what each of its files is: the table of contents of the packages. A file without a caption
 * fails the architecture test, and so does a caption without a file.
 */

export interface Room {
  /** From the packages folder on, with a slash at the end. */
  readonly folder: string
  readonly about: string
  readonly files: Readonly<Record<string, string>>
}

export type Captions = Readonly<Record<string, Room>>

export const captions: Captions = {}
