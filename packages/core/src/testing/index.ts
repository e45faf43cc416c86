export * as Mock from "./Mock.ts"
