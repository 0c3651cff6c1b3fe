/** The cases of the demo, in the order in which they are shown. */
import type { DemoCase } from './case-play.ts';
import { killedUploading, killedWaiting } from './killed-cases.ts';
import { miniResubmitted, miniStaleMedia } from './mini-cases.ts';
import { alreadyInForce, approved, mendedByHand, olderForm, olderFormRefused, resubmitted } from './shop-cases.ts';
import { answerLostDecided, answerLostOpen, pushFirst, pushLost } from './troubled-cases.ts';

export const demoCases: readonly DemoCase[] = [
  approved,
  resubmitted,
  olderForm,
  olderFormRefused,
  miniResubmitted,
  miniStaleMedia,
  pushLost,
  answerLostOpen,
  answerLostDecided,
  pushFirst,
  mendedByHand,
  alreadyInForce,
  killedUploading,
  killedWaiting,
];
