const secret = /authorization|cookie|token|secret|passw|api-?key|access-?key|signature|credential|session/

/** Whether a header of this name, in lower case, is one that says who is asking. */
export const isSecretName = (name: string): boolean => secret.test(name)
