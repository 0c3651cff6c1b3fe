/** The stub of WeChat as a process of its own. */
import { answerParent, tellParent } from './child.ts';
import { createWeChatStub, type StubMode } from './wechat-stub.ts';

const stub = await createWeChatStub(tellParent);

answerParent({
  url: () => stub.url,
  set: (mode: Partial<StubMode>) => stub.set(mode),
  release: (inFlight: number) => stub.release(inFlight),
  counts: () => stub.counts(),
});
