/**
 * The files that may import modules of Effect that are not marked stable, and which. A minor release of Effect may
 * change these: the fewer files hold them, the less there is to follow.
 */
export const unstable: Readonly<Record<string, ReadonlyArray<string>>> = {}
