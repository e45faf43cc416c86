import { defineConfig } from "vitest/config"
import projects from "./vitest.workspace.ts"

/** Many tests wait for other processes: a processor that is left free for nobody would be idle. */
export default defineConfig({ test: { projects, maxWorkers: "100%" } })
