import { AddressGuard } from "@causeway/core/crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"

const kindOfUrl = (url: string, options?: AddressGuard.Options): string | undefined =>
  Result.match(AddressGuard.check(url, options), { onFailure: ({ kind }) => kind, onSuccess: () => undefined })

describe("a URL whose host is written as an address", () => {
  const refused: Readonly<Record<string, ReadonlyArray<string>>> = {
    loopback: [
      "http://127.0.0.1",
      "https://127.0.0.1:8443/token?x=1",
      "http://127.255.255.254",
      "http://127.1",
      "http://127.0.1",
      "http://0x7f.1",
      "http://0x7f000001",
      "http://0177.0.0.1",
      "http://0177.1",
      "http://017700000001",
      "http://2130706433",
      "http://0x7f.0.0x0.01",
      "http://127.0.0.1.",
      "http://127。0。0。1",
      "http://①②⑦.⓪.⓪.①",
      "http://127.0.0.%31",
      "http:127.0.0.1",
      "http:\\\\127.0.0.1",
      "http://public.example@127.0.0.1",
      "http://[::1]",
      "http://[0:0:0:0:0:0:0:1]",
      "http://[0000:0000:0000:0000:0000:0000:0000:0001]",
      "http://[::ffff:127.0.0.1]",
      "http://[::ffff:7f00:1]",
      "http://[0:0:0:0:0:ffff:127.0.0.1]",
      "http://[64:ff9b::127.0.0.1]",
      "http://localhost",
      "http://LOCALHOST.",
      "http://app.localhost"
    ],
    unspecified: ["http://0", "http://0.0.0.0", "http://0x0", "http://0.1.2.3", "http://[::]", "http://[::ffff:0:0]"],
    private: [
      "http://10.0.0.1",
      "http://10.255.255.255",
      "http://012.1.2.3",
      "http://172.16.0.1",
      "http://172.31.255.255",
      "http://192.168.0.1",
      "http://3232235777",
      "http://[fc00::1]",
      "http://[fd00:ec2::254]",
      "http://[fec0::1]",
      "http://[::ffff:10.0.0.1]",
      "http://[64:ff9b::a00:1]"
    ],
    "link-local": ["http://169.254.169.254", "http://0xa9fea9fe", "http://[fe80::1]", "http://[::ffff:a9fe:a9fe]"],
    shared: ["http://100.64.0.1", "http://100.100.100.200", "http://100.127.255.255"],
    reserved: [
      "http://192.0.0.192",
      "http://240.0.0.1",
      "http://255.255.255.255",
      "http://[::127.0.0.1]",
      "http://[::ffff:0:127.0.0.1]",
      "http://[64:ff9b:1::a00:1]",
      "http://[100::1]",
      "http://[5f00::1]",
      "http://[4000::1]",
      "http://[2001::7f00:1]",
      "http://[2001:2::1]",
      "http://[2001:10::1]"
    ],
    transition: ["http://192.88.99.1", "http://[2002:7f00:1::]", "http://[2002:808:808::1]"],
    documentation: ["http://192.0.2.1", "http://198.51.100.1", "http://203.0.113.1", "http://[2001:db8::1]"],
    benchmarking: ["http://198.18.0.1", "http://198.19.255.255"],
    multicast: ["http://224.0.0.1", "http://239.255.255.250", "http://[ff02::1]"],
    "cloud platform": ["http://168.63.129.16"],
    "not a host": [
      "",
      "no URL",
      "http://",
      "file:///etc/passwd",
      "mailto:a@example.com",
      "http://[fe80::1%25eth0]",
      "http://1.2.3.4.5"
    ]
  }
  for (const [kind, urls] of Object.entries(refused)) {
    it(`is refused as ${kind}, in every form of it`, () => {
      for (const url of urls) assert.strictEqual(kindOfUrl(url), kind, url)
    })
  }

  it("is accepted on the public internet, next to the edges of every refused range", () => {
    for (const host of [
      "1.0.0.0",
      "8.8.8.8",
      "9.255.255.255",
      "11.0.0.0",
      "100.63.255.255",
      "100.128.0.0",
      "126.255.255.255",
      "128.0.0.0",
      "169.253.255.255",
      "169.255.0.0",
      "172.15.255.255",
      "172.32.0.0",
      "192.0.1.0",
      "192.0.3.0",
      "192.167.255.255",
      "192.169.0.0",
      "198.17.255.255",
      "198.20.0.0",
      "223.255.255.255",
      "[2000::1]",
      "[2001:200::1]",
      "[2001:4860:4860::8888]",
      "[2001:db7:ffff::1]",
      "[2606:4700:4700::1111]",
      "[2620:4f:8000::1]",
      "[::ffff:8.8.8.8]",
      "[64:ff9b::8.8.8.8]"
    ]) {
      assert.isUndefined(kindOfUrl(`https://${host}/`), host)
    }
  })
})

describe("a URL whose host is a name", () => {
  it("is refused where the name belongs to a local network", () => {
    for (const host of [
      "metadata",
      "redis:6379",
      "metadata.google.internal",
      "a.b.INTERNAL.",
      "printer.local",
      "localhost.localdomain",
      "router.home.arpa",
      "db.corp",
      "wiki.intranet",
      "nas.lan"
    ]) {
      assert.strictEqual(kindOfUrl(`https://${host}/`), "local name", host)
    }
  })

  it("is left to the resolver where it is a public name", () => {
    for (const host of [
      "example.com",
      "internal.example.com",
      "localhost.example.com",
      "127.0.0.1.example.com",
      "home.example"
    ]) {
      assert.isUndefined(kindOfUrl(`https://${host}/`), host)
    }
  })
})

describe("options of the check", () => {
  it("allowLoopback permits this machine alone", () => {
    const options = { allowLoopback: true }
    for (const url of ["http://127.0.0.1:4000", "http://[::1]", "http://localhost"])
      assert.isUndefined(kindOfUrl(url, options), url)
    assert.strictEqual(kindOfUrl("http://169.254.169.254", options), "link-local")
    assert.strictEqual(kindOfUrl("http://10.0.0.1", options), "private")
    assert.strictEqual(kindOfUrl("http://metadata.internal", options), "local name")
  })

  it("allowPrivateNetworks permits every host, but not a URL without one", () => {
    const options = { allowPrivateNetworks: true }
    for (const url of ["http://127.0.0.1", "http://10.0.0.1", "http://redis"])
      assert.isUndefined(kindOfUrl(url, options), url)
    assert.strictEqual(kindOfUrl("file:///etc/passwd", options), "not a host")
  })
})

describe("the addresses that a host resolved to", () => {
  const refusedIn = (addresses: ReadonlyArray<string>) =>
    Result.match(AddressGuard.checkResolved("keys.example.com", addresses), {
      onFailure: ({ address, code, kind, message }) => ({ address, code, kind, message }),
      onSuccess: () => undefined
    })

  it("are refused when one of them is not public, with the host, the address and the reason", () => {
    assert.deepEqual(refusedIn(["8.8.8.8", "10.0.0.1"]), {
      address: "10.0.0.1",
      code: "ERR_FORBIDDEN_ADDRESS",
      kind: "private",
      message:
        "the host keys.example.com resolves to 10.0.0.1, which is not on the public internet (private); " +
        "allowPrivateNetworks permits it"
    })
    for (const address of ["::1", "fe80::1%eth0", "FE80::1%2", "::ffff:10.0.0.1", "fd00::1", "not an address", ""]) {
      assert.isDefined(refusedIn([address]), address)
    }
  })

  it("are accepted when all of them are public", () => {
    assert.isUndefined(refusedIn(["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"]))
  })
})

it("only 127.0.0.0/8, ::1 and localhost count as this machine", () => {
  for (const url of ["http://127.9.9.9", "http://[::1]:80", "http://localhost", "http://[::ffff:127.0.0.1]"])
    assert.isTrue(AddressGuard.isLoopback(new URL(url)), url)
  // A resolver may send a query for *.localhost to the network.
  for (const url of ["http://0.0.0.0", "http://app.localhost", "http://128.0.0.1", "http://127.0.0.1.example.com"])
    assert.isFalse(AddressGuard.isLoopback(new URL(url)), url)
})

it.effect("a fiber asks for public addresses only inside of publicOnly", () =>
  Effect.gen(function* () {
    assert.isFalse(yield* AddressGuard.PublicOnly)
    assert.isTrue(yield* AddressGuard.publicOnly(Effect.map(AddressGuard.PublicOnly, (asked) => asked)))
  })
)
