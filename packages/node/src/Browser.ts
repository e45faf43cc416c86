/**
 * Opens the page of a login in the browser of this machine, and prints where it is.
 *
 * **When to use**
 *
 * Provide {@link layerLoginPrompt} to `ToolLogin.loopback` in a tool that runs where a person sits. Over SSH, or in a
 * container, `ToolLogin.layerConsole` is enough.
 *
 * **Details**
 *
 * The URL is given to the system's own opener as one argument, without a shell. What it answers is not waited for: a person
 * can always open the printed URL.
 *
 * **Gotchas**
 *
 * Only pages of the web are opened; anything else is printed alone.
 *
 * **Example** (A tool with a browser)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { Browser, Loopback } from "@causeway/node"
 *
 * const live = Layer.merge(Loopback.layer, Browser.layerLoginPrompt)
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @since 0.1.0
 */
import { ToolLogin } from "@causeway/core/auth"
import { Console, Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import { OptionCheck } from "@causeway/core/policy"

/**
 * Starts a program with arguments; swapped in tests.
 *
 * @since 0.1.0
 * @category models
 */
export type Start = (command: string, args: ReadonlyArray<string>) => void

/**
 * Prints what to do, and opens the page.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (start: Start, platform: string = process.platform): ToolLogin.LoginPrompt["Service"] => {
  OptionCheck.callback("browser.start", start)
  OptionCheck.text("browser.platform", platform)
  return {
    show: (invitation) => {
      const url = invitation._tag === "EnterCode" ? (invitation.completeUrl ?? invitation.url) : invitation.url
      return Effect.andThen(
        Console.log(ToolLogin.textOf(invitation)),
        Effect.sync(() => open(url, start, platform))
      )
    }
  }
}

/**
 * Prints what to do, and opens the page in the browser of this machine.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerLoginPrompt: Layer.Layer<ToolLogin.LoginPrompt> = Layer.sync(ToolLogin.LoginPrompt, () =>
  make(startDetached)
)

const open = (url: string, start: Start, platform: string): void => {
  const page = URL.parse(url)
  if (page === null || !/^https?:$/.test(page.protocol)) return
  const [command, ...args] = openers[platform] ?? ["xdg-open"]
  start(command, [...args, page.href])
}

const openers: Readonly<Record<string, readonly [string, ...ReadonlyArray<string>]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"]
}

const startDetached: Start = (command, args) => {
  const child = spawn(command, args, { detached: true, stdio: "ignore" })
  // Where there is no opener, the printed URL is all there is.
  child.on("error", () => undefined)
  child.unref()
}
