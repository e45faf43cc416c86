/** Reads a value that others made: a getter or a Proxy may throw. */
export const safely = <A>(read: () => A, otherwise: A): A => {
  try {
    return read()
  } catch {
    return otherwise
  }
}
