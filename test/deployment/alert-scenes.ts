/** What each alert is for, as series over time: `promtool test rules` runs them against docker/prometheus/alerts.yml. */

export interface AlertScene {
  /** What has happened. */
  name: string;
  /** Minute by minute, in promtool's notation: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/ */
  series: Record<string, string>;
  /** When it is looked at. */
  minutes: number;
  /** How often the rules are evaluated. Default: every minute; long scenes take their time otherwise. */
  everyMinutes?: number;
  /** Which alerts fire then, and no other: how many of each. */
  firing: Record<string, number>;
}

const up = {
  'up{job="wxq-worker", instance="w1"}': '1x2000',
  'up{job="wxq-server", instance="s1"}': '1x2000',
  'up{job="temporal", instance="t"}': '1x2000',
};
/** What was read just now, every minute: the timestamp is the time. */
const read = {
  'wxq_state_read_timestamp_seconds{from="temporal", instance="s1"}': '0+60x2000',
  'wxq_state_read_timestamp_seconds{from="database", instance="s1"}': '0+60x2000',
};
const calm = { ...up, ...read };

const call = (errcode: string, outcome: string): string =>
  `wxq_wechat_calls_total{endpoint="/shop/ec/category/getbizcatflowdetail", outcome="${outcome}", errcode="${errcode}"}`;
const push = (result: string): string => `wxq_callback_pushes_total{route="channels-shop", result="${result}"}`;

export const alertScenes: readonly AlertScene[] = [
  {
    name: 'all is well: calls, pushes and cases come and go',
    series: {
      ...calm,
      [call('0', 'ok')]: '0+30x2000',
      [call('none', 'unanswered')]: '0+1x2000',
      [call('87009', 'refused')]: '0+1x2000',
      [push('delivered')]: '0+2x2000',
      [push('forged')]: '0x2000',
      'wxq_cases{platform="channels-shop", status="in_review"}': '40x2000',
      'wxq_case_verdicts_total{platform="channels-shop", verdict="approved", found_by="push"}': '0+0.1x2000',
      'wxq_case_verdicts_total{platform="channels-shop", verdict="rejected", found_by="read"}': '0+0.05x2000',
      'temporal_num_pollers{poller_type="workflow_task", instance="w1"}': '10x2000',
      'wxq_cases{platform="channels-shop", status="needs_material"}': '1x60 0 1x1399',
      'wxq_cases{platform="channels-shop", status="blocked"}': '0x50 2x30 0x1919',
      wxq_cases_due_within_day: '0x2000',
      wxq_notifications_undelivered: '3x20 0x1979',
      wxq_wechat_held_accounts: '0x10 1x90 0x1899',
      wxq_platform_ticket_age_seconds: '500x2000',
      wxq_quota_left_fewest: '4x2000',
      'temporal_workflow_task_execution_failed{workflow_type="channelsShopQualification"}': '0x2000',
      'temporal_worker_task_slots_available{worker_type="ActivityWorker", instance="w1"}': '190x2000',
    },
    minutes: 180,
    firing: {},
  },
  {
    name: 'the last worker is gone',
    series: { ...calm, 'up{job="wxq-worker", instance="w1"}': '1x5 0x60' },
    minutes: 20,
    firing: { WxqNoWorker: 1 },
  },
  {
    name: 'one of two workers is gone: the other goes on',
    series: { ...calm, 'up{job="wxq-worker", instance="w2"}': '0x60' },
    minutes: 20,
    firing: {},
  },
  {
    name: 'no server was ever there',
    series: { 'up{job="wxq-worker", instance="w1"}': '1x60', 'up{job="temporal", instance="t"}': '1x60' },
    minutes: 30,
    firing: { WxqNoServer: 1, WxqStateUnread: 2 },
  },
  {
    name: 'Temporal is away, and the workers that run no longer ask it',
    series: {
      ...calm,
      'up{job="temporal", instance="t"}': '1x5 0x60',
      'temporal_num_pollers{poller_type="workflow_task", instance="w1"}': '10x5 0x60',
      'temporal_num_pollers{poller_type="sticky_workflow_task", instance="w1"}': '0x60',
    },
    minutes: 20,
    firing: { WxqNoTemporal: 1, WxqNobodyPolls: 1 },
  },
  {
    name: 'cases wait for a worker, and an activity has a bug',
    series: {
      ...calm,
      'temporal_workflow_task_schedule_to_start_latency_bucket{le="1000"}': '0x60',
      'temporal_workflow_task_schedule_to_start_latency_bucket{le="10000"}': '0+5x60',
      'temporal_workflow_task_schedule_to_start_latency_bucket{le="+Inf"}': '0+5x60',
      'wxq_activity_failures_total{activity_type="addCategory", failure="Unexpected"}': '0+1x60',
      'wxq_activity_failures_total{activity_type="readCategoryAudit", failure="StillInReview"}': '0+9x60',
    },
    minutes: 40,
    firing: { WxqWorkWaits: 1, WxqActivityBug: 1 },
  },
  {
    name: 'no push arrives, most material is turned down, and reviews take long',
    series: {
      ...calm,
      'wxq_case_verdicts_total{platform="channels-shop", verdict="rejected", found_by="read"}': '0+1x60',
      'wxq_case_verdicts_total{platform="channels-shop", verdict="approved", found_by="read"}': '0+0.5x60',
      'wxq_case_overdue_total{platform="mini-program"}': '0+0.1x60',
    },
    minutes: 120,
    firing: { WxqNoVerdictByPush: 1, WxqManyRejections: 1, WxqReviewsOverdue: 1 },
  },
  {
    name: 'new code does not replay, and a case fails',
    series: {
      ...calm,
      'temporal_workflow_task_execution_failed{workflow_type="channelsShopQualification", failure_reason="NonDeterminismError"}':
        '0x5 1+1x60',
      // As it really comes: the series begins with the first failure.
      'temporal_workflow_failed{workflow_type="miniProgramQualification"}': '_x5 1x60',
    },
    minutes: 10,
    firing: { WxqWorkflowTasksFail: 1, WxqCaseFailed: 1 },
  },
  {
    name: 'a worker is full, and its event loop stands still',
    series: {
      ...calm,
      'temporal_worker_task_slots_available{worker_type="ActivityWorker", instance="w1"}': '0x60',
      'nodejs_eventloop_lag_p99_seconds{job="wxq-worker", instance="w1"}': '2x60',
    },
    minutes: 30,
    firing: { WxqWorkerFull: 1, WxqEventLoopBlocked: 1 },
  },
  {
    name: 'the Token of an account is wrong here',
    series: { ...calm, [push('forged')]: '0+2x60' },
    minutes: 40,
    firing: { WxqPushesRefused: 1 },
  },
  {
    name: 'Temporal does not take signals, and the log of pushes is not written',
    series: { ...calm, [push('undeliverable')]: '0+1x60', wxq_push_log_dropped_total: '0+1x60' },
    minutes: 40,
    firing: { WxqPushesUndelivered: 1, WxqPushLogLoses: 1 },
  },
  {
    name: 'the server has a bug',
    series: { ...calm, wxq_callback_unexpected_errors_total: '0x5 1x60' },
    minutes: 10,
    firing: { WxqServerBug: 1 },
  },
  {
    name: 'WeChat is not reachable',
    series: { ...calm, [call('none', 'unanswered')]: '0+9x60', [call('0', 'ok')]: '0+1x60' },
    minutes: 30,
    firing: { WxqWeChatUnreachable: 1 },
  },
  {
    name: 'our address is not allowed for one account, and another lacks a permission set',
    series: {
      ...calm,
      [call('0', 'ok')]: '0+60x60',
      'wxq_wechat_calls_total{endpoint="/cgi-bin/stable_token", outcome="refused", errcode="40164"}': '0+1x60',
      [call('48001', 'refused')]: '0+1x60',
    },
    minutes: 40,
    firing: { WxqAddressNotAllowed: 1, WxqPermissionMissing: 1 },
  },
  {
    name: "an account's calls of the day are spent",
    series: { ...calm, wxq_wechat_held_accounts: '1x300' },
    minutes: 200,
    firing: { WxqAccountsHeldBack: 1 },
  },
  {
    name: 'tickets of a platform have stopped coming',
    series: { ...calm, wxq_platform_ticket_age_seconds: '0+60x900' },
    minutes: 90,
    firing: { WxqTicketLate: 1 },
  },
  {
    name: 'and nobody has mended it for ten hours',
    series: { ...calm, wxq_platform_ticket_age_seconds: '0+60x900' },
    minutes: 640,
    everyMinutes: 5,
    firing: { WxqTicketLate: 1, WxqTicketRunsOut: 1 },
  },
  {
    name: 'cases wait for a person: two servers count the same ones',
    series: {
      ...calm,
      'wxq_cases{platform="channels-shop", status="blocked", instance="s1"}': '2x1600',
      'wxq_cases{platform="channels-shop", status="blocked", instance="s2"}': '2x1600',
      'wxq_cases{platform="mini-program", status="needs_material", instance="s1"}': '1x1600',
      wxq_cases_due_within_day: '1x1600',
      wxq_quota_left_fewest: '0x1600',
    },
    minutes: 1500,
    everyMinutes: 10,
    firing: { WxqCasesBlocked: 1, WxqCasesWaitForMaterial: 1, WxqCorrectionsDue: 1, WxqNoQuotaLeft: 1 },
  },
  {
    name: 'a receiver of events is dead',
    series: { ...calm, wxq_notifications_undelivered: '5x200' },
    minutes: 100,
    firing: { WxqNotificationsUndelivered: 1 },
  },
  {
    name: 'Visibility can no longer be read, and a moment later its gauges are gone',
    series: { ...calm, 'wxq_state_read_timestamp_seconds{from="temporal", instance="s1"}': '0+60x5 _x60' },
    minutes: 40,
    firing: { WxqStateUnread: 1 },
  },
];
