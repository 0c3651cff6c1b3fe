/** The product's callback server as it is, as a process that the bench can ask for its address. */
import { loadConfig } from '../src/runtime/config.ts';
import { runServer } from '../src/server.ts';
import { answerParent } from './child.ts';

const server = await runServer(loadConfig(process.env));

answerParent({ url: () => server.callbackUrl });
