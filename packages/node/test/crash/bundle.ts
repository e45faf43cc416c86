import { rolldown } from "rolldown"
import { fileURLToPath } from "node:url"

/** Puts the receiver and all it imports into one file: a process that is killed soon again should begin at once. */
export const bundleReceiver = async (file: string): Promise<void> => {
  const bundle = await rolldown({
    input: fileURLToPath(new URL("receiverProcess.ts", import.meta.url)),
    platform: "node",
    logLevel: "silent"
  })
  await bundle.write({ file, format: "esm", codeSplitting: false })
  await bundle.close()
}
