/** `wxq submit FILE`: starts a case from a JSON file. */
import { sourcesOf } from '../../client/case-content.ts';
import {
  type ChannelsShopInput,
  checkInput,
  InvalidCaseError,
  type MiniProgramInput,
  type QualificationClient,
  type Started,
} from '../../client/index.ts';
import { type CaseFile, missingFiles, readCaseFile } from '../case-file.ts';
import { resultText } from '../case-text.ts';
import { actOnCases, type Cli, newCommand } from '../command.ts';
import { exitStatus, statusOf } from '../exit-status.ts';
import { createOutput } from '../output.ts';

/** Findings are told before Temporal is asked for anything. */
export const submitCommand = (cli: Cli) =>
  newCommand('submit', 'start a case from a JSON file', 'wxq submit examples/channels-shop.json')
    .argument('<file>', 'the case; its image paths start at its own folder; - reads standard input')
    .option('--wait', 'wait for the end; status 1 unless it is approved')
    .action(async (name, options) => {
      let file: CaseFile;
      try {
        file = await readCaseFile(cli.context, name);
        const findings = checkInput(file.platform, file.input);
        findings.push(...(await missingFiles(sourcesOf(file.input), file.folder)));
        if (findings.length > 0) throw new InvalidCaseError(findings);
      } catch (error) {
        createOutput(cli.context, options.json === true).failure(error);
        cli.status = statusOf(error);
        return;
      }
      await actOnCases(cli, options, async (client, out) => {
        const started = await start(client, file);
        const { workflowId, runId } = started.handle;
        const facts = {
          workflowId,
          runId,
          existing: started.existing,
          ...(started.existing ? { sameInput: started.sameInput ?? null } : {}),
        };
        const isOther = started.existing && started.sameInput === false;
        if (!options.wait || isOther) {
          const how = started.existing ? 'is running already' : 'started';
          out.result(facts, `${workflowId}  ${how}${isOther ? ', with a different input: nothing was changed' : ''}`);
          return isOther ? exitStatus.findings : exitStatus.done;
        }
        out.note(`${workflowId} ${started.existing ? 'is running already' : 'started'}; waiting for its end`);
        const result = await started.handle.result();
        out.result({ ...facts, result }, resultText(workflowId, result));
        return result.outcome === 'approved' ? exitStatus.done : exitStatus.findings;
      });
    });

/** The schema has just been checked, so the input is of the platform's type. */
function start(client: QualificationClient, { platform, input, folder }: CaseFile): Promise<Started> {
  const options = { relativeTo: folder };
  return platform === 'channels-shop'
    ? client.channelsShop.start(input as ChannelsShopInput, options)
    : client.miniProgram.start(input as MiniProgramInput, options);
}
