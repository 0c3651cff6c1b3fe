/** `wxq notifications`: what a backend was told about a case, and once more what did not reach it. */
import {
  type CaseNotification,
  notificationById,
  type QualificationClient,
  redeliver,
  redeliverById,
  type Told,
  toldAbout,
} from '../../client/index.ts';
import { actWithClient, type Cli, newCommand } from '../command.ts';
import { exitStatus, UsageError } from '../exit-status.ts';

/** Status 1 while something has not reached everybody. */
export const notificationsCommand = (cli: Cli) =>
  newCommand(
    'notifications',
    'what a backend was told about a case',
    'wxq notifications channels-shop/wx5a2d8f1c3b7e9046/6201 --redeliver all',
  )
    .argument('<id>', 'workflow id of the case, or the webhook-id of one event')
    .option('--redeliver <n>', 'tell this one again, or `all` that did not reach everybody; with the same webhook-id')
    .action(async (id, { redeliver: which, json }) => {
      await actWithClient(cli, { json }, async (client, out) => {
        if (which === undefined) {
          const { notifications, olderGone } = await told(client, id);
          const lines = [...(olderGone ? ['Older ones are no longer kept.'] : []), ...notifications.map(linesOf)];
          const text = lines.join('\n') || 'Nobody was told anything about this case, or it is no longer kept.';
          out.result({ notifications, olderGone }, text);
          const isDone = notifications.every(({ deliveries }) => deliveries.every(isDelivered));
          return isDone ? exitStatus.done : exitStatus.findings;
        }
        if (which !== 'all' && !/^[1-9]\d{0,5}$/.test(which))
          throw new UsageError('--redeliver takes a number or `all`.');
        const again = await tellAgain(client, id, which);
        if (again.length === 0 && which !== 'all')
          throw new UsageError(`There is no notification ${which} of ${id}.`, `See \`wxq notifications ${id}\`.`);
        const text = again.map(({ n, notification }) => `${n}  ${notification.type}  is told again`).join('\n');
        out.result(
          { redelivered: again.map(({ n, workflowId }) => ({ n, workflowId })) },
          text || 'Everything has reached everybody.',
        );
        return exitStatus.done;
      });
    });

/** `evt_{runId}_{n}`; a case has slashes. */
const isEvent = (id: string): boolean => id.startsWith('evt_');

async function told(client: QualificationClient, id: string): Promise<Pick<Told, 'notifications' | 'olderGone'>> {
  if (!isEvent(id)) return await toldAbout(client, id);
  return { notifications: [await notificationById(client, id)], olderGone: false };
}

async function tellAgain(client: QualificationClient, id: string, which: string): Promise<CaseNotification[]> {
  if (!isEvent(id)) return await redeliver(client, id, which === 'all' ? undefined : Number(which));
  if (which === 'all' || id.endsWith(`_${which}`)) return [await redeliverById(client, id)];
  throw new UsageError(`${id} is one event: --redeliver all tells it again.`);
}

const isDelivered = ({ outcome }: CaseNotification['deliveries'][number]): boolean => outcome === 'delivered';

/** A run that was continued has its own numbers: there the `webhook-id` names the event, also for `--redeliver`. */
const linesOf = ({ n, earlierRun, notification, deliveries }: CaseNotification): string =>
  [
    `${earlierRun ? notification.id : n}  ${notification.type}  ${notification.timestamp}`,
    ...deliveries.map(({ target, outcome, deliveredAt, httpStatus, reason }) =>
      ['  ', target, outcome, httpStatus, deliveredAt, reason].filter((part) => part !== undefined).join('  '),
    ),
  ].join('\n');
