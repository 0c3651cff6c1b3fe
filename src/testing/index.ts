/** The package export `./testing`: a sandbox in this process, what it knows, and pushes sealed as WeChat seals them. */
export { fixtures } from '../sandbox/fixtures.ts';
export { createSandbox, type Sandbox, type SandboxOptions } from '../sandbox/index.ts';
export { type SealedPush, sealPush } from '../wechat/push/index.ts';
