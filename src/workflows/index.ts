/** Workflow types of this application; nothing else is exported here. */
export { channelsShopQualification } from './channels-shop.ts';
export { qualificationCheck } from './check.ts';
export { inForceWatch } from './in-force-watch.ts';
export { miniProgramQualification } from './mini-program.ts';
export { deliverNotification } from './notification.ts';
