import { Seal, TokenLease, TokenStoreSql } from "@causeway/core/auth"
import { Sqlite } from "@causeway/node"
import { Context, Effect, Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as sqlLeases from "../../core/src/auth/internal/tokens/sqlLeases.ts"
import { sqlDisk } from "../../core/test/auth/tokens/sqlDisk.ts"
import { tokenLeaseSuite } from "../../core/test/auth/tokens/tokenLeaseSuite.ts"
import { keys, sealedStoreSuite, tokenStoreSuite } from "../../core/test/auth/tokens/tokenStoreSuite.ts"

const temporaryFile = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "causeway-tokens-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
).pipe(Effect.map((directory) => join(directory, "tokens.db")))

/** A new file for each build. */
const database = Layer.unwrap(Effect.map(temporaryFile, (filename) => Sqlite.layer({ filename })))

tokenStoreSuite("SQLite", TokenStoreSql.layer.pipe(Layer.provide([database, Seal.layer([keys[0]])])))
sealedStoreSuite("SQLite", database, TokenStoreSql.make, sqlDisk)

const leaseIn = (filename: string) =>
  Effect.map(
    Layer.build(
      Layer.fresh(
        Layer.effect(TokenLease.TokenLease, sqlLeases.make("server")).pipe(Layer.provide(Sqlite.layer({ filename })))
      )
    ),
    (context) => Context.get(context, TokenLease.TokenLease)
  )

/** Two over one file, each with a connection of its own. */
const twoLeases = Effect.gen(function* () {
  const filename = yield* temporaryFile
  return [yield* leaseIn(filename), yield* leaseIn(filename)] as const
})

tokenLeaseSuite("SQLite", twoLeases, Effect.scoped)
